use tiny_http::{HTTPVersion, Header, Method, StatusCode};

use super::body_stream::BodyStream;
use super::head::Head;
use chrono::{DateTime, Utc};

/// An HTTP response.
#[derive(Debug)]
pub struct Response {
    status: StatusCode,
    fields: Vec<(&'static str, String)>,
    body: Vec<u8>,
    stream: Option<BodyStream>,
}

impl Response {
    /// A response without a body.
    pub fn empty(status: u16) -> Self {
        Self { status: StatusCode(status), fields: Vec::new(), body: Vec::new(), stream: None }
    }

    /// A response with a body of this media type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::empty(status).with("Content-Type", content_type).with_body(body)
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Sets a stream that follows the body.
    #[must_use]
    pub fn with_stream(self, stream: Option<BodyStream>) -> Self {
        Self { stream, ..self }
    }

    /// Sets a header field, replacing one of the same name. `Server`, `Date` and `Content-Length` are added
    /// later; a field whose value is not printable ASCII is dropped.
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

    /// The part of the body that is in memory.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The bytes to send, and the stream that follows them. `head` is the request's; `None` if it could not
    /// be parsed.
    pub(super) fn into_bytes(
        mut self,
        head: Option<&Head>,
        now: DateTime<Utc>,
    ) -> (Vec<u8>, Option<BodyStream>) {
        let with_body = head.is_none_or(|head| head.method != Method::Head);
        let body = std::mem::take(&mut self.body);
        let stream = self.stream.take();
        let is_old = head.is_some_and(|head| !head.accepts_chunked);
        let Some(stream) = stream else {
            let bytes = self.head(&body, now);
            let mut bytes = if is_old { bytes } else { closing(bytes, &[]) };
            if with_body {
                bytes.extend_from_slice(&body);
            }
            return (bytes, None);
        };
        let bytes = without_length(self.head(&[], now));
        let (mut bytes, (beginning, stream)) = if is_old {
            (bytes, (body, stream))
        } else {
            (closing(bytes, CHUNKED), stream.chunked(&body))
        };
        if !with_body {
            return (bytes, None);
        }
        bytes.extend_from_slice(&beginning);
        (bytes, Some(stream))
    }

