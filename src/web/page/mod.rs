//! The pages and what they load.

mod asset;
mod attention;
mod calendar;
mod days;
mod download;
mod failure;
mod layout;
mod length;

mod now;
mod rooms;
mod selection;
mod session;
mod sessions;
mod timeline;

pub(super) use asset::asset;
pub(super) use calendar::calendar;
pub(super) use download::download;
pub(super) use failure::{failure, failure_unread};

pub(super) use now::now;
pub(super) use session::session;
pub(super) use sessions::sessions;
pub(super) use timeline::timeline;
