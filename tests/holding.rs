//! The assessment of a session as it is shown: golden files in four languages, that each legal line in
//! them leads to a source, and that nothing unknown is claimed.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, proptest};

use temoin_core::assessment::{
    ApplicableRules, Assessment, DigestComparison, Disagreement, NotHeldReason, SessionTally,
    SignedState, SignedStatement, SignedStatus, Summary,
};
use temoin_core::law::{
    Applicability, Jurisdiction, Law, LegalAnswer, NamedEnum, Nature, Profile, StartEvent, Verified,
};
use temoin_core::session::{
    Attributes, Change, ClockReading, Coverage, End, EndReason, Field, Gateway, Observed, Session,
    SessionId, SessionSecret, Source, TimeBounds, Timestamp, Transport, Uptime, Zone,
};
use temoin_core::text::{DateFormatter, Language};
use temoin_journal::{Journal, Reader};
use temoin_page::{
    HOLDING_FORMAT, SUMMARY_FORMAT, assessment_json, assessment_text, summary_json, summary_text,
};

const NOW: &str = "2026-11-24T12:00:00Z";
const WIDTH: usize = 80;

/// Brussels: an always-on tunnel of five weeks, its operator known by its publications.
#[test]
fn brussels_reads_as_it_should() {
    let law = law();
    let profile = neutrinet();
    let session = brussels();
    let holding = Assessment::of(&session, ApplicableRules::of_operator(law, &profile), at(NOW));
    golden("brussels", |when| assessment_text(&holding, when, WIDTH));
}

/// Paris: ten short sessions a day; the last of them whole, and the summary.
#[test]
fn paris_reads_as_it_should() {
    let law = law();
    let profile = paris_operator();
    let applicable_rules = ApplicableRules::of_operator(law, &profile);
    let sessions = paris();
    let holding = Assessment::of(&sessions[sessions.len() - 1], applicable_rules, at(NOW));
    let summary = Summary::of(&sessions, applicable_rules, at(NOW));
    golden("paris", |when| {
        format!(
            "{}\n\n{}",
            summary_text(&summary, when, WIDTH),
            assessment_text(&holding, when, WIDTH)
        )
    });
}

/// A session over the night in which the French decree of 2021 took effect; its operator unknown.
#[test]
fn the_change_of_edition_reads_as_it_should() {
    let law = law();
    let session = session(7, "2021-10-20T18:12:03Z", Some("2021-10-21T05:40:00Z"));
    let applicable_rules = ApplicableRules::of_jurisdiction(law, Jurisdiction::France);
    let holding = Assessment::of(&session, applicable_rules, at(NOW));
    golden("edition-change", |when| assessment_text(&holding, when, WIDTH));
}

/// In every golden file, each rule and each duty bears a mark, each mark leads to a source with its
/// cite and how far it was verified, and nothing is left of the templates.
#[test]
fn every_legal_line_leads_to_a_source() {
    let words: Vec<String> = Verified::ALL
        .iter()
        .flat_map(|it| {
            Language::OFFERED
                .map(|language| format!("({})", temoin_page::verified(*it).text(language)))
        })
        .collect();
    let mut marks = 0;
    let mut rules = 0;
    for path in goldens() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display();
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{name}: {line}");
            assert!(!line.contains(['{', '}', '\t']) && line.trim_end() == line, "{name}: {line}");
        }
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut number = 1;
        while flat.contains(&format!("[{number}]")) {
            // The last place where it stands is the list of sources.
            let (_, source) = flat.rsplit_once(&format!("[{number}] ")).unwrap();
            let source = source.split(" [").next().unwrap();
            assert!(words.iter().any(|word| source.contains(word)), "{name}: [{number}] {source}");
            assert!(flat.matches(&format!("[{number}]")).count() >= 2, "{name}: [{number}]");
            number += 1;
        }
        marks += number - 1;
        rules += rules_cited(&text, &path);
    }
    assert!(marks >= 12 * 8, "only {marks} marks");
    assert!(rules >= 12 * 8, "only {rules} rules");
}

