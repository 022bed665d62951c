use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// The network interface of a tunnel by which this machine reaches an address, as the kernel's main
/// tables of routes have it. `None` where it is reached in another way.
pub(super) fn tunnel_to(address: IpAddr) -> Option<String> {
    let device = match address {
        IpAddr::V4(address) => ipv4(address, &fs::read_to_string("/proc/net/route").ok()?),
        IpAddr::V6(address) => ipv6(address, &fs::read_to_string("/proc/net/ipv6_route").ok()?),
    }?;
    let interface = Path::new("/sys/class/net").join(&device);
    let kind = fs::read_to_string(interface.join("type")).ok()?;
    (kind.trim() == WITHOUT_LINK_LAYER || interface.join("tun_flags").exists()).then_some(device)
}

/// `ARPHRD_NONE`, as the kernel's own OpenVPN device has it too.
const WITHOUT_LINK_LAYER: &str = "65534";

/// Of a table whose lines begin with an interface; destination and mask are the second and eighth word,
/// in the machine's order of bytes.
fn ipv4(address: Ipv4Addr, table: &str) -> Option<String> {
    let routes = table.lines().skip(1).filter_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let bits = |word: &str| u32::from_str_radix(word, 16).ok().map(u32::to_be);
        let (destination, mask) = (bits(words.get(1)?)?, bits(words.get(7)?)?);
        (address.to_bits() & mask == destination).then(|| (mask.count_ones(), words[0]))
    });
    routes.max_by_key(|(length, _)| *length).map(|(_, device)| device.to_owned())
}

/// Of a table whose lines begin with a destination and its length and end with an interface.
fn ipv6(address: Ipv6Addr, table: &str) -> Option<String> {
    let routes = table.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let destination = u128::from_str_radix(words.first()?, 16).ok()?;
        let length = u32::from_str_radix(words.get(1)?, 16).ok()?;
        let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
        (address.to_bits() & mask == destination).then_some((length, *words.last()?))
    });
    routes.max_by_key(|(length, _)| *length).map(|(_, device)| device.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{ipv4, ipv6};

    #[test]
    fn of_the_routes_to_an_address_the_narrowest_counts() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                     eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
                     tun0\t0000080A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                     tun1\t0080080A\t00000000\t0001\t0\t0\t0\t0080FFFF\t0\t0\t0\n";
        for (address, device) in [("10.8.0.6", "tun0"), ("10.8.128.6", "tun1"), ("1.1.1.1", "eth0")]
        {
            let expected = cfg!(target_endian = "little").then(|| device.to_owned());
            assert_eq!(ipv4(address.parse().unwrap(), table), expected);
        }
        let zero = "00000000000000000000000000000000 00";
        let rest =
            format!("{zero} 00000000000000000000000000000000 00000100 00000001 00000000 00000001");
        let table = format!(
            "20010db8009900000000000000000000 40 {rest} tun0\n{zero} {rest} eth0\n\
             20010db8009900000000000000000001 80 {rest} lo\n"
        );
        for (address, device) in
            [("2001:db8:99::6", "tun0"), ("2001:db8:99::1", "lo"), ("2001:db8::1", "eth0")]
        {
            assert_eq!(ipv6(address.parse().unwrap(), &table).as_deref(), Some(device));
        }
        assert_eq!(ipv6("::1".parse().unwrap(), "nothing"), None);
    }
}
