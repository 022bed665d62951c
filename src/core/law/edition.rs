use chrono::NaiveDate;

use super::day_arithmetic;
use super::file_problem::RuleFileError;
use super::localized_text::LocalizedText;
use super::named_enum::named_enum;
use super::period::{Period, PeriodChoice, RetentionPeriod};
use super::slug::Slug;
use super::toml_reader::{IdKind, ProblemReport, TomlTable, TomlValue};
use crate::session::{Field, Timestamp, Zone};

/// One edition of a jurisdiction's law on retention: one rule file.
#[derive(Clone, Debug, PartialEq)]
pub struct Edition {
    /// The file's name, as it was passed in.
    pub file: String,
    /// Its name; no other edition has it.
    pub id: Slug,
    /// Whose law.
    pub jurisdiction: Jurisdiction,
    /// Beside which other editions it stands.
    pub track: Track,
    /// What it is called.
    pub title: LocalizedText,
    /// The first day on which it applies.
    pub effective_from: NaiveDate,
    /// The last day on which it applies; `None` while none is known.
    pub effective_to: Option<NaiveDate>,
    /// When somebody last compared it with the law.
    pub checked_on: NaiveDate,
    /// How many days after that it may still be relied on.
    pub stale_after_days: u32,
    /// Whether it is in force.
    pub status: EditionStatus,
    /// The edition before it.
    pub supersedes: Option<Slug>,
    /// How periods are counted.
    pub computation: Computation,
    /// The zone in which its days begin.
    pub zone: Zone,
    /// What else is to be said of it.
    pub note: Option<LocalizedText>,
    /// What it says of a field that no rule lists.
    pub default: Option<DefaultRule>,
    /// Where all of it is written.
    pub sources: Vec<LegalSource>,
    /// What it says, rule by rule.
    pub rules: Vec<Rule>,
    /// The classes of authority that it names.
    pub authorities: Vec<Authority>,
    /// Which of them may obtain what.
    pub recipients: Vec<Recipients>,
    /// What a request must contain, what the operator must and may do with it, and what binds who
    /// received the data.
    pub requirements: Vec<Requirement>,
    /// What it punishes.
    pub penalties: Vec<Penalty>,
    /// Challenges that could change it.
    pub pending: Vec<LegalChallenge>,
    lines: KeyLines,
}

/// The lines of the keys that other files may contradict.
#[derive(Clone, Copy, Debug, PartialEq)]
struct KeyLines {
    id: usize,
    effective_from: usize,
    supersedes: usize,
    timezone: usize,
}

