/// A problem that only the daemon can detect. Problems with law, operator and sessions are found by the
/// pages themselves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HealthIssue {
    /// No time service has confirmed the clock.
    ClockUnconfirmed,
    /// OpenVPN does not run temoin's hooks.
    HooksMissing,
    /// This many files of damaged records are set aside.
    SetAside(usize),
    /// Whether any are set aside cannot be told.
    SetAsideUnknown,
}
