use temoin_protocol::Day;

/// Why to ask the operator about a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PollReason {
    /// The record was to be erased by this day; not confirmed yet.
    Due(Day),
    /// A record is held with an erase-by date after this day, or none: check that it is unchanged.
    Sample(Day),
    /// No statement has confirmed its registration yet.
    Unconfirmed,
    /// A record is held, and its erase-by date was not determined at the last statement.
    Undetermined,
}
