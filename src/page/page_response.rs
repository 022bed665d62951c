use temoin_http::{BadRequest, BodyStream};

/// A response of the page.
#[derive(Debug)]
pub(super) struct PageResponse {
    /// The status.
    pub(super) status: PageStatus,
    /// The media type of the body.
    pub(super) content_type: &'static str,
    /// Header fields besides those that every response has.
    pub(super) fields: Vec<(&'static str, String)>,
    /// The body, or its beginning.
    pub(super) body: String,
    /// The stream of the body.
    pub(super) stream: Option<BodyStream>,
}

impl PageResponse {
    /// A page.
    pub(super) fn html(status: PageStatus, body: String) -> Self {
        let content_type = "text/html; charset=utf-8";
        Self { status, content_type, fields: Vec::new(), body, stream: None }
    }

    /// Redirects to another page by a relative address after a change, so that a reload does not repeat it.
    pub(super) fn see_other(address: String) -> Self {
        Self::html(PageStatus::SeeOther, String::new()).with("Location", address)
    }

    /// A download with this file name.
    pub(super) fn file(name: &str, content_type: &'static str, body: String) -> Self {
        Self { content_type, ..Self::html(PageStatus::Ok, body) }
            .with("Content-Disposition", format!("attachment; filename=\"{name}\""))
    }

    /// Sets a header field, replacing a default one.
    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.fields.push((name, value));
        self
    }
}

impl From<PageResponse> for temoin_http::Response {
    fn from(response: PageResponse) -> Self {
        let known = Self::empty(response.status.code())
            .with("Cache-Control", "no-store")
            .with("Content-Security-Policy", POLICY)
            .with("Content-Type", response.content_type)
            .with("Cross-Origin-Resource-Policy", "same-origin")
            // With `no-referrer`, browsers would not send the origin of our forms.
            .with("Referrer-Policy", "same-origin")
            .with("X-Content-Type-Options", "nosniff")
            .with_body(response.body)
            .with_stream(response.stream);
        let known = match response.status {
            PageStatus::MethodNotAllowed => known.with("Allow", "GET, HEAD"),
            _ => known,
        };
        let fields = response.fields.into_iter();
        fields.fold(known, |known, (name, value)| known.with(name, value))
    }
}

/// The result of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PageStatus {
    /// Success.
    Ok,
    /// Done; another page shows the result.
    SeeOther,
    /// Not understood.
    BadRequest,
    /// The form comes from another site, or its token has expired.
    CrossSite,
    /// Not authenticated, or not in a way that can be trusted.
    NotLoggedIn,
    /// The user may not see this.
    Forbidden,
    /// The request contains a password.
    PasswordForwarded,
    /// No such page or session.
    NotFound,
    /// The page does not take this method.
    MethodNotAllowed,
    /// The request has no length.
    LengthMissing,
    /// The body is too long.
    BodyTooLong,
    /// The request was meant for another host.
    Misdirected,
    /// A submitted value is invalid.
    Refused,
    /// The head of the request is too long.
    TooLong,
    /// The record cannot be read.
    Unreadable,
}

impl PageStatus {
    /// Every status.
    #[cfg(test)]
    pub(super) const ALL: [Self; 15] = [
        Self::Ok,
        Self::SeeOther,
        Self::BadRequest,
        Self::CrossSite,
        Self::NotLoggedIn,
        Self::Forbidden,
        Self::PasswordForwarded,
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
            Self::CrossSite | Self::NotLoggedIn | Self::Forbidden | Self::PasswordForwarded => 403,
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

impl From<BadRequest> for PageStatus {
    fn from(bad: BadRequest) -> Self {
        match bad {
            BadRequest::BodyTooLong => Self::BodyTooLong,
            BadRequest::BodyWithoutLength => Self::LengthMissing,
            BadRequest::BodyTooShort | BadRequest::Malformed => Self::BadRequest,
            BadRequest::TooLong => Self::TooLong,
        }
    }
}

/// A page may load only this site's style sheet and icon; forms go to this site only.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";
