//! What the box can observe of a tunnel: OpenVPN's hooks and management socket, network interfaces,
//! clocks.

#![forbid(unsafe_code)]

mod boot_ids;
pub mod clock;
mod inotify;
mod link;
pub mod openvpn;
pub mod origin;
pub mod spool;
pub mod syslog;

pub use boot_ids::BootIds;
pub use inotify::inotify_error;
pub use link::{LinkNotice, LinkWatch, query_link};

/// The texts of the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use temoin_core::text::{Message, PackedTexts, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
