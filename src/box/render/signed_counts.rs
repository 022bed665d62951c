use std::ops::ControlFlow;

use serde::Serialize;

use super::text_layout::{TextLayout, length};
use crate::messages::assessment::signed_counts as msg;
use temoin_core::assessment::ApplicableRules;
use temoin_core::assessment::SyncVerdict;
use temoin_core::session::{Timestamp, Zone};
use temoin_core::text::{DateFormatter, Message};
use temoin_journal::{JournalError, Reader};

/// Counts of what the operator signed, by session, erased ones included.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct SignedCounts {
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

impl SignedCounts {
    /// Counts what the journal has of the operator's statements; days as the operator counts them.
    ///
    /// # Errors
    /// As the texts of [`JournalError`] say.
    pub(crate) fn read(
        reader: &Reader,
        applicable_rules: ApplicableRules<'_>,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        let zone = applicable_rules.profile.map_or(Zone::UTC, |profile| profile.zone);
        let mut tally = Self::default();
        reader.for_each_sync_state(|sync_state| {
            match sync_state.verdict(zone, now) {
                SyncVerdict::Confirmed { .. } => tally.erased += 1,
                SyncVerdict::Contradicted { .. } => tally.contradiction += 1,
                SyncVerdict::Due { .. } => tally.due += 1,
                SyncVerdict::GoneEarly { .. } => tally.early += 1,
                SyncVerdict::Held { .. } => tally.held += 1,
                SyncVerdict::Overdue { .. } => tally.overdue += 1,
                SyncVerdict::Unregistered { .. } => tally.not_registered += 1,
                SyncVerdict::Unstated => {}
            }
            ControlFlow::<()>::Continue(())
        })?;
        Ok(tally)
    }

    /// The counts as plain text for a terminal of `width` columns, under a title; zeros are left
    /// out.
    pub(crate) fn to_text(self, when: DateFormatter, width: usize) -> String {
        let mut layout = TextLayout::new(width);
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
        if self == Self::default() {
            layout.paragraph(2, say(&msg::NOTHING));
        }
        layout.into_string()
    }
}