impl Edition {
    /// Reads a rule file.
    ///
    /// # Errors
    /// [`RuleFileError`] with everything that is wrong in it.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, RuleFileError> {
        let report = ProblemReport::new(file_name, text);
        let edition = report.parse().and_then(|root| Self::read(TomlTable::root(&report, &root)));
        report.finish()?;
        edition.map_or_else(|| Err(RuleFileError::incomplete(file_name)), Ok)
    }

    /// Whether a day is one of those on which it applies.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|last| day <= last)
    }

    /// The last day on which it may be relied on without a new comparison with the law.
    pub fn fresh_until(&self) -> NaiveDate {
        day_arithmetic::after(self.checked_on, self.stale_after_days)
    }

    /// Whether it is too long since it was compared with the law.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.zone.date(now) > self.fresh_until()
    }

    /// The fields that its rules name, in the order of the vocabulary.
    pub fn fields(&self) -> Vec<Field> {
        let named = |field: &Field| self.rules.iter().any(|rule| rule.fields.contains(field));
        Field::ALL.into_iter().filter(named).collect()
    }

    /// The sources with these ids.
    pub fn sources_of(&self, basis: &[Slug]) -> Vec<&LegalSource> {
        basis.iter().filter_map(|id| self.sources.iter().find(|it| it.id == *id)).collect()
    }

    /// Who may obtain what a rule has kept, where the file says.
    pub fn recipients_of(&self, rule: &Rule) -> Option<&Recipients> {
        self.recipients.iter().find(|it| Some(&it.id) == rule.recipients.as_ref())
    }

    /// The classes of authority with these ids.
    pub fn authorities_of(&self, recipients: &Recipients) -> Vec<&Authority> {
        let ids = recipients.authorities.iter();
        ids.filter_map(|id| self.authorities.iter().find(|it| it.id == *id)).collect()
    }

    /// The challenges that could change a rule.
    pub fn pending_of(&self, rule: &Rule) -> Vec<&LegalChallenge> {
        self.pending.iter().filter(|it| it.affects.contains(&rule.id)).collect()
    }

    /// The line of a key of `[ruleset]` that other files may contradict.
    pub(super) fn line_of(&self, key: &str) -> usize {
        match key {
            "effective_from" => self.lines.effective_from,
            "supersedes" => self.lines.supersedes,
            "timezone" => self.lines.timezone,
            _ => self.lines.id,
        }
    }

    fn read(mut root: TomlTable<'_, '_>) -> Option<Self> {
        root.schema();
        let head = root.table("ruleset", 1).and_then(EditionHead::read);
        let status = head.as_ref().map(|head| head.status);
        let track = head.as_ref().map(|head| head.track);
        let default = root.table("default", 0).map(DefaultRule::read);
        let sources: Vec<_> = root.tables("source", 1).into_iter().map(LegalSource::read).collect();
        let read: Vec<&LegalSource> = sources.iter().flatten().collect();
        let may_be_empty = status.is_none_or(EditionStatus::leaves_open);
        let rules = root.tables("rule", usize::from(!may_be_empty)).into_iter();
        let rules: Vec<_> = rules.map(|it| Rule::read(it, &read, status, track)).collect();
        let authorities = root.tables("authority", 0).into_iter().map(Authority::read);
        let authorities: Vec<_> = authorities.collect();
        let recipients = root.tables("recipients", 0).into_iter().map(Recipients::read);
        let recipients: Vec<_> = recipients.collect();
        let requirements = root.tables("request_requirement", 0).into_iter().map(Requirement::read);
        let requirements: Vec<_> = requirements.collect();
        let penalties: Vec<_> = root.tables("penalty", 0).into_iter().map(Penalty::read).collect();
        let pending: Vec<_> =
            root.tables("pending", 0).into_iter().map(LegalChallenge::read).collect();
        root.finish();

        let head = head?;
        Some(Self {
            file: head.file,
            id: head.id,
            jurisdiction: head.jurisdiction,
            track: head.track,
            title: head.title,
            effective_from: head.effective_from,
            effective_to: head.effective_to,
            checked_on: head.checked_on,
            stale_after_days: head.stale_after_days,
            status: head.status,
            supersedes: head.supersedes,
            computation: head.computation,
            zone: head.zone,
            note: head.note,
            lines: head.lines,
            default: all(default)?.pop(),
            sources: all(sources)?,
            rules: all(rules)?,
            authorities: all(authorities)?,
            recipients: all(recipients)?,
            requirements: all(requirements)?,
            penalties: all(penalties)?,
            pending: all(pending)?,
        })
    }
}

fn all<T>(read: impl IntoIterator<Item = Option<T>>) -> Option<Vec<T>> {
    read.into_iter().collect()
}

/// The table `[ruleset]`.
struct EditionHead {
    file: String,
    id: Slug,
    jurisdiction: Jurisdiction,
    track: Track,
    title: LocalizedText,
    effective_from: NaiveDate,
    effective_to: Option<NaiveDate>,
    checked_on: NaiveDate,
    stale_after_days: u32,
    status: EditionStatus,
    supersedes: Option<Slug>,
    computation: Computation,
    zone: Zone,
    note: Option<LocalizedText>,
    lines: KeyLines,
}

impl EditionHead {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let file = table.file();
        let lines = KeyLines {
            id: table.line_of("id"),
            effective_from: table.line_of("effective_from"),
            supersedes: table.line_of("supersedes"),
            timezone: table.line_of("timezone"),
        };
        let id = table.required("id").and_then(|it| it.id());
        let jurisdiction = table.required_word("jurisdiction");
        let track = table.required_word("track");
        let title = table.texts("title");
        let effective_from = table.required("effective_from").and_then(|it| it.date());
        let effective_to = table.optional("effective_to").map(|it| it.date());
        let checked_on = table.required("checked_on").and_then(|it| it.date());
        let stale_after_days =
            table.required("stale_after_days").and_then(|it| it.number(1..=3_650));
        let status = table.required_word("status");
        let supersedes = table.optional("supersedes").map(|it| it.id());
        let computation = table.required_word("computation");
        let zone = table.required("timezone").and_then(|it| it.parsed());
        let note = table.optional_texts("note");