/// How many rules a text tells of: each that a field refers to is told whole, and has a mark unless
/// it says that nothing was established.
fn rules_cited(text: &str, path: &Path) -> usize {
    let lists = text.lines().filter_map(|line| line.strip_suffix(").")?.rsplit_once('('));
    let mut letters: Vec<&str> = lists
        .flat_map(|(_, list)| list.split(','))
        .filter(|letter| letter.len() == 1 && letter.chars().all(|sign| sign.is_ascii_uppercase()))
        .collect();
    letters.sort_unstable();
    letters.dedup();
    for letter in &letters {
        let (_, rule) = text.split_once(&format!("\n  {letter}  ")).unwrap_or_else(|| {
            panic!("{}: nothing on rule {letter}", path.display());
        });
        let rule = rule.split("\n\n").next().unwrap();
        let nothing = ["On ne sait pas", "Niet bekend", "Not known", "Nicht bekannt"];
        let is_open = nothing.iter().any(|words| rule.contains(words));
        assert!(is_open || rule.ends_with(']'), "{}: {letter} {rule}", path.display());
    }
    letters.len()
}

/// The same from the other side: what the holdings cite is in the files, read or said not to be.
#[test]
fn nothing_is_required_without_a_basis_that_is_there() {
    let law = law();
    let profiles = [neutrinet(), paris_operator()];
    let sessions = [brussels(), paris().pop().unwrap()];
    for (session, profile) in sessions.iter().zip(&profiles) {
        let holding = Assessment::of(session, ApplicableRules::of_operator(law, profile), at(NOW));
        let verdicts = holding.fields.iter().flat_map(|it| &it.law.as_ref().unwrap().verdicts);
        let mut seen = 0;
        for verdict in verdicts {
            let sources = verdict.edition.sources_of(&verdict.rule.basis);
            assert_eq!(sources.len(), verdict.rule.basis.len(), "{}", verdict.rule.id);
            assert!(verdict.rule.nature == Nature::May || !sources.is_empty());
            for source in sources {
                assert!(Language::ALL.iter().all(|it| !source.cite.text(*it).is_empty()));
            }
            seen += 1;
        }
        assert!(seen >= 20, "{seen}");
    }
}

/// Law.md §0: what the design relies on.
#[test]
fn belgium_counts_from_the_end_and_does_not_simply_require_times() {
    let law = law();
    let session = session(1, "2026-10-01T10:00:00Z", Some("2026-11-05T10:00:00Z"));
    let applicable_rules = ApplicableRules::of_jurisdiction(law, Jurisdiction::Belgium);
    let holding = Assessment::of(&session, applicable_rules, at(NOW));
    let says = |field| holding.field(field).unwrap().law.as_ref().unwrap();
    let source = says(Field::OriginAddress).required().next().unwrap();
    assert_eq!(source.rule.start_event, Some(StartEvent::SessionEnd));
    assert_eq!(source.kept.until().unwrap().last_day(), Some("2027-11-05".parse().unwrap()));
    assert_eq!(says(Field::SessionStart).answer, LegalAnswer::RequiredPerhaps);
    assert_eq!(says(Field::Content).answer, LegalAnswer::Forbidden);
    assert!(holding.field(Field::ClientVersion).is_none());
}

#[test]
fn france_counts_from_the_connection_and_leaves_times_to_an_injunction() {
    let law = law();
    let applicable_rules = ApplicableRules::of_jurisdiction(law, Jurisdiction::France);
    let answer = |start: &str, end: &str, field| {
        let session = session(1, start, Some(end));
        let holding = Assessment::of(&session, applicable_rules, at(NOW));
        let law = holding.field(field).unwrap().law.clone().unwrap();
        let last = law.required().find_map(|it| it.kept.until()?.last_day());
        (law.answer, last)
    };
    let before = ("2026-10-18T10:00:00Z", "2026-10-19T10:00:00Z");
    let after = ("2026-11-01T10:00:00Z", "2026-11-05T10:00:00Z");
    assert_eq!(answer(before.0, before.1, Field::SessionStart).0, LegalAnswer::Required);
    assert_eq!(answer(after.0, after.1, Field::SessionStart).0, LegalAnswer::Unknown);
    let address = answer(after.0, after.1, Field::OriginAddress);
    assert_eq!(address, (LegalAnswer::Required, Some("2027-11-01".parse().unwrap())));
}

