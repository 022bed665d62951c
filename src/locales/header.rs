use toml::Table;

/// What a catalogue's table `[language]` says of the language itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// The name in the code, such as `French`.
    pub variant: String,
    /// What its speakers call it.
    pub name: String,
    /// Its place where languages are listed; the first has the lowest number.
    pub order: i64,
    /// Whether it is offered only where it is asked for by name.
    pub draft: bool,
    /// The counts that take the singular.
    pub singular: Vec<i64>,
    /// A date with the day of the week; placeholders as in `DATE_PLACEHOLDERS`.
    pub date: String,
    /// A date without the day of the week.
    pub plain_date: String,
    /// A day and its month.
    pub day_month: String,
    /// A month and its year.
    pub month_year: String,
    /// A day within a month that is named beside it.
    pub day: String,
    /// A date as short as it is written.
    pub short_date: String,
    /// `{day}` in the two patterns above: `{d}` stands for the number.
    pub day_number: String,
    /// `{day}` on the first of a month.
    pub first_day: String,
    /// Whether nouns keep their capital within a sentence, as in German.
    pub capital_nouns: bool,
    /// With capital nouns: first words of labels that lose theirs within a sentence.
    pub lowered_words: Vec<String>,
    /// The signs before which a space must be one that does not break.
    pub no_break_before: String,
    /// The keys of sentences that state a fact; in the reference alone.
    pub facts: Vec<String>,
}

/// The placeholders that date patterns may have.
pub(crate) const DATE_PLACEHOLDERS: [&str; 8] =
    ["weekday", "day", "month", "year", "d", "dd", "mm", "mon"];

/// The keys of the table, for what is not one of them.
const KEYS: [&str; 17] = [
    "variant",
    "name",
    "order",
    "draft",
    "singular",
    "date",
    "plain_date",
    "day_month",
    "month_year",
    "day",
    "short_date",
    "day_number",
    "first_day",
    "capital_nouns",
    "lowered_words",
    "no_break_before",
    "facts",
];

impl Header {
    /// Reads the table, with all that is wrong in it: of each problem the key and the text.
    pub(crate) fn read(table: &Table) -> Result<Self, Vec<(String, String)>> {
        let mut fields = Fields { table, problems: Vec::new() };
        for key in table.keys() {
            if !KEYS.contains(&key.as_str()) {
                fields.wrong(key, &format!("is not known. Write one of {}.", KEYS.join(", ")));
            }
        }
        let day_number = fields.text("day_number");
        let header = Self {
            variant: fields.text("variant"),
            name: fields.text("name"),
            order: fields.number("order"),
            draft: fields.is_set("draft"),
            singular: fields.numbers("singular"),
            date: fields.text("date"),
            plain_date: fields.text("plain_date"),
            day_month: fields.text("day_month"),
            month_year: fields.text("month_year"),
            day: fields.text("day"),
            short_date: fields.text("short_date"),
            first_day: fields.text_or("first_day", &day_number),
            day_number,
            capital_nouns: fields.is_set("capital_nouns"),
            lowered_words: fields.texts("lowered_words"),
            no_break_before: fields.text_or("no_break_before", ""),
            facts: fields.texts("facts"),
        };
        let mut letters = header.variant.chars();
        if !letters.next().is_some_and(|letter| letter.is_ascii_uppercase())
            || !letters.all(|letter| letter.is_ascii_alphanumeric())
        {
            fields.wrong("variant", "Write the English name, such as \"French\".");
        }
        if fields.problems.is_empty() { Ok(header) } else { Err(fields.problems) }
    }
}

/// Reads keys of a table and collects what is wrong in them.
struct Fields<'a> {
    table: &'a Table,
    problems: Vec<(String, String)>,
}

impl Fields<'_> {
    fn wrong(&mut self, key: &str, text: &str) {
        self.problems.push((format!("language.{key}"), text.to_owned()));
    }

    fn text(&mut self, key: &str) -> String {
        match self.table.get(key).and_then(|value| value.as_str()) {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => {
                self.wrong(key, "is missing, or is not a text. Write one in quotes.");
                String::new()
            }
        }
    }

    fn text_or(&mut self, key: &str, default: &str) -> String {
        if self.table.contains_key(key) { self.text(key) } else { default.to_owned() }
    }

    fn number(&mut self, key: &str) -> i64 {
        let number = self.table.get(key).and_then(toml::Value::as_integer);
        number.unwrap_or_else(|| {
            self.wrong(key, "is missing, or is not a number.");
            0
        })
    }

    fn is_set(&mut self, key: &str) -> bool {
        match self.table.get(key) {
            None => false,
            Some(value) => value.as_bool().unwrap_or_else(|| {
                self.wrong(key, "is neither true nor false.");
                false
            }),
        }
    }

    fn numbers(&mut self, key: &str) -> Vec<i64> {
        let list = self.table.get(key).and_then(toml::Value::as_array);
        let numbers: Option<Vec<i64>> =
            list.and_then(|list| list.iter().map(toml::Value::as_integer).collect());
        numbers.filter(|numbers| !numbers.is_empty()).unwrap_or_else(|| {
            self.wrong(key, "is missing, or is not a list of numbers, such as [1].");
            Vec::new()
        })
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let texts: Option<Vec<String>> = value
            .as_array()
            .and_then(|list| list.iter().map(|it| it.as_str().map(str::to_owned)).collect());
        texts.unwrap_or_else(|| {
            self.wrong(key, "is not a list of texts.");
            Vec::new()
        })
    }
}
