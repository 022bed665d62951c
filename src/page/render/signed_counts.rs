use serde::Serialize;

use super::text_layout::{TextLayout, length};
use crate::messages::assessment::signed_counts as msg;
use temoin_core::assessment::{ApplicableRules, SyncState, SyncVerdict};
use temoin_core::session::{Timestamp, Zone};
use temoin_core::text::{DateFormatter, Message};

/// Counts of what the operator signed, by session, erased ones included.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SignedCounts {
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
    /// Counts one session, days as the operator counts them.
    pub fn add(
        &mut self,
        sync_state: &SyncState,
        applicable_rules: ApplicableRules<'_>,
        now: Timestamp,
    ) {
        let zone = applicable_rules.profile.map_or(Zone::UTC, |profile| profile.zone);
        match sync_state.verdict(zone, now) {
            SyncVerdict::Confirmed { .. } => self.erased += 1,
            SyncVerdict::Contradicted { .. } => self.contradiction += 1,
            SyncVerdict::Due { .. } => self.due += 1,
            SyncVerdict::GoneEarly { .. } => self.early += 1,
            SyncVerdict::Held { .. } => self.held += 1,
            SyncVerdict::Overdue { .. } => self.overdue += 1,
            SyncVerdict::Unregistered { .. } => self.not_registered += 1,
            SyncVerdict::Unstated => {}
        }
    }

    /// The counts as plain text for a terminal of `width` columns, under a title; zeros are left
    /// out.
    pub fn to_text(self, when: DateFormatter, width: usize) -> String {
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
