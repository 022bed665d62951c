use chrono::NaiveDate;
use temoin_core::session::Field;

use crate::columns::ColumnMeaning;
use crate::guess::ColumnContent;
use crate::mapping::Mapping;
use crate::record::{is_nothing, session_id};
use crate::reply::ReplyPosition;
use crate::reply_error::{ReplyError, shown};
use crate::row::{Columns, Row};
use crate::time_text::{DateOrder, TimeText};

/// What a first reading of all rows shows: enough to know how to read them, or what to ask.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) rows: usize,
    /// One for each column.
    pub(crate) columns: Vec<ColumnEvidence>,
    /// Whether a cell holds an ID of temoin's.
    pub(crate) has_session_ids: bool,
    /// The first rows, as they are written.
    pub(crate) first: Vec<(ReplyPosition, Vec<String>)>,
}

/// A date that can be read in several ways.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenDate {
    /// As it is written.
    pub text: String,
    /// The orders in which all such dates of its column can be read, with the day that it would be.
    pub readings: Vec<(DateOrder, NaiveDate)>,
}

/// What the cells of one column show.
#[derive(Debug, Default)]
pub(crate) struct ColumnEvidence {
    dates: DateEvidence,
    is_filled: bool,
    pub(crate) content: ColumnContent,
}

/// In which orders the dates of a column can be read.
#[derive(Debug)]
struct DateEvidence {
    fits: [bool; DateOrder::ALL.len()],
    /// The first date that is another day in another order.
    open: Option<(ReplyPosition, String)>,
}

impl Default for DateEvidence {
    fn default() -> Self {
        Self { fits: [true; DateOrder::ALL.len()], open: None }
    }
}

impl Evidence {
    /// Takes a row into account.
    pub(crate) fn add(&mut self, columns: &Columns, row: Row<'_>) {
        self.rows += 1;
        if self.first.len() < FIRST {
            self.first.push((row.place, row.cells.iter().map(|cell| shown(cell)).collect()));
        }
        self.columns.resize_with(columns.names.len().max(self.columns.len()), Default::default);
        for ((cell, meaning), own) in row.cells.iter().zip(&columns.meanings).zip(&mut self.columns)
        {
            let text = cell.trim();
            if is_nothing(text) {
                continue;
            }
            own.is_filled = true;
            match meaning {
                Some(ColumnMeaning::Session) if session_id(text).is_some() => {
                    self.has_session_ids = true;
                }
                Some(meaning) if meaning.is_dated() => own.dates.add(row.place, text),
                None | Some(ColumnMeaning::Clock(_)) if self.rows <= GUESSED => {
                    own.dates.add(row.place, text);
                }
                _ => {}
            }
            if self.rows <= GUESSED {
                own.content.add(text);
            }
        }
    }

    /// The order of the dates in each column: as its own dates show, else as those of all columns do.
    ///
    /// # Errors
    /// Where it stays open, or where the dates of one column contradict each other.
    pub(crate) fn orders(
        &self,
        columns: &Columns,
        mapping: &Mapping,
    ) -> Result<Vec<Option<DateOrder>>, ReplyError> {
        if let Some(order) = mapping.dates() {
            return Ok(vec![Some(order); columns.names.len()]);
        }
        let dated = |index: usize| {
            columns.meanings.get(index).copied().flatten().is_some_and(ColumnMeaning::is_dated)
        };
        let mut common = [true; DateOrder::ALL.len()];
        for (_, own) in self.columns.iter().enumerate().filter(|(index, _)| dated(*index)) {
            for (all, fits) in common.iter_mut().zip(own.dates.fits) {
                *all &= fits;
            }
        }
        let mut orders = Vec::new();
        for (index, own) in self.columns.iter().enumerate() {
            let name = || columns.names[index].clone();
            orders.push(match (&own.dates.open, own.dates.only()) {
                _ if !dated(index) => None,
                (None, _) => None,
                (Some(_), Ok(Some(order))) => Some(order),
                (Some(_), Err(())) => return Err(ReplyError::DatesMixed { name: name() }),
                (Some((place, text)), Ok(None)) => match only(common) {
                    Ok(Some(order)) => Some(order),
                    _ => {
                        let (place, text) = (*place, text.clone());
                        return Err(ReplyError::DatesOpen { place, name: name(), text });
                    }
                },
            });
        }
        Ok(orders)
    }

    /// A date that can be read in several ways, with the ways in which all can.
    pub(crate) fn open_date(&self, columns: &Columns) -> Option<OpenDate> {
        let own = self.columns.iter().zip(&columns.meanings).find(|(own, meaning)| {
            let is_dated = meaning.is_some_and(ColumnMeaning::is_dated);
            is_dated && own.dates.open.is_some() && own.dates.only() == Ok(None)
        });
        let (own, _) = own?;
        let (_, text) = own.dates.open.as_ref()?;
        let mut readings = TimeText::parse(text)?.orders()?;
        readings.retain(|(order, _)| {
            DateOrder::ALL.iter().zip(own.dates.fits).any(|(own, fits)| own == order && fits)
        });
        Some(OpenDate { text: shown(text), readings })
    }

    /// Whether a column says when a session was, or which of temoin's it is.
    pub(crate) fn is_understood(&self, columns: &Columns) -> bool {
        self.has_session_ids || columns.meanings.iter().flatten().any(|meaning| meaning.is_dated())
    }

    /// The fields of which a value is given.
    pub(crate) fn fields(&self, columns: &Columns) -> impl Iterator<Item = Field> {
        let given = self.columns.iter().zip(&columns.meanings);
        let given = given.filter(|(own, _)| own.is_filled);
        given
            .filter_map(|(_, meaning)| meaning.and_then(ColumnMeaning::field))
            .collect::<Vec<_>>()
            .into_iter()
    }
}

impl DateEvidence {
    fn add(&mut self, place: ReplyPosition, text: &str) {
        // A date that begins with its whole year, and a number, have one order: the usual case.
        if text.bytes().take(4).filter(u8::is_ascii_digit).count() == 4 {
            return;
        }
        let Some(orders) = TimeText::parse(text).and_then(TimeText::orders) else { return };
        for (fits, order) in self.fits.iter_mut().zip(DateOrder::ALL) {
            *fits &= orders.iter().any(|(own, _)| *own == order);
        }
        let is_open = orders.iter().any(|(_, date)| *date != orders[0].1);
        if self.open.is_none() && (is_open || orders.len() == 1) {
            self.open = Some((place, text.to_owned()));
        }
    }

    fn only(&self) -> Result<Option<DateOrder>, ()> {
        only(self.fits)
    }
}

/// The one order that fits; `None` where several do, an error where none does.
fn only(fits: [bool; DateOrder::ALL.len()]) -> Result<Option<DateOrder>, ()> {
    let mut fitting = DateOrder::ALL.into_iter().zip(fits).filter(|(_, fits)| *fits);
    match (fitting.next(), fitting.next()) {
        (None, _) => Err(()),
        (Some((order, _)), None) => Ok(Some(order)),
        _ => Ok(None),
    }
}

/// How many rows are shown.
const FIRST: usize = 3;

/// How many rows a column's content is guessed from.
const GUESSED: usize = 50;
