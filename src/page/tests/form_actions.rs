//! Authentication, and changes by form.

use super::{
    Address, FakeActions, FakeRuleset, LOGIN, Listener, Server, Site, TestResponse, UnixStream,
    every_kind, exchange, id, open, site, whole,
};
use temoin_core::law::Profile;
use temoin_core::session::EndReason;
use temoin_core::text::Language;

/// The page on a Unix socket, with recorded actions.
struct TestSite {
    folder: tempfile::TempDir,
    fake_actions: FakeActions,
    _server: Server,
}

impl TestSite {
    /// With these permitted users; if empty, all who have logged in.
    fn of(users: &[&str]) -> Self {
        Self::open(users, |_| {})
    }

    /// With a modified site.
    fn with(change: impl FnOnce(&mut Site)) -> Self {
        Self::open(&[], change)
    }

    fn open(users: &[&str], change: impl FnOnce(&mut Site)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = Listener::bind(&Address::Unix(folder.path().join("page.sock"))).unwrap();
        let fake_actions = FakeActions {
            users: users.iter().map(|user| user.parse().unwrap()).collect(),
            ..FakeActions::default()
        };
        let mut site = site(&every_kind());
        site.actions = Box::new(fake_actions.clone());
        change(&mut site);
        Self { _server: Server::start(listener, site).unwrap(), folder, fake_actions }
    }

    fn send(&self, request: &str) -> TestResponse {
        exchange(UnixStream::connect(self.folder.path().join("page.sock")).unwrap(), request)
    }

    fn get(&self, target: &str) -> TestResponse {
        self.send(&format!("GET {target} HTTP/1.1\r\nHost: box\r\n{LOGIN}\r\n"))
    }

    fn post(&self, target: &str, fields: &str, body: &str) -> TestResponse {
        let length = body.len();
        self.send(&format!(
            "POST {target} HTTP/1.1\r\nHost: box\r\n{LOGIN}{fields}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n\
             {body}"
        ))
    }

    /// Sends an operator's answer to be compared.
    fn compare(&self, language: &str, token: &str, reply: &str, zone: &str) -> TestResponse {
        let fields = [("\"zone\"", zone), ("\"reply\"; filename=\"\"><script>.csv\"", reply)];
        self.compare_form(language, token, &fields)
    }

