//! Receipts and the ledger as a member uses them: read, passed on, and verified elsewhere, without a
//! network and without the box.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::Write;

use support::{Program, SigningOperator, brussels};
use temoin_core::session::{SessionId, Timestamp};
use temoin_journal::{Journal, Reader};
use temoin_protocol::{CanonicalValue, Receipt, Rotation, SigningKey, UnixSeconds};

/// A box on which the hooks recorded a session, and an operator that it asks.
struct ReceiptsFixture {
    program: Program,
    operator: SigningOperator,
    id: SessionId,
}

impl ReceiptsFixture {
    fn new() -> Self {
        let mut program = Program::native();
        let operator = SigningOperator::default();
        program.start_daemon();
        program.hook("route-up");
        program.await_sessions("open");
        program.hook("route-down");
        let session = program.await_sessions("closed").remove(0);
        program.stop_daemon();
        // Only now: nobody answers at this operator's address.
        operator.choose(program.directory());
        let id = id_of(session["id"].as_str().unwrap());
        Self { program, operator, id }
    }

    /// Has the operator state something `days` from now.
    fn state(&self, days: i64, record: Option<(&str, &[CanonicalValue])>) -> Receipt {
        let mut journal = Journal::open_beside(&self.program.state()).unwrap().unwrap();
        let reader = Reader::open(&self.program.state()).unwrap().unwrap();
        let at = moment(days);
        self.operator.state(&mut journal, &reader, self.id, at, record)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.program.directory().join(name);
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(bytes).unwrap();
        path.display().to_string()
    }
}

fn id_of(digits: &str) -> SessionId {
    let bytes = (0..64).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
    SessionId::from_bytes(bytes.collect::<Vec<_>>().try_into().unwrap())
}

fn moment(days: i64) -> Timestamp {
    Timestamp::from_milliseconds(support::now() + days * 86_400_000).unwrap()
}

/// The day that it is so many days from now where the operator is.
fn day(days: i64) -> String {
    brussels().date(moment(days)).to_string()
}

/// What the hooks of these tests say.
fn origin(last: u8) -> [CanonicalValue; 1] {
    [CanonicalValue::origin_address([203, 0, 113, last].into())]
}

#[test]
fn the_signed_statement_stands_in_the_record_of_the_session_and_is_compared() {
    let fixture = ReceiptsFixture::new();
    let show =
        |fixture: &ReceiptsFixture| fixture.program.json(&format!("show --json {}", fixture.id));
    let signed = |shown: &serde_json::Value| {
        let fields = shown["holding"]["fields"].as_array().unwrap().clone();
        let origin = fields.iter().find(|field| field["field"] == "origin_address").unwrap();
        (shown["holding"]["signed"].clone(), origin["signed"].clone())
    };
    let (none, _) = signed(&show(&fixture));
    assert_eq!((&none["state"], &none["registration"]), (&"none-yet".into(), &"missed".into()));

    let until = day(400);
    fixture.state(0, Some((&until, &origin(7))));
    let (held, compared) = signed(&show(&fixture));
    assert_eq!((&held["state"], &held["erase_by"]), (&"held".into(), &until.into()));
    assert_eq!(compared, "same");
    fixture.state(0, Some((&day(400), &origin(8))));
    let shown = show(&fixture);
    assert_eq!(signed(&shown).1, "differs");
    assert!(shown.to_string().contains("values-differ"), "{shown}");

    fixture.state(0, None);
    assert_eq!(signed(&show(&fixture)).0["meaning"], "early");
    let told = fixture.program.print(&format!("show {}", fixture.id));
    assert!(told.contains("gone before its time, or denied"), "{told}");
    assert_eq!(fixture.program.json("held --json")["signed"]["early"], 1);
    let told = fixture.program.print("held");
    assert!(told.contains("Gone before their time, or denied"), "{told}");
}

