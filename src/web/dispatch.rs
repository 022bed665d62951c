use super::Site;
use super::page;
use super::request::Request;
use super::response::{Response, Status};
use crate::domain::Timestamp;
use crate::http::{self, BadRequest, Handler, Head, Method, Peer};

impl Handler for Site {
    fn answer(&mut self, request: &http::Request) -> http::Response {
        // Before a Unix socket stands a web server, whose host may have any name.
        let any_host = request.peer == Peer::Socket;
        respond(self, Request::from_head(&request.head), any_host).into()
    }

    fn refuse(&self, head: Option<&Head>, bad: BadRequest) -> http::Response {
        match head {
            Some(head) => page::failure(self, &Request::from_head(head), bad.into()),
            None => page::failure_unread(self, bad.into()),
        }
        .into()
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

fn respond(site: &Site, request: Request, any_host: bool) -> Response {
    if !matches!(request.method, Method::Get | Method::Head) {
        page::failure(site, &request, Status::MethodNotAllowed)
    } else if !any_host && !is_loopback(request.host.as_deref()) {
        page::failure(site, &request, Status::Misdirected)
    } else {
        dispatch(site, request)
    }
}

/// Each handler answers what is its own and hands back the rest.
fn dispatch(site: &Site, request: Request) -> Response {
    page::asset(request)
        .or_else(|request| page::now(site, request))
        .or_else(|request| page::timeline(site, request))
        .or_else(|request| page::calendar(site, request))
        .or_else(|request| page::sessions(site, request))
        .or_else(|request| page::download(site, request))
        .or_else(|request| page::session(site, request))
        .unwrap_or_else(|request| page::failure(site, &request, Status::NotFound))
}

/// Whether a `Host` field names this machine. A web site could make its own name point to this
/// machine and so have a browser hand it the page (DNS rebinding); its name would stand here.
fn is_loopback(host: Option<&str>) -> bool {
    let Some(host) = host else { return true };
    let is_port = |rest: &str| {
        rest.is_empty()
            || rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
    };
    ["localhost", "127.0.0.1", "[::1]"].into_iter().any(|name| {
        let start = host.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        start && is_port(&host[name.len()..])
    })
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_names_of_this_machine_are_taken_for_it() {
        for host in [
            None,
            Some("localhost"),
            Some("LocalHost:8470"),
            Some("127.0.0.1:1"),
            Some("[::1]:8470"),
        ] {
            assert!(is_loopback(host), "{host:?}");
        }
        for host in [
            "",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "localhost:x",
            "éé",
            "127.0.0.10",
        ] {
            assert!(!is_loopback(Some(host)), "{host:?}");
        }
    }
}
