use super::layout::{Layout, length};
use super::phrase::{Phrase, list, sentence};
use super::{Comparison, Disagreement, FieldHolding, Holding, LawSays, Seen, SignedField, Value};
use crate::domain::Field;
use crate::i18n::vocabulary as record;
use crate::i18n::{Message, When};
use crate::messages::assessment as w;
use crate::retention::{
    Answer, Applicability, Certainty, Challenge, Covered, Declared, Dependence, Doubt, Edition, Id,
    Kept, Nature, Recipients, RequirementKind, Rule, Statement, Status, Verdict, vocabulary,
};

impl Holding<'_> {
    /// All of it as plain text for a terminal of `width` columns (80 as a rule), in the language and
    /// the time zone of `when`.
    pub fn to_text(&self, when: When, width: usize) -> String {
        let mut writer = Writer::new(self, when, width);
        writer.write();
        writer.layout.into_string()
    }
}

pub(super) struct Writer<'h, 'a> {
    holding: &'h Holding<'a>,
    phrase: Phrase,
    layout: Layout,
    /// What was cited, in order: its place, from 1, is its number.
    cited: Vec<(&'a Edition, &'a Id)>,
    /// The rules that a field's answer refers to, in order: its place is its letter.
    rules: Vec<Verdict<'a>>,
}

impl<'h, 'a> Writer<'h, 'a> {
    pub(super) fn new(holding: &'h Holding<'a>, when: When, width: usize) -> Self {
        Self {
            holding,
            phrase: Phrase { when, today: when.zone.date(holding.now) },
            layout: Layout::new(width),
            cited: Vec::new(),
            rules: Vec::new(),
        }
    }

    pub(super) fn phrase(&self) -> &Phrase {
        &self.phrase
    }

    fn write(&mut self) {
        self.layout.paragraph(0, self.say(&w::TITLE));
        self.head();
        self.in_short();
        self.layout.heading(self.say(&w::FIELD_BY_FIELD));
        for group in self.holding.groups() {
            self.group(&group);
        }
        self.law_in_full();
        self.who();
        self.requests();
        self.never();
        self.pending();
        self.blind();
        self.sources();
        self.statements();
    }

