use std::time::Duration;

use crate::messages::page::session_duration as msg;
use temoin_core::session::{Session, Timestamp};
use temoin_core::text::{DateFormatter, Message};

/// Bounds of a session's duration so far.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SessionDuration {
    least: Option<Duration>,
    most: Option<Duration>,
}

impl SessionDuration {
    /// The duration of a closed session, or of an open one until now.
    pub(super) fn of(session: &Session, now: Timestamp) -> Self {
        let start = session.start.value;
        let Some(end) = &session.end else {
            // After a power cut the clock may be before the start until it is set.
            let length = |start: Option<Timestamp>| {
                start.filter(|start| *start <= now).map(|start| now.since(start))
            };
            return Self { least: length(start.latest), most: length(start.earliest) };
        };
        let end = end.moment.value;
        let between = |from: Option<Timestamp>, to: Option<Timestamp>| Some(to?.since(from?));
        Self {
            least: between(start.latest, end.earliest),
            most: between(start.earliest, end.latest),
        }
    }

    /// In words.
    pub(super) fn written(self, when: &DateFormatter) -> String {
        let fill = |message: &Message, least: &str, most: &str| {
            message.fill(when.language, &[("least", least), ("most", most)])
        };
        // No line break between number and unit.
        let write = |duration| when.duration(duration).replace(' ', "\u{a0}");
        let (least, most) = (self.least.map(write), self.most.map(write));
        match (least, most) {
            (Some(least), Some(most)) if least == most => most,
            (Some(_), Some(most)) if self.least == Some(Duration::ZERO) => {
                fill(&msg::AT_MOST, "", &most)
            }
            (Some(least), Some(most)) => fill(&msg::BETWEEN, &least, &most),
            (Some(least), None) => fill(&msg::AT_LEAST, &least, ""),
            (None, Some(most)) => fill(&msg::AT_MOST, "", &most),
            (None, None) => msg::UNKNOWN.text(when.language).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DateFormatter, SessionDuration};
    use temoin_core::session::Zone;
    use temoin_core::text::Language;

    #[test]
    fn a_length_is_told_with_its_bounds_unless_they_read_the_same() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (least, most, text) in [
            (seconds(60), seconds(60), "1 min"),
            (seconds(3_600), seconds(3_659), "1 h"),
            (seconds(60), seconds(120), "between 1 min and 2 min"),
            (seconds(0), seconds(120), "at most 2 min"),
            (None, seconds(120), "at most 2 min"),
            (seconds(60), None, "at least 1 min"),
            (None, None, "unknown"),
        ] {
            let written = SessionDuration { least, most }
                .written(&DateFormatter::new(Language::English, Zone::UTC));
            assert_eq!(written.replace('\u{a0}', " "), text);
        }
    }
}
