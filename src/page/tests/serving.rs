//! Serving: heads, error responses, sockets and slow clients.

use super::*;

#[test]
fn the_headers_are_these_and_no_others() {
    let server = start(empty_site());
    for (target, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml; charset=utf-8"),
    ] {
        let answer = get(&server, target);
        assert_eq!(
            answer.head,
            format!(
                "HTTP/1.1 200 OK\r\n\
                 Server: temoin\r\n\
                 Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n\
                 Cache-Control: no-store\r\n\
                 Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; \
                 base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n\
                 Content-Type: {content_type}\r\n\
                 Cross-Origin-Resource-Policy: same-origin\r\n\
                 Referrer-Policy: same-origin\r\n\
                 X-Content-Type-Options: nosniff\r\n\
                 Content-Length: {}\r\n\
                 Connection: close",
                answer.body.len()
            )
        );
    }
}

#[test]
fn refusals_have_their_status_and_a_page_in_the_readers_language() {
    let server = serve(&every_kind());
    let shared = id(1).to_string();
    let unknown = format!("/session/{}", "0".repeat(64));
    let ask = |head: &str| exchange(connect(&server), head);
    for (request, status, text) in [
        ("GET /nowhere HTTP/1.1\r\nAccept-Language: fr\r\n\r\n".to_owned(), 404, "Rien à cette"),
        (format!("GET {unknown}?lang=nl HTTP/1.1\r\n\r\n"), 404, "Niets op dit adres"),
        ("GET /session/ HTTP/1.1\r\n\r\n".to_owned(), 404, "Nothing at this address"),
        ("GET /session/zzzz HTTP/1.1\r\n\r\n".to_owned(), 404, "Nothing at this address"),
        ("GET /session/a/b HTTP/1.1\r\n\r\n".to_owned(), 404, "href=\"../../style.css\""),
        (format!("GET /session/{}/ HTTP/1.1\r\n\r\n", shared), 404, "Nothing at this address"),
        ("DELETE /?lang=de HTTP/1.1\r\n\r\n".to_owned(), 405, "nur gelesen"),
        ("nonsense\r\n\r\n".to_owned(), 400, "Request not understood"),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(9_000)), 431, "too long"),
        ("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n".to_owned(), 421, "another machine"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), 400, "not understood"),
        ("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n".to_owned(), 400, "not understood"),
    ] {
        let answer = ask(&request);
        assert_eq!(answer.status(), status, "{request}");
        assert!(answer.body.contains(text), "{request}: {}", answer.body);
        well_formed(&answer.body);
    }
    let refused = ask("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\na=b&");
    assert!(refused.head.contains("\r\nAllow: GET, HEAD\r\n"));
    assert_eq!(get(&start(empty_site()), &format!("/session/{shared}")).status(), 404);
}

#[test]
fn a_record_that_cannot_be_read_is_said_to_be_so_in_the_readers_language() {
    let server = start(Site { records: Arc::new(|| Err(RecordsError::Broken)), ..empty_site() });
    for (language, text) in [
        ("fr", "Le registre ne peut pas être lu"),
        ("nl", "Het register kan nu niet worden gelezen"),
        ("en", "The record cannot be read"),
        ("de", "Das Verzeichnis kann gerade nicht gelesen werden"),
    ] {
        for target in ["/".to_owned(), "/sessions".to_owned(), format!("/session/{}", id(1))] {
            let answer = get(&server, &format!("{target}?lang={language}"));
            assert_eq!(answer.status(), 500);
            assert!(answer.body.contains(text), "{}", answer.body);
            well_formed(&answer.body);
        }
    }
    assert_eq!(get(&server, "/style.css").status(), 200);
}

#[test]
fn a_head_request_is_answered_like_a_get_without_the_body() {
    let server = serve(&every_kind());
    let get = get(&server, "/");
    let head = exchange(connect(&server), "HEAD / HTTP/1.1\r\n\r\n");
    assert_eq!(head.head, get.head);
    assert_eq!(head.body, "");
}

#[test]
fn no_field_of_a_request_changes_how_the_response_is_sent() {
    let server = serve(&every_kind());
    let plain = get(&server, "/");
    let unordered: Vec<String> = (0..40)
        .map(|number| match number * number * 2 % 7 {
            0 | 3 => "chunked;q=NaN".to_owned(),
            quality => format!("chunked;q=0.{quality}"),
        })
        .collect();
    for field in [
        "TE: chunked".to_owned(),
        format!("TE: {}", unordered.join(",")),
        "Connection: keep-alive".to_owned(),
        "Connection: upgrade\r\nUpgrade: websocket".to_owned(),
        "Expect: 100-continue".to_owned(),
        "Range: bytes=0-0".to_owned(),
        "Accept-Encoding: gzip".to_owned(),
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\nContent-Length: 5".to_owned(),
        "Ynh-User-Fullname: Zoé".to_owned(),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{field}\r\n\r\n");
        let answer = exchange(connect(&server), &request);
        assert_eq!((&answer.head, &answer.body), (&plain.head, &plain.body), "{field}");
    }
}

#[test]
fn the_page_is_served_on_a_socket_under_any_hosts_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.sock");
    let listener = Listener::bind(&Address::Unix(path.clone())).unwrap();
    let server = Server::start(listener, site(&every_kind())).unwrap();
    let stream = UnixStream::connect(&path).unwrap();
    let request = format!("GET / HTTP/1.0\r\nHost: box.example.org\r\n{LOGIN}\r\n");
    let answer = exchange(stream, &request);
    assert_eq!(answer.status(), 200);
    server.stop();
    assert!(!path.exists());
}

#[test]
fn silent_clients_keep_nobody_waiting_and_the_server_stops_under_them() {
    let server = serve(&every_kind());
    let mut silent: Vec<TcpStream> = Vec::new();
    for _ in 0..100 {
        let mut stream = connect(&server);
        stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        silent.push(stream);
    }
    assert_eq!(get(&server, "/").status(), 200);
    server.stop();
}

#[test]
fn a_client_that_reads_nothing_and_never_stops_sending_keeps_nobody_waiting() {
    let server = serve(&every_kind());
    let mut greedy = connect(&server);
    greedy.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
    while greedy.write_all(&[b'a'; 65_536]).is_ok() {
        if get(&server, "/style.css").status() != 200 {
            panic!("not served");
        }
    }
    assert_eq!(get(&server, "/").status(), 200);
}

#[test]
fn a_request_that_comes_in_pieces_is_answered_once_it_is_whole() {
    let server = serve(&every_kind());
    let mut stream = connect(&server);
    stream.set_nodelay(true).unwrap();
    for piece in ["GE", "T / HT", "TP/1.1\r\nHost: local", "host\r\n\r"] {
        stream.write_all(piece.as_bytes()).unwrap();
        assert_eq!(get(&server, "/icon.svg").status(), 200);
    }
    assert_eq!(exchange(stream, "\n").status(), 200);
}

#[test]
fn every_status_has_a_page() {
    let site = empty_site();
    for status in PageStatus::ALL {
        well_formed(&crate::pages::failure_unread(&site, status).body);
    }
}

#[test]
fn the_style_sheet_and_the_icon_ask_for_nothing() {
    let server = start(empty_site());
    for target in ["/style.css", "/icon.svg"] {
        let body = get(&server, target).body.replace("http://www.w3.org/2000/svg", "");
        for text in ["url(", "@import", "http:", "https:", "src=", "href="] {
            assert!(!body.contains(text), "{target}: {text}");
        }
    }
    let page = get(&server, "/").body;
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("://"));
}
