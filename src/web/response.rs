use tiny_http::{HTTPVersion, Header, StatusCode};

use super::head::BadRequest;
use crate::domain::Timestamp;

/// What is sent back.
#[derive(Debug)]
pub(super) struct Response {
    /// The outcome.
    pub(super) status: Status,
    /// The media type of the body.
    pub(super) content_type: &'static str,
    /// The body.
    pub(super) body: String,
}

impl Response {
    /// A page.
    pub(super) fn html(status: Status, body: String) -> Self {
        Self { status, content_type: "text/html; charset=utf-8", body }
    }

    /// The bytes to send, the body only where it is wanted.
    pub(super) fn into_bytes(self, with_body: bool, now: Timestamp) -> Vec<u8> {
        // `tiny_http` would name itself as the server, and tell a time of its own beside the page's; it
        // ends the program where the clock stands outside the years that it can write.
        let date = now.to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let mut fields = vec![
            ("Server", "temoin"),
            ("Date", &date),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", POLICY),
            ("Content-Type", self.content_type),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ];
        if self.status == Status::MethodNotAllowed {
            fields.push(("Allow", "GET, HEAD"));
        }
        // All of them are ASCII, which is what it asks for.
        let headers =
            fields.into_iter().filter_map(|(name, value)| Header::from_bytes(name, value).ok());
        let response = tiny_http::Response::new(
            self.status.into(),
            headers.collect(),
            self.body.as_bytes(),
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

/// How a request fared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Status {
    /// Here it is.
    Ok,
    /// Not understood.
    BadRequest,
    /// There is no such page or session.
    NotFound,
    /// Nothing here can be written to.
    MethodNotAllowed,
    /// The request was meant for another host.
    Misdirected,
    /// The request is too long.
    TooLong,
    /// The record cannot be read.
    Unreadable,
}

impl Status {
    /// Every status.
    #[cfg(test)]
    pub(super) const ALL: [Self; 7] = [
        Self::Ok,
        Self::BadRequest,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Misdirected,
        Self::TooLong,
        Self::Unreadable,
    ];
}

impl From<BadRequest> for Status {
    fn from(bad: BadRequest) -> Self {
        match bad {
            BadRequest::Malformed => Self::BadRequest,
            BadRequest::TooLong => Self::TooLong,
        }
    }
}

/// The code (RFC 9110, section 15; RFC 6585 for 431).
impl From<Status> for StatusCode {
    fn from(status: Status) -> Self {
        Self(match status {
            Status::Ok => 200,
            Status::BadRequest => 400,
            Status::NotFound => 404,
            Status::MethodNotAllowed => 405,
            Status::Misdirected => 421,
            Status::TooLong => 431,
            Status::Unreadable => 500,
        })
    }
}

/// What the server is: one response a connection, whole and of known length. HTTP/1.1 would be to
/// add `Connection: close`, a field that `tiny_http` does not let through.
const VERSION: HTTPVersion = HTTPVersion(1, 0);

/// More than a response's head takes.
const HEAD_ROOM: usize = 512;

/// A page may load its own style sheet and icon, and nothing else from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";
