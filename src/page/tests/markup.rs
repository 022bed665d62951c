//! Every page is well-formed, whatever its texts and values.

use super::*;

#[test]
fn hostile_words_of_operators_and_files_are_shown_as_they_are() {
    struct HostileRuleset(FakeRuleset);
    impl PageRuleset for HostileRuleset {
        fn applicable_rules(&self) -> ApplicableRules<'_> {
            self.0.applicable_rules()
        }

        fn asks_operator(&self) -> bool {
            true
        }

        fn profiles(&self) -> &[Profile] {
            self.0.profiles()
        }

        fn complaints(&self) -> Vec<String> {
            vec!["</p><script>alert(1)</script>\u{1b}[2J".to_owned()]
        }
    }
    let ruleset = || {
        let mut fake_ruleset = FakeRuleset::new(Some("neutrinet"));
        let profile = fake_ruleset.profile.as_mut().unwrap();
        profile.name = "\"><img src=x onerror='a'>".to_owned();
        for statement in &mut profile.statements {
            statement.by = "<svg onload=a>".to_owned();
        }
        HostileRuleset(fake_ruleset)
    };
    let server =
        start(Site { ruleset: Box::new(move || Ok(Box::new(ruleset()))), ..site(&every_kind()) });
    for target in ["/", "/timeline", "/calendar", &format!("/session/{}", id(10))] {
        for language in Language::ALL {
            let body = get(&server, &format!("{target}?lang={language}")).body;
            for text in ["<script", "<img", "<svg onload", "\u{1b}"] {
                assert!(!body.contains(text), "{text} in {target}: {body}");
            }
            well_formed(&body);
        }
    }
    assert!(get(&server, "/").body.contains("&quot;&gt;&lt;img src=x onerror=&#39;a&#39;&gt;"));
}

#[test]
fn a_chosen_language_is_carried_on_by_every_link() {
    let server = serve(&every_kind());
    for target in [
        "/?lang=nl".to_owned(),
        "/sessions?lang=nl".to_owned(),
        format!("/session/{}?lang=nl", open().id),
    ] {
        let body = get(&server, &target).body;
        assert!(body.contains("<html lang=\"nl\">"));
        for link in body.split("<a ").skip(1) {
            let href = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(href.contains("lang=") || href.starts_with('#'), "{href}");
        }
    }
    let request = "GET / HTTP/1.1\r\nAccept-Language: es, de-AT;q=0.9, fr;q=0.8\r\n\r\n";
    let accepted = exchange(connect(&server), request).body;
    assert!(accepted.contains("<html lang=\"de\">") && !accepted.contains("href=\"./?lang"));
}

#[test]
fn every_page_is_well_formed_and_whole_in_every_language() {
    let server = serve(&every_kind());
    let mut targets = vec![
        "/".to_owned(),
        "/sessions".to_owned(),
        "/nowhere".to_owned(),
        "/sessions?state=x".to_owned(),
        "/timeline".to_owned(),
        "/calendar".to_owned(),
    ];
    targets.extend(every_kind().iter().map(|session| format!("/session/{}", session.id)));
    for language in Language::ALL {
        for target in &targets {
            let joint = if target.contains('?') { '&' } else { '?' };
            let body = get(&server, &format!("{target}{joint}lang={language}")).body;
            assert!(body.starts_with("<!DOCTYPE html>\n<html lang=\""));
            assert!(body.contains(&format!("<html lang=\"{language}\">")), "{target}");
            assert!(!body.contains(['{', '}']), "{target}: {body}");
            well_formed(&body);
        }
    }
}

#[test]
fn what_tries_to_be_markup_is_shown_as_it_is() {
    let server = serve(&every_kind());
    let page = get(&server, &format!("/session/{}", hostile().id)).body;
    assert!(page.contains("<code>&quot;&gt;&lt;b&gt;&amp;&#39;x</code>"), "{page}");
    let target = "/%3Cscript%3E/\"><script>?lang=\"><script>&page='\"<b>";
    let page = get(&server, target).body;
    assert!(!page.contains("script>") && !page.contains("<b>"), "{page}");
    well_formed(&page);
}

#[test]
#[should_panic(expected = "left open")]
fn the_check_for_well_formed_pages_finds_what_is_left_open() {
    well_formed("<!DOCTYPE html><p><b>a</b>");
}
