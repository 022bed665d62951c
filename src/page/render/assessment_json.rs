use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use temoin_core::assessment::{
    Assessment, Disagreement, EarlierStatement, FieldAssessment, LegalPosition, NotHeldReason,
    ObservedField, ObservedValue, RecordCounts, SignedField, SignedState, SignedStatus, Summary,
};
use temoin_core::law::{
    Applicability, Condition, Covered, Declared, Doubt, Edition, Kept, LegalAnswer, LocalizedText,
    NamedEnum, OperatorName, Period, ProfileStatement, Verdict,
};
use temoin_core::session::{Source, TimeBounds};
use temoin_core::text::Language;

/// The name and version of the format of one assessment.
pub const HOLDING_FORMAT: &str = "temoin.holding/1";

/// The name and version of the format of the summary.
pub const SUMMARY_FORMAT: &str = "temoin.held/1";

/// An assessment for other programs, as `README.md` in this folder describes it.
pub fn assessment_json(own: &Assessment<'_>) -> impl Serialize {
    let statements = own.applicable_rules.profile.iter().flat_map(|profile| &profile.statements);
    JsonAssessment {
        format: HOLDING_FORMAT,
        session: own.session.id.to_string(),
        now: own.now.to_string(),
        jurisdiction: own.applicable_rules.jurisdiction.map(NamedEnum::name),
        operator: own.applicable_rules.profile.map(|profile| profile.id.to_string()),
        signed: JsonSigned::of(&own.signed),
        fields: own.fields.iter().map(JsonField::of).collect(),
        editions: own.editions.iter().map(|edition| JsonEdition::of(edition)).collect(),
        statements: statements.map(JsonStatement::of).collect(),
    }
}

/// A summary for other programs, as `README.md` in this folder describes it.
pub fn summary_json(own: &Summary) -> impl Serialize {
    JsonSummary {
        format: SUMMARY_FORMAT,
        today: JsonDay(own.today),
        timezone: own.zone.name(),
        operator: match &own.operator {
            Some(OperatorName::Association(name)) => Some(name.clone()),
            Some(OperatorName::Software(_)) | None => None,
        },
        declared_before_law: own.predated.is_some(),
        sessions: own.sessions,
        open: own.open,
        law: own.law.as_ref().map(JsonRecordCounts::of),
        declared: own.declared.as_ref().map(JsonRecordCounts::of),
    }
}

#[derive(Serialize)]
struct JsonAssessment {
    format: &'static str,
    session: String,
    now: String,
    jurisdiction: Option<&'static str>,
    operator: Option<String>,
    signed: JsonSigned,
    fields: Vec<JsonField>,
    editions: Vec<JsonEdition>,
    statements: Vec<JsonStatement>,
}

#[derive(Serialize)]
struct JsonField {
    field: &'static str,
    observed: JsonObservedField,
    law: Option<JsonLaw>,
    declared: Vec<JsonDeclared>,
    signed: Option<&'static str>,
    disagreements: Vec<JsonDisagreement>,
}

