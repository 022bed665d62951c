//! An error, an absence and an unknown are three things, and none of them is zero: each sentence that states
//! a fact is said in the situations that it is true of, and in no other.

use super::*;

/// What the box knows, by the name of the situation.
fn situations() -> Vec<(&'static str, Site)> {
    let ended = |number, start: &str, end: &str, reason| whole(number, start, end, reason);
    let (told, silent) = (EndReason::StoppedWithNotice, EndReason::ServerSilent);
    let now = at(NOW);
    let seconds_ago = now.shifted(-3_000).to_string();
    let held = || ended(5, "2026-03-12T08:00:00Z", "2026-03-12T09:00:00Z", told);
    let mut undated = undated();
    undated.start.value = TimeBounds::claimed(at("1970-01-01T00:03:00Z"));
    undated.end.as_mut().unwrap().moment.value = undated.start.value;
    undated.end.as_mut().unwrap().reason = told;
    let issue = |issue: HealthIssue| Site {
        health_issues: Box::new(move || vec![issue]),
        ..site(&[held()])
    };
    vec![
        ("held", site(&[held()])),
        ("up", site(&[open()])),
        ("cut", site(&[ended(5, "2026-11-24T08:00:00Z", &seconds_ago, silent)])),
        ("over", site(&[ended(5, "2025-10-01T08:00:00Z", "2025-10-01T09:00:00Z", told)])),
        ("erased", erased("2027-11-02")),
        ("erased without a date", erased("on request")),
        ("erased when due", erased("2026-11-24")),
        (
            "clock unconfirmed",
            Site {
                health_issues: issue(HealthIssue::ClockUnconfirmed).health_issues,
                ..site(&[undated.clone()])
            },
        ),
        ("clock unconfirmed for one", site(&[undated, held()])),
        (
            "operator unknown",
            Site { ruleset: Box::new(|| Ok(Box::new(FakeRuleset::new(None)))), ..site(&[held()]) },
        ),
        ("files unknown", issue(HealthIssue::SetAsideUnknown)),
        ("no record", empty_site()),
        ("unreadable", Site { records: Arc::new(|| Err(RecordsError::Broken)), ..empty_site() }),
    ]
}

fn erased(expiry: &str) -> Site {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(directory.path()).unwrap();
    journal.count_in(&[zone()]).unwrap();
    let session = whole(9, "2026-11-01T08:00:00Z", "2026-11-01T09:00:00Z", EndReason::Stopped);
    let secret = SessionSecret::from_bytes([9; 32]);
    journal.record(&[Change::Open(session.clone(), secret)], None).unwrap();
    let expiry = expiry.to_owned();
    journal.erase(&[ErasureCertificate { id: session.id, erased_at: at(NOW), expiry }]).unwrap();
    Site { records: Arc::new(move || open_records(directory.path())), ..empty_site() }
}

/// The key of each sentence, and the situations in which it is said.
const SAID: [(&str, &[&str]); 19] = [
    ("page.erased.gone", &["erased", "erased without a date", "erased when due"]),
    (
        "page.erased.nothing",
        &[
            "held",
            "up",
            "cut",
            "over",
            "clock unconfirmed",
            "clock unconfirmed for one",
            "operator unknown",
            "files unknown",
            "no record",
        ],
    ),
    ("page.now.erased_of_them", &["erased"]),
    ("page.now.holds", &["held", "up", "cut", "erased", "files unknown"]),
    ("page.now.holds_at_most", &["erased without a date", "clock unconfirmed"]),
    ("page.now.holds_least", &["clock unconfirmed for one"]),
    ("page.now.holds_nothing", &["over", "erased when due"]),
    ("page.now.may_believe", &["cut"]),
    (
        "page.now.nothing_added",
        &[
            "held",
            "cut",
            "over",
            "erased",
            "erased without a date",
            "erased when due",
            "clock unconfirmed",
            "clock unconfirmed for one",
            "operator unknown",
            "files unknown",
        ],
    ),
    ("page.now.recorded", &["operator unknown"]),
    (
        "page.now.tunnel_down",
        &[
            "held",
            "cut",
            "over",
            "erased",
            "erased without a date",
            "erased when due",
            "clock unconfirmed",
            "clock unconfirmed for one",
            "operator unknown",
            "files unknown",
        ],
    ),
    ("page.now.tunnel_up", &["up"]),
    ("page.notices.clock", &["clock unconfirmed"]),
    ("page.notices.unchecked", &["files unknown"]),
    (
        "page.sent.off_nothing",
        &[
            "held",
            "up",
            "cut",
            "over",
            "erased",
            "erased without a date",
            "erased when due",
            "clock unconfirmed",
            "clock unconfirmed for one",
            "operator unknown",
            "files unknown",
            "no record",
        ],
    ),
    ("page.session_days.erased_here", &["erased"]),
    ("page.session_days.erased_undated", &["erased without a date"]),
    ("page.session_days.undated", &["clock unconfirmed", "clock unconfirmed for one"]),
    ("page.timeline.nothing", &["erased when due", "no record"]),
];

#[test]
fn every_fact_is_said_where_it_is_true_and_nowhere_else() {
    let catalogue: toml::Table = include_str!("../../locales/en.toml").parse().unwrap();
    let marked = catalogue["language"]["facts"].as_array().unwrap();
    let marked: Vec<&str> = marked.iter().map(|key| key.as_str().unwrap()).collect();
    assert_eq!(
        SAID.map(|(key, _)| key).to_vec(),
        marked,
        "the rows of this table and what is marked"
    );
    let situations = situations();
    for (key, names) in SAID {
        let known = |name: &&str| situations.iter().any(|(situation, _)| situation == name);
        assert!(names.iter().all(known), "{key}: {names:?}");
    }
    for (situation, site) in situations {
        let server = start(site);
        let pages = ["/", "/timeline", "/calendar", "/erased", "/sent"];
        let said: String = pages.iter().map(|target| get(&server, target).body).collect();
        for (key, names) in SAID {
            let is_said =
                fragments(&catalogue, key).iter().any(|part| said.contains(part.as_str()));
            assert_eq!(is_said, names.contains(&situation), "{key}, {situation}");
        }
    }
}

/// Of each form of a text, the longest part between placeholders; without any, the text as an element of its
/// own.
fn fragments(catalogue: &toml::Table, key: &str) -> Vec<String> {
    let (path, name) = key.rsplit_once('.').unwrap();
    let table = path.split('.').fold(catalogue, |table, part| table[part].as_table().unwrap());
    let texts = match &table[name] {
        toml::Value::Table(forms) => forms.values().collect(),
        text => vec![text],
    };
    let longest = |text: &toml::Value| {
        let text = text.as_str().unwrap();
        let parts = text.split(['{', '}']).step_by(2);
        let part = parts.max_by_key(|part| part.len()).unwrap();
        if part == text { format!(">{text}<") } else { part.to_owned() }
    };
    texts.into_iter().map(longest).collect()
}
