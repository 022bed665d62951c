//! Reads the letters that members send, against golden files in the four languages. `BLESS=1`
//! rewrites these; then read them as a member would.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::fs;
use std::path::Path;

use proptest::prelude::{any, proptest};
use temoin_core::law::Jurisdiction;
use temoin_core::session::{Field, SessionId};
use temoin_core::text::Language;
use temoin_page::{
    Addressee, ComplaintReason, LETTER_STYLE, Letter, LetterDetails, LetterKind, OverdueErasure,
    Sender, letter, one_month_deadline,
};

fn details(jurisdiction: Jurisdiction) -> LetterDetails {
    LetterDetails {
        operator: Addressee {
            name: "Association exemple".to_owned(),
            lines: vec!["Rue de l'Exemple 1".to_owned(), "1000 Bruxelles".to_owned()],
            email: Some("privacy@example.org".to_owned()),
        },
        jurisdiction,
        sender: Sender::default(),
        dated: "2026-11-24".parse().ok(),
        erased_here: 0,
    }
}

/// Every letter that has a golden file, by the file's name.
fn letters(language: Language) -> Vec<(String, Letter)> {
    let deadline = one_month_deadline("2026-10-15".parse().unwrap(), Jurisdiction::Belgium);
    let complaint =
        |grievance| LetterKind::Complaint { grievance, exercised_on: "2026-10-14".parse().ok() };
    let overdue = |byte: u8, erase_by: &str, held_on: &str| OverdueErasure {
        session: SessionId::from_bytes([byte; 32]),
        erase_by: erase_by.parse().unwrap(),
        held_on: held_on.parse().ok(),
    };
    let kinds = [
        ("access", Jurisdiction::Belgium, LetterKind::Access { period: None, fields: Vec::new() }),
        (
            "access-period-fields",
            Jurisdiction::France,
            LetterKind::Access {
                period: Some(("2025-11-01".parse().unwrap(), "2026-10-31".parse().unwrap())),
                fields: Field::ALL.into_iter().filter(|field| *field != Field::Content).collect(),
            },
        ),
        (
            "complaint-no-answer-be",
            Jurisdiction::Belgium,
            complaint(ComplaintReason::NoAnswer { deadline: Some(deadline) }),
        ),
        (
            "complaint-incomplete-fr",
            Jurisdiction::France,
            complaint(ComplaintReason::IncompleteAnswer { answered_on: None }),
        ),
        (
            "complaint-not-erased-be",
            Jurisdiction::Belgium,
            complaint(ComplaintReason::NotErased { stated_on: "2026-11-20".parse().ok() }),
        ),
        (
            "erasure",
            Jurisdiction::Belgium,
            LetterKind::Erasure {
                overdue: vec![
                    overdue(0x4f, "2026-10-01", "2026-11-20"),
                    overdue(0xa6, "2026-10-31", ""),
                ],
                basis: "LCE, art. 126, § 2, al. 2".to_owned(),
            },
        ),
    ];
    kinds
        .into_iter()
        .map(|(name, jurisdiction, kind)| {
            let letter = letter(&kind, language, &details(jurisdiction));
            (format!("{name}.{language}"), letter)
        })
        .collect()
}

fn compare(name: &str, text: &str) {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .join("tests/fixtures/rights/golden")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap();
    assert!(golden == text, "{name} is not as its golden file says; it is now:\n{text}");
}

#[test]
fn every_letter_reads_as_its_golden_file_says() {
    for (name, letter) in Language::OFFERED.into_iter().flat_map(letters) {
        compare(&format!("{name}.txt"), &letter.to_text());
        if name.starts_with("access.") || name.starts_with("erasure.") {
            compare(&format!("{name}.html"), &letter.to_html());
        }
    }
}

#[test]
fn every_letter_fits_80_columns_and_has_no_hole() {
    for (name, letter) in Language::OFFERED.into_iter().flat_map(letters) {
        let text = letter.to_text();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{name}");
        assert!(!text.contains(['{', '}']), "{name}");
        assert!(!text.lines().any(|line| line.ends_with(' ')), "{name}");
    }
}

#[test]
fn every_page_says_its_language_and_fetches_and_runs_nothing() {
    for language in Language::ALL {
        for (name, letter) in letters(language) {
            let page = letter.to_html();
            assert!(page.contains(&format!("<html lang=\"{language}\">")), "{name}");
            assert_eq!(page.matches("<style").count(), 1, "{name}");
            assert!(page.contains(&format!("<style>{LETTER_STYLE}</style>")), "{name}");
            for word in ["<script", "src=", "href=", "url(", "@import", "style=\"", "javascript"] {
                assert!(!page.contains(word), "{name}: {word}");
            }
        }
    }
}

#[test]
fn what_the_member_gives_stands_in_the_letter_and_nothing_else_does() {
    let mut details = details(Jurisdiction::Belgium);
    let kind = LetterKind::Access { period: None, fields: Vec::new() };
    let bare = letter(&kind, Language::English, &details).to_text();
    for placeholder in ["[your name]", "[your address]", "[your member number", "[signature]"] {
        assert!(bare.contains(placeholder), "{placeholder}");
    }
    details.sender = Sender {
        name: Some("Ada <b>".to_owned()),
        lines: vec!["Rue du Test 2".to_owned()],
        reference: Some("member 7".to_owned()),
    };
    let filled = letter(&kind, Language::English, &details);
    let text = filled.to_text();
    assert!(text.starts_with("Ada <b>\nRue du Test 2\nmember 7\n\n"), "{text}");
    assert!(!text.contains("[your"), "{text}");
    assert!(filled.to_html().contains("Ada &lt;b&gt;"));
}

#[test]
fn a_complaint_does_not_tell_the_authority_what_the_operator_calls_the_member() {
    let mut details = details(Jurisdiction::Belgium);
    details.sender.reference = Some("member 7".to_owned());
    let grievance = ComplaintReason::NoAnswer { deadline: None };
    let kind = LetterKind::Complaint { grievance, exercised_on: None };
    let text = letter(&kind, Language::Dutch, &details).to_text();
    assert!(!text.contains("member 7"), "{text}");
    assert!(text.contains("[datum van uw verzoek]"), "{text}");
}

proptest! {
    #[test]
    fn no_name_breaks_a_letter(name in any::<String>(), line in any::<String>()) {
        let mut details = details(Jurisdiction::France);
        details.operator.name = name.clone();
        details.operator.lines = vec![line.clone()];
        details.sender.name = Some(name);
        let kind = LetterKind::Erasure { overdue: Vec::new(), basis: line };
        let letter = letter(&kind, Language::French, &details);
        let text = letter.to_text();
        assert!(text.lines().all(|line| line.chars().count() <= 80));
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        let page = letter.to_html();
        assert_eq!(page.matches("<address>").count(), 2);
        assert_eq!(page.matches("</main>").count(), 1);
        assert_eq!(page.matches("<script").count(), 0);
    }
}
