use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde::{Serialize, Serializer};

use super::letter_wrap::wrap;
use crate::messages::comparison as msg;
use crate::render::words;
use temoin_core::session::{Field, SessionId, TimeBounds, Timestamp};
use temoin_core::text::Language;
use temoin_reply::{ReplyPosition, ReplyRecord};

/// The comparison of an operator's reply with the box's own record.
///
/// As JSON its names are stable; the format is `temoin.comparison/1`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ReplyComparison {
    format: &'static str,
    /// Whether the reply says that nothing is held: an empty list, and not one that was not understood.
    pub holds_nothing: bool,
    /// Sessions on which both agree, as far as they can be compared.
    pub same: Vec<MatchingSession>,
    /// Sessions on which they differ.
    pub differing: Vec<DifferingSession>,
    /// Records that fit no session of the box.
    pub held_unknown_here: UnmatchedRecords,
    /// Sessions of the box that are missing from the reply.
    pub known_here_not_held: Vec<UnmatchedSession>,
    /// Fields that the reply gives and the box does not record, so that they cannot be compared.
    #[serde(serialize_with = "as_names")]
    pub also_held: Vec<Field>,
    /// Columns or keys of the reply that were not understood.
    pub unread_columns: Vec<String>,
}

impl ReplyComparison {
    /// The comparison as text, 80 columns wide. All times are in UTC.
    pub fn to_text(&self, language: Language) -> String {
        let mut text = String::new();
        // Writing to a `String` does not fail.
        let _ = self.write(language, &mut text);
        text
    }

    /// Writes the text piece by piece: whole, that of a long reply would take as much memory as the reply.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, language: Language, out: &mut dyn fmt::Write) -> fmt::Result {
        let mut text = String::new();
        wrap(msg::TITLE.text(language), "", "", &mut text);
        text.push('\n');
        if self.holds_nothing {
            wrap(msg::HOLDS_NOTHING.text(language), "", "", &mut text);
            text.push('\n');
        }
        for (message, count) in [
            (&msg::SAME, self.same.len()),
            (&msg::DIFFERING, self.differing.len()),
            (&msg::HELD_UNKNOWN, self.held_unknown_here.len()),
            (&msg::NOT_HELD, self.known_here_not_held.len()),
        ] {
            wrap(&message.fill(language, &[("count", &count.to_string())]), "", "  ", &mut text);
        }
        self.write_differing(language, &mut text);
        self.write_held_unknown(language, &mut text, out)?;
        self.write_not_held(language, &mut text);
        if !self.also_held.is_empty() {
            let fields = words::fields(&self.also_held, language);
            text.push('\n');
            wrap(&msg::ALSO_HELD.fill(language, &[("fields", &fields)]), "", "", &mut text);
        }
        if !self.unread_columns.is_empty() {
            let columns = self.unread_columns.join(", ");
            text.push('\n');
            wrap(&msg::UNREAD.fill(language, &[("columns", &columns)]), "", "", &mut text);
        }
        text.push('\n');
        wrap(msg::CAUTION.text(language), "", "", &mut text);
        out.write_str(&text)
    }

    fn write_differing(&self, language: Language, text: &mut String) {
        if self.differing.is_empty() {
            return;
        }
        text.push('\n');
        wrap(msg::DIFFERING_HEADING.text(language), "", "", text);
        for differing in &self.differing {
            let session = differing.session.short();
            let place = differing.place.written(language);
            let values = [("session", session.as_str()), ("place", place.as_str())];
            wrap(&msg::SESSION_AT.fill(language, &values), "- ", "  ", text);
            for difference in &differing.differences {
                let label = words::fields(&[difference.field], language);
                let (here, operator) =
                    (difference.here.to_string(), difference.operator.to_string());
                let values = [("here", here.as_str()), ("operator", operator.as_str())];
                wrap(&msg::LABEL.fill(language, &[("label", &label)]), "    ", "    ", text);
                for message in [&msg::HERE, &msg::OPERATOR] {
                    wrap(&message.fill(language, &values), "      ", "        ", text);
                }
            }
            if !differing.cannot_tell.is_empty() {
                let fields = words::fields(&differing.cannot_tell, language);
                let line = msg::CANNOT_TELL.fill(language, &[("fields", &fields)]);
                wrap(&line, "    ", "    ", text);
            }
        }
    }

    fn write_held_unknown(
        &self,
        language: Language,
        text: &mut String,
        out: &mut dyn fmt::Write,
    ) -> fmt::Result {
        if self.held_unknown_here.is_empty() {
            return Ok(());
        }
        text.push('\n');
        wrap(msg::HELD_UNKNOWN_HEADING.text(language), "", "", text);
        for (record, within) in self.held_unknown_here.iter() {
            let span = show_span(record.began().as_ref(), record.end().as_ref());
            let place = record.place.written(language);
            let line = format!("{} {span}", msg::LABEL.fill(language, &[("label", &place)]));
            wrap(&line, "- ", "  ", text);
            if let Some(session) = within {
                let line = msg::WITHIN.fill(language, &[("session", &session.short())]);
                wrap(&line, "    ", "    ", text);
            }
            out.write_str(text)?;
            text.clear();
        }
        Ok(())
    }

    fn write_not_held(&self, language: Language, text: &mut String) {
        if self.known_here_not_held.is_empty() {
            return;
        }
        text.push('\n');
        wrap(msg::NOT_HELD_HEADING.text(language), "", "", text);
        for known in &self.known_here_not_held {
            let span = show_span(Some(&known.start), known.end.as_ref());
            let session = known.session.short();
            let line = format!("{} {span}", msg::LABEL.fill(language, &[("label", &session)]));
            wrap(&line, "- ", "  ", text);
        }
    }
}