    /// The same with these fields of the form.
    fn compare_form(&self, language: &str, token: &str, fields: &[(&str, &str)]) -> TestResponse {
        let part = |name: &str, value: &str| {
            format!("--xy\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n")
        };
        let mut body = part("\"token\"", token);
        fields.iter().for_each(|(name, value)| body += &part(name, value));
        body += "--xy--\r\n";
        self.send(&format!(
            "POST /rights/compare?lang={language} HTTP/1.1\r\nHost: box\r\n{LOGIN}\
             Content-Type: multipart/form-data; boundary=xy\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// The token in the form of a page.
    fn token(&self, target: &str) -> String {
        let page = self.get(target).body;
        let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    fn notes(&self) -> Vec<String> {
        self.fake_actions.notes.lock().unwrap().clone()
    }
}

#[test]
fn on_the_socket_only_who_has_logged_in_sees_anything() {
    let page_site = TestSite::of(&[]);
    assert_eq!(page_site.get("/").status(), 200);
    for target in ["/", "/settings", "/style.css", "/nowhere"] {
        let stranger = page_site.send(&format!("GET {target} HTTP/1.1\r\nHost: box\r\n\r\n"));
        assert_eq!(stranger.status(), 403, "{target}");
        assert!(stranger.body.contains("Log in first"), "{}", stranger.body);
        assert!(!stranger.body.contains("name=\"token\"") && !stranger.body.contains("192.0.2"));
    }
    let twice = format!("GET / HTTP/1.1\r\nHost: box\r\n{LOGIN}{LOGIN}\r\n");
    assert_eq!(page_site.send(&twice).status(), 403);
}

#[test]
fn a_page_that_is_for_some_turns_the_others_away() {
    assert_eq!(TestSite::of(&["ada", "camille"]).get("/").status(), 200);
    let page_site = TestSite::of(&["ada"]);
    let other = page_site.get("/?lang=fr");
    assert_eq!(other.status(), 403);
    assert!(other.body.contains("n’est pas pour vous"), "{}", other.body);
    assert_eq!(page_site.post("/settings", "", "token=x").status(), 403);
}

#[test]
fn settings_are_changed_by_their_form_and_the_page_says_so() {
    let page_site = TestSite::of(&[]);
    let token = page_site.token("/settings");
    let body = format!("token={token}&operator.profile=neutrinet&erasure.grace_days=+7&x=y");
    let answer = page_site.post("/settings?lang=fr", "Sec-Fetch-Site: same-origin\r\n", &body);
    assert_eq!(answer.status(), 303, "{}", answer.body);
    assert!(answer.head.contains("\r\nLocation: ./settings?done=1&lang=fr"), "{}", answer.head);
    assert_eq!(page_site.notes(), ["operator.profile=neutrinet", "erasure.grace_days= 7"]);
    assert!(page_site.get("/settings?done=1").body.contains("in use already"));
}

#[test]
fn a_value_that_cannot_be_is_shown_again_with_what_to_do_and_nothing_of_it_is_markup() {
    let page_site = TestSite::of(&[]);
    let token = page_site.token("/settings");
    let body = format!("token={token}&erasure.grace_days=bad%22%3E%3Cscript%3E");
    let answer = page_site.post("/settings", "", &body);
    assert_eq!(answer.status(), 422);
    assert!(answer.body.contains("a whole number from 0 to 14"), "{}", answer.body);
    assert!(answer.body.contains("value=\"bad&quot;&gt;&lt;script&gt;\""), "{}", answer.body);
    assert!(!answer.body.contains("<script"));
    assert_eq!(page_site.notes(), Vec::<String>::new());
}

#[test]
fn without_a_token_of_ours_nothing_is_changed() {
    let page_site = TestSite::of(&[]);
    let elsewhere = TestSite::of(&[]).token("/settings");
    let token = page_site.token("/settings");
    let target = format!("/session/{}/erase", id(10));
    for (fields, body) in [
        ("", String::new()),
        ("", "page.language=nl".to_owned()),
        ("", "token=&page.language=nl".to_owned()),
        ("", format!("token={elsewhere}&page.language=nl")),
        ("", format!("token={token}&token={token}&page.language=nl")),
        ("Origin: https://example.org\r\n", format!("token={token}&page.language=nl")),
        ("Sec-Fetch-Site: cross-site\r\n", format!("token={token}&page.language=nl")),
    ] {
        for target in ["/settings", &target] {
            let answer = page_site.post(target, fields, &body);
            assert_eq!(answer.status(), 403, "{fields}{body}");
            assert!(answer.body.contains("Nothing was changed"), "{}", answer.body);
        }
    }
    // A form in an address changes nothing either.
    let asked = page_site.get(&format!("/settings?token={token}&page.language=nl"));
    assert_eq!(asked.status(), 200);
    assert_eq!(page_site.notes(), Vec::<String>::new());
}

#[test]
fn a_session_is_erased_for_who_was_asked_and_one_that_lasts_is_not() {
    let page_site = TestSite::of(&[]);
    let target = format!("/session/{}/erase", id(10));
    assert!(page_site.get(&target).body.contains("Erase for good"));
    let body = format!("token={}", page_site.token(&target));
    let answer = page_site.post(&target, "", &body);
    assert_eq!(answer.status(), 303);
    assert!(answer.head.contains("\r\nLocation: ../../erased?done=1"), "{}", answer.head);
    assert_eq!(page_site.notes(), [format!("erase {}", id(10))]);
    assert!(page_site.get("/erased?done=1").body.contains("is erased from this box"));

    let lasting = page_site.get(&format!("/session/{}/erase", open().id));
    assert!(lasting.body.contains("still lasts") && !lasting.body.contains("<form"));
    let nobody = page_site.post(&format!("/session/{}/erase", "0".repeat(64)), "", &body);
    assert_eq!(nobody.status(), 404);
}

#[test]
fn what_is_sent_to_a_page_that_changes_nothing_is_refused() {
    let page_site = TestSite::of(&[]);
    for target in ["/", "/sessions", "/ask", "/erased", "/nowhere"] {
        assert_eq!(page_site.post(target, "", "a=b").status(), 405, "{target}");
    }
    let long = "a".repeat(20_000);
    assert_eq!(page_site.post("/settings", "", &long).status(), 413);
}

#[test]
fn who_can_ask_is_told_by_the_law_that_applies_with_its_sources() {
    let page_site = TestSite::of(&[]);
    for (language, texts) in [
        (Language::English, ["Neutrinet asbl", "A request must", "classes of authorities"]),
        (Language::French, ["L’opérateur doit", "Jamais compris", "Vérifié le "]),
        (Language::Dutch, ["Hoort er nooit bij", "Wat temoin niet kan zien", "(volledig gelezen)"]),
        (Language::German, ["umstritten", "Wer die Daten erhalten hat, muss", "beweist nichts"]),
    ] {
        let page = page_site.get(&format!("/ask?lang={language}")).body;
        for text in texts {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(page.len() < 60_000, "{}", page.len());
    }
}

#[test]
fn letters_open_as_pages_that_only_their_own_style_dresses_and_name_nobody() {
    let page_site = TestSite::of(&[]);
    for (target, text) in [
        ("/rights/access?lang=fr", "Objet"),
        ("/rights/access?since=2026-01-01&until=2026-01-31&lang=nl", "Betreft"),
        ("/rights/complaint?about=incomplete", "Subject"),
    ] {
        let answer = page_site.get(target);
        assert_eq!(answer.status(), 200, "{target}");
        assert!(answer.body.contains(text), "{target}: {}", answer.body);
        assert!(answer.head.contains("style-src 'sha256-") && !answer.head.contains("'self'"));
        assert!(!answer.body.contains("camille"), "{}", answer.body);
    }
    // `openssl dgst -sha256 -binary | base64` of the style says the same.
    let style = crate::gdpr::LETTER_STYLE;
    assert!(page_site.get("/rights/access").body.contains(&format!("<style>{style}</style>")));
    let text = page_site.get("/rights/access.txt");
    assert!(text.head.contains("\r\nContent-Type: text/plain"), "{}", text.head);
    assert!(text.head.contains("attachment; filename=\"temoin-access.txt\""), "{}", text.head);
    let reminder = page_site.get("/rights/deadline.ics?received=2026-11-24");
    assert!(reminder.body.contains("DTSTART;VALUE=DATE:20261224"), "{}", reminder.body);
    for target in [
        "/rights/access?since=2026-02-01&until=2026-01-31",
        "/rights/access?since=x&until=y",
        "/rights/complaint?about=x",
        "/rights/deadline.ics?received=tomorrow",
    ] {
        assert_eq!(page_site.get(target).status(), 400, "{target}");
    }
}

#[test]
fn the_letter_goes_to_a_mail_program_by_a_link_that_holds_nothing_but_itself() {
    let profile = include_str!("../../operators/template.toml");
    let page_site = TestSite::with(|site| {
        site.ruleset = Box::new(move || {
            let profile = Profile::parse("template.toml", profile).unwrap();
            Ok(Box::new(FakeRuleset { profile: Some(profile), ..FakeRuleset::new(None) }))
        });
    });
    let page = page_site.get("/rights?lang=fr").body;
    let (_, rest) = page.split_once("href=\"mailto:").expect("a link");
    let link = rest.split('"').next().unwrap();
    let (to, query) = link.split_once("?subject=").unwrap();
    assert!(to.contains('@') && !to.contains('%'), "{to}");
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
    assert!(query.replace("&amp;body=", "").chars().all(plain), "{query}");
}

#[test]
fn an_operators_answer_is_compared_and_what_tries_to_be_markup_in_it_is_shown_as_it_is() {
    let page_site = TestSite::of(&[]);
    let reply = "session_start,session_end,origin_address,<script>alert(1)</script>\n\
                 2026-08-31T22:30:00Z,2026-09-01T01:42:00Z,203.0.113.99,x\n";
    let sent = |token: &str, reply: &str, zone: &str| page_site.compare("en", token, reply, zone);
    let token = page_site.token("/rights");
    let answer = sent(&token, reply, "");
    assert_eq!(answer.status(), 200, "{}", answer.body);
    assert!(answer.body.contains("do not quite say the same"), "{}", answer.body);
    for part in [
        "<code>203.0.113.99</code>",
        "<code>203.0.113.77</code>",
        ">differs</span>",
        ">the same</span>",
        "line 2 of the reply",
        "Only on this box",
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert!(answer.body.contains("&lt;script&gt;") && !answer.body.contains("<script"));
    super::well_formed(&answer.body);
    let broken = sent(&token, "\u{0}\u{1}<b>", "");
    assert_eq!(broken.status(), 422, "{}", broken.body);
    assert!(broken.body.contains("could not be understood") && !broken.body.contains("<b>"));
    super::well_formed(&broken.body);
    assert_eq!(sent(&token, reply, "Mars/Olympus").status(), 400);
    assert_eq!(sent("", reply, "").status(), 403);
    let large = "x".repeat(9 * 1024 * 1024);
    let request = format!(
        "POST /rights/compare HTTP/1.1\r\nHost: box\r\n{LOGIN}Content-Type: multipart/form-data; \
         boundary=xy\r\nContent-Length: {}\r\n\r\n",
        large.len()
    );
    assert_eq!(page_site.send(&request).status(), 413);
    assert_eq!(page_site.notes(), Vec::<String>::new());
}

/// The values of the hidden fields and the chosen options of a form, as a browser would send them.
fn answers(page: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next().unwrap().replace("&quot;", "\""))
    };
    let main = page.split_once("<main").unwrap().1;
    let mut fields = Vec::new();
    let mut select = None;
    for tag in main.split('<').filter_map(|rest| rest.split('>').next()) {
        if tag.starts_with("input type=\"hidden\"")
            && attribute(tag, "name").as_deref() != Some("token")
        {
            fields.push((attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap()));
        } else if tag.starts_with("select") {
            select = attribute(tag, "name");
        } else if tag.starts_with("option") && tag.ends_with("selected=\"selected\"") {
            fields.push((select.clone().unwrap(), attribute(tag, "value").unwrap()));
        }
    }
    fields
}

#[test]
fn what_an_answer_leaves_open_is_asked_by_a_form_that_needs_no_second_upload() {
    let page_site = TestSite::of(&[]);
    let reply = "Début de <b>connexion</b>;Fin;IP source\n\
                 01/09/2026 00:30:00;01/09/2026 03:42:00;203.0.113.77\n";
    for language in Language::ALL {
        let code = language.to_string();
        let token = page_site.token("/rights");
        let asked = page_site.compare(&code, &token, reply, "");
        assert_eq!(asked.status(), 422, "{}", asked.body);
        super::well_formed(&asked.body);
        assert!(!asked.body.contains("<b>"), "{}", asked.body);
        let mut fields: Vec<(String, String)> = answers(&asked.body);
        let chosen = |name: &str| {
            fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(chosen("dates"), Some("day-month-year"), "{}", asked.body);
        assert_eq!(chosen("column0"), Some("session_start"));
        assert_eq!(chosen("column2"), Some("origin_address"));
        fields.push(("reply\"; filename=\"".to_owned(), String::new()));
        let quoted: Vec<(String, String)> =
            fields.iter().map(|(name, value)| (format!("\"{name}\""), value.clone())).collect();
        let mut sent: Vec<(&str, &str)> =
            quoted.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = page_site.compare_form(&code, &token, &sent);
        assert_eq!(answer.status(), 200, "{}", answer.body);
        assert!(answer.body.contains("badge open"), "{}", answer.body);
        // The same as a file, for the next time.
        sent.push(("\"do\"", "mapping"));
        let kept = page_site.compare_form(&code, &token, &sent);
        assert_eq!(kept.status(), 200, "{}", kept.body);
        let file = kept.body.split_once("\r\n\r\n").map_or(kept.body.as_str(), |(_, body)| body);
        let again = [
            ("\"mapping\"; filename=\"kept.toml\"", file),
            ("\"reply\"; filename=\"a.csv\"", reply),
        ];
        let answer = page_site.compare_form(&code, &token, &again);
        assert_eq!(answer.status(), 200, "{file}: {}", answer.body);
    }
    let token = page_site.token("/rights");
    let broken =
        [("\"mapping\"; filename=\"kept.toml\"", "x"), ("\"reply\"; filename=\"a\"", reply)];
    let answer = page_site.compare_form("fr", &token, &broken);
    assert_eq!(answer.status(), 422);
    assert!(answer.body.contains("la correspondance ne peut pas servir"), "{}", answer.body);
}

#[test]
fn no_file_and_an_empty_one_are_not_taken_for_an_answer_that_holds_nothing() {
    let page_site = TestSite::of(&[]);
    let token = page_site.token("/rights");
    for fields in [
        &[("\"reply\"; filename=\"\"", "")][..],
        &[("\"reply\"; filename=\"a.csv\"", "\u{feff}")],
        &[],
    ] {
        let answer = page_site.compare_form("fr", &token, fields);
        assert_eq!(answer.status(), 422, "{}", answer.body);
        assert!(answer.body.contains("Le fichier est vide."), "{}", answer.body);
        assert!(!answer.body.contains("about=incomplete"), "{}", answer.body);
    }
    let answer = page_site.compare_form("fr", &token, &[("\"reply\"; filename=\"a\"", "[]")]);
    assert!(answer.body.contains("dit qu’il ne détient rien"), "{}", answer.body);
}

#[test]
fn each_field_of_an_answer_has_its_verdict_in_every_language() {
    let page_site = TestSite::of(&[]);
    let reply = "session_start,session_end,origin_address,member_identity\n\
                 2026-08-31T22:30:00Z,2026-09-01T01:42:00Z,203.0.113.99,x\n";
    for (language, verdicts) in [
        ("fr", ["différent", "pareil", "absent", "en plus"]),
        ("nl", ["verschilt", "gelijk", "ontbreekt", "daarnaast"]),
        ("en", ["differs", "the same", "missing", "besides"]),
        ("de", ["weicht ab", "gleich", "fehlt", "außerdem"]),
    ] {
        let body = page_site.compare(language, &page_site.token("/rights"), reply, "").body;
        for verdict in verdicts {
            assert!(body.contains(&format!(">{verdict}</span>")), "{verdict}: {body}");
        }
        super::well_formed(&body);
    }
    // Without law and operator nothing is foreseen.
    let nobody =
        TestSite::with(|site| site.ruleset = Box::new(|| Ok(Box::new(FakeRuleset::new(None)))));
    let body = nobody.compare("en", &nobody.token("/settings"), reply, "").body;
    assert!(body.contains(">not foreseen</span>"), "{body}");
}

#[test]
fn while_nothing_is_asked_nothing_has_left() {
    let page = TestSite::of(&[]).get("/sent").body;
    assert!(page.contains("Nothing has left."), "{page}");
    assert!(page.contains("sudo tcpdump -n -i tun0"), "{page}");
    assert_eq!(TestSite::of(&[]).get("/sent/1").status(), 404);
    assert_eq!(TestSite::of(&[]).get("/sent?page=2").status(), 404);
}

#[test]
fn every_page_with_actions_is_well_formed_in_every_language() {
    let page_site = TestSite::of(&[]);
    let erase = format!("/session/{}/erase", whole(10, START, END, EndReason::Stopped).id);
    for language in Language::ALL {
        for target in ["/ask", "/erased", "/erased?done=1", "/settings", "/settings?done=1", &erase]
        {
            let joint = if target.contains('?') { '&' } else { '?' };
            let answer = page_site.get(&format!("{target}{joint}lang={language}"));
            assert_eq!(answer.status(), 200, "{target}");
            assert!(!answer.body.contains(['{', '}']), "{target}: {}", answer.body);
            super::well_formed(&answer.body);
        }
    }
}

const START: &str = "2026-08-31T22:30:00Z";
const END: &str = "2026-09-01T01:42:00Z";
