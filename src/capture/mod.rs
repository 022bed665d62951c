//! The edge towards OpenVPN and the network: what the box can observe of a tunnel.

mod boots;
pub mod clock;
pub mod environment;
pub mod hook;
pub mod install;
mod link;
mod management;
mod netlink;
pub mod origin;
pub mod spool;
pub mod syslog;

pub use boots::Boots;
pub use link::look;
pub use management::{Management, ManagementNotice};
pub use netlink::{LinkNotice, LinkWatch};