#[test]
fn a_bundle_is_verified_on_a_machine_that_has_nothing_but_the_key() {
    let fixture = ReceiptsFixture::new();
    let receipt = fixture.state(0, Some((&day(400), &origin(7))));
    let ReceiptsFixture { program, operator, .. } = &fixture;
    let bundle = program.directory().join("bundle.json").display().to_string();
    let output = program.run(&format!("receipts export --output {bundle}"));
    assert!(output.status.success());
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(warning.contains("as confidential as the record itself"), "{warning}");
    let text = fs::read_to_string(&bundle).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let formats = include_str!("../src/page/export/FORMATS.md");
    assert!(formats.contains(json["format"].as_str().unwrap()));
    for member in json["receipts"][0].as_object().unwrap().keys() {
        assert!(formats.contains(&format!("`{member}`")), "{member}");
    }
    // Without salt and digests unless they are asked for.
    assert_eq!(json["receipts"][0]["receipt"].as_str().unwrap().len(), 2 * 227);
    let whole = program.print("receipts export --with-digests");
    let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["receipts"][0]["receipt"].as_str().unwrap().len(), 2 * 419);

    let elsewhere = Program::native();
    let key = operator.key.public();
    let unknown = elsewhere.run(&format!("verify {bundle}"));
    assert_eq!(unknown.status.code(), Some(1));
    let good = elsewhere.print(&format!("verify --key {key} {bundle}"));
    assert!(good.starts_with("✓ ") && good.contains(&day(400)[..4]), "{good}");
    let profile = fixture.file("theirs.toml", operator.profile().as_bytes());
    assert_eq!(elsewhere.print(&format!("verify --profile {profile} {bundle}")), good);
    let raw = fixture.file("raw", &receipt.to_bytes());
    elsewhere.print(&format!("verify --key {key} {raw}"));
    for (language, part) in [
        ("fr", "L’opérateur".to_lowercase()),
        ("nl", "handtekening".to_owned()),
        ("de", "signatur".to_owned()),
    ] {
        let told = elsewhere.print(&format!("verify --lang {language} --key {key} {raw}"));
        assert!(told.to_lowercase().contains(&part), "{language}: {told}");
    }
}

#[test]
fn what_the_operator_did_not_sign_is_told_from_what_it_did() {
    let fixture = ReceiptsFixture::new();
    let receipt = fixture.state(0, Some((&day(400), &origin(7))));
    let program = &fixture.program;
    let code = |words: &str| program.run(words).status.code();
    assert_eq!(code(&format!("verify {}", fixture.id)), Some(0));
    assert_eq!(code("verify"), Some(0));
    assert_eq!(code("verify abcdef99"), Some(3));
    let other = SigningKey::from_seed(&[9; 32]).public();
    let whole = receipt.to_bytes();
    let intact = fixture.file("intact", &whole);
    assert_eq!(code(&format!("verify {intact}")), Some(0));
    assert_eq!(code(&format!("verify --key {other} {intact}")), Some(6));
    // One bit of each part: label, form, key, request, time, ID, day, commitment, signature, salt,
    // digests.
    for at in [0, 16, 17, 49, 88, 89, 122, 130, 162, 226, 258] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let path = fixture.file("changed", &bytes);
        let expected = if at == 0 { 1 } else { 6 };
        assert_eq!(code(&format!("verify {path}")), Some(expected), "byte {at}");
        let path = fixture.file("short", &whole[..at]);
        assert!(matches!(code(&format!("verify {path}")), Some(1 | 6)), "cut at byte {at}");
    }
    let report = program.json(&format!("verify --json --key {other} {intact}"));
    assert_eq!(report["format"], "temoin.verify/1");
    assert_eq!(report["receipts"][0]["verified"], false);
    assert_eq!(report["receipts"][0]["problem"], "not-authentic");
}

#[test]
fn receipts_from_before_a_rotation_and_from_after_it_verify_each_by_its_own_key() {
    let mut fixture = ReceiptsFixture::new();
    let pinned = fixture.operator.key.public();
    fixture.state(0, Some((&day(1), &origin(7))));
    let successor = SigningKey::from_seed(&[0x44; 32]);
    let from = UnixSeconds::containing(moment(8)).unwrap();
    let rotation = Rotation::sign(&fixture.operator.key, &successor, from);
    fixture.operator.successor = Some((successor, rotation));
    fixture.state(1, Some((&day(1), &origin(7))));
    fixture.state(9, None);
    let program = &fixture.program;
    // The first statement stays beside the last ones.
    let told = program.print("verify");
    assert_eq!(told.matches("✓ ").count(), 3, "{told}");
    let bundle = program.directory().join("bundle.json").display().to_string();
    program.print(&format!("receipts export --output {bundle}"));
    let elsewhere = Program::native();
    let last = fixture.operator.successor.as_ref().unwrap().0.public();
    let told = elsewhere.print(&format!("verify --key {pinned} --key {last} {bundle}"));
    assert_eq!(told.matches("✓ ").count(), 3, "{told}");
    // A rotation in the bundle leads to no other key: whoever has the retired one could have signed it.
    for (key, good) in [(pinned, 2), (last, 1)] {
        let output = elsewhere.run(&format!("verify --key {key} {bundle}"));
        assert_eq!(output.status.code(), Some(6));
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told.matches("✓ ").count(), good, "{told}");
    }
}

