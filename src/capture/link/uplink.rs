use std::fs;

use temoin_core::session::Device;

/// Whether the box's traffic to the internet leaves by an interface, by the kernel's main table for IPv4
/// and all its tables for IPv6.
pub(super) fn is_uplink(device: &Device) -> bool {
    let leads = |path, is_wide: fn(&str, &Device) -> bool| {
        fs::read_to_string(path).is_ok_and(|table| is_wide(&table, device))
    };
    leads("/proc/net/route", routes_ipv4) || leads("/proc/net/ipv6_route", routes_ipv6)
}

/// Whether a line of `/proc/net/route` (`interface destination gateway flags references uses metric mask
/// …`) leads half of all addresses or more through the interface: OpenVPN's `redirect-gateway def1` sets
/// two halves.
fn routes_ipv4(table: &str, device: &Device) -> bool {
    table.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let number = |at: usize| u32::from_str_radix(fields.get(at)?, 16).ok();
        fields.first() == Some(&device.as_str())
            && number(3).is_some_and(|flags| flags & RTF_UP != 0 && flags & RTF_REJECT == 0)
            && number(7).is_some_and(|mask| mask.count_ones() <= 1)
    })
}

/// Whether a line of `/proc/net/ipv6_route` (`destination length source length gateway metric references
/// uses flags interface`) leads an eighth of all addresses or more through the interface: those in use
/// are `2000::/3`. Link-local and multicast prefixes are longer.
fn routes_ipv6(table: &str, device: &Device) -> bool {
    table.lines().any(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let number = |at: usize| u32::from_str_radix(fields.get(at)?, 16).ok();
        fields.get(9) == Some(&device.as_str())
            && number(8).is_some_and(|flags| flags & RTF_UP != 0 && flags & RTF_REJECT == 0)
            && number(1).is_some_and(|length| length <= 3)
    })
}

/// `linux/route.h`.
const RTF_UP: u32 = 0x1;
const RTF_REJECT: u32 = 0x200;

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::{Device, routes_ipv4, routes_ipv6};

    const HEAD: &str =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    fn tun0() -> Device {
        "tun0".parse().unwrap()
    }

    #[test]
    fn a_clients_tunnel_is_told_from_a_servers_by_the_routes_through_it() {
        for (line, is_uplink) in [
            ("tun0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0", true),
            // The halves of `redirect-gateway def1`.
            ("tun0\t00000000\t010200C0\t0003\t0\t0\t0\t00000080\t0\t0\t0", true),
            ("tun0\t00000080\t010200C0\t0003\t0\t0\t0\t00000080\t0\t0\t0", true),
            // A server's own network, another interface's default route, and one that is refused.
            ("tun0\t0000080A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0", false),
            ("eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0", false),
            ("tun0\t00000000\t00000000\t0203\t0\t0\t0\t00000000\t0\t0\t0", false),
            ("tun0", false),
        ] {
            assert_eq!(routes_ipv4(&format!("{HEAD}{line}\n"), &tun0()), is_uplink, "{line}");
        }
    }

    #[test]
    fn so_it_is_by_ipv6() {
        let zeros = "0".repeat(32);
        let line = |to: &str, length: &str, flags: &str, device: &str| {
            let to = format!("{to:0<32}");
            format!(
                "{to} {length} {zeros} 00 {zeros} 00000400 00000001 00000000 {flags} {device}\n"
            )
        };
        for (text, is_uplink) in [
            (line("", "00", "00000001", "tun0"), true),
            (line("2000", "03", "00000001", "tun0"), true),
            (line("fe80", "40", "00000001", "tun0"), false),
            (line("ff00", "08", "00000001", "tun0"), false),
            (line("20010db8", "40", "00000001", "tun0"), false),
            (line("", "00", "00000003", "eth0"), false),
            (line("", "00", "00200200", "tun0"), false),
        ] {
            assert_eq!(routes_ipv6(&text, &tun0()), is_uplink, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_table_makes_the_parsers_panic(table: String, line in "[0-9A-Fa-z\t ]{0,80}") {
            for text in [&table, &format!("\ntun0 {line}\n"), &format!("{line} tun0")] {
                routes_ipv4(text, &tun0());
                routes_ipv6(text, &tun0());
            }
        }
    }
}
