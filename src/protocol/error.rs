use std::fmt;

/// Why received data is not accepted. Nothing of it may be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProtocolError {
    /// A new key takes over from before statements that the old one has made since: whoever announces it
    /// denies them, or somebody else has the old key.
    Backdated,
    /// It is not valid in version 2 of the protocol: the peer is not temoin, has another version,
    /// or is broken.
    Malformed,
    /// The operator claims to hold a random ID that was never registered.
    MadeUp,
    /// The signature is not the expected key's over exactly this: another operator's key, bytes that
    /// were changed, or an answer to another request.
    NotAuthentic,
    /// It was not stated now: an old answer, or one of the clocks is wrong.
    NotFresh,
    /// The operator's key signed two different successors: somebody else has it too.
    TwoSuccessors,
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backdated => {
                "a new key is to count from before statements that the operator has made with the old \
                 one: somebody may be denying them, or have the old key; ask the operator for a new \
                 profile"
            }
            Self::Malformed => {
                "this has not the form of temoin's protocol, version 2: check the address in the \
                 profile, and which version the operator runs"
            }
            Self::MadeUp => {
                "the operator states that it holds an ID that does not exist: its statements cannot \
                 be relied on; tell the operator"
            }
            Self::NotAuthentic => {
                "the signature is not that of the operator's key: compare the key in the profile \
                 with the one that the operator publishes"
            }
            Self::NotFresh => {
                "the statement is not of this moment: check the clock of this machine, and tell the \
                 operator if it is right"
            }
            Self::TwoSuccessors => {
                "the operator's key names two different successors: somebody else may have the key; \
                 ask the operator for a new profile"
            }
        })
    }
}

impl std::error::Error for ProtocolError {}
