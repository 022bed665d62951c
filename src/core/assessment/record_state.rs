use chrono::NaiveDate;

/// Whether a record should be held today.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordState {
    /// It should, until the end of this day where it is known.
    Held(Option<NaiveDate>),
    /// Past its retention period.
    Over,
    /// No retention period.
    None,
    /// Unknown, and why.
    Untold(UnknownReason),
}

/// Why it is unknown whether a record should be held.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum UnknownReason {
    /// Today is between the earliest and the latest day on which it may be erased.
    Between,
    /// It depends on what the box cannot know, such as secret lists.
    Depends,
    /// It is erased here, and what was kept of it does not tell.
    ErasedHere,
    /// No edition of law covers the session's days.
    Gap,
    /// What the edition says was not established, or it was annulled.
    LeftOpen,
    /// It is said to be stored, without a length.
    NoLength,
    /// It is too long since the edition was compared with the law.
    Stale,
    /// The days of the session are not known.
    Undated,
}

impl UnknownReason {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Between => "between",
            Self::Depends => "depends",
            Self::ErasedHere => "erased-here",
            Self::Gap => "gap",
            Self::LeftOpen => "left-open",
            Self::NoLength => "no-length",
            Self::Stale => "stale",
            Self::Undated => "undated",
        }
    }
}
