/// Something that does not work as it should, and that only who keeps the record can see. What law,
/// operator and sessions show, the pages find out themselves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// No time service has confirmed the clock.
    ClockUnconfirmed,
    /// OpenVPN does not tell temoin when the tunnel comes up and goes down.
    HooksMissing,
    /// So many files of damaged records are set aside.
    SetAside(usize),
}