        if let (Some(from), Some(Some(to))) = (effective_from, effective_to) {
            if to < from {
                table.add(
                    "effective_to",
                    format!("{to} lies before effective_from, {from}"),
                    "effective_to is the last day on which the edition applies, inclusive",
                );
            }
        }
        if status == Some(EditionStatus::Superseded) && effective_to.is_none() {
            table.add(
                "status",
                "superseded, but without effective_to",
                "add effective_to, the last day before the edition that follows",
            );
        }
        if id.is_some() && id.as_ref() == supersedes.as_ref().and_then(Option::as_ref) {
            table.add("supersedes", "names this edition", "name the edition before it");
        }
        table.finish();
        Some(Self {
            file,
            id: id?,
            jurisdiction: jurisdiction?,
            track: track?,
            title: title?,
            effective_from: effective_from?,
            effective_to: effective_to.flatten(),
            checked_on: checked_on?,
            stale_after_days: stale_after_days?,
            status: status?,
            supersedes: supersedes.flatten(),
            computation: computation?,
            zone: zone?,
            note,
            lines,
        })
    }
}

/// What an edition says of a field that no rule lists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DefaultRule {
    /// In words.
    pub label: LocalizedText,
    /// Ids of the sources that say so.
    pub basis: Vec<Slug>,
}

impl DefaultRule {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let label = table.texts("label");
        let basis = table.references("basis", IdKind::Source, 1);
        table.finish();
        Some(Self { label: label?, basis: basis? })
    }
}

/// A place in the law, or what speaks of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LegalSource {
    /// Its name in the file.
    pub id: Slug,
    /// Article, paragraph, subparagraph and number.
    pub cite: LocalizedText,
    /// Where to read it.
    pub url: Option<String>,
    /// The European Legislation Identifier's address.
    pub eli: Option<String>,
    /// How far it was read.
    pub verified: Verified,
    /// What else is to be said of it.
    pub note: Option<LocalizedText>,
}

impl LegalSource {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let id = table.id(IdKind::Source);
        let cite = table.texts("cite");
        let url = table.optional("url").map(|it| it.url());
        let eli = table.optional("eli").map(|it| it.url());
        let verified = table.required_word("verified");
        let note = table.optional_texts("note");
        let was_read = verified.is_some_and(Verified::was_read);
        if was_read && url.is_none() && eli.is_none() {
            table.add(
                "url",
                "missing, though verified says that the source was read",
                "add url or eli, so that others can read it too, or set verified = \"unverified\"",
            );
        }
        table.finish();
        Some(Self {
            id: id?,
            cite: cite?,
            url: url.flatten(),
            eli: eli.flatten(),
            verified: verified?,
            note,
        })
    }
}

/// What an edition says of some fields.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// Its name in the file.
    pub id: Slug,
    /// What it lists, in the law's words.
    pub label: LocalizedText,
    /// The fields that it names.
    pub fields: Vec<Field>,
    /// Whether they must, may or must not be kept.
    pub nature: Nature,
    /// How sure that reading is.
    pub certainty: Certainty,
    /// In which cases it applies.
    pub applies_to: AppliesTo,
    /// Ids of the sources that say so.
    pub basis: Vec<Slug>,
    /// What the period is counted from; `None` where it names no event.
    pub start_event: Option<StartEvent>,
    /// How long; `None` where it names no length.
    pub retention: Option<RetentionPeriod>,
    /// Id of those who may obtain it.
    pub recipients: Option<Slug>,
    /// What else is to be said of it.
    pub note: Option<LocalizedText>,
}

