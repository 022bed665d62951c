use crate::law::{Jurisdiction, Law, Profile};

/// What a session is assessed by: the law, the jurisdiction, and the operator's declarations.
#[derive(Clone, Copy, Debug)]
pub struct ApplicableRules<'a> {
    /// Every edition that temoin knows.
    pub law: &'a Law,
    /// Whose law applies; `None` if not configured.
    pub jurisdiction: Option<Jurisdiction>,
    /// The operator's declarations; `None` if the operator is not known.
    pub profile: Option<&'a Profile>,
}

impl<'a> ApplicableRules<'a> {
    /// The law of an operator's own jurisdiction, beside its declarations.
    pub fn of_operator(law: &'a Law, profile: &'a Profile) -> Self {
        Self { law, jurisdiction: Some(profile.jurisdiction), profile: Some(profile) }
    }

    /// The law alone.
    pub fn of_jurisdiction(law: &'a Law, jurisdiction: Jurisdiction) -> Self {
        Self { law, jurisdiction: Some(jurisdiction), profile: None }
    }
}