    pub(super) fn say(&self, message: &Message) -> &'static str {
        message.text(self.phrase.when.language)
    }

    pub(super) fn fill(&self, message: &Message, values: &[(&str, &str)]) -> String {
        message.fill(self.phrase.when.language, values)
    }

    fn head(&mut self) {
        let Holding { session, rulebook, now, .. } = self.holding;
        let when = self.phrase.when;
        let device = session.device.to_string();
        let end = match &session.end {
            Some(end) => when.moment(&end.moment.value),
            None => self.say(&w::LASTS).to_owned(),
        };
        let law = match rulebook.jurisdiction {
            Some(whose) => self.say(vocabulary::jurisdiction(whose)),
            None => self.say(&w::LAW_UNKNOWN),
        };
        let operator = match rulebook.profile {
            Some(profile) => profile.name.clone(),
            None => self.say(&w::OPERATOR_UNKNOWN).to_owned(),
        };
        let rows = [
            (
                &w::SESSION,
                self.fill(&w::SESSION_IS, &[("id", &session.id.short()), ("device", &device)]),
            ),
            (&w::BEGAN, when.moment(&session.start.value)),
            (&w::ENDED, end),
            (&w::OPERATOR, operator),
            (&w::LAW_OF, law.to_owned()),
            (&w::AS_OF, when.date_time(*now)),
        ];
        self.layout.gap();
        self.rows(2, &rows);
    }

    /// Rows of two columns, the labels aligned.
    fn rows(&mut self, indent: usize, rows: &[(&Message, String)]) {
        let width = rows.iter().map(|(label, _)| length(self.say(label))).max().unwrap_or(0);
        self.rows_of(indent, width, rows);
    }

    fn rows_of(&mut self, indent: usize, width: usize, rows: &[(&Message, String)]) {
        let mut before = "";
        for (label, text) in rows {
            let label = self.say(label);
            self.layout.row(indent, if label == before { "" } else { label }, width, text);
            before = label;
        }
    }

    fn in_short(&mut self) {
        let rows = self.short_rows();
        self.layout.heading(self.say(&w::IN_SHORT));
        self.rows(2, &rows);
    }

    /// The first answer: what law, declaration and signature say of which fields, until when.
    pub(super) fn short_rows(&self) -> Vec<(&'static Message, String)> {
        let mut rows: Vec<(&'static Message, String)> = Vec::new();
        for (label, answer) in [
            (&w::REQUIRED, Answer::Required),
            (&w::PERHAPS, Answer::RequiredPerhaps),
            (&w::ALLOWED, Answer::Allowed),
            (&w::UNLISTED, Answer::Unlisted),
            (&w::UNKNOWN, Answer::Unknown),
            (&w::NEVER, Answer::Forbidden),
        ] {
            let mut said: Vec<(Option<String>, Vec<Field>)> = Vec::new();
            for it in &self.holding.fields {
                let Some(law) = it.law.as_ref().filter(|law| law.answer == answer) else {
                    continue;
                };
                let until = (answer == Answer::Required).then(|| self.longest(law)).flatten();
                match said.iter_mut().find(|(known, _)| *known == until) {
                    Some((_, fields)) => fields.push(it.field),
                    None => said.push((until, vec![it.field])),
                }
            }
            for (until, fields) in said {
                rows.push((label, self.fields_say(&fields, until.as_deref())));
            }
        }
        if self.holding.rulebook.jurisdiction.is_none() {
            rows.push((&w::LAW, sentence(self.say(&w::NO_JURISDICTION))));
        }
        let mut said: Vec<(String, Vec<Field>)> = Vec::new();
        for it in &self.holding.fields {
            let newest = it.declared.iter().find(|it| it.covered != Covered::No);
            let Some(newest) = newest.filter(|it| it.stores.stored) else { continue };
            let says = match &newest.kept {
                Kept::Until(until) => self.phrase.until(until),
                _ => self.phrase.stored(newest.stores),
            };
            match said.iter_mut().find(|(known, _)| *known == says) {
                Some((_, fields)) => fields.push(it.field),
                None => said.push((says, vec![it.field])),
            }
        }
        for (says, fields) in &said {
            rows.push((&w::DECLARED, self.fields_say(fields, Some(says))));
        }
        if said.is_empty() {
            rows.push((&w::DECLARED, sentence(&self.silence())));
        }
        rows.push((&w::SIGNED, sentence(&self.holding.signed.to_text(self.phrase.when))));
        let differing: Vec<Field> = self
            .holding
            .fields
            .iter()
            .filter(|it| !it.disagreements.is_empty())
            .map(|it| it.field)
            .collect();
        if !differing.is_empty() {
            let fields = self.names(&differing);
            let text = self.fill(&w::DIFFERENCES_IN, &[("fields", &fields)]);
            rows.push((&w::DIFFERENCES, sentence(&text)));
        }
        rows
    }

    fn fields_say(&self, fields: &[Field], says: Option<&str>) -> String {
        let fields = self.names(fields);
        sentence(&match says {
            Some(says) => self.fill(&w::STORED_SHORT, &[("fields", &fields), ("says", says)]),
            None => fields,
        })
    }

    pub(super) fn names(&self, fields: &[Field]) -> String {
        record::fields(fields, self.phrase.when.language)
    }

    /// Until when the rule has it kept that does so longest.
    fn longest(&self, law: &LawSays<'_>) -> Option<String> {
        let today = self.phrase.today;
        let longest = law.required().max_by_key(|verdict| match &verdict.kept {
            Kept::AfterEvent(_) => {
                let retention = verdict.rule.retention.as_ref();
                (2, false, retention.map(|retention| retention.last_days(today).1))
            }
            Kept::NoLength => (1, false, None),
            kept => {
                let latest = kept.until().and_then(|until| until.latest);
                (0, latest.is_none(), latest)
            }
        })?;
        match &longest.kept {
            Kept::Until(until) => Some(self.phrase.until(until)),
            Kept::AfterEvent(_) => Some(self.phrase.counted(longest.rule)),
            Kept::NoLength | Kept::Never | Kept::Unknown(_) => None,
        }
    }

    pub(super) fn silence(&self) -> String {
        match self.holding.rulebook.profile {
            Some(profile) => self.fill(&w::SILENT, &[("operator", &profile.name)]),
            None => self.say(&w::NO_PROFILE).to_owned(),
        }
    }

    fn group(&mut self, group: &[&FieldHolding<'a>]) {
        let fields: Vec<Field> = group.iter().map(|it| it.field).collect();
        self.layout.gap();
        self.layout.paragraph(2, &record::capitalised(&self.names(&fields)));
        let mut rows: Vec<(&Message, String)> = Vec::new();
        let never = group.iter().all(|it| it.seen == Seen::NeverRecorded);
        for it in group.iter().take(if never { 1 } else { group.len() }) {
            let seen = seen(&it.seen, self.phrase.when);
            rows.push((
                &w::SEEN,
                if group.len() == 1 || never {
                    sentence(&seen)
                } else {
                    let name = self.names(&[it.field]);
                    sentence(&self.fill(&w::SEEN_NAMED, &[("field", &name), ("seen", &seen)]))
                },
            ));
        }
        let first = group[0];
        match &first.law {
            Some(law) => rows.extend(self.law(law).into_iter().map(|text| (&w::LAW, text))),
            None => rows.push((&w::LAW, sentence(self.say(&w::NO_JURISDICTION)))),
        }
        if first.declared.is_empty() {
            rows.push((&w::DECLARED, sentence(&self.silence())));
        }
        rows.extend(first.declared.iter().map(|it| (&w::DECLARED, self.declared(it))));
        // Of an own statement on the session; that there is none is said once, above.
        if let Some(signed) = first.signed {
            rows.push((&w::SIGNED, sentence(self.say(signed_field(signed)))));
        }
        for it in &first.disagreements {
            let text = self.disagreement(it);
            rows.push((&w::DIFFERENCE, text));
        }
        // The same in every group, so that the eye finds the answers below each other.
        let labels = [&w::SEEN, &w::LAW, &w::DECLARED, &w::SIGNED, &w::DIFFERENCE];
        let width = labels.map(|label| length(self.say(label))).into_iter().max().unwrap_or(0);
        self.rows_of(4, width, &rows);
    }

    /// What the law says of a field, a line each rule, which is told whole below.
    fn law(&mut self, law: &LawSays<'a>) -> Vec<String> {
        let mut said: Vec<(String, Vec<String>)> = Vec::new();
        for verdict in &law.verdicts {
            let (says, letter) = (self.says(verdict), letter(self.place(verdict)));
            match said.iter_mut().find(|(known, _)| *known == says) {
                Some((_, letters)) => letters.push(letter),
                None => said.push((says, vec![letter])),
            }
        }
        let said = said.into_iter();
        let mut lines: Vec<String> =
            said.map(|(says, letters)| format!("{says} ({}).", letters.join(","))).collect();
        if law.answer == Answer::Unlisted {
            let mut text = sentence(self.say(&w::NO_RULE));
            for edition in &law.unlisted_in {
                if let Some(default) = &edition.default {
                    let label = default.label.text(self.phrase.when.language);
                    let cites = self.cite(edition, &default.basis);
                    text = format!("{text} {label} {cites}");
                }
            }
            lines.push(text);
        } else {
            for edition in &law.unlisted_in {
                let title = edition.title.text(self.phrase.when.language);
                lines.push(sentence(&self.fill(&w::RULE_UNLISTED_IN, &[("title", title)])));
            }
        }
        lines.extend(law.doubts.iter().map(|doubt| match doubt {
            // Which text that is stands with the editions below, once.
            Doubt::LeftOpen(_) => self.say(&w::SOME_LEFT_OPEN).to_owned(),
            Doubt::Stale(_) => self.say(&w::SOME_STALE).to_owned(),
            Doubt::Gap { .. } | Doubt::Undated => self.phrase.doubt(doubt),
        }));
        lines.dedup();
        lines
    }

    /// The place of a rule among those that are told whole.
    fn place(&mut self, verdict: &Verdict<'a>) -> usize {
        let same = |known: &Verdict<'_>| {
            known.edition.id == verdict.edition.id && known.rule.id == verdict.rule.id
        };
        self.rules.iter().position(same).unwrap_or_else(|| {
            self.rules.push(verdict.clone());
            self.rules.len() - 1
        })
    }

    /// What a rule says, as the beginning of a sentence.
    pub(super) fn says(&self, verdict: &Verdict<'_>) -> String {
        let text = match verdict.applies {
            Applicability::Unknown => return self.say(&w::NOT_KNOWN).to_owned(),
            Applicability::Certain | Applicability::Depends(_) => self.phrase.rule(verdict.rule),
        };
        match &verdict.applies {
            // Of a part of a session as of the whole: another edition forbids it in the other part.
            Applicability::Depends(_) if verdict.rule.nature == Nature::MustNot => {
                record::capitalised(&text)
            }
            Applicability::Depends(on) => {
                let text = record::lowered(&text, self.phrase.when.language);
                let message = match on[..] {
                    [Dependence::OwnPurpose] => &w::IF_CHOSEN,
                    [Dependence::Day] => &w::IN_PART,
                    _ => &w::IN_SOME_CASES,
                };
                self.fill(message, &[("text", &text)])
            }
            Applicability::Certain | Applicability::Unknown => record::capitalised(&text),
        }
    }

    /// The editions of law that apply, and each of their rules once, whole.
    fn law_in_full(&mut self) {
        let editions = self.holding.editions.clone();
        if editions.is_empty() {
            return;
        }
        self.layout.heading(self.say(&w::LAW_IN_FULL));
        for edition in editions {
            self.layout.gap();
            self.edition(edition);
            for (place, verdict) in self.rules.clone().into_iter().enumerate() {
                if verdict.edition.id == edition.id {
                    let text = self.verdict_in_full(&verdict);
                    self.layout.gap();
                    self.layout.row(2, &letter(place), 1, &text);
                }
            }
        }
    }

    fn edition(&mut self, edition: &Edition) {
        let when = self.phrase.when;
        let date = |day| when.date_without_weekday(day);
        let from = date(edition.effective_from);
        let checked = date(edition.checked_on);
        let status = self.say(match edition.status {
            Status::Unknown => &w::STATUS_UNKNOWN,
            status => vocabulary::status(status),
        });
        let values = [("from", from.as_str()), ("status", status), ("checked", &checked)];
        let state = match edition.effective_to.map(date) {
            Some(to) => self.fill(&w::EDITION_CLOSED, &[&values[..], &[("to", &to)]].concat()),
            None => self.fill(&w::EDITION_OPEN, &values),
        };
        let note = edition.note.as_ref().map_or("", |note| note.text(when.language));
        let title = edition.title.text(when.language);
        let stale = if edition.is_stale(self.holding.now) { self.say(&w::STALE) } else { "" };
        let parts = [&*format!("{title}."), &state, stale, note];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        self.layout.paragraph(2, &parts.join(" "));
    }

    fn verdict_in_full(&mut self, verdict: &Verdict<'a>) -> String {
        let Verdict { edition, rule, applies, kept } = verdict;
        let language = self.phrase.when.language;
        let mut sentences = vec![format!("{}.", rule.label.text(language))];
        sentences.push(sentence(&self.says(verdict)));
        match kept {
            // Why it is not known stands with the edition.
            _ if *applies == Applicability::Unknown => {}
            Kept::Until(until) => sentences.push(sentence(&self.phrase.until(until))),
            Kept::AfterEvent(_) if rule.retention.is_some() => {
                sentences.push(sentence(self.say(&w::WHEN_UNKNOWN)));
            }
            Kept::Unknown(doubt) => sentences.push(self.phrase.doubt(doubt)),
            Kept::AfterEvent(_) | Kept::NoLength | Kept::Never => {}
        }
        if *applies != Applicability::Unknown {
            if self.phrase.has_choice(rule) {
                sentences.push(sentence(self.say(&w::WHICH_LENGTH)));
            }
            if let Applicability::Depends(all) = applies {
                // Where it is the only condition, it has been said.
                let is_said = matches!(all[..], [Dependence::OwnPurpose] | [Dependence::Day])
                    || rule.nature == Nature::MustNot;
                let all = all.iter().filter(|_| !is_said);
                let all = all.map(|it| self.say(vocabulary::dependence(*it)).to_owned());
                sentences.extend(all);
            }
            if rule.certainty != Certainty::Text {
                sentences.push(sentence(self.say(vocabulary::certainty(rule.certainty))));
            }
        }
        // The note of what must never be kept stands in a section of its own.
        if rule.nature != Nature::MustNot {
            sentences.extend(rule.note.as_ref().map(|note| note.text(language).to_owned()));
        }
        let cites = self.cite(edition, &rule.basis);
        format!("{} {cites}", sentences.join(" ")).trim().to_owned()
    }

    pub(super) fn declared(&self, declared: &Declared<'_>) -> String {
        let mut says = self.phrase.stored(declared.stores);
        let until = declared.kept.until().map(|until| self.phrase.until(until));
        let covered = match declared.covered {
            Covered::Yes => None,
            Covered::No => Some(self.say(&w::NOT_COVERED).to_owned()),
            Covered::Perhaps => Some(self.say(&w::PERHAPS_COVERED).to_owned()),
        };
        for more in until.into_iter().chain(covered) {
            says = self.fill(&w::AND_ALSO, &[("one", &says), ("other", &more)]);
        }
        let statement = declared.statement;
        let values = [
            ("date", &*self.date(statement)),
            ("kind", self.say(vocabulary::statement_kind(statement.kind))),
            ("says", &says),
        ];
        sentence(&self.fill(&w::STATEMENT, &values))
    }

    fn date(&self, statement: &Statement) -> String {
        self.phrase.when.date_without_weekday(statement.stated_on)
    }

    fn disagreement(&mut self, disagreement: &Disagreement<'a>) -> String {
        let text = self.difference(disagreement);
        let cites = disagreement
            .rule()
            .map_or_else(String::new, |(edition, rule)| self.cite(edition, &rule.basis));
        format!("{text} {cites}").trim().to_owned()
    }

    /// What does not go together, as a sentence.
    pub(super) fn difference(&self, disagreement: &Disagreement<'_>) -> String {
        let date = disagreement.statement().map(|it| self.date(it)).unwrap_or_default();
        let text = match disagreement {
            Disagreement::Shorter { declared, rule, .. }
            | Disagreement::Longer { declared, rule, .. } => {
                let values = [
                    ("date", date.as_str()),
                    ("declared", &self.phrase.counted_stores(declared.stores)),
                    ("listed", &self.phrase.counted(rule)),
                ];
                self.fill(&w::DIFFER_LENGTH, &values)
            }
            Disagreement::NotStored { .. } => self.fill(&w::DIFFER_NOT_STORED, &[("date", &date)]),
            Disagreement::Unlisted { .. } => self.fill(&w::DIFFER_UNLISTED, &[("date", &date)]),
            Disagreement::Forbidden { .. } => self.fill(&w::DIFFER_FORBIDDEN, &[("date", &date)]),
            Disagreement::Statements { newer, older } => {
                let values = [("newer", self.date(newer)), ("older", self.date(older))];
                let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                self.fill(&w::DIFFER_STATEMENTS, &values)
            }
            Disagreement::SignedNotHeld { .. } => self.say(&w::DIFFER_SIGNED_NOT_HELD).to_owned(),
            Disagreement::SignedHeld { .. } => {
                self.fill(&w::DIFFER_SIGNED_HELD, &[("date", &date)])
            }
            Disagreement::ValuesDiffer => self.say(&w::DIFFER_VALUES).to_owned(),
            Disagreement::Overdue { erase_by } => {
                let day = self.phrase.when.date_without_weekday(*erase_by);
                self.fill(&w::DIFFER_OVERDUE, &[("day", &day)])
            }
        };
        sentence(&text)
    }

    /// The marks that lead to the sources of a text; each source has one number.
    fn cite(&mut self, edition: &'a Edition, basis: &'a [Id]) -> String {
        let mut marks = String::new();
        for id in basis {
            let known = self.cited.iter().position(|(of, it)| of.id == edition.id && *it == id);
            let place = known.unwrap_or_else(|| {
                self.cited.push((edition, id));
                self.cited.len() - 1
            });
            marks.push_str(&format!("[{}]", place + 1));
        }
        marks
    }

    /// Who may obtain which fields, and whether the files leave it open of some.
    pub(super) fn recipients(&self) -> (Vec<Obtainable<'a>>, bool) {
        // By what is said, so that what several rules say alike stands there once.
        let mut said: Vec<Obtainable<'a>> = Vec::new();
        let mut is_silent = false;
        for it in &self.holding.fields {
            for verdict in it.law.iter().flat_map(|law| &law.verdicts) {
                let binding = verdict.rule.nature == Nature::Must
                    && verdict.applies != Applicability::Unknown;
                let Some(recipients) = verdict.edition.recipients_of(verdict.rule) else {
                    is_silent |= binding;
                    continue;
                };
                if !binding {
                    continue;
                }
                let same = said.iter_mut().find(|(edition, known, _)| {
                    edition.id == verdict.edition.id && known.id == recipients.id
                });
                match same {
                    Some((_, _, fields)) if fields.contains(&it.field) => {}
                    Some((_, _, fields)) => fields.push(it.field),
                    None => said.push((verdict.edition, recipients, vec![it.field])),
                }
            }
        }
        (said, is_silent)
    }

    fn who(&mut self) {
        let (said, is_silent) = self.recipients();
        if said.is_empty() && !is_silent {
            return;
        }
        self.layout.heading(self.say(&w::WHO));
        let language = self.phrase.when.language;
        let is_whole = !said.is_empty();
        for (edition, recipients, fields) in said {
            let labels = edition.authorities_of(recipients).into_iter();
            let labels: Vec<&str> = labels.map(|it| it.label.text(language)).collect();
            let cites = self.cite(edition, &recipients.basis);
            self.layout.gap();
            let fields = self.fill(&w::WHO_OF, &[("fields", &self.names(&fields))]);
            self.layout.paragraph(2, &record::capitalised(&fields));
            for label in folded(&labels) {
                self.layout.item(4, "-", &label);
            }
            let note = recipients.note.as_ref().map_or("", |note| note.text(language));
            self.layout.paragraph(4, format!("{note} {cites}").trim());
        }
        if is_silent {
            self.layout.gap();
            let silence = if is_whole { &w::WHO_UNCITED } else { &w::WHO_UNKNOWN };
            self.layout.paragraph(2, self.say(silence));
        }
    }

    fn requests(&mut self) {
        let language = self.phrase.when.language;
        for (heading, kind) in [
            (&w::REQUEST_MUST, RequirementKind::RequestMust),
            (
                vocabulary::requirement_kind(RequirementKind::OperatorMay),
                RequirementKind::OperatorMay,
            ),
        ] {
            let mut items: Vec<String> = Vec::new();
            for edition in self.holding.editions.clone() {
                for it in edition.requirements.iter().filter(|it| it.kind == kind) {
                    let label = it.label.text(language);
                    if items.iter().any(|known| known.starts_with(label)) {
                        continue;
                    }
                    let cites = self.cite(edition, &it.basis);
                    items.push(format!("{label} {cites}"));
                }
            }
            if items.is_empty() {
                continue;
            }
            self.layout.heading(self.say(heading));
            for item in items {
                self.layout.item(2, "-", &item);
            }
        }
    }

    fn never(&mut self) {
        let language = self.phrase.when.language;
        let mut items: Vec<String> = Vec::new();
        for it in self.holding.never_kept().collect::<Vec<_>>() {
            for verdict in it.law.iter().flat_map(|law| &law.verdicts) {
                if verdict.rule.nature == Nature::MustNot
                    && verdict.applies != Applicability::Unknown
                {
                    let label = verdict.rule.label.text(language);
                    let note = verdict.rule.note.as_ref().map_or("", |note| note.text(language));
                    if items.iter().any(|known| known.starts_with(&format!("{label}. {note}"))) {
                        continue;
                    }
                    let cites = self.cite(verdict.edition, &verdict.rule.basis);
                    items.push(format!("{label}. {note} {cites}"));
                }
            }
        }
        if !items.is_empty() {
            self.layout.heading(self.say(&w::NEVER_PART));
            for item in items {
                self.layout.paragraph(2, &item);
            }
        }
    }

    fn pending(&mut self) {
        let language = self.phrase.when.language;
        let mut all: Vec<(&'a Challenge, Vec<&'a Rule>)> = Vec::new();
        for it in &self.holding.fields {
            for verdict in it.law.iter().flat_map(|law| &law.verdicts) {
                for challenge in verdict.edition.pending_of(verdict.rule) {
                    match all.iter_mut().find(|(known, _)| known.id == challenge.id) {
                        Some((_, rules)) if rules.iter().any(|it| it.id == verdict.rule.id) => {}
                        Some((_, rules)) => rules.push(verdict.rule),
                        None => all.push((challenge, vec![verdict.rule])),
                    }
                }
            }
        }
        if all.is_empty() {
            return;
        }
        self.layout.heading(self.say(&w::PENDING));
        for (challenge, rules) in all {
            let rules =
                list(rules.iter().map(|it| record::lowered(it.label.text(language), language)));
            let what = challenge.what.text(language);
            let affects = sentence(&self.fill(&w::PENDING_AFFECTS, &[("rules", &rules)]));
            self.layout.item(2, "-", &format!("{what} {affects}"));
        }
    }

    fn blind(&mut self) {
        self.layout.heading(self.say(&w::BLIND));
        for message in [
            &w::BLIND_DISKS,
            &w::BLIND_CLOCKS,
            &w::BLIND_OTHERS,
            &w::BLIND_LONGER,
            &w::BLIND_REQUESTS,
            &w::BLIND_ADVICE,
        ] {
            self.layout.item(2, "-", self.say(message));
        }
    }

    fn sources(&mut self) {
        if self.cited.is_empty() {
            return;
        }
        self.layout.heading(self.say(&w::SOURCES));
        let width = length(&format!("[{}]", self.cited.len()));
        for (place, (edition, id)) in std::mem::take(&mut self.cited).into_iter().enumerate() {
            let Some(source) = edition.sources.iter().find(|it| it.id == *id) else { continue };
            let language = self.phrase.when.language;
            let mut text = self.fill(
                &w::SOURCE,
                &[
                    ("cite", source.cite.text(language)),
                    ("verified", self.say(vocabulary::verified(source.verified))),
                ],
            );
            if let Some(note) = &source.note {
                text = format!("{text}. {}", note.text(language));
            }
            self.layout.row(2, &format!("[{}]", place + 1), width - 1, &text);
            self.cited.push((edition, id));
        }
        self.addresses();
    }

    /// Where the sources can be read, each address once.
    fn addresses(&mut self) {
        let mut addresses: Vec<&str> = Vec::new();
        for (edition, id) in &self.cited {
            let source = edition.sources.iter().find(|it| it.id == **id);
            let address = source.and_then(|it| it.eli.as_deref().or(it.url.as_deref()));
            if let Some(address) = address.filter(|it| !addresses.contains(it)) {
                addresses.push(address);
            }
        }
        self.layout.gap();
        for address in addresses {
            self.layout.paragraph(2, address);
        }
    }

    fn statements(&mut self) {
        let Some(profile) = self.holding.rulebook.profile else { return };
        self.layout.heading(self.say(&w::STATEMENTS));
        let language = self.phrase.when.language;
        for statement in &profile.statements {
            let values = [
                ("label", statement.label.text(language)),
                ("date", &self.date(statement)),
                ("by", &statement.by),
                ("kind", self.say(vocabulary::statement_kind(statement.kind))),
                ("verified", self.say(vocabulary::verified(statement.verified))),
            ];
            let mut text = self.fill(&w::STATEMENT_IS, &values);
            if let Some(note) = &statement.note {
                text = format!("{text} {}", note.text(language));
            }
            self.layout.item(2, "-", &text);
            if let Some(url) = &statement.url {
                self.layout.paragraph(4, url);
            }
        }
    }
}

