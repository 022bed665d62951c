use crate::i18n::Message;

/// The rooms of the site that the navigation leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Room {
    /// What is held now.
    Now,
    /// What is held over time.
    Timeline,
    /// The sessions, one by one.
    Sessions,
}

impl Room {
    /// Every room, in the order of the navigation.
    pub(super) const ALL: [Self; 3] = [Self::Now, Self::Timeline, Self::Sessions];

    /// Its address below the site's.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Now => "",
            Self::Timeline => "timeline",
            Self::Sessions => "sessions",
        }
    }

    /// Its name in the navigation.
    pub(super) fn name(self) -> &'static Message {
        match self {
            Self::Now => &NOW,
            Self::Timeline => &TIMELINE,
            Self::Sessions => &SESSIONS,
        }
    }
}

const NOW: Message = Message { fr: "Maintenant", nl: "Nu", en: "Now", de: "Jetzt" };

const TIMELINE: Message = Message {
    fr: "Mois par mois",
    nl: "Maand per maand",
    en: "Month by month",
    de: "Monat für Monat",
};

const SESSIONS: Message =
    Message { fr: "Sessions", nl: "Sessies", en: "Sessions", de: "Sitzungen" };