#[test]
fn a_rule_that_nobody_verified_allows_nothing() {
    let law = law();
    let session = session(1, "2020-03-01T10:00:00Z", Some("2020-03-01T11:00:00Z"));
    let applicable_rules = ApplicableRules::of_jurisdiction(law, Jurisdiction::France);
    let holding = Assessment::of(&session, applicable_rules, at(NOW));
    let says = holding.field(Field::SessionStart).unwrap().law.as_ref().unwrap();
    assert_eq!(says.answer, LegalAnswer::Unknown);
}

#[test]
fn what_the_operator_signs_stands_beside_what_it_declares() {
    let law = law();
    let profile = paris_operator();
    let session = session(1, "2026-10-01T10:00:00Z", Some("2026-10-01T11:00:00Z"));
    let applicable_rules = ApplicableRules::of_operator(law, &profile);
    let names = |signed: SignedStatus, field| -> Vec<&'static str> {
        let holding = Assessment::of(&session, applicable_rules, at(NOW)).with_signed(signed);
        let text =
            assessment_text(&holding, DateFormatter::new(Language::French, Zone::UTC), WIDTH);
        assert!(text.contains("l’opérateur a signé"), "{text}");
        let disagreements = &holding.field(field).unwrap().disagreements;
        disagreements.iter().map(Disagreement::name).collect()
    };
    let stated = |state| {
        SignedStatus::Stated(SignedStatement {
            stated_at: at(NOW),
            state,
            contradictions: Vec::new(),
        })
    };
    let held = |erase_by: &str, is_overdue, comparison| {
        stated(SignedState::Held {
            erase_by: erase_by.parse().ok(),
            is_overdue,
            fields: vec![(Field::AssignedIpv4, comparison), (Field::OriginPort, comparison)],
        })
    };
    let none: [&str; 0] = [];
    assert_eq!(names(held("2027-10-01", false, DigestComparison::Same), Field::AssignedIpv4), none);
    assert_eq!(
        names(held("2026-11-10", true, DigestComparison::Differs), Field::AssignedIpv4),
        ["values-differ", "overdue"]
    );
    assert_eq!(
        names(held("2027-10-01", false, DigestComparison::CannotTell), Field::OriginPort),
        ["declared-not-stored", "signed-held"]
    );
    let absent = |absence| stated(SignedState::NotHeld(absence));
    let early = || absent(NotHeldReason::Early("2027-10-01".parse().ok()));
    assert_eq!(names(early(), Field::AssignedIpv4), ["signed-not-held"]);
    // No such address was assigned, as far as the box saw.
    assert_eq!(names(early(), Field::AssignedIpv6), none);
    // Who knows nothing of the session says nothing of its record.
    for absence in [NotHeldReason::NotRegistered, NotHeldReason::Contradicted] {
        assert_eq!(names(absent(absence), Field::AssignedIpv4), none);
    }
}

