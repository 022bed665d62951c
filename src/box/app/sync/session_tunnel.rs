use temoin_core::session::Session;
use temoin_sync::Tunnel;

/// The tunnel of an open session, if an address of it is known.
pub fn tunnel_of(session: &Session) -> Option<Tunnel> {
    let ipv4 = session.attributes.assigned_ipv4.map(|address| address.value);
    let ipv6 = session.attributes.assigned_ipv6.map(|address| address.value);
    let is_usable = session.end.is_none() && (ipv4.is_some() || ipv6.is_some());
    is_usable.then(|| Tunnel {
        device: session.device.as_str().to_owned(),
        interface: session.interface,
        ipv4,
        ipv6,
    })
}
