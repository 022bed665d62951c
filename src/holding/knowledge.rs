/// How something that is shown is known. Each kind has a type of its own in a holding, so that none
/// can be taken for another; this is the name of the kind.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Knowledge {
    /// This box observed it: [`super::Seen`].
    Observed,
    /// It follows from a rule of law, cited and dated: [`super::LawSays`].
    Law,
    /// The operator's profile has it as declared, dated: [`crate::retention::Declared`].
    Declared,
    /// The operator signed it, about this very session: [`super::SignedField`].
    Signed,
    /// It is not known.
    Unknown,
}

impl Knowledge {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Law => "law",
            Self::Declared => "declared",
            Self::Signed => "signed",
            Self::Unknown => "unknown",
        }
    }
}
