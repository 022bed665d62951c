use chrono::NaiveDate;

use crate::messages::assessment as w;
use crate::render::law_words;
use crate::render::words as record;
use temoin_core::law::{
    Certainty, Doubt, KeptUntil, Nature, Period, PeriodChoice, RetentionPeriod, Rule, StartEvent,
    StoredField, Track,
};
use temoin_core::text::{DateFormatter, Message};

/// Phrases for the periods and days that law and operators name.
#[derive(Clone, Copy, Debug)]
pub(super) struct PhraseBuilder {
    /// Language and zone.
    pub(super) when: DateFormatter,
    /// Days before this one are in the past tense.
    pub(super) today: NaiveDate,
}

impl PhraseBuilder {
    /// What a rule says, without the day: "to be kept for 12 months from the end of the session".
    pub(super) fn rule(&self, rule: &Rule) -> String {
        let (counted, until, bare) = match rule.nature {
            Nature::Must => (&w::MUST_FOR, &w::MUST_UNTIL, &w::MUST),
            Nature::May => (&w::MAY_FOR, &w::MAY_UNTIL, &w::MAY),
            Nature::MustNot => {
                let message = match rule.certainty {
                    Certainty::Text => &w::NEVER_KEPT,
                    Certainty::Inferred | Certainty::Disputed | Certainty::Unknown => {
                        &w::NEVER_LISTED
                    }
                };
                return self.say(message).to_owned();
            }
        };
        match (&rule.retention, rule.start_event) {
            (Some(retention), Some(event)) => {
                let values = [
                    ("length", &*self.retention(retention)),
                    ("event", self.say(law_words::start_event(event))),
                ];
                self.fill(counted, &values)
            }
            (None, Some(event)) => self.fill(until, &[("until", self.until_event(event))]),
            (_, None) => self.say(bare).to_owned(),
        }
    }

    /// A rule's length and what it is counted from: "12 months from the end of the session".
    pub(super) fn counted(&self, rule: &Rule) -> String {
        match (&rule.retention, rule.start_event) {
            (Some(retention), Some(event)) => {
                let event = self.say(law_words::start_event(event));
                format!("{} {event}", self.retention(retention))
            }
            (None, Some(event)) => self.until_event(event).to_owned(),
            (_, None) => self.rule(rule),
        }
    }

    /// What a statement says of a field, without the day.
    pub(super) fn stored(&self, stores: &StoredField) -> String {
        let text = match (stores.stored, stores.erase_after, stores.counted_from) {
            (false, ..) => self.say(&w::STORED_NOT).to_owned(),
            (true, None, _) => self.say(&w::STORED).to_owned(),
            (true, Some(period), None) => {
                self.fill(&w::STORED_FOR_UNCOUNTED, &[("length", &self.period(period))])
            }
            (true, Some(period), Some(counting)) => {
                let event = self.say(law_words::start_event(counting.into()));
                let length = self.period(period);
                self.fill(&w::STORED_FOR, &[("length", &length), ("event", event)])
            }
        };
        match stores.from {
            Some(from) => {
                let since = self.fill(&w::SINCE, &[("day", &self.day(from))]);
                format!("{text}, {since}")
            }
            None => text,
        }
    }

    /// A statement's length and what it is counted from.
    pub(super) fn counted_stores(&self, stores: &StoredField) -> String {
        match (stores.erase_after, stores.counted_from) {
            (Some(period), Some(counting)) => {
                let event = self.say(law_words::start_event(counting.into()));
                format!("{} {event}", self.period(period))
            }
            (Some(period), None) => self.period(period),
            (None, _) => self.stored(stores),
        }
    }

    /// Until when, in a phrase.
    pub(super) fn until(&self, until: &KeptUntil) -> String {
        let is_past = |day: NaiveDate| day < self.today;
        match (until.earliest, until.latest) {
            (Some(day), None) if until.live => {
                let message = match until.event {
                    Some(StartEvent::SessionEnd) => &w::NOT_BEGUN,
                    _ => &w::STILL_GROWING,
                };
                self.with_day(message, day)
            }
            (Some(day), Some(latest)) if day == latest => {
                self.with_day(if is_past(day) { &w::OVER } else { &w::UNTIL }, day)
            }
            (Some(from), Some(to)) => {
                let message = if is_past(to) { &w::OVER_BETWEEN } else { &w::UNTIL_BETWEEN };
                self.fill(message, &[("from", &self.day(from)), ("to", &self.day(to))])
            }
            (Some(day), None) => self.with_day(&w::UNTIL_EARLIEST, day),
            (None, Some(day)) => self.with_day(&w::UNTIL_LATEST, day),
            (None, None) => self.say(&w::DAY_UNKNOWN).to_owned(),
        }
    }

