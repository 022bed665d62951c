use super::Site;
use super::desk::{TurnedAway, admit, is_own};
use super::form::{FORM_LIMIT, UPLOAD_LIMIT};
use super::page;
use super::request::Request;
use super::response::{Response, Status};
use crate::domain::Timestamp;
use crate::http::{self, BadRequest, Body, Handler, Head, Method, Peer};

impl Handler for Site {
    fn body(&self, head: &Head) -> Body {
        if head.method != Method::Post {
            return Body::Unread;
        }
        match head.target.split('?').next() {
            Some("/rights/compare") => Body::UpTo(UPLOAD_LIMIT),
            _ => Body::UpTo(FORM_LIMIT),
        }
    }

    fn answer(&mut self, request: &http::Request) -> http::Response {
        let asked = Request::from_head(&request.head);
        let admitted = is_own(&request.head)
            .and_then(|()| admit(&request.head, request.peer, &self.office.config().users));
        match admitted {
            Ok(visitor) => {
                // Before a Unix socket stands a web server, whose host may have any name.
                let any_host = request.peer == Peer::Socket;
                respond(self, asked.by(visitor, request.body.clone()), any_host)
            }
            Err(away) => page::failure(self, &asked, away.into()),
        }
        .into()
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
    if !any_host && !is_loopback(request.sender.host.as_deref()) {
        return page::failure(site, &request, Status::Misdirected);
    }
    match request.method {
        Method::Get | Method::Head => dispatch(site, request),
        Method::Post => change(site, request),
        _ => page::failure(site, &request, Status::MethodNotAllowed),
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
        .or_else(|request| page::receipt(site, request))
        .or_else(|request| page::erase(site, request))
        .or_else(|request| page::ask(site, request))
        .or_else(|request| page::sent(site, request))
        .or_else(|request| page::sent_request(site, request))
        .or_else(|request| page::rights(site, request))
        .or_else(|request| page::letters(site, request))
        .or_else(|request| page::erased(site, request))
        .or_else(|request| page::settings(site, request))
        .unwrap_or_else(|request| page::failure(site, &request, Status::NotFound))
}

/// The same for what a form sends: a search, or what changes something.
fn change(site: &Site, request: Request) -> Response {
    page::search(site, request)
        .or_else(|request| page::download(site, request))
        .or_else(|request| page::change_settings(site, request))
        .or_else(|request| page::do_erase(site, request))
        .or_else(|request| page::compare(site, request))
        .unwrap_or_else(|request| page::failure(site, &request, Status::MethodNotAllowed))
}

impl From<TurnedAway> for Status {
    fn from(away: TurnedAway) -> Self {
        match away {
            TurnedAway::Foreign => Self::Foreign,
            TurnedAway::NotLoggedIn => Self::NotLoggedIn,
            TurnedAway::NotOneOfThem => Self::NotOneOfThem,
            TurnedAway::PasswordPassedOn => Self::PasswordPassedOn,
        }
    }
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
