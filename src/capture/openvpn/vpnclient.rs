use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use temoin_core::session::{Attributes, Ipv6Prefix, Observed, Source, parse_address};

/// What a member told the app `vpnclient` of YunoHost about IPv6. Where the operator pushes neither, the
/// app gives the tunnel this address itself, before temoin's hook runs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct VpnClientSettings {
    address: Option<Ipv6Addr>,
    prefix: Option<Ipv6Prefix>,
}

impl VpnClientSettings {
    /// Reads the app's settings; nothing where there are none, or where they cannot be read.
    pub(super) fn read(path: &Path) -> Self {
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(MAXIMUM).read_to_string(&mut text));
        read.map_or_else(|_| Self::default(), |_| Self::parse(&text))
    }

    /// YunoHost writes the settings of an app as YAML, one flat key a line.
    fn parse(text: &str) -> Self {
        let value = |key: &str| {
            let after = |line| str::strip_prefix(line, key)?.strip_prefix(": ");
            let value = text.lines().find_map(after)?.trim();
            Some(value.trim_matches(['\'', '"']))
        };
        let ipv6 = |text: &str| match parse_address(text)? {
            IpAddr::V6(address) if !address.is_unspecified() => Some(address),
            _ => None,
        };
        let prefix = value(PREFIX).and_then(|text| {
            if text.contains('/') {
                return text.parse().ok();
            }
            Ipv6Prefix::new(ipv6(text)?, LENGTH).ok()
        });
        Self { address: value(ADDRESS).and_then(ipv6), prefix }
    }

    /// Adds to what is known of a tunnel what the settings say, as far as its interface has an address
    /// of theirs: another tunnel than the app's is not what they are about.
    pub(super) fn complete(self, attributes: &mut Attributes, on_interface: &[IpAddr]) {
        let is_set = |address: Ipv6Addr| on_interface.contains(&IpAddr::V6(address));
        if let Some(address) = self.address.filter(|address| is_set(*address)) {
            let own = Observed::new(address, Source::Interface);
            attributes.assigned_ipv6 = attributes.assigned_ipv6.or(Some(own));
        }
        let is_used = |prefix: &Ipv6Prefix| {
            on_interface.iter().any(|address| match address {
                IpAddr::V6(address) => prefix.contains(*address),
                IpAddr::V4(_) => false,
            })
        };
        let prefix = self.prefix.filter(is_used);
        let told = prefix.map(|prefix| Observed::new(prefix, Source::VpnClientSettings));
        attributes.delegated_prefix = attributes.delegated_prefix.or(told);
    }
}

/// Where YunoHost keeps them.
pub(super) const SETTINGS: &str = "/etc/yunohost/apps/vpnclient/settings.yml";

const ADDRESS: &str = "ip6_addr";
const PREFIX: &str = "ip6_net";

/// Of a prefix whose length the app does not ask for, and which it takes for a network of this length
/// (its script `40-vpnclient-set-ipv6`).
const LENGTH: u8 = 64;

/// Far more than the settings of an app, in bytes.
const MAXIMUM: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(settings: &str, on_interface: &[&str]) -> (String, String) {
        let mut attributes = Attributes::default();
        let addresses: Vec<IpAddr> =
            on_interface.iter().map(|text| text.parse().unwrap()).collect();
        VpnClientSettings::parse(settings).complete(&mut attributes, &addresses);
        let address = attributes.assigned_ipv6.map(|it| format!("{} {}", it.value, it.source));
        let prefix = attributes.delegated_prefix.map(|it| format!("{} {}", it.value, it.source));
        (address.unwrap_or_default(), prefix.unwrap_or_default())
    }

    #[test]
    fn an_address_and_a_prefix_of_the_settings_are_told_where_the_tunnel_has_them() {
        let address = "2001:db8:42::2 interface".to_owned();
        let prefix = "2001:db8:42::/64 vpnclient-settings".to_owned();
        let both = "id: vpnclient\nip6_addr: 2001:db8:42::2\nip6_net: '2001:db8:42::'\nlogin: x\n";
        let own = ["fe80::1", "10.99.0.2", "2001:db8:42::2"];
        assert_eq!(completed(both, &own), (address.clone(), prefix.clone()));
        // The settings are of another tunnel.
        let nothing = (String::new(), String::new());
        assert_eq!(completed(both, &["10.99.0.2", "2001:db8:99::2"]), nothing);
        let longer = "ip6_net: \"2001:db8:42::/56\"\n";
        let expected = "2001:db8:42::/56 vpnclient-settings".to_owned();
        assert_eq!(completed(longer, &own), (String::new(), expected));
        assert_eq!(completed("ip6_addr: 2001:db8:42::2\n", &own), (address, String::new()));
    }

    #[test]
    fn settings_that_say_nothing_are_nothing() {
        for text in [
            "",
            "ip6_addr: none\nip6_net: none\n",
            "ip6_addr: ''\nip6_net: ''\n",
            "ip6_addr: null\nip6_net: null\n",
            "ip6_addr: ::ffff:192.0.2.1\nip6_net: '::'\n",
            "other: x\n  ip6_net: 2001:db8:42::\nxip6_net: 2001:db8:42::\n",
            "ip6_net: 2001:db8:42::1\n",
        ] {
            assert_eq!(VpnClientSettings::parse(text), VpnClientSettings::default(), "{text}");
        }
        assert_eq!(
            VpnClientSettings::read(Path::new("/nonexistent")),
            VpnClientSettings::default()
        );
    }

    #[test]
    fn what_the_operator_pushed_stands() {
        let pushed = Observed::new("2001:db8:99::2".parse().unwrap(), Source::OpenVpnHook);
        let mut attributes = Attributes { assigned_ipv6: Some(pushed), ..Attributes::default() };
        let settings =
            VpnClientSettings::parse("ip6_addr: 2001:db8:42::2\nip6_net: 2001:db8:42::/56\n");
        settings.complete(&mut attributes, &["2001:db8:42::2".parse().unwrap()]);
        assert_eq!(attributes.assigned_ipv6, Some(pushed));
        assert_eq!(attributes.delegated_prefix.unwrap().value.to_string(), "2001:db8:42::/56");
    }
}
