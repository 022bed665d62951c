//! Network interfaces, as the kernel tells of them.

mod netlink;
mod query;

pub use netlink::{LinkNotice, LinkWatch};
pub(crate) use query::addresses;
pub use query::query_link;