impl Rule {
    fn read(
        mut table: TomlTable<'_, '_>,
        sources: &[&LegalSource],
        status: Option<EditionStatus>,
        track: Option<Track>,
    ) -> Option<Self> {
        let id = table.id(IdKind::Rule);
        let label = table.texts("label");
        let fields = table.required("fields").and_then(|it| it.fields());
        let nature = table.required_word("nature");
        let certainty = table.required_word("certainty");
        let applies_to = table.required_word("applies_to");
        let basis = table.references("basis", IdKind::Source, 0);
        let start_event = table.optional("start_event").map(|it| it.start_event());
        let retention = Self::read_retention(&mut table);
        let recipients = table.optional("recipients").map(|it| it.reference(IdKind::Recipients));
        let note = table.optional_texts("note");

        let has_period = table.has("period");
        let has_event = start_event.is_some_and(|event| event.is_none_or(|it| it.is_some()));
        if nature == Some(Nature::MustNot) && (has_period || has_event) {
            table.add(
                if has_period { "period" } else { "start_event" },
                "what must not be kept has no period",
                "remove period and start_event, or correct nature",
            );
        } else if has_period && !has_event {
            table.add(
                "period",
                "a period that is counted from nothing",
                "add start_event, such as session_end, or remove the period",
            );
        }
        if let Some(Some(Some(event))) = start_event {
            if !has_period && event.is_within_session() {
                table.add(
                    "start_event",
                    format!("{event} without a period"),
                    "add period, or remove start_event where the law names no length",
                );
            }
        }
        if nature.is_some_and(|nature| nature != Nature::May) && !table.has_items("basis") {
            table.add(
                "basis",
                format!("nature \"{}\" without basis", nature.unwrap_or(Nature::Must)),
                "name the sources that say so; what has no source is not the law",
            );
        }
        if nature == Some(Nature::Must) && certainty == Some(Certainty::Unknown) {
            table.add(
                "certainty",
                "nature \"must\" with certainty \"unknown\"",
                "verify it, or leave the rule out: what is not known is not required",
            );
        }
        if nature == Some(Nature::Must) && status.is_some_and(EditionStatus::leaves_open) {
            table.add(
                "nature",
                "nature \"must\" in an edition that is annulled or unknown",
                "correct the edition's status, or leave the rule out",
            );
        }
        if applies_to == Some(AppliesTo::Injunction) && track == Some(Track::General) {
            table.add(
                "applies_to",
                "an injunction in the general track",
                "move the rule to an edition of its own, with track = \"injunction\" and its dates",
            );
        }
        let cited: Vec<&&LegalSource> = match &basis {
            Some(basis) => sources.iter().filter(|it| basis.contains(&it.id)).collect(),
            None => Vec::new(),
        };
        if certainty == Some(Certainty::Text)
            && !cited.is_empty()
            && !cited.iter().any(|it| it.verified.is_text())
        {
            table.add(
                "certainty",
                "called the law's text, but no basis was read as full-text or excerpt",
                "read one, or set certainty = \"inferred\"",
            );
        }
        table.finish();
        Some(Self {
            id: id?,
            label: label?,
            fields: fields?,
            nature: nature?,
            certainty: certainty?,
            applies_to: applies_to?,
            basis: basis.unwrap_or_default(),
            start_event: start_event.flatten().flatten(),
            retention,
            recipients: recipients.flatten(),
            note,
        })
    }

    fn read_retention(table: &mut TomlTable<'_, '_>) -> Option<RetentionPeriod> {
        let period = table.optional("period").map(|it| it.period());
        let alternatives = table.optional("period_alternatives").and_then(|it| it.periods());
        let combine: Option<PeriodChoice> = table.optional("combine").and_then(|it| it.word());
        if period.is_none() && table.has("period_alternatives") {
            table.add(
                "period_alternatives",
                "alternatives to nothing",
                "add period, the one that applies as a rule",
            );
        }
        let none = alternatives.as_ref().is_none_or(Vec::is_empty);
        if combine.is_some() && none {
            table.add(
                "combine",
                "nothing to combine",
                "add period_alternatives, or remove combine",
            );
        }
        let retention = RetentionPeriod {
            period: period??,
            alternatives: alternatives.unwrap_or_default(),
            combine,
        };
        if combine == Some(PeriodChoice::Sum) && retention.sum().is_none() {
            table.add(
                "combine",
                "days cannot be added to months or years",
                "write all periods in days, or all in months and years",
            );
        }
        Some(retention)
    }
}

/// A class of authority as a law describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Authority {
    /// Its name in the file.
    pub id: Slug,
    /// In words.
    pub label: LocalizedText,
}