impl JsonField {
    fn of(it: &FieldAssessment<'_>) -> Self {
        Self {
            field: it.field.name(),
            observed: JsonObservedField::of(&it.seen),
            law: it.law.as_ref().map(JsonLaw::of),
            declared: it.declared.iter().map(JsonDeclared::of).collect(),
            signed: it.signed.map(|signed| match signed {
                SignedField::RecordNotHeld | SignedField::NotHeld => "not-held",
                SignedField::Held(comparison) => comparison.name(),
            }),
            disagreements: it.disagreements.iter().map(JsonDisagreement::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonObservedField {
    state: &'static str,
    value: Option<String>,
    moment: Option<JsonTimeBounds>,
    source: Option<&'static str>,
}

impl JsonObservedField {
    fn of(seen: &ObservedField) -> Self {
        let value = match seen {
            ObservedField::Value(observed) => Some(observed.value),
            ObservedField::Unknown
            | ObservedField::NotApart
            | ObservedField::NotYet
            | ObservedField::NeverRecorded => None,
        };
        let moment = match value {
            Some(ObservedValue::TimeBounds(moment)) => Some(JsonTimeBounds::of(moment)),
            _ => None,
        };
        let value = value.and_then(|value| match value {
            ObservedValue::Address(address) => Some(address.to_string()),
            ObservedValue::Port(port) => Some(port.to_string()),
            ObservedValue::Prefix(prefix) => Some(prefix.to_string()),
            ObservedValue::TimeBounds(_) => None,
            ObservedValue::EndReason(reason) => Some(reason.name().to_owned()),
            ObservedValue::Gateway(gateway) => Some(gateway.to_string()),
            ObservedValue::Transport(transport) => Some(transport.name().to_owned()),
        });
        Self { state: seen.name(), value, moment, source: seen.source().map(Source::name) }
    }
}

#[derive(Serialize)]
struct JsonTimeBounds {
    earliest: Option<String>,
    latest: Option<String>,
    claimed: Option<String>,
}

impl JsonTimeBounds {
    fn of(moment: TimeBounds) -> Self {
        let TimeBounds { earliest, latest, claimed } = moment;
        Self {
            earliest: earliest.map(|at| at.to_string()),
            latest: latest.map(|at| at.to_string()),
            claimed: claimed.map(|at| at.to_string()),
        }
    }
}

#[derive(Serialize)]
struct JsonLaw {
    answer: &'static str,
    verdicts: Vec<JsonVerdict>,
    doubts: Vec<JsonDoubt>,
    not_listed_in: Vec<String>,
}

impl JsonLaw {
    fn of(law: &LegalPosition<'_>) -> Self {
        Self {
            answer: answer_name(law.answer),
            verdicts: law.verdicts.iter().map(JsonVerdict::of).collect(),
            doubts: law.doubts.iter().map(JsonDoubt::of).collect(),
            not_listed_in: law.unlisted_in.iter().map(|it| it.id.to_string()).collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonVerdict {
    edition: String,
    rule: String,
    nature: &'static str,
    certainty: &'static str,
    applies_to: &'static str,
    applies: &'static str,
    depends_on: Vec<&'static str>,
    kept: JsonKept,
    basis: Vec<String>,
    recipients: Option<String>,
    pending: Vec<String>,
}

impl JsonVerdict {
    fn of(verdict: &Verdict<'_>) -> Self {
        let Verdict { edition, rule, applies, kept } = verdict;
        let (applies, depends_on) = match applies {
            Applicability::Certain => ("certain", Vec::new()),
            Applicability::Depends(on) => {
                ("depends", on.iter().map(|it| condition_name(*it)).collect())
            }
            Applicability::Unknown => ("unknown", Vec::new()),
        };
        Self {
            edition: edition.id.to_string(),
            rule: rule.id.to_string(),
            nature: rule.nature.name(),
            certainty: rule.certainty.name(),
            applies_to: rule.applies_to.name(),
            applies,
            depends_on,
            kept: JsonKept::of(kept),
            basis: rule.basis.iter().map(ToString::to_string).collect(),
            recipients: rule.recipients.as_ref().map(ToString::to_string),
            pending: edition.pending_of(rule).iter().map(|it| it.id.to_string()).collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonKept {
    state: &'static str,
    counted_from: Option<&'static str>,
    earliest: Option<JsonDay>,
    latest: Option<JsonDay>,
    live: bool,
    erasable_from: Option<String>,
}

impl JsonKept {
    fn of(kept: &Kept<'_>) -> Self {
        let until = kept.until();
        let (state, event) = match kept {
            Kept::Until(until) => ("until", until.event),
            Kept::AfterEvent(event) => ("after-event", Some(*event)),
            Kept::NoLength => ("no-length", None),
            Kept::Never => ("never", None),
            Kept::Unknown(_) => ("unknown", None),
        };
        Self {
            state,
            counted_from: event.map(NamedEnum::name),
            earliest: until.and_then(|it| it.earliest).map(JsonDay),
            latest: until.and_then(|it| it.latest).map(JsonDay),
            live: until.is_some_and(|it| it.live),
            erasable_from: until.and_then(|it| it.erasable_from).map(|at| at.to_string()),
        }
    }
}

#[derive(Serialize)]
struct JsonDoubt {
    why: &'static str,
    edition: Option<String>,
    track: Option<&'static str>,
    from: Option<JsonDay>,
    to: Option<JsonDay>,
}

impl JsonDoubt {
    fn of(doubt: &Doubt<'_>) -> Self {
        let none = Self { why: "undated", edition: None, track: None, from: None, to: None };
        let of = |why, edition: &Edition| Self {
            why,
            edition: Some(edition.id.to_string()),
            track: Some(edition.track.name()),
            from: None,
            to: None,
        };
        match doubt {
            Doubt::Undated => none,
            Doubt::LeftOpen(edition) => of("left-open", edition),
            Doubt::Stale(edition) => of("stale", edition),
            Doubt::Gap { track, from, to } => Self {
                why: "gap",
                track: Some(track.name()),
                from: Some(JsonDay(*from)),
                to: Some(JsonDay(*to)),
                ..none
            },
        }
    }
}

#[derive(Serialize)]
struct JsonDeclared {
    statement: String,
    stored: bool,
    since: Option<JsonDay>,
    length: Option<JsonPeriod>,
    counted_from: Option<&'static str>,
    covers: &'static str,
    kept: JsonKept,
}

impl JsonDeclared {
    fn of(declared: &Declared<'_>) -> Self {
        Self {
            statement: declared.statement.id.to_string(),
            stored: declared.stores.stored,
            since: declared.stores.from.map(JsonDay),
            length: declared.stores.erase_after.map(JsonPeriod::of),
            counted_from: declared.stores.counted_from.map(NamedEnum::name),
            covers: match declared.covered {
                Covered::Yes => "yes",
                Covered::No => "no",
                Covered::Perhaps => "perhaps",
            },
            kept: JsonKept::of(&declared.kept),
        }
    }
}

#[derive(Serialize)]
struct JsonPeriod {
    number: u32,
    unit: &'static str,
}

impl JsonPeriod {
    fn of(period: Period) -> Self {
        let (number, unit) = match period {
            Period::Days(number) => (number, "days"),
            Period::Months(number) => (number, "months"),
            Period::Years(number) => (number, "years"),
        };
        Self { number, unit }
    }
}

#[derive(Serialize)]
struct JsonDisagreement {
    kind: &'static str,
    statement: Option<String>,
    other_statement: Option<String>,
    edition: Option<String>,
    rule: Option<String>,
    /// Whether the statement is older than the rule's edition.
    before_law: bool,
}

impl JsonDisagreement {
    fn of(it: &Disagreement<'_>) -> Self {
        let other = match it {
            Disagreement::Statements { older, .. } => Some(older.id.to_string()),
            _ => None,
        };
        Self {
            kind: it.name(),
            before_law: it.predated().is_some(),
            statement: it.statement().map(|it| it.id.to_string()),
            other_statement: other,
            edition: it.rule().map(|(edition, _)| edition.id.to_string()),
            rule: it.rule().map(|(_, rule)| rule.id.to_string()),
        }
    }
}

#[derive(Serialize)]
struct JsonSigned {
    state: &'static str,
    meaning: Option<&'static str>,
    registration: Option<&'static str>,
    stated_at: Option<String>,
    erase_by: Option<JsonDay>,
    contradicts: Vec<JsonEarlier>,
}

/// What the operator had stated otherwise before.
#[derive(Serialize)]
struct JsonEarlier {
    stated_at: String,
    state: &'static str,
    erase_by: Option<JsonDay>,
    fields: Vec<String>,
}

impl JsonEarlier {
    fn of(earlier: &EarlierStatement) -> Self {
        let held = earlier.held.as_ref();
        Self {
            stated_at: earlier.stated_at.to_string(),
            state: if held.is_some() { "held" } else { "not-held" },
            erase_by: held.and_then(|(_, day)| *day).map(JsonDay),
            fields: held.map_or_else(Vec::new, |(fields, _)| {
                fields.iter().map(|field| field.name().to_owned()).collect()
            }),
        }
    }
}

impl JsonSigned {
    fn of(signed: &SignedStatus) -> Self {
        let nothing = Self {
            state: "",
            meaning: None,
            registration: None,
            stated_at: None,
            erase_by: None,
            contradicts: Vec::new(),
        };
        let statement = match signed {
            SignedStatus::SyncOff => return Self { state: "sync-off", ..nothing },
            SignedStatus::NoneYet(registration) => {
                let registration = Some(registration.name());
                return Self { state: "none-yet", registration, ..nothing };
            }
            SignedStatus::Stated(statement) => statement,
        };
        let (state, meaning, erase_by) = match &statement.state {
            SignedState::Held { erase_by, is_overdue, .. } => {
                ("held", is_overdue.then_some("overdue"), *erase_by)
            }
            SignedState::NotHeld(absence) => match absence {
                NotHeldReason::Contradicted => ("not-held", Some("contradiction"), None),
                NotHeldReason::Early(erase_by) => ("not-held", Some("early"), *erase_by),
                NotHeldReason::Erased(erase_by) => ("not-held", Some("erased"), *erase_by),
                NotHeldReason::NotRegistered => ("not-held", Some("not-registered"), None),
            },
        };
        let stated_at = Some(statement.stated_at.to_string());
        let contradicts = statement.contradictions.iter().map(JsonEarlier::of).collect();
        Self { state, meaning, stated_at, erase_by: erase_by.map(JsonDay), contradicts, ..nothing }
    }
}

#[derive(Serialize)]
struct JsonEdition {
    id: String,
    title: JsonLocalizedText,
    status: &'static str,
    effective_from: JsonDay,
    effective_to: Option<JsonDay>,
    checked_on: JsonDay,
    fresh_until: JsonDay,
    sources: Vec<JsonSource>,
}

impl JsonEdition {
    fn of(edition: &Edition) -> Self {
        let sources = edition.sources.iter().map(|source| JsonSource {
            id: source.id.to_string(),
            cite: JsonLocalizedText::of(&source.cite),
            url: source.eli.clone().or_else(|| source.url.clone()),
            verified: source.verified.name(),
        });
        Self {
            id: edition.id.to_string(),
            title: JsonLocalizedText::of(&edition.title),
            status: edition.status.name(),
            effective_from: JsonDay(edition.effective_from),
            effective_to: edition.effective_to.map(JsonDay),
            checked_on: JsonDay(edition.checked_on),
            fresh_until: JsonDay(edition.fresh_until()),
            sources: sources.collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonSource {
    id: String,
    cite: JsonLocalizedText,
    url: Option<String>,
    verified: &'static str,
}

#[derive(Serialize)]
struct JsonStatement {
    id: String,
    label: JsonLocalizedText,
    kind: &'static str,
    stated_on: JsonDay,
    by: String,
    url: Option<String>,
    verified: &'static str,
}

impl JsonStatement {
    fn of(statement: &ProfileStatement) -> Self {
        Self {
            id: statement.id.to_string(),
            label: JsonLocalizedText::of(&statement.label),
            kind: statement.kind.name(),
            stated_on: JsonDay(statement.stated_on),
            by: statement.by.clone(),
            url: statement.url.clone(),
            verified: statement.verified.name(),
        }
    }
}

/// A text by the code of each language that is offered.
struct JsonLocalizedText(LocalizedText);

impl JsonLocalizedText {
    fn of(texts: &LocalizedText) -> Self {
        Self(texts.clone())
    }
}

impl Serialize for JsonLocalizedText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_map(Language::OFFERED.map(|language| (language.code(), self.0.text(language))))
    }
}

#[derive(Serialize)]
struct JsonSummary {
    format: &'static str,
    today: JsonDay,
    timezone: &'static str,
    operator: Option<String>,
    sessions: u64,
    open: u64,
    declared_before_law: bool,
    law: Option<JsonRecordCounts>,
    declared: Option<JsonRecordCounts>,
}

#[derive(Serialize)]
struct JsonRecordCounts {
    held: u64,
    at_most: u64,
    erased_here: u64,
    over: u64,
    none: u64,
    untold: Vec<JsonUnknownReason>,
    oldest: Option<String>,
    next: Option<JsonNext>,
}

impl JsonRecordCounts {
    fn of(count: &RecordCounts) -> Self {
        let untold = count.untold.iter();
        Self {
            held: count.held,
            at_most: count.at_most(),
            erased_here: count.erased_here,
            over: count.over,
            none: count.none,
            untold: untold
                .map(|(why, sessions)| JsonUnknownReason { why: why.name(), sessions: *sessions })
                .collect(),
            oldest: count.oldest.map(|(id, _)| id.to_string()),
            next: count.next.map(|(id, last_day)| JsonNext {
                session: id.map(|id| id.to_string()),
                last_day: JsonDay(last_day),
            }),
        }
    }
}

#[derive(Serialize)]
struct JsonUnknownReason {
    why: &'static str,
    sessions: u64,
}

#[derive(Serialize)]
struct JsonNext {
    session: Option<String>,
    last_day: JsonDay,
}

/// A day, written as RFC 3339 writes one: `2026-11-24`.
struct JsonDay(NaiveDate);

impl Serialize for JsonDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

fn condition_name(condition: Condition) -> &'static str {
    match condition {
        Condition::TargetedArea => "targeted-area",
        Condition::OwnPurpose => "own-purpose",
        Condition::ExpeditedPreservation => "expedited-preservation",
        Condition::Day => "day",
    }
}

fn answer_name(answer: LegalAnswer) -> &'static str {
    match answer {
        LegalAnswer::Required => "required",
        LegalAnswer::RequiredPerhaps => "required-perhaps",
        LegalAnswer::Allowed => "allowed",
        LegalAnswer::Forbidden => "forbidden",
        LegalAnswer::Unlisted => "not-listed",
        LegalAnswer::Unknown => "unknown",
    }
}
