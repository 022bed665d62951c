use std::path::Path;

use crate::Catalogue;

const ENGLISH: &str = "[page]\nhello = \"Hello {name}: welcome\"\nbye = \"Bye\"\n\
    days = { one = \"{count} day\", other = \"{count} days\" }\nlist = [\"a\", \"b\"]\n";
const FRENCH: &str = "[page]\nhello = \"Bonjour {name}\u{a0}: bienvenue\"\nbye = \"Au revoir\"\n\
    days = { one = \"{count} jour\", other = \"{count} jours\" }\nlist = [\"c\", \"d\"]\n";

fn header(variant: &str, more: &str) -> String {
    format!(
        "[language]\nvariant = \"{variant}\"\nname = \"{variant}\"\norder = 1\nsingular = [1]\n\
         date = \"{{weekday}} {{day}}\"\nplain_date = \"{{day}}\"\nday_month = \"{{day}}\"\n\
         month_year = \"{{month}}\"\nday = \"{{day}}\"\nshort_date = \"{{dd}}/{{mm}}\"\n\
         day_number = \"{{d}}\"\n{more}"
    )
}

/// What is said of an English and a French catalogue.
fn problems(english: &str, french: &str) -> Vec<String> {
    let files = vec![
        ("en".to_owned(), header("English", "") + english),
        ("fr".to_owned(), header("French", "no_break_before = \":;!?»\"\n") + french),
    ];
    Catalogue::parse(files).map_or_else(
        |problems| problems.0.iter().map(ToString::to_string).collect(),
        |_| Vec::new(),
    )
}

#[test]
fn the_catalogues_that_ship_are_right() {
    if let Err(problems) = Catalogue::read(Path::new(env!("CARGO_MANIFEST_DIR"))) {
        panic!("\n{problems}");
    }
}

#[test]
fn each_fault_is_named_by_file_and_key() {
    assert_eq!(problems(ENGLISH, FRENCH), Vec::<String>::new());
    for (from, to, told) in [
        ("bye = \"Au revoir\"\n", "", "fr.toml: page.bye: is missing"),
        ("bye =", "more = \"plus\"\nbye =", "fr.toml: page.more: is surplus"),
        ("bye = \"Au revoir\"", "bye = [\"Au revoir\"]", "fr.toml: page.bye: has another shape"),
        ("[\"c\", \"d\"]", "[\"c\"]", "fr.toml: page.list: has another shape"),
        ("{name}", "{nom}", "fr.toml: page.hello: has the placeholders {nom}"),
        ("{name}", "{name", "fr.toml: page.hello: has a brace"),
        ("one = \"{count} jour\"", "one = \"un jour\"", "fr.toml: page.days: has the placeholders"),
        ("\u{a0}:", " :", "fr.toml: page.hello: has an ordinary space before “:”"),
        ("Au revoir", "Au revoir !", "fr.toml: page.bye: has an ordinary space before “!”"),
        ("Au revoir", "« Au revoir\u{a0}»", "fr.toml: page.bye: has an ordinary space after “«”"),
        ("Au revoir", "L'adieu", "fr.toml: page.bye: has a straight apostrophe"),
        ("Au revoir", "Au  revoir", "fr.toml: page.bye: has two spaces"),
        ("Au revoir", "Au revoir ", "fr.toml: page.bye: begins or ends with a space"),
        ("Au revoir", " ", "fr.toml: page.bye: is empty"),
        ("[page]", "[pages]", "fr.toml: pages: is a table that no crate uses"),
        ("bye =", "Bye =", "fr.toml: page.Bye: is no name"),
        ("bye = \"Au revoir\"", "bye = 3", "fr.toml: page.bye: is no text"),
    ] {
        assert!(FRENCH.contains(from), "{from}");
        let found = problems(ENGLISH, &FRENCH.replacen(from, to, 1));
        assert!(found.iter().any(|it| it.starts_with(told)), "{told}: {found:?}");
    }
}

#[test]
fn one_english_text_has_one_translation() {
    let english = format!("{ENGLISH}[page.other]\nbye = \"Bye\"\n");
    let french = |text: &str| format!("{FRENCH}[page.other]\nbye = \"{text}\"\n");
    assert_eq!(problems(&english, &french("Au revoir")), Vec::<String>::new());
    let found = problems(&english, &french("Adieu"));
    assert_eq!(found.len(), 1, "{found:?}");
    for part in ["page.other.bye", "Adieu", "page.bye", "Au revoir", "Bye"] {
        assert!(found[0].contains(part), "{part}: {found:?}");
    }
}

#[test]
fn a_header_says_all_of_a_language() {
    let parse = |text: String| {
        let files = vec![("en".to_owned(), text + ENGLISH)];
        Catalogue::parse(files).map_err(|problems| problems.to_string())
    };
    assert!(parse(header("English", "")).is_ok());
    for (from, to, told) in [
        ("singular = [1]", "", "language.singular"),
        ("order = 1", "order = \"1\"", "language.order"),
        ("\"{d}\"", "\"{n}\"", "language.day_number: {n}"),
        ("variant = \"English\"", "variant = \"en\"", "language.variant"),
        ("order = 1", "order = 1\nplural = 2", "language.plural: is not known"),
    ] {
        let told_now = parse(header("English", "").replacen(from, to, 1)).unwrap_err();
        assert!(told_now.contains(told), "{told}: {told_now}");
    }
    assert!(parse(String::new()).unwrap_err().contains("en.toml: language: is missing"));
}

#[test]
fn a_draft_is_a_language_that_is_not_offered() {
    let files = vec![
        ("en".to_owned(), header("English", "") + ENGLISH),
        ("fr".to_owned(), header("French", "draft = true\n") + FRENCH),
    ];
    let source = Catalogue::parse(files).unwrap().language_source();
    assert!(source.contains("ALL: [Self; 2]") && source.contains("OFFERED: [Self; 1]"), "{source}");
}