impl Authority {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let id = table.id(IdKind::Authority);
        let label = table.texts("label");
        table.finish();
        Some(Self { id: id?, label: label? })
    }
}

/// Who may obtain what a rule has kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recipients {
    /// Its name in the file.
    pub id: Slug,
    /// Ids of the classes of authority.
    pub authorities: Vec<Slug>,
    /// Ids of the sources that say so.
    pub basis: Vec<Slug>,
    /// For which purposes, above which thresholds.
    pub note: Option<LocalizedText>,
}

impl Recipients {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let id = table.id(IdKind::Recipients);
        let authorities = table.references("authorities", IdKind::Authority, 1);
        let basis = table.references("basis", IdKind::Source, 1);
        let note = table.optional_texts("note");
        table.finish();
        Some(Self { id: id?, authorities: authorities?, basis: basis?, note })
    }
}

/// What a request must contain, what the operator must or may do with it, or what binds who received
/// the data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirement {
    /// Its name in the file.
    pub id: Slug,
    /// Whom it binds.
    pub kind: RequirementKind,
    /// In words.
    pub label: LocalizedText,
    /// Ids of the sources that say so.
    pub basis: Vec<Slug>,
}

impl Requirement {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let id = table.id(IdKind::Requirement);
        let kind = table.required_word("kind");
        let label = table.texts("label");
        let basis = table.references("basis", IdKind::Source, 1);
        table.finish();
        Some(Self { id: id?, kind: kind?, label: label?, basis: basis? })
    }
}

/// What a law punishes: not keeping, or not erasing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Penalty {
    /// Its name in the file.
    pub id: Slug,
    /// In words.
    pub label: LocalizedText,
    /// Ids of the sources that say so.
    pub basis: Vec<Slug>,
}

impl Penalty {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let id = table.id(IdKind::Penalty);
        let label = table.texts("label");
        let basis = table.references("basis", IdKind::Source, 1);
        table.finish();
        Some(Self { id: id?, label: label?, basis: basis? })
    }
}

/// A challenge before a court whose outcome could change rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LegalChallenge {
    /// Its name in the file.
    pub id: Slug,
    /// In words.
    pub what: LocalizedText,
    /// Ids of the rules.
    pub affects: Vec<Slug>,
    /// Where to read of it.
    pub url: Option<String>,
}

impl LegalChallenge {
    fn read(mut table: TomlTable<'_, '_>) -> Option<Self> {
        let id = table.id(IdKind::Pending);
        let what = table.texts("what");
        let affects = table.references("affects", IdKind::Rule, 1);
        let url = table.optional("url").map(|it| it.url());
        table.finish();
        Some(Self { id: id?, what: what?, affects: affects?, url: url.flatten() })
    }
}

named_enum! {
    /// Whose law.
    pub enum Jurisdiction {
        /// Belgium.
        Belgium = "BE",
        /// France.
        France = "FR",
    }
}

named_enum! {
    /// Beside which other editions one stands: within a track they may not overlap.
    pub enum Track {
        /// The law that always applies.
        General = "general",
        /// An order for a limited time.
        Injunction = "injunction",
    }
}

named_enum! {
    /// Whether an edition is in force.
    pub enum EditionStatus {
        /// It is.
        InForce = "in-force",
        /// It is, and a court has been asked whether it may be.
        InForceUnderChallenge = "in-force-under-challenge",
        /// It was; a later edition replaced it.
        Superseded = "superseded",
        /// A court annulled it, and nothing replaced it in that time.
        Annulled = "annulled",
        /// Not established.
        Unknown = "unknown",
    }
}

impl EditionStatus {
    /// Whether what such an edition does not list is unknown rather than unlisted.
    pub fn leaves_open(self) -> bool {
        matches!(self, Self::Annulled | Self::Unknown)
    }
}

named_enum! {
    /// How periods are counted.
    pub enum Computation {
        /// As in Regulation (EEC, Euratom) No 1182/71, article 3 (1) and (2), without its extension
        /// to a working day. For national law a convention: the results may differ by up to three
        /// days at the end of a month.
        Eu118271 = "eu-1182-71",
    }
}

