//! The list of sessions, and the page of each.

use super::*;

#[test]
fn the_list_leads_to_every_session_and_each_has_its_page() {
    let server = serve(&every_kind());
    let list = get(&server, "/sessions");
    assert_eq!(list.status(), 200);
    for session in every_kind() {
        assert!(list.body.contains(&format!("href=\"./session/{}\"", session.id)));
        let page = get(&server, &format!("/session/{}", session.id));
        assert_eq!(page.status(), 200);
        assert!(page.body.contains(&session.id.to_string()));
        assert!(page.body.contains("href=\"../sessions\""));
    }
}

#[test]
fn every_recorded_value_is_shown_with_how_it_is_known() {
    let server = serve(&[whole(
        5,
        "2026-11-23T08:05:07Z",
        "2026-11-23T11:17:10Z",
        EndReason::StoppedWithNotice,
    )]);
    let page = get(&server, &format!("/session/{}", id(5))).body;
    for text in [
        "<code>203.0.113.77</code>",
        "<code>41194</code>",
        "<code>192.0.2.14</code>",
        "<code>2001:db8:42::1014</code>",
        "<code>2001:db8:4200:1400::/56</code>",
        "<code>198.51.100.1:1194</code>",
        "UDP",
        "<code>tun0</code>",
        "<time datetime=\"2026-11-23T08:05:07.000Z\">Monday 23 November 2026 at 09:05:07</time>",
        "<time datetime=\"2026-11-23T11:17:10.000Z\">Monday 23 November 2026 at 12:17:10</time>",
        "The VPN was stopped on this box, which told the server so.",
        "The operator probably received the notice of leaving",
        "not a statement of the operator",
        "seen in OpenVPN",
        "told by the operator",
        "3\u{a0}h\u{a0}12\u{a0}min",
        "a reconnect on the way would have been seen",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
}

#[test]
fn what_is_not_known_is_said_to_be_unknown_and_never_made_up() {
    let server = serve(&every_kind());
    let page = get(&server, &format!("/session/{}", bounded().id)).body;
    for text in [
        "unknown to the box; the operator does see it",
        "Sunday 25 October 2026 between 02:30:00 (UTC+1) and 08:12:00",
        "Nobody saw the end",
        "What the operator saw cannot be told from here.",
        "between 1\u{a0}h and 6\u{a0}h\u{a0}42\u{a0}min",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    assert!(!page.contains("datetime=\"2026-10-25T07:12"));
    let page = get(&server, &format!("/session/{}", undated().id)).body;
    for text in ["Session of unconfirmed date", "unconfirmed <span", "no later than Wednesday 30"] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    let page = get(&server, &format!("/session/{}", open().id)).body;
    for text in ["the session is still open", "3\u{a0}h\u{a0}54\u{a0}min", "persist-tun"] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    assert!(!page.contains("What the operator probably saw"));
}

#[test]
fn months_are_those_of_the_wall() {
    let list = get(&serve(&every_kind()), "/sessions").body;
    let mut titles: Vec<&str> = list
        .split("<h2 class=\"month-name\"")
        .skip(1)
        .map(|rest| rest.split(['>', '<']).nth(1).unwrap())
        .collect();
    titles.dedup();
    // The last of them began on 31 August in UTC.
    assert_eq!(titles, ["November 2026", "October 2026", "Date not confirmed", "September 2026"]);
}

#[test]
fn long_lists_are_paged_and_a_link_leads_from_each_part_to_the_next() {
    let sessions: Vec<Session> = (0..120_u8)
        .map(|number| {
            whole(number, "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z", EndReason::Stopped)
        })
        .collect();
    let server = serve(&sessions);
    let mut target = "/sessions?lang=fr&state=closed".to_owned();
    let mut seen = Vec::new();
    for rows in [50, 50, 20] {
        let body = get(&server, &target).body;
        let links = links(&body);
        let shown: Vec<&str> =
            links.iter().filter_map(|link| link.strip_prefix("./session/")).collect();
        assert_eq!(shown.len(), rows, "{target}");
        seen.extend(shown.iter().map(|link| link.split('?').next().unwrap().to_owned()));
        let next: Vec<&String> = links.iter().filter(|link| link.contains("after=")).collect();
        assert!(body.contains("Les plus récentes") == (seen.len() > 50), "{body}");
        let Some(next) = next.iter().find(|link| !link.starts_with('?')) else {
            assert_eq!(seen.len(), 120);
            break;
        };
        assert!(next.contains("state=closed") && next.contains("lang=fr"), "{next}");
        target = next[1..].to_owned();
    }
    let expected: Vec<String> = sessions.iter().map(|own| own.id.to_string()).collect();
    assert_eq!(seen, expected);
    // What was erased, or is none, leads to the newest again.
    for after in ["0".repeat(64), "x".to_owned(), String::new()] {
        let body = get(&server, &format!("/sessions?after={after}")).body;
        assert!(body.contains(&sessions[0].id.to_string()), "{after}");
    }
}

/// Fills in the form above the list, or what leads on from what it found.
fn search(server: &Server, target: &str, body: &str) -> TestResponse {
    let length = body.len();
    let request = format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}"
    );
    exchange(connect(server), &request)
}

