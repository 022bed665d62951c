use super::phrases::{PhraseBuilder, list, sentence};
use super::signed_status_text::signed_status_text;
use super::text_layout::{TextLayout, length};
use crate::messages::assessment as w;
use crate::render::law_words;
use crate::render::words as record;
use temoin_core::assessment::{
    Assessment, DigestComparison, Disagreement, FieldAssessment, LegalPosition, ObservedField,
    ObservedValue, SignedField,
};
use temoin_core::law::{
    Applicability, Certainty, Condition, Covered, Declared, Doubt, Edition, EditionStatus, Kept,
    LegalAnswer, LegalChallenge, Nature, OperatorName, ProfileStatement, Recipients,
    RequirementKind, Rule, Slug, Verdict,
};
use temoin_core::session::Field;
use temoin_core::text::{DateFormatter, Message};

/// An assessment as plain text for a terminal of `width` columns (80 as a rule), in the language and
/// the time zone of `when`.
pub fn assessment_text(assessment: &Assessment<'_>, when: DateFormatter, width: usize) -> String {
    let mut writer = TextWriter::new(assessment, when, width);
    writer.write();
    writer.layout.into_string()
}

pub(super) struct TextWriter<'h, 'a> {
    holding: &'h Assessment<'a>,
    phrases: PhraseBuilder,
    layout: TextLayout,
    /// The cited sources, in order; each one's position, from 1, is its number.
    cited: Vec<(&'a Edition, &'a Slug)>,
    /// The rules that a field's answer refers to, in order; each one's position is its letter.
    rules: Vec<Verdict<'a>>,
}

impl<'h, 'a> TextWriter<'h, 'a> {
    pub(super) fn new(holding: &'h Assessment<'a>, when: DateFormatter, width: usize) -> Self {
        Self {
            holding,
            phrases: PhraseBuilder { when, today: when.zone.date(holding.now) },
            layout: TextLayout::new(width),
            cited: Vec::new(),
            rules: Vec::new(),
        }
    }

    pub(super) fn phrases(&self) -> &PhraseBuilder {
        &self.phrases
    }

    fn write(&mut self) {
        self.layout.paragraph(0, self.say(&w::TITLE));
        self.write_head();
        self.write_short_rows();
        self.layout.heading(self.say(&w::FIELD_BY_FIELD));
        for group in self.holding.groups() {
            self.group(&group);
        }
        self.write_law();
        self.write_recipients();
        self.write_requests();
        self.write_never_kept();
        self.write_pending();
        self.write_limits();
        self.sources();
        self.statements();
    }