/// README.md describes the formats: each member and each word that can stand in them is there.
#[test]
fn every_member_of_the_json_is_described() {
    let law = law();
    let profile = neutrinet();
    let applicable_rules = ApplicableRules::of_operator(law, &profile);
    let session = brussels();
    let holding = Assessment::of(&session, applicable_rules, at(NOW));
    let one = serde_json::to_value(assessment_json(&holding)).unwrap();
    let all =
        serde_json::to_value(summary_json(&Summary::of([&session], applicable_rules, at(NOW))))
            .unwrap();
    assert_eq!((&one["format"], &all["format"]), (&HOLDING_FORMAT.into(), &SUMMARY_FORMAT.into()));
    assert_eq!(one["fields"][0]["field"], "origin_address");
    assert_eq!(one["fields"][0]["law"]["answer"], "required");
    assert_eq!(one["fields"][0]["law"]["verdicts"][0]["kept"]["latest"], serde_json::Value::Null);
    assert_eq!(one["fields"][0]["disagreements"][0]["kind"], "declared-shorter");
    assert_eq!(all["law"]["held"], 1);

    let readme = include_str!("../src/page/render/README.md");
    let mut members = BTreeSet::new();
    collect(&one, &mut members);
    collect(&all, &mut members);
    assert!(members.len() >= 50, "{members:?}");
    for member in members {
        let is_there = [format!("`{member}`"), format!("\"{member}\"")];
        assert!(is_there.iter().any(|it| readme.contains(it)), "{member} is not in README.md");
    }
}

/// The names of all members of a value, at any depth.
fn collect(value: &serde_json::Value, members: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|it| collect(it, members)),
        serde_json::Value::Object(all) => {
            for (name, value) in all {
                members.insert(name.clone());
                collect(value, members);
            }
        }
        _ => {}
    }
}

#[test]
fn the_summary_counts_each_session_once_and_says_which_goes_next() {
    let law = law();
    let mut sessions = vec![
        session(1, "2025-11-01T10:00:00Z", Some("2025-11-01T11:00:00Z")),
        session(2, "2025-11-23T10:00:00Z", Some("2025-11-24T11:00:00Z")),
        session(3, "2025-12-01T10:00:00Z", Some("2025-12-01T11:00:00Z")),
        session(4, "2022-08-01T10:00:00Z", Some("2022-08-02T11:00:00Z")),
        session(5, "2026-11-20T10:00:00Z", None),
    ];
    let undated = TimeBounds::claimed(at("1970-01-01T00:00:00Z"));
    sessions.push(session(6, "2026-01-01T00:00:00Z", Some("2026-01-01T00:00:00Z")));
    sessions[5].start.value = undated;
    sessions[5].end.as_mut().unwrap().moment.value = undated;
    let applicable_rules = ApplicableRules::of_jurisdiction(law, Jurisdiction::Belgium);
    let summary = Summary::of(&sessions, applicable_rules, at(NOW));
    assert_eq!((summary.sessions, summary.open, summary.declared.as_ref()), (6, 1, None));
    let count = summary.law.unwrap();
    // The second ends its year today, and is to be held until tonight.
    assert_eq!((count.held, count.over, count.none, count.untold()), (3, 1, 0, 2));
    assert_eq!(count.next, Some((Some(id(2)), "2026-11-24".parse().unwrap())));
    assert_eq!(count.oldest.unwrap().0, id(2));
    let why: Vec<&str> = count.untold.iter().map(|(why, _)| why.name()).collect();
    assert_eq!(why, ["left-open", "undated"]);
}

fn some_instant() -> impl Strategy<Value = Timestamp> {
    // From 2012 to 2027.
    (1_325_376_000_000_i64..1_798_761_600_000)
        .prop_map(|milliseconds| Timestamp::from_milliseconds(milliseconds).unwrap())
}

fn some_session() -> impl Strategy<Value = Session> {
    (any::<u8>(), some_instant(), 0_i64..400_000_000, any::<(bool, bool, bool)>()).prop_map(
        |(number, start, length, (is_open, is_bounded, is_undated))| {
            let end = start.shifted(length);
            let mut session = session(number, &start.to_string(), Some(&end.to_string()));
            if is_undated {
                session.start.value = TimeBounds::between(None, Some(end));
            }
            if is_open {
                session.end = None;
            } else if is_bounded {
                session.end.as_mut().unwrap().moment.value =
                    TimeBounds::between(Some(start), Some(end));
            }
            session
        },
    )
}