/// The edition that says who may obtain what, those who may, and the fields.
pub(super) type Obtainable<'a> = (&'a Edition, &'a Recipients, Vec<Field>);

/// What the box saw, in words.
pub(super) fn seen(seen: &Seen, when: When) -> String {
    let say = |message: &Message| message.text(when.language).to_owned();
    match seen {
        Seen::Unknown => say(&w::SEEN_UNKNOWN),
        Seen::NotApart => say(&w::SEEN_NOT_APART),
        Seen::NotYet => say(&w::LASTS),
        Seen::NeverRecorded => say(&w::SEEN_NEVER),
        Seen::Value(observed) => {
            let value = match observed.value {
                Value::Address(address) => address.to_string(),
                Value::Port(port) => port.to_string(),
                Value::Prefix(prefix) => prefix.to_string(),
                Value::Moment(moment) => when.moment(&moment),
                Value::EndReason(reason) => {
                    let text = record::end_reason(reason).text(when.language);
                    record::lowered(text.trim_end_matches('.'), when.language)
                }
                Value::Gateway(gateway) => gateway.to_string(),
                Value::Transport(transport) => say(record::transport(transport)),
            };
            let source = record::source(observed.source).text(when.language);
            w::SEEN_VALUE.fill(when.language, &[("value", &value), ("source", source)])
        }
    }
}

