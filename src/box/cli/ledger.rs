use std::fmt::Write;

use serde::Serialize;

use crate::messages::cli::ledger as msg;
use temoin_core::assessment::LocalState;
use temoin_core::record::{Call, LedgerEntry, RequestedId, RouteKind};
use temoin_core::text::Message;
use temoin_page::words;

use super::arguments::LedgerArgs;
use super::context::Context;
use super::exit::CliError;
use super::table::wrapped;
use super::terminal::print;

/// Assumed terminal width, in columns.
const WIDTH: usize = 80;

/// How many requests are read at a time.
const AT_ONCE: u32 = 50;

/// `temoin ledger`
pub(super) fn run(context: &Context, arguments: &LedgerArgs) -> Result<(), CliError> {
    let Some(reader) = context.reader()? else { return Ok(()) };
    let limit = arguments.limit.unwrap_or(if arguments.json { u32::MAX } else { 20 });
    let mut told = 0;
    if arguments.json {
        print("{\"format\":\"temoin.ledger/1\",\"requests\":[")?;
    }
    while told < limit {
        let some = reader.ledger(told, AT_ONCE.min(limit - told))?;
        if some.is_empty() {
            break;
        }
        for entry in &some {
            let named = reader.requested_ids(entry)?;
            if arguments.json {
                let comma = if told > 0 { "," } else { "" };
                let line = serde_json::to_string(&JsonEntry::of(entry, &named))?;
                print(&format!("{comma}\n{line}"))?;
            } else {
                let gap = if told > 0 { "\n" } else { "" };
                print(&format!("{gap}{}", text(context, entry, &named, arguments.full)))?;
            }
            told += 1;
        }
    }
    if arguments.json {
        return print("\n]}\n");
    }
    if told == 0 {
        return print(&format!("{}\n", msg::NONE.text(context.language)));
    }
    print(&context.zone_note())
}

fn text(context: &Context, entry: &LedgerEntry, named: &[RequestedId], is_full: bool) -> String {
    let language = context.language;
    let sent = &entry.sent;
    let say = |message: &Message| message.text(language).to_owned();
    let mut text = format!(
        "{} · {} · {} · {}\n",
        context.when().short_date_time(sent.at),
        say(if sent.call == Call::Register { &msg::REGISTER } else { &msg::STATUS }),
        say(if sent.route == RouteKind::Proxy { &msg::BY_PROXY } else { &msg::BY_TUNNEL }),
        say(if sent.is_manual { &msg::MANUAL } else { &msg::BY_ITSELF }),
    );
    let mut line = |line: &str| text.push_str(&wrapped(line, WIDTH, "  "));
    let (head, body) = (sent.head.len().to_string(), sent.body.len().to_string());
    if !sent.body.is_empty() {
        line(&msg::SENT.fill(language, &[("head", &head), ("body", &body)]));
    }
    let ours: Vec<String> = named
        .iter()
        .filter_map(|place| match place {
            RequestedId::Session(id, _) => Some(id.short()),
            RequestedId::Erased | RequestedId::Filler(_) => None,
        })
        .collect();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let erased = named.iter().filter(|place| **place == RequestedId::Erased).count();
    let random = named.iter().filter(|place| matches!(place, RequestedId::Filler(_))).count();
    let mut parts = Vec::new();
    if !ours.is_empty() {
        let ids = ours.join(", ");
        parts.push(msg::OURS.fill(language, count(ours.len()), &[("ids", &ids)]));
    }
    if erased > 0 {
        parts.push(msg::ERASED.fill(language, count(erased), &[]));
    }
    if random > 0 {
        parts.push(msg::RANDOM.fill(language, count(random), &[]));
    }
    if sent.body.is_empty() {
        line(&say(&msg::BODY_LOST));
    } else {
        line(&msg::NAMES.fill(language, &[("what", &parts.join(", "))]));
    }
    match &entry.outcome {
        None => line(&say(&msg::NO_OUTCOME)),
        Some(outcome) => {
            if let Some(answer) = outcome.answer {
                let values = [
                    ("status", answer.status.to_string()),
                    ("size", answer.size.to_string()),
                    ("digest", hex(&answer.digest)),
                ];
                let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                line(&msg::ANSWER.fill(language, &values));
            }
            if let Some(failure) = &outcome.failure {
                let known = words::failure(failure).map(|known| known.text(language));
                line(&msg::FAILURE.fill(language, &[("why", known.unwrap_or(failure))]));
            }
        }
    }
    if is_full {
        text.push('\n');
        for line in String::from_utf8_lossy(&sent.head).lines() {
            let _ = writeln!(text, "    {}", line.escape_debug());
        }
        for (place, bytes) in sent.body.chunks(32).enumerate() {
            let what = match named.get(place) {
                Some(RequestedId::Erased) => &msg::IS_ERASED,
                Some(RequestedId::Filler(_)) => &msg::IS_RANDOM,
                Some(RequestedId::Session(..)) => &msg::IS_OURS,
                None => &msg::IS_ENDING,
            };
            let _ = writeln!(text, "    {} {}", hex(bytes), what.text(language));
        }
    }
    text
}

#[derive(Serialize)]
struct JsonEntry {
    number: i64,
    at: String,
    call: &'static str,
    way: &'static str,
    by_hand: bool,
    head: String,
    body: String,
    ids: Vec<JsonNamed>,
    answer: Option<JsonAnswer>,
    answered_at: Option<String>,
    failure: Option<String>,
}

#[derive(Serialize)]
struct JsonNamed {
    id: Option<String>,
    what: &'static str,
}

#[derive(Serialize)]
struct JsonAnswer {
    status: u16,
    size: u64,
    sha256: String,
}

impl JsonEntry {
    fn of(entry: &LedgerEntry, named: &[RequestedId]) -> Self {
        let outcome = entry.outcome.as_ref();
        let answer = outcome.and_then(|outcome| outcome.answer);
        Self {
            number: entry.number.value(),
            at: entry.sent.at.to_string(),
            call: entry.sent.call.name(),
            way: entry.sent.route.name(),
            by_hand: entry.sent.is_manual,
            head: String::from_utf8_lossy(&entry.sent.head).into_owned(),
            body: hex(&entry.sent.body),
            ids: named.iter().map(JsonNamed::of).collect(),
            answer: answer.map(|answer| JsonAnswer {
                status: answer.status,
                size: answer.size,
                sha256: hex(&answer.digest),
            }),
            answered_at: outcome.map(|outcome| outcome.at.to_string()),
            failure: outcome.and_then(|outcome| outcome.failure.clone()),
        }
    }
}

impl JsonNamed {
    fn of(named: &RequestedId) -> Self {
        match named {
            RequestedId::Erased => Self { id: None, what: "erased-since" },
            RequestedId::Filler(id) => Self { id: Some(id.to_string()), what: "random" },
            RequestedId::Session(id, local_state) => {
                let what = match local_state {
                    LocalState::Ended | LocalState::Open => "session",
                    LocalState::Erased => "erased-session",
                };
                Self { id: Some(id.to_string()), what }
            }
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