#[test]
fn what_a_retired_key_signs_is_refused_by_one_rule_on_the_box_in_a_file_and_in_a_bundle() {
    let fixture = ReceiptsFixture::new();
    let pinned = fixture.operator.key.public();
    fixture.state(0, Some((&day(1), &origin(7))));
    let program = &fixture.program;
    let good = program.directory().join("good.json").display().to_string();
    program.print(&format!("receipts export --output {good}"));
    // A rotation of the day before that receipt, as an operator would sign it to deny it.
    let successor = SigningKey::from_seed(&[0x44; 32]);
    let from = UnixSeconds::containing(moment(-1)).unwrap();
    let rotation = Rotation::sign(&fixture.operator.key, &successor, from);
    let hex: String = rotation.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let text = fs::read_to_string(&good).unwrap();
    let entry = format!("\"rotations\":[{{\"rotation\":\"{hex}\"}}]");
    let restricted = text.replace("\"rotations\":[]", &entry);
    assert_ne!(text, restricted);
    let restricted = fixture.file("restricted.json", restricted.as_bytes());
    let code = |arguments: &str| program.run(arguments).status.code();
    for key in [String::new(), format!("--key {pinned} ")] {
        assert_eq!(code(&format!("verify {key}{good}")), Some(0));
        assert_eq!(code(&format!("verify {key}{restricted}")), Some(6));
    }
    let elsewhere = Program::native();
    let run = |file: &str| elsewhere.run(&format!("verify --key {pinned} {file}")).status.code();
    assert_eq!((run(&good), run(&restricted)), (Some(0), Some(6)));
    assert_eq!(code("verify"), Some(0));
}