/// The letter of a rule, from its place.
fn letter(place: usize) -> String {
    let last = char::from(b'A' + u8::try_from(place % 26).unwrap_or_default());
    if place < 26 { last.to_string() } else { format!("{}{last}", letter(place / 26 - 1)) }
}

pub(super) fn signed_field(signed: SignedField) -> &'static Message {
    match signed {
        SignedField::RecordNotHeld | SignedField::NotHeld => &w::SIGNED_FIELD_NOT_HELD,
        SignedField::Held(Comparison::Same) => &w::SIGNED_SAME,
        SignedField::Held(Comparison::Differs) => &w::SIGNED_DIFFERS,
        SignedField::Held(Comparison::CannotTell) => &w::SIGNED_CANNOT_TELL,
    }
}

/// Labels that differ only in one word, as one: "class 1°, 2°, 3° of Art. 127/1".
pub(super) fn folded(labels: &[&str]) -> Vec<String> {
    let words: Vec<Vec<&str>> = labels.iter().map(|label| label.split(' ').collect()).collect();
    let Some((first, others)) = words.split_first() else { return Vec::new() };
    let differs = |place: &usize| others.iter().any(|other| other.get(*place) != first.get(*place));
    let alike = others.iter().all(|other| other.len() == first.len());
    let places: Vec<usize> = (0..first.len()).filter(differs).collect();
    let [place] = places[..] else { return labels.iter().map(|it| (*it).to_owned()).collect() };
    if !alike {
        return labels.iter().map(|it| (*it).to_owned()).collect();
    }
    let values = list(words.iter().map(|label| label[place].to_owned()));
    let mut whole: Vec<&str> = first.clone();
    whole[place] = &values;
    vec![whole.join(" ")]
}
