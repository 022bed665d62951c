use crate::i18n::Message;
use crate::messages::page::rooms as msg;

/// The rooms of the site that the navigation leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Room {
    /// What is held now.
    Now,
    /// What is held over time.
    Timeline,
    /// The sessions, one by one.
    Sessions,
    /// Who can ask for them.
    Ask,
    /// What left the box.
    Sent,
    /// What the member can demand.
    Rights,
    /// What was erased.
    Erased,
    /// What can be set.
    Settings,
}

impl Room {
    /// Every room, in the order of the navigation.
    pub(super) const ALL: [Self; 8] = [
        Self::Now,
        Self::Timeline,
        Self::Sessions,
        Self::Ask,
        Self::Sent,
        Self::Rights,
        Self::Erased,
        Self::Settings,
    ];

    /// Its address below the site's.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Now => "",
            Self::Timeline => "timeline",
            Self::Sessions => "sessions",
            Self::Ask => "ask",
            Self::Sent => "sent",
            Self::Rights => "rights",
            Self::Erased => "erased",
            Self::Settings => "settings",
        }
    }

    /// Its name in the navigation.
    pub(super) fn name(self) -> &'static Message {
        match self {
            Self::Now => &msg::NOW,
            Self::Timeline => &msg::TIMELINE,
            Self::Sessions => &msg::SESSIONS,
            Self::Ask => &msg::ASK,
            Self::Sent => &msg::SENT,
            Self::Rights => &msg::RIGHTS,
            Self::Erased => &msg::ERASED,
            Self::Settings => &msg::SETTINGS,
        }
    }
}
