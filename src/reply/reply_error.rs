use temoin_core::text::{Language, Message, plain};

use crate::file_kind::FileKind;
use crate::messages::reply::error as msg;
use crate::reply::ReplyPosition;

/// Why a reply cannot be compared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReplyError {
    /// Two columns hold different values of the same field: say which to ignore.
    Ambiguous {
        /// Where.
        place: ReplyPosition,
        /// The column that comes first.
        first: String,
        /// The other one.
        second: String,
    },
    /// No column is known that says when a session began: say what they hold.
    ColumnsUnknown(Vec<String>),
    /// Dates can be read in two ways: say which.
    DatesOpen {
        /// Where the first such date stands.
        place: ReplyPosition,
        /// Its column.
        name: String,
        /// The date as it is written.
        text: String,
    },
    /// Dates of one column are written in different orders: ask the operator.
    DatesMixed {
        /// The column.
        name: String,
    },
    /// There is nothing in the file: choose another.
    Empty,
    /// It is no table or no JSON: ask for another file, or fix this one.
    Malformed {
        /// The line.
        line: usize,
        /// What is wrong.
        problem: Problem,
    },
    /// There are lines or entries, but none that says when a session was.
    NoSession,
    /// No table and no list of sessions; what was found instead.
    NothingFound(Vec<String>),
    /// A file of another kind: save it as CSV, or ask for CSV.
    OtherFile(FileKind),
    /// Several lists may be meant: say which.
    SeveralLists(Vec<String>),
    /// The reply is too large: split it.
    TooLarge(Bound),
    /// A value is not what its column should hold: say what it holds.
    Value {
        /// Where.
        place: ReplyPosition,
        /// The name of the column or key.
        name: String,
        /// The value.
        text: String,
        /// What is expected there.
        expected: Expected,
    },
    /// A time does not say its zone: say it.
    ZoneMissing {
        /// Where.
        place: ReplyPosition,
        /// The name of the column or key.
        name: String,
        /// The time as it is written.
        text: String,
    },
}

/// What is wrong with the form of a reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Problem {
    /// A line has not as many cells as the header.
    CellCount,
    /// JSON ends too early.
    EndsEarly,
    /// JSON is nested too deeply.
    Nested,
    /// A quotation mark is never closed.
    OpenQuote,
    /// JSON has a sign that does not belong there.
    Syntax,
    /// Text follows a closing quotation mark.
    TextAfterQuote,
    /// A line has too many cells, or an object too many keys.
    TooWide,
}

/// What a reply is too large for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bound {
    /// 8 MiB.
    Bytes,
    /// The sessions that are held in memory.
    Sessions,
}

/// What is expected of a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// A date and a time.
    DateTime,
    /// An IP address.
    IpAddress,
    /// An IPv4 address.
    Ipv4Address,
    /// An IPv6 address.
    Ipv6Address,
    /// An IPv6 prefix.
    Ipv6Prefix,
    /// A port.
    Port,
    /// A number of seconds.
    Seconds,
}

impl ReplyError {
    /// Whether a person can answer it by saying how the reply is to be read.
    #[must_use]
    pub fn is_answerable(&self) -> bool {
        match self {
            Self::Ambiguous { .. }
            | Self::ColumnsUnknown(_)
            | Self::DatesOpen { .. }
            | Self::SeveralLists(_)
            | Self::NoSession
            | Self::Value { .. }
            | Self::ZoneMissing { .. } => true,
            Self::DatesMixed { .. }
            | Self::Empty
            | Self::Malformed { .. }
            | Self::NothingFound(_)
            | Self::OtherFile(_)
            | Self::TooLarge(_) => false,
        }
    }

