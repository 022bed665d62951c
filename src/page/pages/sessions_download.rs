use std::io;
use std::mem;
use std::sync::Arc;

use super::failure;
use super::selection::Selection;
use crate::export::{CsvWriter, JsonWriter};
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use crate::{Records, RecordsError, Site};
use temoin_core::record::{Cursor, DamagedRow, Filter};
use temoin_core::session::Session;
use temoin_http::{BodyStream, ChunkSource};

/// How many sessions are read at once: some 200 bytes each in CSV, a kilobyte in JSON.
const SESSIONS_PER_CHUNK: u32 = 128;

/// `/sessions.csv` and `/sessions.json`: all selected sessions, streamed.
pub(crate) fn download(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    let (begun, name, content_type) = match request.path.as_str() {
        "/sessions.csv" => (FormatWriter::csv(), "temoin-sessions.csv", "text/csv; charset=utf-8"),
        "/sessions.json" => (FormatWriter::json(), "temoin-sessions.json", "application/json"),
        _ => return Err(request),
    };
    let Ok(selection) = Selection::of(&request) else {
        return Ok(failure(site, &request, PageStatus::BadRequest));
    };
    let Ok(writer) = begun else { return Ok(failure(site, &request, PageStatus::Unreadable)) };
    let mut file = SessionsFile {
        records: Arc::clone(&site.records),
        filter: selection.filter(site.zone, (site.clock)()),
        place: None,
        writer: Some(writer),
    };
    // If nothing can be read, answer with an error page.
    let Ok(beginning) = file.next_chunk() else {
        return Ok(failure(site, &request, PageStatus::Unreadable));
    };
    let body = String::from_utf8_lossy(&beginning.unwrap_or_default()).into_owned();
    let stream = file.writer.is_some().then(|| BodyStream::new(file));
    Ok(PageResponse { stream, ..PageResponse::file(name, content_type, body) })
}

/// A file of sessions, generated as it is read. The record is closed between pieces, so that a slow client
/// blocks neither writes nor erasure; sessions erased in the meantime are left out.
struct SessionsFile {
    records: Arc<dyn Fn() -> Result<Box<dyn Records>, RecordsError> + Send + Sync>,
    filter: Filter,
    /// The place of the last session written.
    place: Option<Cursor>,
    /// `None` when all is written.
    writer: Option<FormatWriter>,
}

enum FormatWriter {
    Csv(CsvWriter<Vec<u8>>),
    Json(JsonWriter<Vec<u8>>),
}

impl ChunkSource for SessionsFile {
    fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(writer) = &mut self.writer else { return Ok(None) };
        let (some, damaged) = (self.records)()
            .and_then(|records| {
                let some = records.some_before(&self.filter, self.place, SESSIONS_PER_CHUNK)?;
                let is_last = some.len() < SESSIONS_PER_CHUNK as usize;
                let damaged = if is_last { records.damaged(self.filter.now)? } else { Vec::new() };
                Ok((some, damaged))
            })
            .map_err(|error| match error {
                RecordsError::Busy => io::ErrorKind::WouldBlock.into(),
                RecordsError::Broken => io::Error::other(error),
            })?;
        for (place, session) in &some {
            self.place = Some(*place);
            writer.session(session)?;
        }
        if some.len() < SESSIONS_PER_CHUNK as usize {
            for row in damaged {
                writer.damaged(&row)?;
            }
            return self.writer.take().map(FormatWriter::end).transpose();
        }
        Ok(Some(mem::take(writer.output())))
    }
}

impl FormatWriter {
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

    fn damaged(&mut self, row: &DamagedRow) -> io::Result<()> {
        match self {
            Self::Csv(writer) => writer.damaged(row),
            Self::Json(writer) => {
                writer.damaged(row);
                Ok(())
            }
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
