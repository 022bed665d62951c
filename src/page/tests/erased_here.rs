//! What is erased here before its date at the operator still counts as held there.

use super::*;

/// The days that certificates name, each with how many sessions; `NOW` is 24 November 2026.
fn after_erasing(erased: &[(&str, u8)], left: &[Session]) -> Server {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(directory.path()).unwrap();
    journal.count_in(&[zone()]).unwrap();
    let mut number = 100;
    for (expiry, count) in erased {
        for _ in 0..*count {
            number += 1;
            let session =
                whole(number, "2026-11-01T08:00:00Z", "2026-11-01T09:00:00Z", EndReason::Stopped);
            let secret = SessionSecret::from_bytes([number; 32]);
            journal.record(&[Change::Open(session.clone(), secret)], None).unwrap();
            let certificate = ErasureCertificate {
                id: session.id,
                erased_at: at(NOW),
                expiry: (*expiry).to_owned(),
            };
            journal.erase(&[certificate]).unwrap();
        }
    }
    let secret = SessionSecret::from_bytes([0; 32]);
    for session in left {
        journal.record(&[Change::Open(session.clone(), secret.clone())], None).unwrap();
    }
    start(Site { records: Arc::new(move || open_records(directory.path())), ..empty_site() })
}

fn assert_shows(server: &Server, target: &str, texts: &[&str]) {
    let body = get(server, target).body;
    for text in texts {
        assert!(body.contains(text), "{target}: {text}\n{body}");
    }
}

#[test]
fn every_view_counts_what_is_erased_here_until_its_date_at_the_operator() {
    let left = whole(5, "2026-03-12T08:00:00Z", "2026-03-12T09:00:00Z", EndReason::Stopped);
    let server = after_erasing(&[("2026-11-24", 2), ("2026-11-25", 1), ("2027-11-02", 3)], &[left]);
    let texts = [
        "Neutrinet asbl devrait conserver aujourd’hui 5 enregistrements de vos connexions.",
        "Dont 4 que vous ne voyez plus ici",
        "Le plus ancien qui soit encore ici",
        // The next to go is an erased one, which has no page.
        "<dd>à effacer pour le 25 novembre 2026</dd>",
        "<dd>6 sessions</dd>",
    ];
    assert_shows(&server, "/?lang=fr", &texts);
    let texts = [
        "4 sessions sont effacées de cette Brique, mais restent à conserver par l’opérateur.",
        "mars 2026",
        "novembre 2026</th><td>1 session</td>",
        "novembre 2027</th><td>3 sessions</td>",
        "le 2 novembre 2027",
    ];
    assert_shows(&server, "/timeline?lang=fr", &texts);
    assert_shows(
        &server,
        "/calendar?lang=fr",
        &["1 session effacée d’ici", "<h2>novembre 2026</h2>"],
    );
    assert_shows(&server, "/calendar?year=2027&lang=fr", &["3 sessions effacées d’ici"]);
    assert_shows(&server, "/rights?lang=fr", &["encore conserver 4 enregistrements"]);
    let letter = get(&server, "/rights/access.txt?lang=fr").body.replace("\n  ", " ");
    assert!(letter.contains("La réponse doit contenir aussi 4 sessions effacées"), "{letter}");
}

#[test]
fn all_erased_by_hand_is_not_nothing_held() {
    let server = after_erasing(&[("2027-11-02", 1)], &[]);
    let texts = ["conserver aujourd’hui 1 enregistrement de vos connexions.", "Dont 1 que vous"];
    assert_shows(&server, "/?lang=fr", &texts);
    assert_shows(&server, "/timeline?lang=fr", &["novembre 2027</th><td>1 session</td>"]);
}

#[test]
fn what_was_erased_when_due_is_held_by_nobody() {
    let server = after_erasing(&[("2026-11-24", 2), ("2025-01-01", 1)], &[]);
    assert_shows(&server, "/?lang=fr", &["ne devrait plus rien conserver", "<dd>3 sessions</dd>"]);
    assert_shows(&server, "/timeline?lang=fr", &["Aucune session n’est encore notée."]);
    assert!(!get(&server, "/rights?lang=fr").body.contains("que vous ne voyez plus ici"));
}

#[test]
fn what_was_erased_without_a_known_date_is_unknown_and_neither_held_nor_gone() {
    let server = after_erasing(&[("on request", 2)], &[]);
    let texts = [
        "au plus 2 enregistrements de vos connexions",
        "2 sessions\u{a0}: effacées d’ici, sans date connue chez l’opérateur",
    ];
    assert_shows(&server, "/?lang=fr", &texts);
    let texts = ["2 sessions sont effacées de cette Brique sans que l’on sache jusqu’à quand"];
    assert_shows(&server, "/timeline?lang=fr", &texts);
    assert_shows(&server, "/calendar?lang=fr", &texts);
}

#[test]
fn sessions_without_a_certain_date_are_bounded_and_named() {
    let mut undated = undated();
    let claimed = TimeBounds::claimed(at("1970-01-01T00:03:00Z"));
    undated.start.value = claimed;
    if let Some(end) = &mut undated.end {
        end.moment.value = claimed;
    }
    let dated = whole(5, "2026-03-12T08:00:00Z", "2026-03-12T09:00:00Z", EndReason::Stopped);
    let server = serve(&[undated.clone(), Session { id: id(9), ..undated.clone() }, dated]);
    assert_shows(
        &server,
        "/?lang=fr",
        &["au moins 1 enregistrement de vos connexions, et au plus 3."],
    );
    let texts = ["2 sessions n’ont pas de date sûre"];
    assert_shows(&server, "/timeline?lang=fr", &texts);
    assert_shows(&server, "/calendar?lang=fr", &texts);
    let server = serve(&[undated]);
    assert_shows(&server, "/?lang=fr", &["conserve peut-être 1 enregistrement"]);
    let texts = ["1 session n’a pas de date sûre, car rien n’a confirmé l’horloge"];
    assert_shows(&server, "/timeline?lang=fr", &texts);
    assert!(!get(&server, "/timeline?lang=fr").body.contains("Aucune session n’est encore notée"));
}