    /// What is wrong and what to do, on one line. What it quotes from the reply cannot add lines.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let fill = |message: &Message, values: &[(&str, &str)]| message.fill(language, values);
        let at = |place: &ReplyPosition| place.written(language);
        match self {
            Self::Ambiguous { place, first, second } => fill(
                &msg::AMBIGUOUS,
                &[("place", &at(place)), ("first", &shown(first)), ("second", &shown(second))],
            ),
            Self::ColumnsUnknown(names) => fill(&msg::COLUMNS_UNKNOWN, &[("names", &list(names))]),
            Self::DatesOpen { place, name, text } => fill(
                &msg::DATES_OPEN,
                &[("place", &at(place)), ("name", &shown(name)), ("text", &shown(text))],
            ),
            Self::DatesMixed { name } => fill(&msg::DATES_MIXED, &[("name", &shown(name))]),
            Self::Empty => msg::EMPTY.text(language).to_owned(),
            Self::Malformed { line, problem } => fill(
                &msg::MALFORMED,
                &[
                    ("place", &fill(&msg::AT_LINE, &[("number", &line.to_string())])),
                    ("problem", problem.message().text(language)),
                ],
            ),
            Self::NoSession => msg::NO_SESSION.text(language).to_owned(),
            Self::NothingFound(found) if found.is_empty() => {
                msg::NOTHING_FOUND.text(language).to_owned()
            }
            Self::NothingFound(found) => fill(&msg::ONLY_FOUND, &[("found", &list(found))]),
            Self::OtherFile(kind) => kind.message().text(language).to_owned(),
            Self::SeveralLists(paths) => fill(&msg::SEVERAL_LISTS, &[("paths", &list(paths))]),
            Self::TooLarge(Bound::Bytes) => msg::TOO_LARGE.text(language).to_owned(),
            Self::TooLarge(Bound::Sessions) => msg::TOO_MANY.text(language).to_owned(),
            Self::Value { place, name, text, expected } => fill(
                &msg::VALUE,
                &[
                    ("place", &at(place)),
                    ("name", &shown(name)),
                    ("text", &shown(text)),
                    ("expected", expected.message().text(language)),
                ],
            ),
            Self::ZoneMissing { place, name, text } => fill(
                &msg::ZONE_MISSING,
                &[("place", &at(place)), ("name", &shown(name)), ("text", &shown(text))],
            ),
        }
    }
}

impl ReplyPosition {
    /// In words, such as `line 3 of the reply`.
    #[must_use]
    pub fn written(self, language: Language) -> String {
        let (message, number) = match self {
            Self::Entry(number) => (&msg::AT_ENTRY, number),
            Self::Line(number) => (&msg::AT_LINE, number),
        };
        message.fill(language, &[("number", &number.to_string())])
    }
}

impl Problem {
    fn message(self) -> &'static Message {
        match self {
            Self::CellCount => &msg::CELL_COUNT,
            Self::EndsEarly => &msg::ENDS_EARLY,
            Self::Nested => &msg::NESTED,
            Self::OpenQuote => &msg::OPEN_QUOTE,
            Self::Syntax => &msg::SYNTAX,
            Self::TextAfterQuote => &msg::TEXT_AFTER_QUOTE,
            Self::TooWide => &msg::TOO_WIDE,
        }
    }
}

impl Expected {
    fn message(self) -> &'static Message {
        match self {
            Self::DateTime => &msg::DATE_TIME,
            Self::IpAddress => &msg::IP_ADDRESS,
            Self::Ipv4Address => &msg::IPV4_ADDRESS,
            Self::Ipv6Address => &msg::IPV6_ADDRESS,
            Self::Ipv6Prefix => &msg::IPV6_PREFIX,
            Self::Port => &msg::PORT,
            Self::Seconds => &msg::SECONDS,
        }
    }
}

impl FileKind {
    fn message(self) -> &'static Message {
        match self {
            Self::Archive => &msg::ARCHIVE,
            Self::Binary => &msg::BINARY,
            Self::Document => &msg::DOCUMENT,
            Self::Html => &msg::HTML,
            Self::Image => &msg::IMAGE,
            Self::Pdf => &msg::PDF,
            Self::Spreadsheet => &msg::SPREADSHEET,
            Self::Sql => &msg::SQL,
            Self::Xml => &msg::XML,
        }
    }
}

/// A text of the reply as it is quoted: short, and on one line.
pub(crate) fn shown(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn list(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(12).map(|name| shown(name)).collect();
    if names.len() > shown.len() {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

/// How many characters of a text are quoted.
const SHOWN: usize = 60;