named_enum! {
    /// How far a source was read.
    pub enum Verified {
        /// The article itself, whole.
        FullText = "full-text",
        /// A part of the article.
        Excerpt = "excerpt",
        /// A page about it.
        Secondary = "secondary",
        /// A document that the project began with.
        Seed = "seed",
        /// Not at all.
        Unverified = "unverified",
    }
}

impl Verified {
    /// Whether somebody read at least something that others can find.
    pub fn was_read(self) -> bool {
        matches!(self, Self::FullText | Self::Excerpt | Self::Secondary)
    }

    /// Whether the law's own words were read.
    pub fn is_text(self) -> bool {
        matches!(self, Self::FullText | Self::Excerpt)
    }
}

named_enum! {
    /// What a rule says of its fields.
    pub enum Nature {
        /// They must be kept.
        Must = "must",
        /// They may be kept.
        May = "may",
        /// They must not be kept.
        MustNot = "must-not",
    }
}

named_enum! {
    /// How sure a reading of the law is.
    pub enum Certainty {
        /// The law's own words.
        Text = "text",
        /// A reading of them.
        Inferred = "inferred",
        /// Before a court, or readings differ.
        Disputed = "disputed",
        /// Not known.
        Unknown = "unknown",
    }
}

named_enum! {
    /// In which cases a rule applies.
    pub enum AppliesTo {
        /// Always.
        AllUsers = "all-users",
        /// Within areas on lists that may be secret.
        TargetedArea = "targeted-area",
        /// While an injunction is in force.
        Injunction = "injunction",
        /// Where the operator chooses to.
        OwnPurpose = "own-purpose",
        /// Where an authority had data frozen.
        ExpeditedPreservation = "expedited-preservation",
    }
}

named_enum! {
    /// What a period is counted from.
    pub enum StartEvent {
        /// The beginning of the session.
        SessionStart = "session_start",
        /// The end of the session.
        SessionEnd = "session_end",
        /// A communication, at some moment of the session.
        Communication = "communication",
        /// The recording of the fact, at some moment of the session.
        Recording = "recording",
        /// The end of the contract.
        ContractEnd = "contract_end",
        /// The closing of the account.
        AccountClosed = "account_closed",
        /// The last day on which a bill can be contested.
        BillingDisputeEnd = "billing_dispute_end",
    }
}

impl StartEvent {
    /// Whether it happens between the session's start and its end, so that the box can date it.
    pub fn is_within_session(self) -> bool {
        match self {
            Self::SessionStart | Self::SessionEnd | Self::Communication | Self::Recording => true,
            Self::ContractEnd | Self::AccountClosed | Self::BillingDisputeEnd => false,
        }
    }
}

named_enum! {
    /// Whom a requirement about requests binds.
    pub enum RequirementKind {
        /// The request must contain it.
        RequestMust = "request-must",
        /// The operator must do it.
        OperatorMust = "operator-must",
        /// The operator may do it, such as refusing.
        OperatorMay = "operator-may",
        /// Who received the data must do it.
        ReceiverMust = "receiver-must",
    }
}

impl TomlValue<'_, '_> {
    /// Fields, at least one, none twice.
    fn fields(&self) -> Option<Vec<Field>> {
        let items = self.list()?;
        if items.is_empty() {
            self.add("empty", "name at least one field that the rule lists");
            return None;
        }
        let mut fields: Vec<Field> = Vec::new();
        let mut complete = true;
        for item in items {
            match item.parsed() {
                Some(field) if fields.contains(&field) => {
                    item.add(format!("{field} stands twice"), "remove one");
                    complete = false;
                }
                Some(field) => fields.push(field),
                None => complete = false,
            }
        }
        complete.then_some(fields)
    }

    /// Periods, all of them.
    fn periods(&self) -> Option<Vec<Period>> {
        let items = self.list()?;
        if items.is_empty() {
            self.add("empty", "remove it, or write the periods that may apply instead");
        }
        // All of them first, so that each is reported.
        let periods: Vec<Option<Period>> = items.iter().map(Self::period).collect();
        periods.into_iter().collect()
    }

    /// A start event: inside, `None` is the word `none`.
    fn start_event(&self) -> Option<Option<StartEvent>> {
        if self.is_text("none") { Some(None) } else { self.word().map(Some) }
    }
}
