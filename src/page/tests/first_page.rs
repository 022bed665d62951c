//! What the first page says of the operator and of the tunnel, and nothing beyond what is known.

use super::*;

fn of_software() -> Box<dyn Fn() -> Result<Box<dyn PageRuleset>, RecordsError> + Send> {
    Box::new(|| Ok(Box::new(FakeRuleset::new(Some("generic-openvpn")))))
}

fn last_year(number: u8) -> Session {
    whole(number, "2026-03-12T08:00:00Z", "2026-03-12T09:00:00Z", EndReason::StoppedWithNotice)
}

#[test]
fn who_is_known_by_its_software_alone_is_the_members_association_and_not_the_software() {
    let server = start(Site { ruleset: of_software(), ..site(&[open(), last_year(5)]) });
    for (target, texts) in [
        (
            "/?lang=fr",
            &[
                "Votre association (qui utilise OpenVPN) devrait conserver aujourd’hui 2",
                "Vu en ce moment par votre association (qui utilise OpenVPN)",
                "Ce que OpenVPN note de lui-même",
                "C’est le réglage d’usine d’un logiciel",
            ][..],
        ),
        ("/?lang=nl", &["Uw vereniging (die OpenVPN gebruikt) zou vandaag 2"][..]),
        ("/ask?lang=fr", &["chez votre association (qui utilise OpenVPN)"][..]),
        (
            "/settings?lang=fr",
            &["votre association n’est pas dans la liste, et utilise OpenVPN"][..],
        ),
        ("/rights/access.txt?lang=fr", &["[nom et adresse de votre association]"][..]),
    ] {
        let body = get(&server, target).body;
        for text in texts {
            assert!(body.contains(text), "{target}: {text}\n{body}");
        }
        assert!(!body.contains("OpenVPN devrait") && !body.contains("D’après sa déclaration"));
    }
    let page = get(&server, &format!("/session/{}?lang=fr", id(5))).body;
    assert!(page.contains("<h4>Noté par OpenVPN de lui-même</h4>"), "{page}");
    assert!(!page.contains("<h4>Déclaré par l’opérateur</h4>"), "{page}");
}

#[test]
fn two_counts_are_reconciled_and_a_statement_older_than_the_law_is_called_older() {
    let server = serve(&[last_year(5), last_year(6)]);
    let body = get(&server, "/?lang=fr").body;
    for text in [
        "conserver aujourd’hui 2 enregistrements",
        "au moins 0 session, au plus 2 sessions. Cette déclaration, du 24 février 2018, est plus ancienne que la loi",
    ] {
        assert!(body.contains(text), "{text}\n{body}");
    }
    let page = get(&server, &format!("/session/{}?lang=fr", id(5))).body;
    assert!(
        page.contains("Cette déclaration est plus ancienne que cette version de la loi"),
        "{page}"
    );
    let older = "<p class=\"note\">Déclaré le 24 février 2018";
    assert!(page.contains(older), "{page}");
    // Only what no law at all lists is a difference.
    assert_eq!(page.matches("<p class=\"notice\">").count(), 1, "{page}");
}

#[test]
fn after_a_cut_the_operator_may_believe_for_some_minutes_that_the_member_is_there() {
    let cut = |end: &str, reason| whole(5, "2026-11-24T08:00:00Z", end, reason);
    let believes = "l’opérateur vous croit peut-être encore connecté";
    let now = at(NOW);
    let (seconds_ago, hours_ago) =
        (now.shifted(-3_000).to_string(), now.shifted(-7_200_000).to_string());
    for reason in EndReason::ALL {
        let is_told = matches!(reason, EndReason::StoppedWithNotice | EndReason::ServerStopped);
        let body = get(&serve(&[cut(&seconds_ago, reason)]), "/?lang=fr").body;
        assert!(body.contains("rien de nouveau ne s’ajoute"), "{body}");
        assert_eq!(body.contains(believes), !is_told, "{reason}\n{body}");
        let body = get(&serve(&[cut(&hours_ago, reason)]), "/?lang=fr").body;
        assert!(!body.contains(believes), "{reason}\n{body}");
    }
    // An end between yesterday and a minute ago, and one that nothing bounds.
    let mut session = cut(&hours_ago, EndReason::Unseen);
    for bounds in [
        TimeBounds::between(Some(now.shifted(-86_400_000)), Some(now.shifted(-60_000))),
        TimeBounds::between(None, None),
    ] {
        session.end.as_mut().unwrap().moment.value = bounds;
        let body = get(&serve(&[session.clone()]), "/?lang=fr").body;
        assert!(body.contains(believes), "{bounds:?}\n{body}");
    }
}
