use std::time::Duration;

use crate::domain::{Moment, Session, Timestamp};
use crate::i18n::{Message, When};

/// How long a session lasted or has lasted so far, as far as the moments around it tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Length {
    least: Option<Duration>,
    most: Option<Duration>,
}

impl Length {
    /// The length of a session that ended, or until now.
    pub(super) fn of(session: &Session, now: Timestamp) -> Self {
        let start = session.start.value;
        let end = session.end.as_ref().map_or_else(|| Moment::exact(now), |end| end.moment.value);
        let between = |from: Option<Timestamp>, to: Option<Timestamp>| Some(to?.since(from?));
        Self {
            least: between(start.latest, end.earliest),
            most: between(start.earliest, end.latest),
        }
    }

    /// In words.
    pub(super) fn written(self, when: &When) -> String {
        let fill = |message: &Message, least: &str, most: &str| {
            message.fill(when.language, &[("least", least), ("most", most)])
        };
        let least = self.least.map(|least| when.duration(least));
        let most = self.most.map(|most| when.duration(most));
        match (least, most) {
            (Some(least), Some(most)) if least == most => most,
            (Some(_), Some(most)) if self.least == Some(Duration::ZERO) => {
                fill(&AT_MOST, "", &most)
            }
            (Some(least), Some(most)) => fill(&BETWEEN, &least, &most),
            (Some(least), None) => fill(&AT_LEAST, &least, ""),
            (None, Some(most)) => fill(&AT_MOST, "", &most),
            (None, None) => UNKNOWN.text(when.language).to_owned(),
        }
    }
}

const BETWEEN: Message = Message {
    fr: "entre {least} et {most}",
    nl: "tussen {least} en {most}",
    en: "between {least} and {most}",
    de: "zwischen {least} und {most}",
};

const AT_LEAST: Message = Message {
    fr: "au moins {least}",
    nl: "minstens {least}",
    en: "at least {least}",
    de: "mindestens {least}",
};

const AT_MOST: Message = Message {
    fr: "au plus {most}",
    nl: "hoogstens {most}",
    en: "at most {most}",
    de: "höchstens {most}",
};

const UNKNOWN: Message = Message { fr: "inconnue", nl: "onbekend", en: "unknown", de: "unbekannt" };