    /// The bytes of the head of a response with this body.
    fn head(self, body: &[u8], now: DateTime<Utc>) -> Vec<u8> {
        let status = self.status;
        // `tiny_http` would name itself as the server and use its own clock; it panics on years that it
        // cannot format.
        let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let fields = [("Server", "temoin".to_owned()), ("Date", date)].into_iter();
        let headers = fields
            .chain(self.fields)
            .filter(|(_, value)| value.bytes().all(|byte| matches!(byte, b' '..=b'~')))
            .filter_map(|(name, value)| Header::from_bytes(name, value).ok());
        let response =
            tiny_http::Response::new(status, headers.collect(), body, Some(body.len()), None);
        let mut bytes = Vec::with_capacity(HEAD_CAPACITY + body.len());
        // The request's fields are not passed: they could only select another transfer coding, and
        // `tiny_http` panics on a `TE` quality that is not a number. Writing to a vector does not fail.
        let _ = response.raw_print(&mut bytes, VERSION, &[], true, None);
        // No `Content-Length` with 204 (RFC 9110, section 8.6).
        if status.0 == 204 { without_length(bytes) } else { bytes }
    }
}

/// Removes the `Content-Length: 0` that `tiny_http` appends.
fn without_length(mut head: Vec<u8>) -> Vec<u8> {
    if head.ends_with(ZERO_LENGTH_END) {
        head.truncate(head.len() - ZERO_LENGTH_END.len());
        head.extend_from_slice(LINE_END);
    }
    head
}

/// Makes a head of HTTP/1.0 one of HTTP/1.1 with these lines, of a connection that is closed after it.
fn closing(mut head: Vec<u8>, lines: &[u8]) -> Vec<u8> {
    head.truncate(head.len() - LINE_END.len());
    head.splice(..HTTP_1_0.len(), HTTP_1_1.iter().copied());
    head.extend_from_slice(lines);
    head.extend_from_slice(CLOSE_END);
    head
}

/// What `tiny_http` writes: of HTTP/1.1 it would leave out `Connection: close`.
const VERSION: HTTPVersion = HTTPVersion(1, 0);

/// The version as `tiny_http` writes it, and the one that clients of it get.
const HTTP_1_0: &[u8] = b"HTTP/1.0";
const HTTP_1_1: &[u8] = b"HTTP/1.1";

const CHUNKED: &[u8] = b"Transfer-Encoding: chunked\r\n";

/// The end of the head of a response after which the connection is closed.
const CLOSE_END: &[u8] = b"Connection: close\r\n\r\n";

const LINE_END: &[u8] = b"\r\n";

/// The end of a head to which `tiny_http` has added a zero length.
const ZERO_LENGTH_END: &[u8] = b"Content-Length: 0\r\n\r\n";

/// Capacity reserved for a response's head.
const HEAD_CAPACITY: usize = 512;

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Head, Response};
    use crate::{BodyStream, ChunkSource};
    use chrono::{DateTime, Utc};

    fn asked(line: &str) -> Head {
        Head::read(format!("{line}\r\n\r\n").as_bytes()).unwrap().unwrap()
    }

    fn text(response: Response, with_body: bool) -> String {
        sent(response, if with_body { "GET / HTTP/1.1" } else { "HEAD / HTTP/1.1" })
    }

    /// The complete response to this request line.
    fn sent(response: Response, line: &str) -> String {
        let now: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        let (mut bytes, stream) = response.into_bytes(Some(&asked(line)), now);
        let mut stream = stream;
        while let Some(more) = stream.as_mut().and_then(|stream| stream.next_bytes().unwrap()) {
            bytes.extend(more);
        }
        String::from_utf8(bytes).unwrap()
    }

    struct NumberedChunks(u8);

    impl ChunkSource for NumberedChunks {
        fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
            self.0 += 1;
            Ok(match self.0 {
                1 => Some(Vec::new()),
                10 => None,
                number => Some(vec![b'x'; usize::from(number) * 4]),
            })
        }
    }

    #[test]
    fn what_is_made_piece_by_piece_is_sent_in_chunks_to_whom_knows_them() {
        let response = || {
            let stream = BodyStream::new(NumberedChunks(7));
            Response::new(200, "text/csv", b"a,b".to_vec()).with_stream(Some(stream))
        };
        let (eight, nine) = ("x".repeat(32), "x".repeat(36));
        let head = "HTTP/1.1 200 OK\r\nServer: temoin\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\n\
                    Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\
                    Connection: close\r\n\r\n";
        let body = format!("3\r\na,b\r\n20\r\n{eight}\r\n24\r\n{nine}\r\n0\r\n\r\n");
        assert_eq!(sent(response(), "GET / HTTP/1.1"), format!("{head}{body}"));
        assert_eq!(sent(response(), "HEAD / HTTP/1.1"), head);
        let old = "HTTP/1.0 200 OK\r\nServer: temoin\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\n\
                   Content-Type: text/csv\r\n\r\n";
        assert_eq!(sent(response(), "GET / HTTP/1.0"), format!("{old}a,b{eight}{nine}"));
        let empty_first =
            Response::empty(200).with_stream(Some(BodyStream::new(NumberedChunks(0))));
        let all = sent(empty_first, "GET / HTTP/1.1");
        assert_eq!(all.matches("\r\n0\r\n").count(), 1, "{all}");
        assert!(all.contains("\r\n\r\n8\r\nxxxxxxxx\r\n"), "{all}");
    }

    #[test]
    fn a_file_to_keep_is_sent_with_its_name_and_length() {
        let response = || {
            Response::new(200, "application/octet-stream", b"abc")
                .with("Content-Disposition", "attachment; filename=\"receipt\"")
        };
        let head = "HTTP/1.1 200 OK\r\nServer: temoin\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\n\
                    Content-Type: application/octet-stream\r\n\
                    Content-Disposition: attachment; filename=\"receipt\"\r\n\
                    Content-Length: 3\r\nConnection: close\r\n\r\n";
        assert_eq!(text(response(), true), format!("{head}abc"));
        assert_eq!(text(response(), false), head);
    }

    #[test]
    fn one_without_a_body_says_so_by_its_length() {
        let end = "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        assert!(text(Response::empty(404), true).ends_with(end));
        let redirect = text(Response::empty(303).with("Location", "./?a=b"), true);
        assert!(redirect.starts_with("HTTP/1.1 303 See Other\r\n"));
        assert!(redirect.contains("\r\nLocation: ./?a=b\r\n"));
        let nothing = "HTTP/1.1 204 No Content\r\nServer: temoin\r\n\
                       Date: Tue, 24 Nov 2026 12:00:00 GMT\r\nConnection: close\r\n\r\n";
        assert_eq!(text(Response::empty(204), true), nothing);
        let old = "HTTP/1.0 204 No Content\r\nServer: temoin\r\n\
                   Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n\r\n";
        assert_eq!(sent(Response::empty(204), "GET / HTTP/1.0"), old);
    }

    #[test]
    fn a_field_that_is_set_again_stands_once_and_none_brings_another_with_it() {
        let response = Response::empty(200).with("A", "1").with("a", "2").with("B", "c\r\nD: e");
        let text = text(response, true);
        assert!(text.contains("\r\nA: 2\r\n") && !text.contains("A: 1"), "{text}");
        assert!(!text.contains("D: e") && !text.contains('B'), "{text}");
    }
}
