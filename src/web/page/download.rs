use std::io;
use std::mem;
use std::sync::Arc;

use super::failure;
use super::selection::Selection;
use crate::domain::Session;
use crate::export::{CsvWriter, JsonWriter};
use crate::http::{Pieces, Rest};
use crate::journal::{Filter, Place};
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::{Records, Site, Unreadable};

/// How many sessions are read at once: some 200 bytes each in CSV, a kilobyte in JSON.
const AT_ONCE: u32 = 128;

/// The sessions that the request selects, as CSV or JSON: all of them, read as the client takes them.
pub(in crate::web) fn download(site: &Site, request: Request) -> Result<Response, Request> {
    let (begun, name, content_type) = match request.path.as_str() {
        "/sessions.csv" => (Writer::csv(), "temoin-sessions.csv", "text/csv; charset=utf-8"),
        "/sessions.json" => (Writer::json(), "temoin-sessions.json", "application/json"),
        _ => return Err(request),
    };
    let Ok(selection) = Selection::of(&request) else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let Ok(writer) = begun else { return Ok(failure(site, &request, Status::Unreadable)) };
    let mut file = File {
        records: Arc::clone(&site.records),
        filter: selection.filter(site.zone, (site.clock)()),
        place: None,
        writer: Some(writer),
    };
    // What cannot be read at all is said on a page.
    let Ok(beginning) = file.next_piece() else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    let body = String::from_utf8_lossy(&beginning.unwrap_or_default()).into_owned();
    let rest = file.writer.is_some().then(|| Rest::new(file));
    Ok(Response { rest, ..Response::file(name, content_type, body) })
}

/// A file of sessions, as far as it is made. Between two pieces the record is closed, so that whoever
/// reads slowly keeps nobody from writing to it and no erasure from being complete; what is erased
/// meanwhile is left out.
struct File {
    records: Arc<dyn Fn() -> Result<Box<dyn Records>, Unreadable> + Send + Sync>,
    filter: Filter,
    /// That of the last session that was written.
    place: Option<Place>,
    /// `None` where all is written.
    writer: Option<Writer>,
}

enum Writer {
    Csv(CsvWriter<Vec<u8>>),
    Json(JsonWriter<Vec<u8>>),
}

impl Pieces for File {
    fn next_piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(writer) = &mut self.writer else { return Ok(None) };
        let some = (self.records)()
            .and_then(|records| records.some_before(&self.filter, self.place, AT_ONCE))
            .map_err(|unreadable| match unreadable {
                Unreadable::Busy => io::ErrorKind::WouldBlock.into(),
                Unreadable::Broken => io::Error::other(unreadable),
            })?;
        for (place, session) in &some {
            self.place = Some(*place);
            writer.session(session)?;
        }
        if some.len() < AT_ONCE as usize {
            return self.writer.take().map(Writer::end).transpose();
        }
        Ok(Some(mem::take(writer.output())))
    }
}

impl Writer {
    fn csv() -> io::Result<Self> {
        CsvWriter::begin(Vec::new()).map(Self::Csv)
    }

    fn json() -> io::Result<Self> {
        JsonWriter::begin(Vec::new()).map(Self::Json)
    }

    fn session(&mut self, session: &Session) -> io::Result<()> {
        match self {
            Self::Csv(writer) => writer.session(session),
            Self::Json(writer) => writer.session(session),
        }
    }

    fn output(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Csv(writer) => writer.output(),
            Self::Json(writer) => writer.output(),
        }
    }

    fn end(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Csv(writer) => Ok(writer.end()),
            Self::Json(writer) => writer.end(),
        }
    }
}
