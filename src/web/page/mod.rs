//! The pages and what they load.

mod ask;
mod asset;
mod attention;
mod calendar;
mod cite;
mod days;
mod download;
mod erase;
mod erased;
mod failure;
mod layout;
mod length;
mod now;
mod rooms;
mod selection;
mod session;
mod sessions;
mod settings;
mod timeline;

pub(super) use ask::ask;
pub(super) use asset::asset;
pub(super) use calendar::calendar;
pub(super) use download::download;
pub(super) use erase::{do_erase, erase};
pub(super) use erased::erased;
pub(super) use failure::{failure, failure_unread};
pub(super) use now::now;
pub(super) use session::session;
pub(super) use sessions::sessions;
pub(super) use settings::{change_settings, settings};
pub(super) use timeline::timeline;
