use super::Site;
use super::auth::{AuthError, authenticate, check_same_origin};
use super::form::{FORM_LIMIT, UPLOAD_LIMIT};
use super::page_request::PageRequest;
use super::page_response::{PageResponse, PageStatus};
use super::pages;
use chrono::{DateTime, Utc};
use temoin_http::{BadRequest, BodyLimit, Handler, Head, Method, Peer};

impl Handler for Site {
    fn body_limit(&self, head: &Head) -> BodyLimit {
        if head.method != Method::Post {
            return BodyLimit::Unread;
        }
        match head.target.split('?').next() {
            Some("/rights/compare") => BodyLimit::UpTo(UPLOAD_LIMIT),
            _ => BodyLimit::UpTo(FORM_LIMIT),
        }
    }

    fn answer(&mut self, request: &mut temoin_http::Request) -> temoin_http::Response {
        let asked = PageRequest::from_head(&request.head);
        let authenticated = check_same_origin(&request.head)
            .and_then(|()| authenticate(&request.head, request.peer, &self.actions.config().users));
        match authenticated {
            Ok(user) => {
                // A reverse proxy on the Unix socket may have any host name.
                let any_host = request.peer == Peer::Socket;
                respond(self, asked.with_sender(user, std::mem::take(&mut request.body)), any_host)
            }
            Err(auth_error) => pages::failure(self, &asked, auth_error.into()),
        }
        .into()
    }

    fn refuse(&self, head: Option<&Head>, bad: BadRequest) -> temoin_http::Response {
        match head {
            Some(head) => pages::failure(self, &PageRequest::from_head(head), bad.into()),
            None => pages::failure_unread(self, bad.into()),
        }
        .into()
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)().to_utc()
    }
}

fn respond(site: &Site, request: PageRequest, any_host: bool) -> PageResponse {
    if !any_host && !is_loopback(request.sender.host.as_deref()) {
        return pages::failure(site, &request, PageStatus::Misdirected);
    }
    match request.method {
        Method::Get | Method::Head => dispatch(site, request),
        Method::Post => change(site, request),
        _ => pages::failure(site, &request, PageStatus::MethodNotAllowed),
    }
}

/// Each handler answers its own paths and returns other requests.
fn dispatch(site: &Site, request: PageRequest) -> PageResponse {
    pages::asset(request)
        .or_else(|request| pages::now(site, request))
        .or_else(|request| pages::timeline(site, request))
        .or_else(|request| pages::calendar(site, request))
        .or_else(|request| pages::sessions(site, request))
        .or_else(|request| pages::download(site, request))
        .or_else(|request| pages::session(site, request))
        .or_else(|request| pages::receipt(site, request))
        .or_else(|request| pages::erase(site, request))
        .or_else(|request| pages::ask(site, request))
        .or_else(|request| pages::sent(site, request))
        .or_else(|request| pages::sent_request(site, request))
        .or_else(|request| pages::rights(site, request))
        .or_else(|request| pages::letters(site, request))
        .or_else(|request| pages::erased(site, request))
        .or_else(|request| pages::settings(site, request))
        .unwrap_or_else(|request| pages::failure(site, &request, PageStatus::NotFound))
}

/// The same for submitted `form_tokens`: a search or a change.
fn change(site: &Site, request: PageRequest) -> PageResponse {
    pages::search(site, request)
        .or_else(|request| pages::download(site, request))
        .or_else(|request| pages::change_settings(site, request))
        .or_else(|request| pages::do_erase(site, request))
        .or_else(|request| pages::compare(site, request))
        .unwrap_or_else(|request| pages::failure(site, &request, PageStatus::MethodNotAllowed))
}

impl From<AuthError> for PageStatus {
    fn from(auth_error: AuthError) -> Self {
        match auth_error {
            AuthError::CrossSite => Self::CrossSite,
            AuthError::NotLoggedIn => Self::NotLoggedIn,
            AuthError::Forbidden => Self::Forbidden,
            AuthError::PasswordForwarded => Self::PasswordForwarded,
        }
    }
}

/// Whether a `Host` field names this machine, against DNS rebinding: a web site could make its own name
/// resolve to this machine and have the browser fetch the page for it.
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
