//! What the box can observe of a tunnel: OpenVPN's hooks and management socket, network interfaces,
//! clocks.

mod boot_ids;
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

pub use boot_ids::BootIds;
pub use link::query_link;
pub use management::{ManagementNotice, ManagementSocket};
pub use netlink::{LinkNotice, LinkWatch};
