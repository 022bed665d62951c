use chrono::{DateTime, Utc};

use super::body_limit::BodyLimit;
use super::head::{BadRequest, Head};
use super::request::Request;
use super::response::Response;

/// What answers the requests of a [`Server`](super::Server).
pub trait Handler: Send + 'static {
    /// Connection limit. When it is reached, the oldest connection of the busiest source is closed for a
    /// new one.
    const MAX_CONNECTIONS: usize = 16;

    /// The body limit of a request with this head.
    fn body_limit(&self, _head: &Head) -> BodyLimit {
        BodyLimit::Unread
    }

    /// Answers a request.
    fn answer(&mut self, request: &Request) -> Response;

    /// Answers a malformed request, or one whose body is outside the limit.
    fn refuse(&self, head: Option<&Head>, bad: BadRequest) -> Response;

    /// The time, for the response's `Date`.
    fn now(&self) -> DateTime<Utc>;
}
