use crate::messages::page::nav as msg;
use temoin_core::text::Message;

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NavItem {
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
    /// Letters and rights.
    Rights,
    /// What was erased.
    Erased,
    /// The settings.
    Settings,
}

impl NavItem {
    /// Every entry, in order.
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

    /// Its path relative to the site's root.
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

    /// Its label.
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
