use std::ops::ControlFlow;

use serde::Serialize;

use super::Rulebook;
use super::layout::{Layout, length};
use crate::domain::{Timestamp, Zone};
use crate::i18n::{Message, When};
use crate::journal::{JournalError, Reader, Standing};
use crate::messages::assessment::signed_tally as msg;

/// Of how many sessions, erased ones included, the operator signed what.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SignedTally {
    /// A record is held, and its day has not come or was not named.
    pub held: u64,
    /// A record was held when that was last stated, and its day has come since.
    pub due: u64,
    /// A record is held well after its day.
    pub overdue: u64,
    /// The erasure is confirmed.
    pub erased: u64,
    /// A record that was held is not any more, before its day.
    pub early: u64,
    /// Nothing is held, though the operator had confirmed the registration.
    pub contradiction: u64,
    /// Nothing is held, of a session that was not registered.
    pub not_registered: u64,
}

impl SignedTally {
    /// Counts what the journal has of the operator's statements; days as the operator counts them.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub fn read(
        reader: &Reader,
        rulebook: Rulebook<'_>,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        let zone = rulebook.profile.map_or(Zone::UTC, |profile| profile.zone);
        let mut tally = Self::default();
        reader.for_each_dealing(|dealing| {
            match dealing.standing(zone, now) {
                Standing::Confirmed { .. } => tally.erased += 1,
                Standing::Contradicted { .. } => tally.contradiction += 1,
                Standing::Due { .. } => tally.due += 1,
                Standing::GoneEarly { .. } => tally.early += 1,
                Standing::Held { .. } => tally.held += 1,
                Standing::Overdue { .. } => tally.overdue += 1,
                Standing::Unregistered { .. } => tally.not_registered += 1,
                Standing::Unstated => {}
            }
            ControlFlow::<()>::Continue(())
        })?;
        Ok(tally)
    }

    /// The counts as plain text for a terminal of `width` columns, under a title; what there is none
    /// of is left out.
    pub fn to_text(&self, when: When, width: usize) -> String {
        let mut layout = Layout::new(width);
        let say = |message: &Message| message.text(when.language);
        layout.heading(say(&msg::TITLE));
        let rows = [
            (&msg::HELD, self.held),
            (&msg::DUE, self.due),
            (&msg::OVERDUE, self.overdue),
            (&msg::ERASED, self.erased),
            (&msg::EARLY, self.early),
            (&msg::CONTRADICTION, self.contradiction),
            (&msg::NOT_REGISTERED, self.not_registered),
        ];
        let column = rows.iter().map(|(label, _)| length(say(label))).max().unwrap_or(0);
        for (label, count) in rows.iter().filter(|(_, count)| *count > 0) {
            layout.row(2, say(label), column, &count.to_string());
        }
        if *self == Self::default() {
            layout.paragraph(2, say(&msg::NOTHING));
        }
        layout.into_string()
    }
}
