use crate::http::{self, BadRequest, Rest};

/// What is sent back.
#[derive(Debug)]
pub(super) struct Response {
    /// The outcome.
    pub(super) status: Status,
    /// The media type of the body.
    pub(super) content_type: &'static str,
    /// The fields of its head beside those that every response has.
    pub(super) fields: Vec<(&'static str, String)>,
    /// The body, or its beginning.
    pub(super) body: String,
    /// What follows.
    pub(super) rest: Option<Rest>,
}

impl Response {
    /// A page.
    pub(super) fn html(status: Status, body: String) -> Self {
        let content_type = "text/html; charset=utf-8";
        Self { status, content_type, fields: Vec::new(), body, rest: None }
    }

    /// Sends the browser on to another page of ours, by a relative address: what was asked for is done,
    /// and asking for the same again shows that page only.
    pub(super) fn see_other(address: String) -> Self {
        Self::html(Status::SeeOther, String::new()).with("Location", address)
    }

    /// A file to keep, under this name.
    pub(super) fn file(name: &str, content_type: &'static str, body: String) -> Self {
        Self { content_type, ..Self::html(Status::Ok, body) }
            .with("Content-Disposition", format!("attachment; filename=\"{name}\""))
    }

    /// Adds a field to its head, or puts it in the place of the one that every response has.
    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.fields.push((name, value));
        self
    }
}

impl From<Response> for http::Response {
    fn from(response: Response) -> Self {
        let known = Self::empty(response.status.code())
            .with("Cache-Control", "no-store")
            .with("Content-Security-Policy", POLICY)
            .with("Content-Type", response.content_type)
            .with("Cross-Origin-Resource-Policy", "same-origin")
            // With `no-referrer`, browsers would not say which site a form of ours comes from.
            .with("Referrer-Policy", "same-origin")
            .with("X-Content-Type-Options", "nosniff")
            .with_body(response.body)
            .with_rest(response.rest);
        let known = match response.status {
            Status::MethodNotAllowed => known.with("Allow", "GET, HEAD"),
            _ => known,
        };
        let fields = response.fields.into_iter();
        fields.fold(known, |known, (name, value)| known.with(name, value))
    }
}

/// How a request fared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Status {
    /// Here it is.
    Ok,
    /// It is done; another page shows what came of it.
    SeeOther,
    /// Not understood.
    BadRequest,
    /// The form comes from another site, or was open for too long.
    Foreign,
    /// Nobody said who asks, or not in a way that can be trusted.
    NotLoggedIn,
    /// Who asks may not see this.
    NotOneOfThem,
    /// A password came along.
    PasswordPassedOn,
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
    /// What was filled in cannot be.
    Refused,
    /// The head of the request is too long.
    TooLong,
    /// The record cannot be read.
    Unreadable,
}

impl Status {
    /// Every status.
    #[cfg(test)]
    pub(super) const ALL: [Self; 15] = [
        Self::Ok,
        Self::SeeOther,
        Self::BadRequest,
        Self::Foreign,
        Self::NotLoggedIn,
        Self::NotOneOfThem,
        Self::PasswordPassedOn,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::LengthMissing,
        Self::BodyTooLong,
        Self::Misdirected,
        Self::Refused,
        Self::TooLong,
        Self::Unreadable,
    ];

    /// The code (RFC 9110, section 15; RFC 6585 for 431).
    fn code(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::SeeOther => 303,
            Self::BadRequest => 400,
            Self::Foreign | Self::NotLoggedIn | Self::NotOneOfThem | Self::PasswordPassedOn => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::LengthMissing => 411,
            Self::BodyTooLong => 413,
            Self::Misdirected => 421,
            Self::Refused => 422,
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

/// A page may load its own style sheet and icon, and nothing else from anywhere; its forms go to this
/// site.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";
