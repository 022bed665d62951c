use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Spool;

/// What tells whether a registration may be bound.
#[derive(Clone, Debug)]
pub struct HookTrail {
    /// The name of the gateway.
    pub gateway: String,
    /// Its spool: no ID is bound before an event that waited when it was registered.
    pub spool: Spool,
    /// Whether OpenVPN's user is one whose hooks are lost uncounted while nobody serves.
    pub openvpn_user: bool,
    /// Set while a lost hook could not be noted.
    pub unsure: Arc<AtomicBool>,
}
