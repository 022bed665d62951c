//! Network interfaces, as the kernel tells of them.

mod netlink;
mod query;
mod uplink;

pub use netlink::{LinkNotice, LinkWatch};
pub(crate) use query::addresses;
pub use query::query_link;
