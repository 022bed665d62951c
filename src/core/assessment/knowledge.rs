/// How a displayed value is known. Each kind has its own type in an assessment, so that they cannot
/// be confused; this names the kind.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Knowledge {
    /// This box observed it: [`super::ObservedField`].
    Observed,
    /// It follows from a rule of law, cited and dated: [`super::LegalPosition`].
    Law,
    /// The operator's profile has it as declared, dated: [`crate::law::Declared`].
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