proptest! {
    #[test]
    fn nothing_is_required_of_days_outside_all_editions(session in some_session()) {
        let law = law();
        for jurisdiction in Jurisdiction::ALL {
            let applicable_rules = ApplicableRules::of_jurisdiction(law, *jurisdiction);
            let holding = Assessment::of(&session, applicable_rules, at(NOW));
            if holding.editions.is_empty() {
                for it in &holding.fields {
                    prop_assert!(it.law.as_ref().unwrap().answer == LegalAnswer::Unknown);
                }
            }
            for it in &holding.fields {
                for verdict in it.law.as_ref().unwrap().required() {
                    prop_assert!(holding.editions.iter().any(|of| of.id == verdict.edition.id));
                    prop_assert!(!verdict.edition.status.leaves_open());
                    prop_assert!(!verdict.rule.basis.is_empty());
                }
            }
        }
    }

    #[test]
    fn an_open_session_has_no_last_day_in_belgium(start in some_instant()) {
        let law = law();
        let session = session(1, &start.min(at(NOW)).to_string(), None);
        let applicable_rules = ApplicableRules::of_jurisdiction(law, Jurisdiction::Belgium);
        let holding = Assessment::of(&session, applicable_rules, at(NOW));
        for it in &holding.fields {
            for verdict in &it.law.as_ref().unwrap().verdicts {
                if let Some(until) = verdict.kept.until() {
                    prop_assert!(until.live || verdict.edition.effective_to.is_some());
                    prop_assert!(until.last_day().is_none() && until.latest.is_none());
                }
            }
        }
    }

    #[test]
    fn an_operator_that_declares_what_the_law_lists_disagrees_with_nothing(
        start in some_instant(), length in 0_i64..40_000_000_000,
    ) {
        let law = law();
        let session = session(1, &start.to_string(), Some(&start.shifted(length).to_string()));
        for jurisdiction in Jurisdiction::ALL {
            let profile = as_the_law_says(law, &session, *jurisdiction);
            let applicable_rules = ApplicableRules::of_operator(law, &profile);
            let holding = Assessment::of(&session, applicable_rules, at(NOW));
            for it in &holding.fields {
                prop_assert!(it.disagreements.is_empty(), "{}: {:?}", it.field, it.disagreements);
            }
        }
    }

    #[test]
    fn the_summary_says_of_each_session_what_it_says_of_it_alone(
        sessions in proptest::collection::vec(some_session(), 0..20),
    ) {
        let law = law();
        let profile = paris_operator();
        let applicable_rules = ApplicableRules::of_operator(law, &profile);
        let together = Summary::of(&sessions, applicable_rules, at(NOW));
        let (mut held, mut over, mut none, mut untold) = (0, 0, 0, 0);
        for session in &sessions {
            let mut tally = SessionTally::new(applicable_rules, None);
            tally.add(session);
            let count = tally.summary(applicable_rules, at(NOW)).law.unwrap();
            held += count.held;
            over += count.over;
            none += count.none;
            untold += count.untold();
        }
        let count = together.law.unwrap();
        prop_assert_eq!((count.held, count.over, count.none), (held, over, none));
        prop_assert_eq!(count.untold(), untold);
        prop_assert_eq!(held + over + none + untold, together.sessions);
    }

    #[test]
    fn the_summary_of_the_stored_counts_is_that_of_the_sessions(
        sessions in proptest::collection::vec(some_session(), 0..20),
        is_by_zone_of_its_own in any::<bool>(),
    ) {
        let law = law();
        let profile = paris_operator();
        let applicable_rules = ApplicableRules::of_operator(law, &profile);
        let shown = is_by_zone_of_its_own.then(|| "Indian/Reunion".parse().unwrap());
        let directory = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(directory.path()).unwrap();
        let zones = ["Europe/Brussels", "Europe/Paris", "Indian/Reunion"];
        journal.count_in(&zones.map(|zone| zone.parse().unwrap())).unwrap();
        let mut tally = SessionTally::new(applicable_rules, shown);
        for (number, session) in (1..).zip(&sessions) {
            let secret = SessionSecret::from_bytes([number; 32]);
            let session = Session { id: secret.id(), ..session.clone() };
            journal.record(&[Change::Open(session.clone(), secret)], None).unwrap();
            tally.add(&session);
        }
        let counts = Reader::open(directory.path()).unwrap().unwrap().session_counts().unwrap().unwrap();
        let kept = SessionTally::of(&counts, applicable_rules, shown).unwrap();
        prop_assert_eq!(kept.summary(applicable_rules, at(NOW)), tally.summary(applicable_rules, at(NOW)));
        let other = "America/Martinique".parse().unwrap();
        prop_assert!(SessionTally::of(&counts, applicable_rules, Some(other)).is_none());
    }
}

