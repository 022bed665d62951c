//! Downloads of sessions: complete, of any size, streamed.

use std::io::{BufRead, BufReader};
use std::sync::atomic::{AtomicU32, Ordering};

use super::scale::{DAYS, record};
use super::*;
use crate::export::{CsvWriter, JsonWriter};
use temoin_core::record::{Filter, Pagination};
use temoin_journal::Reader;

/// A record on a Unix socket, whose buffers are small.
struct DownloadSite {
    directory: tempfile::TempDir,
    journal: Journal,
    _server: Server,
}

impl DownloadSite {
    fn with(each_day: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let journal = record(directory.path(), each_day);
        let path = directory.path().to_owned();
        let site = Site { records: Arc::new(move || open_records(&path)), ..empty_site() };
        let address = Address::Unix(directory.path().join("page.sock"));
        let server = Server::start(Listener::bind(&address).unwrap(), site).unwrap();
        Self { directory, journal, _server: server }
    }

    fn ask(&self, target: &str) -> BufReader<UnixStream> {
        let mut stream = UnixStream::connect(self.directory.path().join("page.sock")).unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: box.example.org\r\n{LOGIN}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        BufReader::new(stream)
    }

    /// All sessions, newest first.
    fn sessions(&self) -> Vec<Session> {
        let reader = Reader::open(self.directory.path()).unwrap().unwrap();
        reader.sessions(&Filter::all(at(NOW)), &Pagination::first(u32::MAX)).unwrap()
    }
}

/// The remaining lines of a response's head.
fn head(stream: &mut impl BufRead) -> Vec<String> {
    let lines = stream.lines().map(Result::unwrap);
    lines.take_while(|line| !line.is_empty()).collect()
}

/// The next chunk; empty the last.
fn chunk(stream: &mut impl BufRead) -> Vec<u8> {
    let mut length = String::new();
    stream.read_line(&mut length).unwrap();
    let length = usize::from_str_radix(length.trim_end(), 16).unwrap();
    let mut bytes = vec![0; length + 2];
    stream.read_exact(&mut bytes).unwrap();
    assert!(bytes.ends_with(b"\r\n"));
    bytes.truncate(length);
    bytes
}

/// All chunks that are left.
fn rest(stream: &mut impl BufRead) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    loop {
        match chunk(stream) {
            bytes if bytes.is_empty() => break,
            bytes => chunks.push(bytes),
        }
    }
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
    chunks
}

#[test]
fn a_file_holds_all_sessions_that_are_found_however_many_in_pieces_of_bounded_size() {
    let served = DownloadSite::with(15);
    let sessions = served.sessions();
    assert_eq!(sessions.len(), 15 * DAYS as usize);
    let mut csv = CsvWriter::begin(Vec::new()).unwrap();
    let mut json = JsonWriter::begin(Vec::new()).unwrap();
    for session in &sessions {
        csv.session(session).unwrap();
        json.session(session).unwrap();
    }
    for (name, expected, most) in
        [("csv", csv.end(), 100_000), ("json", json.end().unwrap(), 400_000)]
    {
        let mut stream = served.ask(&format!("/sessions.{name}"));
        let head = head(&mut stream);
        assert_eq!(head[0], "HTTP/1.1 200 OK");
        assert!(head.contains(&"Transfer-Encoding: chunked".to_owned()), "{head:?}");
        let chunks = rest(&mut stream);
        assert!(chunks.iter().all(|chunk| chunk.len() < most));
        assert!(chunks.concat() == expected, "{name}");
    }
    // What is found in one piece has a length, and what is found in none is a file too.
    for (from, to) in [("2026-11-20", "2026-11-21"), ("2025-01-01", "2025-01-02")] {
        let mut stream = served.ask(&format!("/sessions.csv?from={from}&to={to}"));
        let head = head(&mut stream);
        let mut body = String::new();
        stream.read_to_string(&mut body).unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head:?}");
        assert_eq!(ids(&body), lasting(&sessions, from, to));
    }
    // More than one piece of what is only a part.
    let mut stream = served.ask("/sessions.csv?from=2026-06-01&to=2026-08-31");
    head(&mut stream);
    let text = String::from_utf8(rest(&mut stream).concat()).unwrap();
    let found = ids(&text);
    assert!(found.len() > 1_000);
    assert_eq!(found, lasting(&sessions, "2026-06-01", "2026-08-31"));
}

#[test]
fn a_file_whose_record_is_written_to_meanwhile_goes_on_when_that_is_over() {
    let directory = tempfile::tempdir().unwrap();
    let journal = record(directory.path(), 2);
    let path = directory.path().to_owned();
    let opened = AtomicU32::new(0);
    // Every other time it is in use.
    let records = move || match opened.fetch_add(1, Ordering::Relaxed) % 2 {
        0 => open_records(&path),
        _ => Err(RecordsError::Busy),
    };
    let address = Address::Unix(directory.path().join("page.sock"));
    let site = Site { records: Arc::new(records), ..empty_site() };
    let server = Server::start(Listener::bind(&address).unwrap(), site).unwrap();
    let served = DownloadSite { directory, journal, _server: server };
    let mut stream = served.ask("/sessions.csv");
    head(&mut stream);
    let text = String::from_utf8(rest(&mut stream).concat()).unwrap();
    let expected: Vec<String> = served.sessions().iter().map(|own| own.id.to_string()).collect();
    assert_eq!(ids(&text), expected);
}

/// The IDs in a file of lines.
fn ids(text: &str) -> Vec<String> {
    text.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
}

/// The IDs of those that lasted on one of these days.
fn lasting(sessions: &[Session], from: &str, to: &str) -> Vec<String> {
    let day = |at: Option<Timestamp>| zone().date(at.unwrap()).to_string();
    let lasting = sessions.iter().filter(|own| {
        let (start, end) = (own.start.value, own.end.as_ref().unwrap().moment.value);
        *day(end.latest) >= *from && *day(start.earliest) <= *to
    });
    lasting.map(|own| own.id.to_string()).collect()
}

#[test]
fn while_a_file_is_taken_slowly_an_erasure_is_complete_and_what_is_left_comes_whole() {
    let mut served = DownloadSite::with(15);
    let sessions = served.sessions();
    let mut stream = served.ask("/sessions.csv");
    head(&mut stream);
    let mut text = chunk(&mut stream);
    // Some that were given already, the last of them among them, and some that were not.
    let gone: Vec<SessionId> = sessions[100..400].iter().map(|own| own.id).collect();
    let certificates: Vec<ErasureCertificate> = gone
        .iter()
        .map(|id| ErasureCertificate {
            id: *id,
            erased_at: at(NOW),
            expiry: "on request".to_owned(),
        })
        .collect();
    assert!(served.journal.erase(&certificates).unwrap().is_complete);
    text.extend(rest(&mut stream).concat());
    let found = ids(&String::from_utf8(text).unwrap());
    let left: Vec<String> = served.sessions().iter().map(|own| own.id.to_string()).collect();
    assert!(found.len() < sessions.len() && left.len() < sessions.len());
    assert!(left.iter().all(|id| found.contains(id)));
}
