//! The edge towards OpenVPN and the network: what the box can observe of a tunnel.

mod link;
mod netlink;

pub use link::look;
pub use netlink::{LinkNotice, LinkWatch};
