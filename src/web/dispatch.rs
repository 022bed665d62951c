use super::Site;
use super::page;
use super::request::{BadRequest, Method, Request};
use super::response::{Response, Status};

/// The bytes that answer what was read from a client.
pub(super) fn answer(site: &Site, read: Result<Request, BadRequest>, any_host: bool) -> Vec<u8> {
    let request = match read {
        Ok(request) => request,
        Err(bad) => return page::failure_unread(site, bad.into()).into_bytes(true),
    };
    let with_body = request.method != Method::Head;
    let response = if request.method == Method::Other {
        page::failure(site, &request, Status::MethodNotAllowed)
    } else if !any_host && !is_loopback(request.host.as_deref()) {
        page::failure(site, &request, Status::Misdirected)
    } else {
        dispatch(site, request)
    };
    response.into_bytes(with_body)
}

/// Each handler answers what is its own and hands back the rest.
fn dispatch(site: &Site, request: Request) -> Response {
    page::asset(request)
        .or_else(|request| page::list(site, request))
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
