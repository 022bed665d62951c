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
            Self::Now => &NOW,
            Self::Timeline => &TIMELINE,
            Self::Sessions => &SESSIONS,
            Self::Ask => &ASK,
            Self::Sent => &SENT,
            Self::Rights => &RIGHTS,
            Self::Erased => &ERASED,
            Self::Settings => &SETTINGS,
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

const ASK: Message = Message {
    fr: "Qui peut demander",
    nl: "Wie kan opvragen",
    en: "Who can ask",
    de: "Wer fragen darf",
};

const SENT: Message =
    Message { fr: "Ce qui est parti", nl: "Wat vertrok", en: "What left", de: "Was hinausging" };

const RIGHTS: Message =
    Message { fr: "Vos droits", nl: "Uw rechten", en: "Your rights", de: "Ihre Rechte" };

const ERASED: Message = Message { fr: "Effacé", nl: "Gewist", en: "Erased", de: "Gelöscht" };

const SETTINGS: Message =
    Message { fr: "Réglages", nl: "Instellingen", en: "Settings", de: "Einstellungen" };