#[test]
fn an_address_is_looked_for_without_standing_in_any_address_of_a_page() {
    let sessions: Vec<Session> = (0..60_u8)
        .map(|number| {
            whole(number, "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z", EndReason::Stopped)
        })
        .collect();
    let server = serve(&sessions);
    let form = "from=&to=&address=203.0.113.77&state=closed";
    let found = search(&server, "/sessions?lang=nl", form);
    assert_eq!(found.status(), 200);
    well_formed(&found.body);
    let leads_there = |body: &str| links(body).iter().any(|link| link.contains("203"));
    assert!(!leads_there(&found.body) && !found.head.contains("203"));
    // The same again in the form, and in what leads on from here.
    assert_eq!(found.body.matches("name=\"address\" value=\"203.0.113.77\"").count(), 4);
    assert!(found.body.contains("action=\"./sessions.csv?lang=nl\""));
    let after = id(10);
    let older = search(&server, "/sessions", &format!("{form}&after={after}"));
    assert!(older.body.contains(&id(11).to_string()) && !older.body.contains(&after.to_string()));
    for (name, count) in [("csv", 61), ("json", 62)] {
        let file = search(&server, &format!("/sessions.{name}"), form);
        assert!(file.head.contains(&format!("attachment; filename=\"temoin-sessions.{name}\"")));
        assert_eq!(file.body.lines().count(), count);
    }
    let none = search(&server, "/sessions.csv", "address=203.0.113.78");
    assert_eq!(none.body.lines().count(), 1);
}

#[test]
fn a_search_without_an_address_leads_to_a_page_to_go_back_to() {
    let server = serve(&every_kind());
    let sent_on = |target: &str, body: &str| {
        let answer = search(&server, target, body);
        assert_eq!(answer.status(), 303, "{body}");
        let field = answer.head.lines().find_map(|line| line.strip_prefix("Location: "));
        field.unwrap().to_owned()
    };
    let form = "from=2026-09-01&to=&address=&state=closed";
    let page = sent_on("/sessions?lang=fr", form);
    assert_eq!(page, "./sessions?from=2026-09-01&state=closed&lang=fr");
    assert_eq!(sent_on("/sessions", "address="), "./sessions");
    for wrong in [
        "from=2026-02-30&address=",
        "address=%3Cscript%3E",
        "address=%ff",
        "%",
        "address=&state=gone",
    ] {
        let answer = search(&server, "/sessions", wrong);
        assert_eq!(answer.status(), 400, "{wrong}");
        assert!(answer.body.contains("role=\"alert\"") && !answer.body.contains("<script"));
        assert_eq!(search(&server, "/sessions.json", wrong).status(), 400, "{wrong}");
    }
}