impl Default for ReplyComparison {
    /// Nothing compared with nothing.
    fn default() -> Self {
        Self {
            format: "temoin.comparison/1",
            holds_nothing: false,
            same: Vec::new(),
            differing: Vec::new(),
            held_unknown_here: UnmatchedRecords::default(),
            known_here_not_held: Vec::new(),
            also_held: Vec::new(),
            unread_columns: Vec::new(),
        }
    }
}

/// A session on which both sides agree.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct MatchingSession {
    /// The session.
    #[serde(serialize_with = "as_text")]
    pub session: SessionId,
    /// Where in the reply its record stands.
    pub place: ReplyPosition,
    /// The fields that agree, within the tolerance.
    #[serde(serialize_with = "as_names")]
    pub agrees: Vec<Field>,
    /// The fields of which only one side knows something, or not enough to tell.
    #[serde(serialize_with = "as_names")]
    pub cannot_tell: Vec<Field>,
}

/// A session on which the two sides differ.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct DifferingSession {
    /// The session.
    #[serde(serialize_with = "as_text")]
    pub session: SessionId,
    /// Where in the reply its record stands.
    pub place: ReplyPosition,
    /// What they say.
    pub differences: Vec<FieldDifference>,
    /// The fields that agree, within the tolerance.
    #[serde(serialize_with = "as_names")]
    pub agrees: Vec<Field>,
    /// The fields of which only one side knows something, or not enough to tell.
    #[serde(serialize_with = "as_names")]
    pub cannot_tell: Vec<Field>,
}

/// A field on which the two sides differ.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FieldDifference {
    /// The field.
    #[serde(serialize_with = "as_text")]
    pub field: Field,
    /// What the box recorded.
    #[serde(serialize_with = "as_text")]
    pub here: ComparedValue,
    /// What the operator's reply says.
    #[serde(serialize_with = "as_text")]
    pub operator: ComparedValue,
}

/// What one side says of a field. Written out, its times are in UTC.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ComparedValue {
    /// A time.
    TimeBounds(TimeBounds),
    /// Anything else.
    Text(String),
}

impl Display for ComparedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeBounds(moment) => f.write_str(&show_moment(moment)),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Records that fit no session of the box.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UnmatchedRecords {
    pub(super) records: Vec<ReplyRecord>,
    /// For some, a session of the box within which it began and in which a reconnect could not be seen: the
    /// operator may hold as several sessions what the box saw as one.
    pub(super) within: BTreeMap<ReplyPosition, SessionId>,
}

impl UnmatchedRecords {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Each of them, with a session of the box within which it began and in which a reconnect could not be
    /// seen.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&ReplyRecord, Option<SessionId>)> {
        self.records.iter().map(|record| (record, self.within.get(&record.place).copied()))
    }
}

impl Serialize for UnmatchedRecords {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(UnmatchedRecordJson::from))
    }
}

/// A session of the box that is missing from the reply.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct UnmatchedSession {
    /// The session.
    #[serde(serialize_with = "as_text")]
    pub session: SessionId,
    /// When it began.
    #[serde(serialize_with = "as_moment")]
    pub start: TimeBounds,
    /// When it ended; `None` while it lasts.
    #[serde(serialize_with = "as_optional_moment")]
    pub end: Option<TimeBounds>,
}

/// A record that fits no session, as JSON.
#[derive(Serialize)]
struct UnmatchedRecordJson {
    place: ReplyPosition,
    assigned_at: Option<String>,
    session_start: Option<String>,
    session_end: Option<String>,
    origin_address: Option<String>,
    origin_port: Option<u16>,
    assigned_ipv4: Option<String>,
    assigned_ipv6: Option<String>,
    delegated_prefix: Option<String>,
    gateway: Option<String>,
    transport: Option<String>,
    end_reason: Option<String>,
    within: Option<String>,
}

impl From<(&ReplyRecord, Option<SessionId>)> for UnmatchedRecordJson {
    fn from((record, within): (&ReplyRecord, Option<SessionId>)) -> Self {
        fn text(value: Option<impl ToString>) -> Option<String> {
            value.map(|value| value.to_string())
        }
        Self {
            place: record.place,
            assigned_at: record.assigned_at().as_ref().map(show_moment),
            session_start: record.start().as_ref().map(show_moment),
            session_end: record.end().as_ref().map(show_moment),
            origin_address: text(record.origin_address),
            origin_port: record.origin_port,
            assigned_ipv4: text(record.assigned_ipv4),
            assigned_ipv6: text(record.assigned_ipv6()),
            delegated_prefix: text(record.delegated_prefix()),
            gateway: text(record.gateway),
            transport: text(record.transport),
            end_reason: text(record.end_reason.as_deref()),
            within: text(within),
        }
    }
}

/// A moment as RFC 3339 in UTC, or its two bounds as an interval of ISO 8601, `..` where one is not
/// known.
fn show_moment(moment: &TimeBounds) -> String {
    let bound = |at: Option<Timestamp>| at.map_or_else(|| "..".to_owned(), |at| at.to_string());
    match moment.instant() {
        Some(at) => at.to_string(),
        None => format!("{}/{}", bound(moment.earliest), bound(moment.latest)),
    }
}

fn show_span(start: Option<&TimeBounds>, end: Option<&TimeBounds>) -> String {
    let show = |moment: Option<&TimeBounds>| moment.map_or_else(|| "..".to_owned(), show_moment);
    format!("{} – {}", show(start), show(end))
}

fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn as_names<S: Serializer>(fields: &[Field], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(fields.iter().map(|field| field.name()))
}

fn as_moment<S: Serializer>(moment: &TimeBounds, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&show_moment(moment))
}

fn as_optional_moment<S: Serializer>(
    moment: &Option<TimeBounds>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    moment.as_ref().map(show_moment).serialize(serializer)
}
