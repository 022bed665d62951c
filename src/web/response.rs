use super::request::BadRequest;

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
    ///
    /// No date is among the fields: the box's clock may be wrong, and a server without a clock is to
    /// send none (RFC 9110, section 6.6.1). Nothing names the program or its version.
    pub(super) fn into_bytes(self, with_body: bool) -> Vec<u8> {
        let Self { status, content_type, body } = self;
        let allow = match status {
            Status::MethodNotAllowed => "Allow: GET, HEAD\r\n",
            _ => "",
        };
        let mut bytes = format!(
            "HTTP/1.1 {} {}\r\n\
             {allow}\
             Cache-Control: no-store\r\n\
             Connection: close\r\n\
             Content-Length: {}\r\n\
             Content-Security-Policy: {POLICY}\r\n\
             Content-Type: {content_type}\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\n\
             Referrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\n\
             \r\n",
            status.code(),
            status.phrase(),
            body.len(),
        )
        .into_bytes();
        if with_body {
            bytes.extend_from_slice(body.as_bytes());
        }
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

    /// The status code (RFC 9110, section 15; RFC 6585 for 431).
    pub(super) fn code(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::BadRequest => 400,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Misdirected => 421,
            Self::TooLong => 431,
            Self::Unreadable => 500,
        }
    }

    fn phrase(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::BadRequest => "Bad Request",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::Misdirected => "Misdirected Request",
            Self::TooLong => "Request Header Fields Too Large",
            Self::Unreadable => "Internal Server Error",
        }
    }
}

impl From<BadRequest> for Status {
    fn from(bad: BadRequest) -> Self {
        match bad {
            BadRequest::Malformed => Self::BadRequest,
            BadRequest::TooLong => Self::TooLong,
        }
    }
}

/// A page may load its own style sheet and icon, and nothing else from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";
