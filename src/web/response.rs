use crate::http::{self, BadRequest, StatusCode};

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
        let mut fields = vec![
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", POLICY),
            ("Content-Type", response.content_type),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ];
        if response.status == Status::MethodNotAllowed {
            fields.push(("Allow", "GET, HEAD"));
        }
        Self {
            status: response.status.into(),
            fields: fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect(),
            body: response.body.into_bytes(),
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

/// A page may load its own style sheet and icon, and nothing else from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";
