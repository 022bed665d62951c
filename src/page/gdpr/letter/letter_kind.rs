use chrono::NaiveDate;

use super::complaint_letter::ComplaintReason;
use super::erasure_letter::OverdueErasure;
use temoin_core::assessment::ApplicableRules;
use temoin_core::law::{Edition, Track};
use temoin_core::session::Field;

/// Which letter, with what it alone needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LetterKind {
    /// To the operator: a request for access under article 15 of the GDPR.
    Access {
        /// The first and the last day that it concerns; all sessions when `None`.
        period: Option<(NaiveDate, NaiveDate)>,
        /// Fields of a session to ask for by name, besides everything held; may be empty.
        fields: Vec<Field>,
    },
    /// To the supervisory authority of [`jurisdiction`](super::LetterDetails::jurisdiction): a complaint about the operator.
    Complaint {
        /// What it is about.
        grievance: ComplaintReason,
        /// When the member first turned to the operator.
        exercised_on: Option<NaiveDate>,
    },
    /// To the operator: a reminder of erasures that are overdue.
    Erasure {
        /// The sessions.
        overdue: Vec<OverdueErasure>,
        /// Where the retention period is laid down, as the caller cites it, in the letter's
        /// language.
        basis: String,
    },
}

impl LetterKind {
    /// An access request that names the fields which the law lists `today`, or which the operator
    /// has said that it stores.
    pub fn access(
        period: Option<(NaiveDate, NaiveDate)>,
        applicable_rules: &ApplicableRules<'_>,
        today: NaiveDate,
    ) -> Self {
        let mut named = Vec::new();
        if let Some(jurisdiction) = applicable_rules.jurisdiction {
            let edition = applicable_rules.law.on(today, jurisdiction, Track::General);
            named.extend(edition.map_or_else(Vec::new, Edition::fields));
        }
        let statements = applicable_rules.profile.map(|profile| profile.statements.as_slice());
        let stores = statements.unwrap_or_default().iter().flat_map(|it| &it.stores);
        named.extend(stores.filter(|it| it.stored).map(|it| it.field));
        let fields = Field::ALL
            .into_iter()
            .filter(|field| *field != Field::Content && named.contains(field))
            .collect();
        Self::Access { period, fields }
    }

    /// A reminder of these erasures, each with its basis; what is named twice stands in it once.
    pub fn erasure(found: impl IntoIterator<Item = (OverdueErasure, String)>) -> Self {
        let mut overdue: Vec<OverdueErasure> = Vec::new();
        let mut bases: Vec<String> = Vec::new();
        for (own, basis) in found {
            if overdue.iter().all(|known| known.session != own.session) {
                overdue.push(own);
            }
            if !basis.is_empty() && !bases.contains(&basis) {
                bases.push(basis);
            }
        }
        Self::Erasure { overdue, basis: bases.join("; ") }
    }
}