    pub(super) fn say(&self, message: &Message) -> &'static str {
        message.text(self.phrases.when.language)
    }

    pub(super) fn fill(&self, message: &Message, values: &[(&str, &str)]) -> String {
        message.fill(self.phrases.when.language, values)
    }

    fn write_head(&mut self) {
        let Assessment { session, applicable_rules, now, .. } = self.holding;
        let when = self.phrases.when;
        let device = session.device.to_string();
        let end = match &session.end {
            Some(end) => when.moment(&end.moment.value),
            None => self.say(&w::LASTS).to_owned(),
        };
        let law = match applicable_rules.jurisdiction {
            Some(whose) => self.say(law_words::jurisdiction(whose)),
            None => self.say(&w::LAW_UNKNOWN),
        };
        let operator = match applicable_rules.profile {
            Some(profile) => {
                record::operator(Some(&profile.operator_name()), self.phrases.when.language)
            }
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

    fn write_short_rows(&mut self) {
        let rows = self.short_rows();
        self.layout.heading(self.say(&w::IN_SHORT));
        self.rows(2, &rows);
    }

    /// The first answer: what law, declaration and signature say of which fields, until when.
    pub(super) fn short_rows(&self) -> Vec<(&'static Message, String)> {
        let mut rows: Vec<(&'static Message, String)> = Vec::new();
        for (label, answer) in [
            (&w::REQUIRED, LegalAnswer::Required),
            (&w::PERHAPS, LegalAnswer::RequiredPerhaps),
            (&w::ALLOWED, LegalAnswer::Allowed),
            (&w::UNLISTED, LegalAnswer::Unlisted),
            (&w::UNKNOWN, LegalAnswer::Unknown),
            (&w::NEVER, LegalAnswer::Forbidden),
        ] {
            let mut said: Vec<(Option<String>, Vec<Field>)> = Vec::new();
            for it in &self.holding.fields {
                let Some(law) = it.law.as_ref().filter(|law| law.answer == answer) else {
                    continue;
                };
                let until = (answer == LegalAnswer::Required).then(|| self.longest(law)).flatten();
                match said.iter_mut().find(|(known, _)| *known == until) {
                    Some((_, fields)) => fields.push(it.field),
                    None => said.push((until, vec![it.field])),
                }
            }
            for (until, fields) in said {
                rows.push((label, self.fields_say(&fields, until.as_deref())));
            }
        }
        if self.holding.applicable_rules.jurisdiction.is_none() {
            rows.push((&w::LAW, sentence(self.say(&w::NO_JURISDICTION))));
        }
        let mut said: Vec<(String, Vec<Field>)> = Vec::new();
        for it in &self.holding.fields {
            let newest = it.declared.iter().find(|it| it.covered != Covered::No);
            let Some(newest) = newest.filter(|it| it.stores.stored) else { continue };
            let says = match &newest.kept {
                Kept::Until(until) => self.phrases.until(until),
                _ => self.phrases.stored(newest.stores),
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
            rows.push((&w::DECLARED, sentence(&self.no_statement())));
        }
        rows.push((
            &w::SIGNED,
            sentence(&signed_status_text(&self.holding.signed, self.phrases.when)),
        ));
        let differing: Vec<Field> = self
            .holding
            .fields
            .iter()
            .filter(|it| it.disagreements.iter().any(|it| it.predated().is_none()))
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
        record::fields(fields, self.phrases.when.language)
    }

    /// Until when the longest rule requires it to be kept.
    fn longest(&self, law: &LegalPosition<'_>) -> Option<String> {
        let today = self.phrases.today;
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
            Kept::Until(until) => Some(self.phrases.until(until)),
            Kept::AfterEvent(_) => Some(self.phrases.counted(longest.rule)),
            Kept::NoLength | Kept::Never | Kept::Unknown(_) => None,
        }
    }

    pub(super) fn no_statement(&self) -> String {
        match self.holding.applicable_rules.profile {
            Some(profile) => self.fill(&w::SILENT, &[("operator", &profile.name)]),
            None => self.say(&w::NO_PROFILE).to_owned(),
        }
    }

    fn group(&mut self, group: &[&FieldAssessment<'a>]) {
        let fields: Vec<Field> = group.iter().map(|it| it.field).collect();
        self.layout.gap();
        self.layout.paragraph(2, &record::sentence_start(&self.names(&fields)));
        let mut rows: Vec<(&Message, String)> = Vec::new();
        let never = group.iter().all(|it| it.seen == ObservedField::NeverRecorded);
        for it in group.iter().take(if never { 1 } else { group.len() }) {
            let seen = seen(&it.seen, self.phrases.when);
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
            rows.push((&w::DECLARED, sentence(&self.no_statement())));
        }
        rows.extend(first.declared.iter().map(|it| (&w::DECLARED, self.declared(it))));
        // Of an own statement on the session; that there is none is said once, above.
        if let Some(signed) = first.signed {
            rows.push((&w::SIGNED, sentence(self.say(signed_field(signed)))));
        }
        for it in &first.disagreements {
            let text = self.disagreement(it);
            let label = if it.predated().is_some() { &w::REMARK } else { &w::DIFFERENCE };
            rows.push((label, text));
        }
        // The same in every group, so that the eye finds the answers below each other.
        let labels = [&w::SEEN, &w::LAW, &w::DECLARED, &w::SIGNED, &w::DIFFERENCE, &w::REMARK];
        let width = labels.map(|label| length(self.say(label))).into_iter().max().unwrap_or(0);
        self.rows_of(4, width, &rows);
    }

    /// What the law says of a field, one line per rule; each rule is written in full below.
    fn law(&mut self, law: &LegalPosition<'a>) -> Vec<String> {
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
        if law.answer == LegalAnswer::Unlisted {
            let mut text = sentence(self.say(&w::NO_RULE));
            for edition in &law.unlisted_in {
                if let Some(default) = &edition.default {
                    let label = default.label.text(self.phrases.when.language);
                    let cites = self.cite(edition, &default.basis);
                    text = format!("{text} {label} {cites}");
                }
            }
            lines.push(text);
        } else {
            for edition in &law.unlisted_in {
                let title = edition.title.text(self.phrases.when.language);
                lines.push(sentence(&self.fill(&w::RULE_UNLISTED_IN, &[("title", title)])));
            }
        }
        lines.extend(law.doubts.iter().map(|doubt| match doubt {
            // Which text that is stands with the editions below, once.
            Doubt::LeftOpen(_) => self.say(&w::SOME_LEFT_OPEN).to_owned(),
            Doubt::Stale(_) => self.say(&w::SOME_STALE).to_owned(),
            Doubt::Gap { .. } | Doubt::Undated => self.phrases.doubt(doubt),
        }));
        lines.dedup();
        lines
    }

    /// The position of a rule among those written in full.
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
            Applicability::Certain | Applicability::Depends(_) => self.phrases.rule(verdict.rule),
        };
        match &verdict.applies {
            // Of a part of a session as of the whole: another edition forbids it in the other part.
            Applicability::Depends(_) if verdict.rule.nature == Nature::MustNot => {
                record::sentence_start(&text)
            }
            Applicability::Depends(on) => {
                let text = record::mid_sentence(&text, self.phrases.when.language);
                let message = match on[..] {
                    [Condition::OwnPurpose] => &w::IF_CHOSEN,
                    [Condition::Day] => &w::IN_PART,
                    _ => &w::IN_SOME_CASES,
                };
                self.fill(message, &[("text", &text)])
            }
            Applicability::Certain | Applicability::Unknown => record::sentence_start(&text),
        }
    }

    /// The editions of law that apply, and each of their rules once, in full.
    fn write_law(&mut self) {
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
        let when = self.phrases.when;
        let date = |day| when.date_without_weekday(day);
        let from = date(edition.effective_from);
        let checked = date(edition.checked_on);
        let status = self.say(match edition.status {
            EditionStatus::Unknown => &w::STATUS_UNKNOWN,
            status => law_words::status(status),
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
        let language = self.phrases.when.language;
        let mut sentences = vec![format!("{}.", rule.label.text(language))];
        sentences.push(sentence(&self.says(verdict)));
        match kept {
            // Why it is not known stands with the edition.
            _ if *applies == Applicability::Unknown => {}
            Kept::Until(until) => sentences.push(sentence(&self.phrases.until(until))),
            Kept::AfterEvent(_) if rule.retention.is_some() => {
                sentences.push(sentence(self.say(&w::WHEN_UNKNOWN)));
            }
            Kept::Unknown(doubt) => sentences.push(self.phrases.doubt(doubt)),
            Kept::AfterEvent(_) | Kept::NoLength | Kept::Never => {}
        }
        if *applies != Applicability::Unknown {
            if self.phrases.has_choice(rule) {
                sentences.push(sentence(self.say(&w::WHICH_LENGTH)));
            }
            if let Applicability::Depends(all) = applies {
                // Where it is the only condition, it has been said.
                let is_said = matches!(all[..], [Condition::OwnPurpose] | [Condition::Day])
                    || rule.nature == Nature::MustNot;
                let all = all.iter().filter(|_| !is_said);
                let all = all.map(|it| self.say(law_words::condition(*it)).to_owned());
                sentences.extend(all);
            }
            if rule.certainty != Certainty::Text {
                sentences.push(sentence(self.say(law_words::certainty(rule.certainty))));
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
        let mut says = self.phrases.stored(declared.stores);
        let until = declared.kept.until().map(|until| self.phrases.until(until));
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
            ("kind", self.say(law_words::statement_kind(statement.kind))),
            ("says", &says),
        ];
        sentence(&self.fill(&w::STATEMENT, &values))
    }

    fn date(&self, statement: &ProfileStatement) -> String {
        self.phrases.when.date_without_weekday(statement.stated_on)
    }

    fn disagreement(&mut self, disagreement: &Disagreement<'a>) -> String {
        let text = self.difference(disagreement);
        let cites = disagreement
            .rule()
            .map_or_else(String::new, |(edition, rule)| self.cite(edition, &rule.basis));
        format!("{text} {cites}").trim().to_owned()
    }

    /// A conflict, as a sentence.
    pub(super) fn difference(&self, disagreement: &Disagreement<'_>) -> String {
        let date = disagreement.statement().map(|it| self.date(it)).unwrap_or_default();
        let text = match disagreement {
            Disagreement::Shorter { declared, rule, .. }
            | Disagreement::Longer { declared, rule, .. } => {
                let values = [
                    ("date", date.as_str()),
                    ("declared", &self.phrases.counted_stores(declared.stores)),
                    ("listed", &self.phrases.counted(rule)),
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
                let day = self.phrases.when.date_without_weekday(*erase_by);
                self.fill(&w::DIFFER_OVERDUE, &[("day", &day)])
            }
        };
        let Some(since) = disagreement.predated() else { return sentence(&text) };
        let since = self.phrases.when.date_without_weekday(since);
        sentence(&self.fill(&w::DIFFER_OLDER, &[("difference", &text), ("since", &since)]))
    }

    /// The marks that lead to the sources of a text; each source has one number.
    fn cite(&mut self, edition: &'a Edition, basis: &'a [Slug]) -> String {
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
        // Grouped by content, so that what several rules share is written once.
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

    fn write_recipients(&mut self) {
        let (said, is_silent) = self.recipients();
        if said.is_empty() && !is_silent {
            return;
        }
        self.layout.heading(self.say(&w::WHO));
        let language = self.phrases.when.language;
        let is_whole = !said.is_empty();
        for (edition, recipients, fields) in said {
            let labels = edition.authorities_of(recipients).into_iter();
            let labels: Vec<&str> = labels.map(|it| it.label.text(language)).collect();
            let cites = self.cite(edition, &recipients.basis);
            self.layout.gap();
            let fields = self.fill(&w::WHO_OF, &[("fields", &self.names(&fields))]);
            self.layout.paragraph(2, &record::sentence_start(&fields));
            for label in join_labels(&labels) {
                self.layout.item(4, "-", &label);
            }
            let note = recipients.note.as_ref().map_or("", |note| note.text(language));
            self.layout.paragraph(4, format!("{note} {cites}").trim());
        }
        if is_silent {
            self.layout.gap();
            let no_statement = if is_whole { &w::WHO_UNCITED } else { &w::WHO_UNKNOWN };
            self.layout.paragraph(2, self.say(no_statement));
        }
    }

    fn write_requests(&mut self) {
        let language = self.phrases.when.language;
        for (heading, kind) in [
            (&w::REQUEST_MUST, RequirementKind::RequestMust),
            (
                law_words::requirement_kind(RequirementKind::OperatorMay),
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

    fn write_never_kept(&mut self) {
        let language = self.phrases.when.language;
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

    fn write_pending(&mut self) {
        let language = self.phrases.when.language;
        let mut all: Vec<(&'a LegalChallenge, Vec<&'a Rule>)> = Vec::new();
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
            let rules = list(
                rules.iter().map(|it| record::mid_sentence(it.label.text(language), language)),
            );
            let what = challenge.what.text(language);
            let affects = sentence(&self.fill(&w::PENDING_AFFECTS, &[("rules", &rules)]));
            self.layout.item(2, "-", &format!("{what} {affects}"));
        }
    }

    fn write_limits(&mut self) {
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
            let language = self.phrases.when.language;
            let mut text = self.fill(
                &w::SOURCE,
                &[
                    ("cite", source.cite.text(language)),
                    ("verified", self.say(law_words::verified(source.verified))),
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
        let Some(profile) = self.holding.applicable_rules.profile else { return };
        let title = match profile.operator_name() {
            OperatorName::Association(_) => self.say(&w::STATEMENTS).to_owned(),
            OperatorName::Software(software) => {
                self.fill(&w::SOFTWARE_STATEMENTS, &[("software", &software)])
            }
        };
        self.layout.heading(&title);
        let language = self.phrases.when.language;
        for statement in &profile.statements {
            let values = [
                ("label", statement.label.text(language)),
                ("date", &self.date(statement)),
                ("by", &statement.by),
                ("kind", self.say(law_words::statement_kind(statement.kind))),
                ("verified", self.say(law_words::verified(statement.verified))),
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

/// What the box observed, in words.
pub(super) fn seen(seen: &ObservedField, when: DateFormatter) -> String {
    let say = |message: &Message| message.text(when.language).to_owned();
    match seen {
        ObservedField::Unknown => say(&w::SEEN_UNKNOWN),
        ObservedField::NotApart => say(&w::SEEN_NOT_APART),
        ObservedField::NotYet => say(&w::LASTS),
        ObservedField::NeverRecorded => say(&w::SEEN_NEVER),
        ObservedField::Value(observed) => {
            let value = match observed.value {
                ObservedValue::Address(address) => address.to_string(),
                ObservedValue::Port(port) => port.to_string(),
                ObservedValue::Prefix(prefix) => prefix.to_string(),
                ObservedValue::TimeBounds(moment) => when.moment(&moment),
                ObservedValue::EndReason(reason) => {
                    let text = record::end_reason(reason).text(when.language);
                    record::mid_sentence(text.trim_end_matches('.'), when.language)
                }
                ObservedValue::Gateway(gateway) => gateway.to_string(),
                ObservedValue::Transport(transport) => say(record::transport(transport)),
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
        SignedField::Held(DigestComparison::Same) => &w::SIGNED_SAME,
        SignedField::Held(DigestComparison::Differs) => &w::SIGNED_DIFFERS,
        SignedField::Held(DigestComparison::CannotTell) => &w::SIGNED_CANNOT_TELL,
    }
}

/// Labels that differ only in one word, as one: "class 1°, 2°, 3° of Art. 127/1".
pub(super) fn join_labels(labels: &[&str]) -> Vec<String> {
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