#[test]
fn sessions_are_found_by_day_address_and_state_and_downloaded_as_they_are_found() {
    let server = serve(&every_kind());
    let august = format!("href=\"./session/{}", id(10));
    let lasting = format!("href=\"./session/{}", open().id);
    for (query, is_august_there, is_open_there) in [
        ("", true, true),
        ("from=&to=&address=&state=", true, true),
        ("from=2026-09-01&to=2026-09-01", true, false),
        ("from=2026-09-02&to=2026-09-30", false, false),
        ("from=2026-11-24", false, true),
        ("state=open", false, true),
        ("state=closed", true, false),
        ("address=203.0.113.77", true, false),
        ("address=2001%3Adb8%3A42%3A%3A1014", true, true),
        ("address=203.0.113.78", false, false),
    ] {
        let body = get(&server, &format!("/sessions?{query}")).body;
        assert_eq!(body.contains(&august), is_august_there, "{query}");
        assert_eq!(body.contains(&lasting), is_open_there, "{query}");
        for (name, content_type) in [("csv", "text/csv"), ("json", "application/json")] {
            let answer = get(&server, &format!("/sessions.{name}?{query}"));
            assert!(answer.head.contains(&format!("Content-Type: {content_type}")));
            assert_eq!(answer.body.contains(&id(10).to_string()), is_august_there, "{query}");
            assert_eq!(answer.body.contains(&open().id.to_string()), is_open_there, "{query}");
        }
    }
    for query in ["from=2026-02-30", "to=yesterday", "address=%3Cscript%3E", "state=gone"] {
        let answer = get(&server, &format!("/sessions?{query}"));
        assert_eq!(answer.status(), 400, "{query}");
        assert!(answer.body.contains("role=\"alert\"") && answer.body.contains("<form"));
        assert!(!answer.body.contains("<script"));
        well_formed(&answer.body);
        assert_eq!(get(&server, &format!("/sessions.csv?{query}")).status(), 400);
    }
}

/// Where the links of a page lead.
fn links(body: &str) -> Vec<String> {
    let links = body.split("<a ").skip(1).map(|link| {
        link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&")
    });
    links.collect()
}

#[test]
fn a_session_is_found_by_the_beginning_of_its_id_unless_several_begin_so() {
    let server = serve(&every_kind());
    let whole = get(&server, &format!("/session/{}", id(1)));
    for digits in [&id(1).short(), &id(1).to_string()[..4], &id(1).short().to_uppercase()] {
        let found = get(&server, &format!("/session/{digits}"));
        assert_eq!((found.status(), found.body), (200, whole.body.clone()), "{digits}");
    }
    assert_eq!(get(&server, &format!("/session/{}", &id(1).to_string()[..3])).status(), 404);
    let alike = |last| Session {
        id: SessionId::from_bytes([[7; 31].as_slice(), &[last]].concat().try_into().unwrap()),
        ..open()
    };
    let two = serve(&[alike(1), alike(2)]);
    assert_eq!(get(&two, &format!("/session/{}", alike(1).id.short())).status(), 404);
    assert_eq!(get(&two, &format!("/session/{}", alike(1).id)).status(), 200);
}

#[test]
fn a_list_counts_in_the_words_of_each_language() {
    let one = serve(&[open()]);
    let two = serve(&[open(), bounded()]);
    for (language, singular, plural) in [
        ("fr", ">1 session<", ">2 sessions<"),
        ("nl", ">1 sessie<", ">2 sessies<"),
        ("en", ">1 session<", ">2 sessions<"),
        ("de", ">1 Sitzung<", ">2 Sitzungen<"),
    ] {
        for (server, count) in [(&one, singular), (&two, plural)] {
            let body = get(server, &format!("/sessions?lang={language}")).body;
            assert!(body.contains(count), "{body}");
            assert!(!body.contains("after="));
        }
    }
}
