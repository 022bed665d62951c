use std::time::Duration;

use chrono::{DateTime, Utc};

use super::body_limit::BodyLimit;
use super::head::{BadRequest, Head};
use super::reply::Reply;
use super::request::Request;
use super::response::Response;

/// How long a reply may take that another thread gives.
pub const REPLY_TIMEOUT: Duration = Duration::from_millis(1_500);

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
    fn answer(&mut self, request: &mut Request) -> Response;

    /// Answers a request; or returns `None`, and another thread answers by `reply`. Waits for nothing.
    fn begin(&mut self, request: &mut Request, reply: Reply) -> Option<Response> {
        drop(reply);
        Some(self.answer(request))
    }

    /// Answers a request for which no reply came within [`REPLY_TIMEOUT`].
    fn give_up(&self, _request: &Request) -> Response {
        Response::empty(503)
    }

    /// Answers a malformed request, or one whose body is outside the limit.
    fn refuse(&self, head: Option<&Head>, bad: BadRequest) -> Response;

    /// The time, for the response's `Date`.
    fn now(&self) -> DateTime<Utc>;
}
