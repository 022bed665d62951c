//! An operator's answer to a request for access: a table or JSON of its own making.
#![no_main]

use libfuzzer_sys::fuzz_target;
use temoin_page::{Mapping, ReplyFormat, parse_reply};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let format = if kind % 2 == 0 { ReplyFormat::Csv } else { ReplyFormat::Json };
    drop(parse_reply(bytes, format, &Mapping::default()));
});
