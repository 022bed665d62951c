use std::net::Ipv4Addr;

use temoin_core::session::Device;

/// The router through which `server` is reached outside the tunnel, from the text of
/// `/proc/net/route`. `None` if there is no such route, or no router on it.
///
/// OpenVPN's `redirect-gateway def1` sets routes of the tunnel's that go before the default one, and
/// a route to the server alone that goes before these. A `kill -9` leaves the latter behind.
pub(super) fn next_hop(table: &str, server: Ipv4Addr, tunnel: &Device) -> Option<Ipv4Addr> {
    table
        .lines()
        .skip(1)
        .filter_map(|line| RouteEntry::parse(line, tunnel))
        .filter(|route| server.to_bits() & route.mask.to_bits() == route.destination.to_bits())
        // The longest prefix first, then the lowest metric, as the kernel chooses.
        .min_by_key(|route| (u32::MAX - route.mask.to_bits(), route.metric))
        .and_then(|route| route.gateway)
}

struct RouteEntry {
    destination: Ipv4Addr,
    mask: Ipv4Addr,
    gateway: Option<Ipv4Addr>,
    metric: u32,
}

impl RouteEntry {
    /// Reads `interface destination gateway flags references uses metric mask …`; `None` for a route
    /// of the tunnel's, or one that is not in use.
    fn parse(line: &str, tunnel: &Device) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace();
        let interface = fields.next()?;
        let destination = address(fields.next()?)?;
        let gateway = address(fields.next()?)?;
        let flags = u16::from_str_radix(fields.next()?, 16).ok()?;
        let metric = fields.nth(2)?.parse().ok()?;
        let mask = address(fields.next()?)?;
        (interface != tunnel.as_str() && flags & RTF_UP != 0 && flags & RTF_REJECT == 0).then(
            || {
                let gateway = (flags & RTF_GATEWAY != 0).then_some(gateway);
                Self { destination, mask, gateway, metric }
            },
        )
    }
}

/// The kernel writes the bytes of an address as one number of its own byte order.
fn address(field: &str) -> Option<Ipv4Addr> {
    u32::from_str_radix(field, 16).ok().map(|number| Ipv4Addr::from(number.to_ne_bytes()))
}

/// `linux/route.h`.
const RTF_UP: u16 = 0x1;
const RTF_GATEWAY: u16 = 0x2;
const RTF_REJECT: u16 = 0x200;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::proptest;

    use super::next_hop;

    const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

    /// A line of the table, as the kernel writes it.
    fn route(
        interface: &str,
        to: [u8; 4],
        via: [u8; 4],
        flags: u16,
        metric: u32,
        mask: u32,
    ) -> String {
        let [to, via, mask] =
            [to, via, mask.to_be_bytes()].map(|bytes| format!("{:08X}", u32::from_ne_bytes(bytes)));
        format!("{interface}\t{to}\t{via}\t{flags:04X}\t0\t0\t{metric}\t{mask}\t0\t0\t0   \n")
    }

    fn hop(routes: &[String]) -> Option<Ipv4Addr> {
        let table = format!("Iface\tDestination\tGateway \tFlags\n{}", routes.concat());
        next_hop(&table, SERVER, &"tun0".parse().unwrap())
    }

    fn default(via: [u8; 4], metric: u32) -> String {
        route("eth0", [0; 4], via, 0x3, metric, 0)
    }

    fn redirected() -> [String; 2] {
        [[0, 0, 0, 0], [128, 0, 0, 0]]
            .map(|half| route("tun0", half, [192, 0, 2, 1], 0x3, 0, 0x8000_0000))
    }

    #[test]
    fn the_route_to_the_server_alone_goes_first() {
        let alone = route("eth0", SERVER.octets(), [192, 168, 77, 1], 0x7, 0, u32::MAX);
        let [low, high] = redirected();
        let router = Some(Ipv4Addr::new(192, 168, 77, 1));
        assert_eq!(hop(&[default([192, 168, 1, 1], 0), low, high, alone]), router);
    }

    #[test]
    fn else_the_default_route_of_the_lowest_metric_goes_and_none_of_the_tunnels() {
        let [low, high] = redirected();
        let tunnel = route("tun0", SERVER.octets(), [192, 0, 2, 1], 0x7, 0, u32::MAX);
        let routes =
            [low, high, tunnel, default([192, 168, 77, 2], 600), default([192, 168, 77, 1], 100)];
        assert_eq!(hop(&routes), Some(Ipv4Addr::new(192, 168, 77, 1)));
    }

    #[test]
    fn a_server_without_a_router_in_between_has_none() {
        let near = route("eth0", [198, 51, 100, 0], [0; 4], 0x1, 0, 0xffff_ff00);
        assert_eq!(hop(&[default([192, 168, 77, 1], 0), near]), None);
        assert_eq!(hop(&[]), None);
        let unreachable = route("eth0", [0; 4], [192, 168, 77, 1], 0x203, 0, 0);
        assert_eq!(hop(&[unreachable]), None);
    }

    proptest! {
        #[test]
        fn no_table_makes_the_parser_panic(table: String, line in "[0-9A-Fa-z\t ]{0,60}") {
            let tunnel = "tun0".parse().unwrap();
            next_hop(&table, SERVER, &tunnel);
            next_hop(&format!("\neth0\t{line}\n"), SERVER, &tunnel);
        }
    }
}