proptest! {
    // Each case writes twelve texts.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_session_is_told_in_every_language_within_the_width(
        session in some_session(), width in 60_usize..110,
    ) {
        let law = law();
        let (paris, brussels) = (paris_operator(), neutrinet());
        for applicable_rules in [
            ApplicableRules::of_operator(law, &paris),
            ApplicableRules::of_operator(law, &brussels),
            ApplicableRules { law, jurisdiction: None, profile: None },
        ] {
            let holding = Assessment::of(&session, applicable_rules, at(NOW));
            for language in Language::ALL {
                let text = assessment_text(&holding, DateFormatter::new(language, Zone::UTC), width);
                for line in text.lines() {
                    prop_assert!(line.chars().count() <= width, "{}", line);
                    prop_assert!(!line.contains(['{', '}']), "{}", line);
                }
            }
        }
    }
}

/// A profile that declares of each field what the law requires of it, and nothing else. Of several
/// rules it takes the one that has the field kept longest.
fn as_the_law_says(law: &Law, session: &Session, jurisdiction: Jurisdiction) -> Profile {
    let applicable_rules = ApplicableRules::of_jurisdiction(law, jurisdiction);
    let holding = Assessment::of(session, applicable_rules, at(NOW));
    let mut stores = String::new();
    for it in &holding.fields {
        let required = it.law.as_ref().unwrap().required();
        let longest = required.max_by_key(|verdict| {
            let until = verdict.kept.until();
            (
                until.is_none(),
                until.and_then(|it| it.latest),
                verdict
                    .rule
                    .retention
                    .as_ref()
                    .map(|it| it.last_days("2026-01-01".parse().unwrap())),
            )
        });
        let Some(verdict) = longest else { continue };
        assert_eq!(verdict.applies, Applicability::Certain);
        let (Some(retention), Some(event)) = (&verdict.rule.retention, verdict.rule.start_event)
        else {
            continue;
        };
        // What is counted from each communication, a statement cannot say: it has no such word.
        let event = match event {
            StartEvent::Communication => StartEvent::Recording,
            other => other,
        };
        let (number, unit) = retention.period.to_string().split_once(' ').map(own).unwrap();
        stores.push_str(&format!(
            "[[statement.stores]]\nfield = \"{}\"\nstored = true\nerase_after = {{ {}s = {number} \
             }}\ncounted_from = \"{event}\"\n",
            it.field,
            unit.trim_end_matches('s'),
        ));
    }
    let zone = if jurisdiction == Jurisdiction::Belgium { "Brussels" } else { "Paris" };
    let label = ["fr", "nl", "en", "de"].map(|code| format!("label.{code} = \"x\"\n")).concat();
    let text = format!(
        "schema = 1\n[operator]\nid = \"example\"\nname = \"Example\"\njurisdiction = \
         \"{jurisdiction}\"\ntimezone = \"Europe/{zone}\"\nregistered_with = \"none\"\n\
         member_called = \"login\"\n[[statement]]\nid = \"one\"\n{label}kind = \
         \"administrator\"\nstated_on = 2026-01-01\nby = \"Example\"\nverified = \
         \"full-text\"\n{stores}"
    );
    Profile::parse("example.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn own((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

/// The session of the always-on tunnel.
fn brussels() -> Session {
    let mut session = session(0x3f, "2026-10-20T06:12:03Z", None);
    session.attributes = Attributes {
        origin_address: observed("198.51.100.23", Source::Stun),
        assigned_ipv4: observed("203.0.113.18", Source::OpenVpnHook),
        assigned_ipv6: observed("2001:db8:42::18", Source::OpenVpnHook),
        delegated_prefix: observed("2001:db8:42:1800::/56", Source::OpenVpnHook),
        ..session.attributes
    };
    session
}

/// Ten sessions of twenty minutes on each of the last 430 days.
fn paris() -> Vec<Session> {
    let day = 86_400_000;
    (0..430_i64)
        .flat_map(|back| (0..10_i64).map(move |hour| (429 - back, hour)))
        .zip(1_u32..)
        .map(|((back, hour), number)| {
            let start = at("2026-11-24T01:05:00Z").shifted(-back * day + hour * 3_600_000);
            let end = start.shifted(1_200_000);
            let mut session = session(0, &start.to_string(), Some(&end.to_string()));
            let mut bytes = [0x51; 32];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            session.id = SessionId::from_bytes(bytes);
            session
        })
        .collect()
}

fn session(number: u8, start: &str, end: Option<&str>) -> Session {
    let exact = |text: &str| Observed::new(TimeBounds::exact(at(text)), Source::OpenVpnHook);
    let reading = ClockReading {
        boot: "b3f6d2a4-5c1e-4f7a-9d3b-1a2c3d4e5f60".parse().unwrap(),
        uptime: Uptime::START,
        realtime: at(start),
        synchronised: true,
    };
    Session {
        id: id(number),
        device: "tun0".parse().unwrap(),
        interface: Some(4),
        opened: reading,
        start: exact(start),
        end: end.map(|end| End {
            moment: exact(end),
            closed: reading,
            reason: EndReason::ServerSilent,
        }),
        attributes: Attributes {
            origin_address: observed("192.0.2.77", Source::OperatorPush),
            origin_port: None,
            assigned_ipv4: observed("203.0.113.9", Source::OpenVpnHook),
            assigned_ipv6: None,
            delegated_prefix: None,
            gateway: Some(Observed::new(
                Gateway { address: "192.0.2.1".parse().unwrap(), port: Some(1194) },
                Source::OpenVpnHook,
            )),
            transport: Some(Observed::new(Transport::Udp, Source::OpenVpnHook)),
        },
        coverage: Coverage::Complete,
        connection: Some(1),
        last_seen: None,
    }
}

fn observed<T: std::str::FromStr>(text: &str, source: Source) -> Option<Observed<T>> {
    let value = text.parse().ok();
    assert!(value.is_some(), "{text}");
    value.map(|value| Observed::new(value, source))
}

fn id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 32])
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn law() -> &'static Law {
    static LAW: OnceLock<Law> = OnceLock::new();
    LAW.get_or_init(|| Law::compiled_in().unwrap())
}

fn neutrinet() -> Profile {
    let profiles = Profile::compiled_in().unwrap();
    profiles.into_iter().find(|it| it.id.as_str() == "neutrinet").unwrap()
}

fn paris_operator() -> Profile {
    let text = fs::read_to_string(folder().join("paris-operator.toml")).unwrap();
    Profile::parse("paris-operator.toml", &text).unwrap_or_else(|error| panic!("{error}"))
}

/// Compares what `write` makes in each language with its file; `BLESS=1` rewrites the files: read
/// what changed.
fn golden(name: &str, write: impl Fn(DateFormatter) -> String) {
    let zone: Zone =
        if name == "brussels" { "Europe/Brussels" } else { "Europe/Paris" }.parse().unwrap();
    for language in Language::OFFERED {
        let path = folder().join(format!("{name}.{language}.txt"));
        let text = write(DateFormatter::new(language, zone));
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(text == expected, "{} is not what is written now:\n{text}", path.display());
    }
}

fn goldens() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    paths.sort();
    assert_eq!(paths.len(), 12);
    paths
}

fn folder() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("tests/fixtures/holding")
}
