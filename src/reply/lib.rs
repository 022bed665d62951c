//! Reads what an operator answers to a request for access. Pure: the reply's bytes are passed in.
//!
//! [`parse_reply`] makes a [`Reply`] of bytes in these steps, each a file: what kind of file it is and how it is
//! encoded (`file_kind`, `encoding`), where the sessions lie in it (`table_layout`, `json_shape`), its rows
//! (`table`, `table_rows`, `json_source`), what the columns hold and how their dates are written (`mapping`,
//! `columns`, `evidence`), and the values (`record`, `time_text`, `address`). Where a reply can be read in
//! several ways it is an error, and [`describe`] gives what there is to ask, with a guess.
#![forbid(unsafe_code)]

mod address;
mod columns;
mod encoding;
mod evidence;
mod file_kind;
mod guess;
mod json_shape;
mod json_source;
mod json_walk;
mod mapping;
mod reading;
mod record;
mod reply;
mod reply_error;
mod row;
mod source;
mod table;
mod table_layout;
mod table_rows;
mod time_format;
mod time_text;
mod zone;

pub use address::canonical_address;
pub use columns::ColumnMeaning;
pub use evidence::OpenDate;
pub use file_kind::FileKind;
pub use mapping::{InvalidMapping, Mapping};
pub use reading::{DescribedColumn, Description, describe, parse_reply};
pub use reply::{Reply, ReplyPosition, ReplyRecord};
pub use reply_error::{Bound, Expected, Problem, ReplyError};
pub use time_text::{DateOrder, UnknownDateOrder};
pub use zone::{ReplyZone, UnknownReplyZone};

/// The texts of the catalogues in `src/locales`.
#[allow(unused_imports, reason = "what each generated module imports is the same")]
mod messages {
    use temoin_core::text::{Message, PackedTexts, Plural};

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

#[cfg(test)]
mod tests;
