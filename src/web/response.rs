use crate::http::{self, BadRequest};

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
}

impl From<Response> for http::Response {
    fn from(response: Response) -> Self {
        let known = Self::empty(response.status.code())
            .with("Cache-Control", "no-store")
            .with("Content-Security-Policy", POLICY)
            .with("Content-Type", response.content_type)
            .with("Cross-Origin-Resource-Policy", "same-origin")
            .with("Referrer-Policy", "no-referrer")
            .with("X-Content-Type-Options", "nosniff")
            .with_body(response.body);
        match response.status {
            Status::MethodNotAllowed => known.with("Allow", "GET, HEAD"),
            _ => known,
        }
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
    /// The request does not say how long it is.
    LengthMissing,
    /// More is sent with the request than is taken.
    BodyTooLong,
    /// The request was meant for another host.
    Misdirected,
    /// The answer would be too large.
    TooLarge,
    /// The head of the request is too long.
    TooLong,
    /// The record cannot be read.
    Unreadable,
}

impl Status {
    /// Every status.
    #[cfg(test)]
    pub(super) const ALL: [Self; 10] = [
        Self::Ok,
        Self::BadRequest,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::LengthMissing,
        Self::BodyTooLong,
        Self::Misdirected,
        Self::TooLarge,
        Self::TooLong,
        Self::Unreadable,
    ];

    /// The code (RFC 9110, section 15; RFC 6585 for 431).
    fn code(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::BadRequest => 400,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::LengthMissing => 411,
            Self::BodyTooLong => 413,
            Self::Misdirected => 421,
            // Of what there is for that, the one that says: not so, but otherwise.
            Self::TooLarge => 422,
            Self::TooLong => 431,
            Self::Unreadable => 500,
        }
    }
}

impl From<BadRequest> for Status {
    fn from(bad: BadRequest) -> Self {
        match bad {
            BadRequest::BodyTooLong => Self::BodyTooLong,
            BadRequest::BodyWithoutLength => Self::LengthMissing,
            BadRequest::BodyTooShort | BadRequest::Malformed => Self::BadRequest,
            BadRequest::TooLong => Self::TooLong,
        }
    }
}

/// A page may load its own style sheet and icon, and nothing else from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";
