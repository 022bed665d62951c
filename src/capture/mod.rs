//! The edge towards OpenVPN and the network: what the box can observe of a tunnel.

mod link;
mod management;
mod netlink;

pub use link::look;
pub use management::{Management, ManagementNotice};
pub use netlink::{LinkNotice, LinkWatch};
