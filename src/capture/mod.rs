//! The edge towards OpenVPN and the network: what the box can observe of a tunnel.

pub mod clock;
mod link;
mod management;
mod netlink;
pub mod origin;
pub mod spool;

pub use link::look;
pub use management::{Management, ManagementNotice};
pub use netlink::{LinkNotice, LinkWatch};