    /// Whether it is not known which of a rule's periods applies.
    pub(super) fn has_choice(&self, rule: &Rule) -> bool {
        rule.retention
            .as_ref()
            .is_some_and(|it| it.combine.is_none() && !it.alternatives.is_empty())
    }

    /// Why something is not known.
    pub(super) fn doubt(&self, doubt: &Doubt<'_>) -> String {
        let message = law_words::doubt(doubt);
        match doubt {
            Doubt::Gap { track, from, to } if from == to => {
                let message = match track {
                    Track::General => &w::GAP_OF_A_DAY,
                    Track::Injunction => &w::GAP_OF_AN_INJUNCTION_OF_A_DAY,
                };
                self.with_day(message, *from)
            }
            Doubt::Gap { from, to, .. } => {
                self.fill(message, &[("from", &self.day(*from)), ("to", &self.day(*to))])
            }
            Doubt::LeftOpen(edition) | Doubt::Stale(edition) => {
                let checked_on = self.day(edition.checked_on);
                let title = edition.title.text(self.when.language);
                self.fill(message, &[("title", title), ("checked_on", &checked_on)])
            }
            Doubt::Undated => self.say(message).to_owned(),
        }
    }

    fn retention(&self, retention: &RetentionPeriod) -> String {
        let mut periods = vec![retention.period];
        periods.extend(&retention.alternatives);
        if retention.combine == Some(PeriodChoice::Sum) {
            let periods: Vec<String> = periods.into_iter().map(|it| self.period(it)).collect();
            return periods.join(" + ");
        }
        periods.sort_by_key(|period| match period {
            Period::Days(days) => days.saturating_mul(1),
            Period::Months(months) => months.saturating_mul(30),
            Period::Years(years) => years.saturating_mul(365),
        });
        let Some((last, others)) = periods.split_last() else { return String::new() };
        if others.is_empty() {
            return self.period(*last);
        }
        let short = |period: &Period| match (period, last) {
            (Period::Days(n), Period::Days(_))
            | (Period::Months(n), Period::Months(_))
            | (Period::Years(n), Period::Years(_)) => n.to_string(),
            _ => self.period(*period),
        };
        let one = list(others.iter().map(short));
        let length = self.fill(&w::OR, &[("one", &one), ("other", &self.period(*last))]);
        match retention.combine {
            Some(PeriodChoice::Shortest) => self.fill(&w::SHORTEST, &[("length", &length)]),
            Some(PeriodChoice::Longest) => self.fill(&w::LONGEST, &[("length", &length)]),
            Some(PeriodChoice::Sum) | None => length,
        }
    }

    fn period(&self, period: Period) -> String {
        let (unit, count) = match period {
            Period::Days(count) => (&w::DAYS, count),
            Period::Months(count) => (&w::MONTHS, count),
            Period::Years(count) => (&w::YEARS, count),
        };
        unit.fill(self.when.language, count.into(), &[])
    }

    fn until_event(&self, event: StartEvent) -> &'static str {
        match event {
            StartEvent::ContractEnd => self.say(&w::UNTIL_CONTRACT_END),
            StartEvent::AccountClosed => self.say(&w::UNTIL_ACCOUNT_CLOSED),
            other => self.say(law_words::start_event(other)),
        }
    }

    fn day(&self, day: NaiveDate) -> String {
        self.when.date_without_weekday(day)
    }

    fn with_day(&self, message: &Message, day: NaiveDate) -> String {
        self.fill(message, &[("day", &self.day(day))])
    }

    fn say(&self, message: &Message) -> &'static str {
        message.text(self.when.language)
    }

    fn fill(&self, message: &Message, values: &[(&str, &str)]) -> String {
        message.fill(self.when.language, values)
    }
}

/// A text as a sentence: capitalised, with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = record::sentence_start(text);
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

/// Items separated by commas.
pub(super) fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
