//! Notices and their remedies.

use super::{ApplicableRules, FakeRuleset, PageRuleset, Site, at, get, open, site, start};
use temoin_core::law::Profile;

/// The first page in English, with notices.
fn first_page(site: Site) -> String {
    let body = get(&start(site), "/?lang=en").body;
    assert!(body.contains("Needs a look"), "{body}");
    body
}

#[test]
fn a_law_that_was_not_compared_with_its_texts_for_too_long_is_named_with_the_remedy() {
    let late = Site { clock: Box::new(|| at("2031-01-01T00:00:00Z")), ..site(&[open()]) };
    let body = first_page(late);
    assert!(body.contains("too long since the law was compared"), "{body}");
    assert!(body.contains("Upgrade it in YunoHost"), "{body}");
    let fresh = get(&start(site(&[open()])), "/?lang=en").body;
    assert!(!fresh.contains("Needs a look"), "{fresh}");
}

#[test]
fn a_time_of_which_no_law_is_known_is_named_with_the_remedy() {
    // Before the oldest edition.
    let early = Site { clock: Box::new(|| at("1990-01-01T00:00:00Z")), ..site(&[open()]) };
    let body = first_page(early);
    assert!(body.contains("knows no law that is in force today"), "{body}");
    assert!(body.contains("Upgrade it in YunoHost"), "{body}");
}

#[test]
fn an_operator_whom_nobody_named_is_asked_for_where_it_is_said() {
    let unknown =
        Site { ruleset: Box::new(|| Ok(Box::new(FakeRuleset::new(None)))), ..site(&[open()]) };
    let body = first_page(unknown);
    assert!(body.contains("does not know who your operator is"), "{body}");
    assert!(body.contains("href=\"./settings?lang=en\">Choose the operator</a>"), "{body}");
}

#[test]
fn a_file_that_is_not_used_is_named_with_why() {
    struct BrokenRuleset(FakeRuleset);
    impl PageRuleset for BrokenRuleset {
        fn applicable_rules(&self) -> ApplicableRules<'_> {
            self.0.applicable_rules()
        }

        fn asks_operator(&self) -> bool {
            false
        }

        fn profiles(&self) -> &[Profile] {
            self.0.profiles()
        }

        fn complaints(&self) -> Vec<String> {
            vec!["rules.d/mine.toml: line 3: no date".to_owned()]
        }
    }
    let spoilt =
        || Ok(Box::new(BrokenRuleset(FakeRuleset::new(Some("neutrinet")))) as Box<dyn PageRuleset>);
    let body = first_page(Site { ruleset: Box::new(spoilt), ..site(&[open()]) });
    assert!(body.contains("A file of law or of an operator is not used"), "{body}");
    assert!(body.contains("rules.d/mine.toml: line 3: no date"), "{body}");
}
