//! The program `temoin`: a local log of a member's VPN sessions, beside what the operator holds of
//! them. `CONTRIBUTING.md` says what the other crates are.
#![forbid(unsafe_code)]

mod app;
mod cli;
mod daemon;
mod export;
mod gdpr;
mod render;
mod web;

pub use cli::run;

/// What the tests and fuzz targets in `tests/` drive without the program: no interface of its own.
#[doc(hidden)]
pub mod internals {
    pub use crate::app::config::Config;
    pub use crate::app::ruleset::Ruleset;
    pub use crate::app::settings::{InvalidSetting, Setting, SettingsError};
    pub use crate::app::sync::{
        StatusReport, SyncError, SyncRun, SyncTarget, draw_randomness, tunnel_of,
    };
    pub use crate::export::ReceiptBundle;
    pub use crate::gdpr::{
        Addressee, ComplaintReason, LETTER_STYLE, Letter, LetterDetails, LetterKind, Mapping,
        OverdueErasure, Reply, ReplyComparison, ReplyFormat, ReplyPosition, ReplyZone, Sender,
        TimeTolerance, compare, letter, one_month_deadline, parse_reply,
    };
    pub use crate::render::law_words::verified;
    pub use crate::render::{
        HOLDING_FORMAT, SUMMARY_FORMAT, assessment_json, assessment_text, summary_json,
        summary_text,
    };
    pub use crate::web::{
        Actions, ComparisonCache, EraseError, PageRuleset, Site, TokenKey, open_records,
    };
}

/// The texts of the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use temoin_core::text::{Message, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