#[test]
fn what_left_the_box_is_read_byte_for_byte() {
    let fixture = ReceiptsFixture::new();
    let program = &fixture.program;
    assert!(program.print("ledger").contains("No request has left this box"));
    let mut journal = Journal::open_beside(&program.state()).unwrap().unwrap();
    fixture.operator.bind(&mut journal, fixture.id, moment(0));
    fixture.state(0, Some((&day(400), &origin(7))));
    let told = program.print("ledger --full");
    for part in [
        "check · through the tunnel · by itself",
        "registration · through the tunnel",
        "2080 bytes of body",
        "1 session of this box",
        "63 drawn at random",
        "status 200, 19658 bytes",
        "status 204, 0 bytes",
        "POST /temoin/2/status HTTP/1.1",
        &format!("{} session", fixture.id),
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(program.print("ledger --limit 1").matches(" · ").count(), 3);
    let json = program.json("ledger --json");
    assert_eq!(json["format"], "temoin.ledger/1");
    let requests = json["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0]["body"].as_str().unwrap().len(), 2 * 2080);
    assert_eq!(requests[1]["body"], fixture.id.to_string());
    assert_eq!(requests[1]["ids"][0]["what"], "session");
    program.print(&format!("erase --session {}", fixture.id));
    let json = program.json("ledger --json");
    assert_eq!(json["requests"][1]["ids"][0]["what"], "erased-since");
    assert!(!json.to_string().contains(&fixture.id.to_string()));
}

#[test]
fn the_doctor_says_what_is_wrong_between_box_and_operator_and_what_to_do() {
    let mut fixture = ReceiptsFixture::new();
    let found = |fixture: &ReceiptsFixture, check: &str| {
        let report = fixture.program.json("doctor --json");
        let findings = report["findings"].as_array().unwrap().clone();
        let found = findings.into_iter().find(|finding| finding["check"] == check);
        found.map(|finding| {
            let part = |name: &str| finding[name].as_str().unwrap().to_owned();
            (part("health"), part("text"))
        })
    };
    let (health, text) = found(&fixture, "sync").unwrap();
    assert!(health == "note" && text.contains("temoin sync"), "{text}");
    fixture.state(0, Some((&day(400), &origin(7))));
    let (health, text) = found(&fixture, "sync").unwrap();
    assert!(health == "good" && text.contains("answers"), "{text}");
    for check in ["differs", "overdue", "contradiction", "early", "key", "registration"] {
        assert_eq!(found(&fixture, check), None, "{check}");
    }

    fixture.state(0, Some((&day(400), &origin(8))));
    let (health, text) = found(&fixture, "differs").unwrap();
    assert!(health == "note" && text.contains("temoin show"), "{text}");
    fixture.state(0, None);
    assert_eq!(found(&fixture, "differs"), None);
    assert!(found(&fixture, "early").is_some());
    fixture.state(0, Some((&day(-20), &origin(7))));
    let (health, text) = found(&fixture, "overdue").unwrap();
    assert_eq!(health, "wrong");
    let letter = text.split_once("temoin ").unwrap().1.to_owned();
    let told = fixture.program.print(&letter);
    assert!(told.contains(&fixture.id.to_string()[..8]), "{told}");
    assert!(told.contains("your own signed statement"), "{told}");
    let successor = SigningKey::from_seed(&[0x44; 32]);
    let from = UnixSeconds::containing(moment(9)).unwrap();
    let rotation = Rotation::sign(&fixture.operator.key, &successor, from);
    let key = successor.public().to_string();
    fixture.operator.successor = Some((successor, rotation));
    fixture.state(0, None);
    assert_eq!(found(&fixture, "overdue"), None);
    assert!(found(&fixture, "key").unwrap().1.contains(&key));
    for language in ["fr", "nl", "de"] {
        let told = fixture.program.run(&format!("doctor --lang {language}"));
        assert!(String::from_utf8(told.stdout).unwrap().contains(&key[..8]));
    }

    fixture.program.configure(
        "[tunnel]\ndevices = [\"tun9\"]\n[clock]\ntrust = \"always\"\n[operator]\nprofile = \
         \"witnessed\"\n",
    );
    let (health, text) = found(&fixture, "sync").unwrap();
    assert!(health == "note" && text.contains("settings set sync.enabled true"), "{text}");
    fixture.program.configure("[sync]\nenabled = true\n");
    assert_eq!(found(&fixture, "sync").unwrap().0, "wrong");
}

#[test]
fn the_page_hands_out_a_receipt_that_is_verified_elsewhere() {
    let mut fixture = ReceiptsFixture::new();
    let address = format!("/session/{}", fixture.id);
    fixture.program.start_daemon();
    let before = fixture.program.page(&format!("{address}?lang=en"));
    assert!(!before.contains("/receipt"), "{before}");
    assert!(fixture.program.page(&format!("{address}/receipt")).starts_with("HTTP/1.1 404"));

    fixture.state(0, Some((&day(400), &origin(7))));
    assert!(fixture.program.page(&format!("{address}?lang=en")).contains("/receipt"));
    let answer = fixture.program.page(&format!("{address}/receipt"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Content-Disposition: attachment; filename=\"temoin-receipt-"), "{head}");
    let file = fixture.file("receipt.json", body.as_bytes());
    let profile = fixture.file("theirs.toml", fixture.operator.profile().as_bytes());
    let elsewhere = Program::native();
    let told = elsewhere.print(&format!("verify {file} --profile {profile}"));
    assert!(told.contains(&fixture.id.to_string()), "{told}");
    let other = SigningKey::from_seed(&[9; 32]).public();
    assert_eq!(elsewhere.run(&format!("verify {file} --key {other}")).status.code(), Some(6));
}

#[test]
fn an_overdue_erasure_is_named_on_the_first_page_with_the_letter_and_the_deadline() {
    let mut fixture = ReceiptsFixture::new();
    fixture.program.start_daemon();
    let page = |fixture: &ReceiptsFixture, target: &str| fixture.program.page(target);
    let link = |fixture: &ReceiptsFixture| format!("href=\"./session/{}?lang=en\"", fixture.id);
    assert!(page(&fixture, "/rights/erasure").starts_with("HTTP/1.1 404"));
    fixture.state(0, Some((&day(400), &origin(7))));
    assert!(!page(&fixture, "/?lang=en").contains("was to erase"));

    fixture.state(0, Some((&day(-20), &origin(7))));
    let first = page(&fixture, "/?lang=en");
    for part in [
        "still holds what it was to erase",
        "href=\"./rights?lang=en\">The letter and the deadline</a>",
        &link(&fixture),
    ] {
        assert!(first.contains(part), "{part}: {first}");
    }
    let rights = page(&fixture, "/rights?lang=en");
    for part in ["An erasure is overdue", "href=\"./rights/erasure?lang=en\"", "name=\"about\""] {
        assert!(rights.contains(part), "{part}: {rights}");
    }
    for path in ["/rights/erasure?lang=en", "/rights/erasure.txt?lang=en"] {
        let letter = page(&fixture, path);
        assert!(letter.contains(&fixture.id.to_string()[..60]), "{letter}");
        assert!(letter.contains("your own signed statement"), "{letter}");
    }
    let entry = page(&fixture, "/rights/deadline.ics?about=erasure&received=2026-11-25&lang=en");
    assert!(
        entry.contains("(erasure)") && entry.contains("DTSTART;VALUE=DATE:20261228"),
        "{entry}"
    );
    assert!(page(&fixture, "/rights/deadline.ics?about=x").starts_with("HTTP/1.1 400"));

    // What is erased here has no page any more; the letter can still be sent.
    fixture.program.print(&format!("erase --session {}", fixture.id));
    let first = page(&fixture, "/?lang=en");
    assert!(first.contains("erased here already") && !first.contains(&link(&fixture)), "{first}");
    assert!(page(&fixture, "/rights/erasure.txt?lang=en").contains("your own signed statement"));
}

#[test]
fn an_overdue_erasure_is_found_among_many_that_are_only_due() {
    let mut fixture = ReceiptsFixture::new();
    fixture.program.start_daemon();
    let mut states = "closed".to_owned();
    let mut others = Vec::new();
    for _ in 0..6 {
        fixture.program.hook("route-up");
        fixture.program.await_sessions(&format!("open {states}"));
        fixture.program.hook("route-down");
        states = format!("closed {states}");
        let newest = fixture.program.await_sessions(&states).remove(0);
        others.push(newest["id"].as_str().unwrap().to_owned());
    }
    for (ago, id) in (2..).zip(&others) {
        let id = id_of(id);
        let mut journal = Journal::open_beside(&fixture.program.state()).unwrap().unwrap();
        let reader = Reader::open(&fixture.program.state()).unwrap().unwrap();
        let record = Some((&*day(-1), &origin(7)[..]));
        fixture.operator.state(&mut journal, &reader, id, moment(-ago), record);
    }
    fixture.state(0, Some((&day(-20), &origin(7))));
    let first = fixture.program.page("/?lang=en");
    assert!(first.contains("still holds what it was to erase"), "{first}");
}

#[test]
fn a_value_that_differs_is_named_on_the_first_page_until_the_operator_states_another() {
    let mut fixture = ReceiptsFixture::new();
    fixture.program.start_daemon();
    let differs = "does not note the same as this box";
    for (last, is_named) in [(7, false), (8, true), (8, true), (7, false), (8, true)] {
        fixture.state(0, Some((&day(400), &origin(last))));
        let first = fixture.program.page("/?lang=en");
        assert_eq!(first.contains(differs), is_named, "{first}");
        // Asked again, it is answered from what was compared before.
        assert_eq!(fixture.program.page("/?lang=en").contains(differs), is_named);
    }
    let first = fixture.program.page("/?lang=en");
    let link = format!("href=\"./session/{}?lang=en\"", fixture.id);
    for part in [&link, "href=\"./rights?lang=en\">The letter, and the comparison</a>"] {
        assert!(first.contains(part), "{part}: {first}");
    }
    let session = fixture.program.page(&format!("/session/{}?lang=en", fixture.id));
    assert!(session.contains("class=\"notice\""), "{session}");
}

#[test]
fn a_session_that_the_operator_does_not_know_or_denies_is_named_on_the_first_page() {
    let mut fixture = ReceiptsFixture::new();
    fixture.program.start_daemon();
    fixture.state(0, None);
    let unknown = fixture.program.page("/?lang=en");
    assert!(unknown.contains("does not know these sessions by their IDs"), "{unknown}");
    assert!(unknown.contains("tell your association"), "{unknown}");
    let mut journal = Journal::open_beside(&fixture.program.state()).unwrap().unwrap();
    fixture.operator.bind(&mut journal, fixture.id, moment(0));
    let denied = fixture.program.page("/?lang=en");
    assert!(denied.contains("nothing of sessions that it should still hold"), "{denied}");
    assert!(denied.contains("The letter that asks what is held"), "{denied}");
}

#[test]
fn what_left_the_box_is_listed_on_the_page_and_read_byte_for_byte_there() {
    let mut fixture = ReceiptsFixture::new();
    fixture.state(0, Some((&day(400), &origin(7))));
    fixture.program.start_daemon();
    let list = fixture.program.page("/sent?lang=en");
    for part in ["asks the operator once a day", "Everything that was sent", "Sixty-four IDs"] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let (_, rest) = list.split_once("href=\"./sent/").unwrap();
    let (number, _) = rest.split_once('?').unwrap();
    let entry = fixture.program.page(&format!("/sent/{number}?lang=en"));
    let id = fixture.id.to_string();
    for part in ["POST /temoin/2/status HTTP/1.1\nHost: vpn.example.org\n", &id] {
        assert!(entry.contains(part), "{part}: {entry}");
    }
    assert!(!entry.contains('\u{fffd}'), "{entry}");
}
