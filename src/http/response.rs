use tiny_http::{HTTPVersion, Header, StatusCode};

use crate::domain::Timestamp;

/// What is sent back.
#[derive(Debug)]
pub struct Response {
    /// The outcome.
    pub status: StatusCode,
    /// The fields of the head beside `Server`, `Date` and `Content-Length`. One that HTTP cannot write
    /// is left out.
    pub fields: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The bytes to send, the body only where it is wanted.
    pub(super) fn into_bytes(self, with_body: bool, now: Timestamp) -> Vec<u8> {
        // `tiny_http` would name itself as the server, and tell a time of its own beside the page's; it
        // ends the program where the clock stands outside the years that it can write.
        let date = now.to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let fields = [("Server", "temoin".to_owned()), ("Date", date)].into_iter();
        let headers = fields
            .chain(self.fields)
            .filter(|(_, value)| value.bytes().all(|byte| matches!(byte, b' '..=b'~')))
            .filter_map(|(name, value)| Header::from_bytes(name, value).ok());
        let response = tiny_http::Response::new(
            self.status,
            headers.collect(),
            self.body.as_slice(),
            Some(self.body.len()),
            None,
        );
        let mut bytes = Vec::with_capacity(HEAD_ROOM + self.body.len());
        // The request's fields stay out of it. All that they can ask for is another transfer coding,
        // and sorting what `TE` asks for ends the program where a quality is not a number. A vector
        // takes everything.
        let _ = response.raw_print(&mut bytes, VERSION, &[], !with_body, None);
        bytes
    }
}

/// What the server is: one response a connection, whole and of known length. HTTP/1.1 would be to
/// add `Connection: close`, a field that `tiny_http` does not let through.
const VERSION: HTTPVersion = HTTPVersion(1, 0);

/// More than a response's head takes.
const HEAD_ROOM: usize = 512;
