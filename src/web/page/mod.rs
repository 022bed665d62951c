//! The pages and what they load.

mod asset;
mod failure;
mod layout;
mod length;
mod list;
mod now;
mod rooms;
mod session;

pub(super) use asset::asset;
pub(super) use failure::{failure, failure_unread};
pub(super) use list::list;
pub(super) use now::now;
pub(super) use session::session;
