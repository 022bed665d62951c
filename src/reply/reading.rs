use temoin_core::text::plain;

use crate::columns::ColumnMeaning;
use crate::encoding::Text;
use crate::evidence::{Evidence, OpenDate};
use crate::file_kind::FileKind;
use crate::guess::guess;
use crate::mapping::Mapping;
use crate::record::RecordReader;
use crate::reply::{Reply, ReplyPosition, ReplyRecord};
use crate::reply_error::{Bound, ReplyError};
use crate::row::Columns;
use crate::source::Source;
use crate::time_text::DateOrder;
use crate::zone::ReplyZone;

/// Reads an operator's reply to a request for access.
///
/// For fields the box does not record itself, such as a name or byte counts, only the fact that they
/// are held is kept, not the value. At most 8 MiB are read, and some hundred thousand sessions. The text is
/// gone through three times, piece by piece: to find the sessions, to see how they are written, and to read
/// them.
///
/// # Errors
/// `ReplyError` names the place and the remedy. A reply of which nothing was understood is an error, and not
/// one that holds nothing.
pub fn parse_reply(bytes: &[u8], mapping: &Mapping) -> Result<Reply, ReplyError> {
    let (source, mut columns, evidence) = survey(bytes, mapping)?;
    let mut reply = Reply::default();
    let Some((evidence, skipped)) = evidence else { return Ok(reply) };
    if !evidence.is_understood(&columns) {
        return Err(ReplyError::ColumnsUnknown(columns.names));
    }
    if evidence.rows == 0 && skipped > 0 {
        return Err(ReplyError::NoSession);
    }
    let orders = evidence.orders(&columns, mapping)?;
    let mut records = RecordReader::new(mapping, orders);
    let mut room = ROOM;
    source.each_row(&mut columns, mapping, &mut |columns, row| {
        let record = records.record(columns, row)?;
        if !record.is_blank() {
            room = room.checked_sub(record.size()).ok_or(ReplyError::TooLarge(Bound::Sessions))?;
            reply.records.push(record);
        }
        Ok(true)
    })?;
    if evidence.rows > 0 && !reply.records.iter().any(ReplyRecord::is_identified) {
        return Err(ReplyError::NoSession);
    }
    reply.fields.extend(evidence.fields(&columns));
    let unread =
        columns.names.iter().zip(&columns.meanings).filter(|(_, meaning)| meaning.is_none());
    // A column without a name is hardly one.
    let unread = unread.filter(|(name, _)| !name.starts_with('#'));
    reply.unread.extend(unread.map(|(name, _)| plain(name)));
    Ok(reply)
}

/// How a reply would be read, for a reader to say whether that is right; `None` where it has no table and no
/// list. What is not known is filled in by the likeliest, and `zone` for times that do not say theirs.
#[must_use]
pub fn describe(bytes: &[u8], mapping: &Mapping, zone: ReplyZone) -> Option<Description> {
    let (source, mut columns, evidence) = survey(bytes, mapping).ok()?;
    let (evidence, _) = evidence?;
    let mut guessed = mapping.clone();
    if mapping.time_zone().is_none() {
        guessed = guessed.with_time_zone(zone);
    }
    let mut taken: Vec<ColumnMeaning> = columns.meanings.iter().flatten().copied().collect();
    let mut described = Vec::new();
    for (index, name) in columns.names.iter().enumerate() {
        let content = evidence.columns.get(index).map(|own| own.content).unwrap_or_default();
        let known = columns.meanings[index];
        let meaning = known.unwrap_or_else(|| {
            // What a column is known to hold is not guessed of another.
            let meaning = guess(name, content);
            if taken.contains(&meaning) { ColumnMeaning::Ignored } else { meaning }
        });
        if known.is_none() && meaning != ColumnMeaning::Ignored {
            guessed = guessed.with_column(name, meaning);
            taken.push(meaning);
        }
        let cell = |(_, cells): &(ReplyPosition, Vec<String>)| cells.get(index).cloned();
        let first = evidence.first.iter().filter_map(cell).collect();
        described.push(DescribedColumn {
            name: plain(name),
            first,
            meaning,
            is_known: known.is_some(),
        });
    }
    for (meaning, own) in columns.meanings.iter_mut().zip(&described) {
        *meaning = Some(own.meaning);
    }
    // What was guessed to be a date counts as one from here.
    let mut evidence = Evidence::default();
    let gone = source.each_row(&mut columns, &guessed, &mut |columns, row| {
        evidence.add(columns, row);
        Ok(true)
    });
    gone.ok()?;
    let open = evidence.open_date(&columns).filter(|_| mapping.dates().is_none());
    if open.is_some() {
        guessed = guessed.with_dates(DateOrder::DayFirst);
    }
    let orders = evidence.orders(&columns, &guessed).unwrap_or_default();
    let mut records = RecordReader::new(&guessed, orders);
    let mut first = Vec::new();
    let read = source.each_row(&mut columns, &guessed, &mut |columns, row| {
        first.push((row.place, records.record(columns, row)));
        Ok(first.len() < FIRST)
    });
    read.ok()?;
    Some(Description { columns: described, open_date: open, first, mapping: guessed })
}

/// How a reply would be read.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its columns or keys.
    pub columns: Vec<DescribedColumn>,
    /// A date that can be read in several ways.
    pub open_date: Option<OpenDate>,
    /// The first rows as they would be read.
    pub first: Vec<(ReplyPosition, Result<ReplyRecord, ReplyError>)>,
    /// The mapping that would read it so.
    pub mapping: Mapping,
}

/// A column of a reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DescribedColumn {
    /// Its name.
    pub name: String,
    /// Its first cells.
    pub first: Vec<String>,
    /// What it holds, or seems to.
    pub meaning: ColumnMeaning,
    /// Whether that is known and not guessed.
    pub is_known: bool,
}

type Surveyed<'a> = (Source<'a>, Columns, Option<(Evidence, usize)>);

/// Where the sessions are and how they are written; no evidence for a list that says of itself that it is
/// empty.
fn survey<'a>(bytes: &'a [u8], mapping: &Mapping) -> Result<Surveyed<'a>, ReplyError> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(ReplyError::TooLarge(Bound::Bytes));
    }
    let text = Text::of(bytes);
    if text.is_blank() {
        return Err(ReplyError::Empty);
    }
    if let Some(kind) = FileKind::of(bytes, text) {
        return Err(ReplyError::OtherFile(kind));
    }
    let source = Source::find(text, mapping)?;
    let mut columns = source.columns(mapping);
    if source.is_empty_list() {
        return Ok((source, columns, None));
    }
    let mut evidence = Evidence::default();
    let skipped = source.each_row(&mut columns, mapping, &mut |columns, row| {
        evidence.add(columns, row);
        Ok(true)
    })?;
    // The columns of a table count also where it has no rows.
    evidence.columns.resize_with(columns.names.len(), Default::default);
    Ok((source, columns, Some((evidence, skipped))))
}

/// How large a reply may be, in bytes.
const MAXIMUM_BYTES: usize = 8 * 1024 * 1024;

/// How much memory the records may take, in bytes.
const ROOM: usize = 13 * 1024 * 1024;

/// How many rows are shown as they would be read.
const FIRST: usize = 3;
