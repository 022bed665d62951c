use tiny_http::{HTTPVersion, Header, StatusCode};

use crate::domain::Timestamp;

/// What is sent back.
#[derive(Clone, Debug)]
pub struct Response {
    status: StatusCode,
    fields: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Response {
    /// One without a body.
    pub fn empty(status: u16) -> Self {
        Self { status: StatusCode(status), fields: Vec::new(), body: Vec::new() }
    }

    /// One with a body of a media type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::empty(status).with("Content-Type", content_type).with_body(body)
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Sets a field of the head, in the place of one of the same name. `Server`, `Date` and
    /// `Content-Length` are added in the end, and a value that is not printable ASCII leaves its field
    /// out.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.fields.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => *known = value,
            None => self.fields.push((name, value)),
        }
        self
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status.0
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The bytes to send, the body only where it is wanted.
    pub(super) fn into_bytes(self, with_body: bool, now: Timestamp) -> Vec<u8> {
        let status = self.status;
        // `tiny_http` would name itself as the server, and tell a time of its own beside the page's; it
        // ends the program where the clock stands outside the years that it can write.
        let date = now.to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let fields = [("Server", "temoin".to_owned()), ("Date", date)].into_iter();
        let headers = fields
            .chain(self.fields)
            .filter(|(_, value)| value.bytes().all(|byte| matches!(byte, b' '..=b'~')))
            .filter_map(|(name, value)| Header::from_bytes(name, value).ok());
        let response = tiny_http::Response::new(
            status,
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
        // Where there is no content there is no length of it either (RFC 9110, section 8.6).
        if status.0 == 204 && bytes.ends_with(NO_LENGTH) {
            bytes.truncate(bytes.len() - NO_LENGTH.len());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }
}

/// What the server is: one response a connection, whole and of known length. HTTP/1.1 would be to
/// add `Connection: close`, a field that `tiny_http` does not let through.
const VERSION: HTTPVersion = HTTPVersion(1, 0);

/// How a head ends that `tiny_http` has given a length of nothing.
const NO_LENGTH: &[u8] = b"Content-Length: 0\r\n\r\n";

/// More than a response's head takes.
const HEAD_ROOM: usize = 512;

#[cfg(test)]
mod tests {
    use super::Response;
    use crate::domain::Timestamp;

    fn text(response: Response, with_body: bool) -> String {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        String::from_utf8(response.into_bytes(with_body, now)).unwrap()
    }

    #[test]
    fn a_file_to_keep_is_sent_with_its_name_and_length() {
        let response = Response::new(200, "application/octet-stream", b"abc")
            .with("Content-Disposition", "attachment; filename=\"receipt\"");
        let head = "HTTP/1.0 200 OK\r\nServer: temoin\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\n\
                    Content-Type: application/octet-stream\r\n\
                    Content-Disposition: attachment; filename=\"receipt\"\r\n\
                    Content-Length: 3\r\n\r\n";
        assert_eq!(text(response.clone(), true), format!("{head}abc"));
        assert_eq!(text(response, false), head);
    }

    #[test]
    fn one_without_a_body_says_so_by_its_length() {
        assert!(text(Response::empty(404), true).ends_with("\r\nContent-Length: 0\r\n\r\n"));
        let redirect = text(Response::empty(303).with("Location", "./?a=b"), true);
        assert!(redirect.starts_with("HTTP/1.0 303 See Other\r\n"));
        assert!(redirect.contains("\r\nLocation: ./?a=b\r\n"));
        let nothing = "HTTP/1.0 204 No Content\r\nServer: temoin\r\n\
                       Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n\r\n";
        assert_eq!(text(Response::empty(204), true), nothing);
    }

    #[test]
    fn a_field_that_is_set_again_stands_once_and_none_brings_another_with_it() {
        let response = Response::empty(200).with("A", "1").with("a", "2").with("B", "c\r\nD: e");
        let text = text(response, true);
        assert!(text.contains("\r\nA: 2\r\n") && !text.contains("A: 1"), "{text}");
        assert!(!text.contains("D: e") && !text.contains('B'), "{text}");
    }
}
