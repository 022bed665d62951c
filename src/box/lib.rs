//! The program `temoin`: a local log of a member's VPN sessions, beside what the operator holds of
//! them. `CONTRIBUTING.md` says what the other crates are.
#![forbid(unsafe_code)]

mod app;
mod cli;
mod daemon;

pub use cli::run;

/// What the tests and fuzz targets in `tests/` drive without the program: no interface of its own.
#[doc(hidden)]
pub mod internals {
    pub use crate::app::sync::{
        StatusReport, SyncError, SyncRun, SyncTarget, draw_randomness, tunnel_of,
    };
}

/// The texts of the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use temoin_core::text::{Message, PackedTexts, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
