use crate::retention::{Jurisdiction, Law, Profile};

/// What a session is held against: the law, whose law it is, and what the operator has declared.
#[derive(Clone, Copy, Debug)]
pub struct Rulebook<'a> {
    /// Every edition that temoin knows.
    pub law: &'a Law,
    /// Whose law applies; `None` where nobody said.
    pub jurisdiction: Option<Jurisdiction>,
    /// The operator's declarations; `None` where it is not known who the operator is.
    pub profile: Option<&'a Profile>,
}

impl<'a> Rulebook<'a> {
    /// The law of an operator's own jurisdiction, beside its declarations.
    pub fn of_operator(law: &'a Law, profile: &'a Profile) -> Self {
        Self { law, jurisdiction: Some(profile.jurisdiction), profile: Some(profile) }
    }

    /// The law alone.
    pub fn of_jurisdiction(law: &'a Law, jurisdiction: Jurisdiction) -> Self {
        Self { law, jurisdiction: Some(jurisdiction), profile: None }
    }
}
