//! temoin: a local log of the sessions of which the law makes a VPN operator keep a record.
//!
//! Modules, lowest layer first; a module uses only lower ones:
//!
//! * Without I/O: [`domain`] (sessions, their fields, how each value is known, and the tracker that
//!   turns observations into sessions) and [`i18n`] (the four languages).
//! * Middle: [`retention`] (what law and operators have kept, and until when), [`protocol`] (what both
//!   ends of the sync will share), [`holding`] (law, operator and box side by side, for one session
//!   and summed up), [`rights`] (letters, deadlines, comparison with an operator's answer), [`export`]
//!   (the record for other programs) and [`journal`] (the record in SQLite).
//! * I/O: [`capture`] (OpenVPN's hooks, the spool, netlink, the management
//!   socket, finding the origin address), [`sync`] (asking the operator, by session ID alone), [`http`]
//!   (a small server) and [`web`] (the page); and, with feature `operator`, the operator's end.
//! * [`config`], [`lawbook`] (law and profiles as this box has them), [`settings`] (what can be
//!   changed of the configuration), [`erasure`] (what is erased, and when), [`inquiry`] (asking the
//!   operator for the record), [`daemon`] (a single poll loop over the modules it calls) and
//!   [`cli`] (one file a command).
#![forbid(unsafe_code)]

pub mod capture;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod domain;
pub mod erasure;
pub mod export;
pub mod holding;
pub mod http;
pub mod i18n;
pub mod inquiry;
pub mod journal;
pub mod lawbook;
#[cfg(feature = "operator")]
pub mod operator;
pub mod protocol;
pub mod retention;
pub mod rights;
pub mod settings;
pub mod sync;
pub mod web;

/// The texts of the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use crate::i18n::{Message, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
