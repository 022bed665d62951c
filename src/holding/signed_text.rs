use super::{Absence, Signed, SignedState};
use crate::i18n::{Message, When};
use crate::journal::Registration;

impl Signed {
    /// What it says of the session as a whole, as the beginning or all of a sentence.
    pub fn to_text(&self, when: When) -> String {
        let language = when.language;
        let at = |at| when.date_without_weekday(when.zone.date(at));
        let statement = match self {
            Self::SyncOff => return SYNC_OFF.text(language).to_owned(),
            Self::NoneYet(Registration::Bound { at: bound }) => {
                return REGISTERED.fill(language, &[("date", &at(*bound))]);
            }
            Self::NoneYet(Registration::Missed) => return MISSED.text(language).to_owned(),
            Self::NoneYet(Registration::Pending) => return PENDING.text(language).to_owned(),
            Self::NoneYet(Registration::Refused { at: refused }) => {
                return REFUSED.fill(language, &[("date", &at(*refused))]);
            }
            Self::NoneYet(Registration::Rejected { at: rejected, status }) => {
                let values = [("date", &*at(*rejected)), ("status", &status.to_string())];
                return REJECTED.fill(language, &values);
            }
            Self::Stated(statement) => statement,
        };
        let (message, day) = match &statement.state {
            SignedState::Held { erase_by: Some(day), is_overdue: false, .. } => (&HELD, Some(*day)),
            SignedState::Held { erase_by: Some(day), is_overdue: true, .. } => {
                (&OVERDUE, Some(*day))
            }
            SignedState::Held { erase_by: None, .. } => (&HELD_UNDETERMINED, None),
            SignedState::NotHeld(Absence::Contradicted) => (&CONTRADICTED, None),
            SignedState::NotHeld(Absence::Early(Some(day))) => (&GONE_EARLY, Some(*day)),
            SignedState::NotHeld(Absence::Early(None)) => (&GONE_UNDETERMINED, None),
            SignedState::NotHeld(Absence::Erased(day)) => (&ERASED, *day),
            SignedState::NotHeld(Absence::NotRegistered) => (&NOT_REGISTERED, None),
        };
        let day = day.map(|day| when.date_without_weekday(day)).unwrap_or_default();
        message.fill(language, &[("date", &at(statement.stated_at)), ("day", &day)])
    }
}

const SYNC_OFF: Message = Message {
    fr: "rien : la vérification auprès de l’opérateur n’est pas activée",
    nl: "niets: de controle bij de operator staat niet aan",
    en: "nothing: checking with the operator is not switched on",
    de: "nichts: Die Prüfung beim Betreiber ist nicht eingeschaltet",
};

const REGISTERED: Message = Message {
    fr: "rien encore ; le {date}, l’opérateur a confirmé qu’il connaît la session par son identifiant",
    nl: "nog niets; op {date} bevestigde de operator dat hij de sessie onder haar ID kent",
    en: "nothing yet; on {date} the operator confirmed that it knows the session by its ID",
    de: "noch nichts; am {date} hat der Betreiber bestätigt, dass er die Sitzung unter ihrer ID kennt",
};

const MISSED: Message = Message {
    fr: "rien : la session s’est terminée sans que l’opérateur ait confirmé son inscription, il ne la connaît donc sans doute pas par son identifiant",
    nl: "niets: de sessie eindigde zonder dat de operator haar aanmelding bevestigde; allicht kent hij haar niet onder haar ID",
    en: "nothing: the session ended before the operator confirmed its registration, so it most likely does not know it by its ID",
    de: "nichts: Die Sitzung endete, ehe der Betreiber ihre Anmeldung bestätigte; unter ihrer ID kennt er sie wohl nicht",
};

const PENDING: Message = Message {
    fr: "rien encore : l’opérateur n’a pas encore confirmé l’inscription de la session",
    nl: "nog niets: de operator heeft de aanmelding van de sessie nog niet bevestigd",
    en: "nothing yet: the operator has not confirmed the registration of the session so far",
    de: "noch nichts: Der Betreiber hat die Anmeldung der Sitzung noch nicht bestätigt",
};

const REFUSED: Message = Message {
    fr: "rien : le {date}, l’opérateur a refusé l’inscription, car la session en porte déjà une autre ; quelqu’un d’autre dans le foyer a été plus rapide, ou une autre box a le même secret",
    nl: "niets: op {date} weigerde de operator de aanmelding, want de sessie heeft er al een andere; iemand anders in huis was eerst, of een andere box heeft hetzelfde geheim",
    en: "nothing: on {date} the operator refused the registration, as the session already has another; somebody else in the household was first, or another box has the same secret",
    de: "nichts: Am {date} hat der Betreiber die Anmeldung abgelehnt, da die Sitzung schon eine andere hat; jemand anders im Haushalt war schneller, oder eine andere Box hat dasselbe Geheimnis",
};

const REJECTED: Message = Message {
    fr: "rien : le {date}, le serveur de l’opérateur n’a pas accepté l’inscription (statut {status})",
    nl: "niets: op {date} aanvaardde de server van de operator de aanmelding niet (status {status})",
    en: "nothing: on {date} the operator’s server did not accept the registration (status {status})",
    de: "nichts: Am {date} hat der Server des Betreibers die Anmeldung nicht angenommen (Status {status})",
};

const HELD: Message = Message {
    fr: "le {date}, l’opérateur a signé qu’il détient un enregistrement, à effacer au plus tard le {day}",
    nl: "op {date} tekende de operator dat hij een registratie bezit, uiterlijk te wissen op {day}",
    en: "on {date} the operator signed that it holds a record, to be erased by {day}",
    de: "am {date} hat der Betreiber signiert, dass er einen Eintrag hält, der bis zum {day} zu löschen ist",
};

const HELD_UNDETERMINED: Message = Message {
    fr: "le {date}, l’opérateur a signé qu’il détient un enregistrement, dont le jour d’effacement n’était pas encore fixé",
    nl: "op {date} tekende de operator dat hij een registratie bezit; de dag van wissen stond nog niet vast",
    en: "on {date} the operator signed that it holds a record, whose day of erasure was not determined yet",
    de: "am {date} hat der Betreiber signiert, dass er einen Eintrag hält, dessen Löschtag noch nicht feststand",
};

const OVERDUE: Message = Message {
    fr: "le {date}, l’opérateur a signé qu’il détient encore l’enregistrement, qui était à effacer au plus tard le {day} : l’effacement est en retard",
    nl: "op {date} tekende de operator dat hij de registratie nog bezit, die uiterlijk op {day} te wissen was: het wissen is te laat",
    en: "on {date} the operator signed that it still holds the record, which was to be erased by {day}: the erasure is overdue",
    de: "am {date} hat der Betreiber signiert, dass er den Eintrag noch hält, der bis zum {day} zu löschen war: Die Löschung ist überfällig",
};

const ERASED: Message = Message {
    fr: "le {date}, l’opérateur a signé qu’il ne détient plus l’enregistrement, à effacer au plus tard le {day} : son effacement est confirmé",
    nl: "op {date} tekende de operator dat hij de registratie niet meer bezit, uiterlijk te wissen op {day}: het wissen is bevestigd",
    en: "on {date} the operator signed that it no longer holds the record, to be erased by {day}: its erasure is confirmed",
    de: "am {date} hat der Betreiber signiert, dass er den Eintrag nicht mehr hält, zu löschen bis zum {day}: Die Löschung ist bestätigt",
};

const GONE_EARLY: Message = Message {
    fr: "le {date}, l’opérateur a signé qu’il ne détient plus l’enregistrement, qu’il devait garder jusqu’au {day} : effacé avant l’heure, ou nié",
    nl: "op {date} tekende de operator dat hij de registratie niet meer bezit, die hij tot {day} zou bewaren: te vroeg gewist, of ontkend",
    en: "on {date} the operator signed that it no longer holds the record, which it was to hold until {day}: gone before its time, or denied",
    de: "am {date} hat der Betreiber signiert, dass er den Eintrag nicht mehr hält, den er bis zum {day} halten wollte: vor der Zeit gelöscht, oder geleugnet",
};

const GONE_UNDETERMINED: Message = Message {
    fr: "le {date}, l’opérateur a signé qu’il ne détient plus l’enregistrement, sans en avoir jamais indiqué le jour d’effacement : effacé avant l’heure, ou nié",
    nl: "op {date} tekende de operator dat hij de registratie niet meer bezit, zonder ooit een dag van wissen te hebben genoemd: te vroeg gewist, of ontkend",
    en: "on {date} the operator signed that it no longer holds the record, for which it had named no day of erasure: gone before its time, or denied",
    de: "am {date} hat der Betreiber signiert, dass er den Eintrag nicht mehr hält, für den er nie einen Löschtag genannt hatte: vor der Zeit gelöscht, oder geleugnet",
};

const NOT_REGISTERED: Message = Message {
    fr: "le {date}, l’opérateur a signé qu’il ne détient rien sous cet identifiant : la session n’a pas été inscrite, on ne sait donc rien de l’enregistrement",
    nl: "op {date} tekende de operator dat hij niets onder deze ID bezit: de sessie werd niet aangemeld, dus over de registratie is niets bekend",
    en: "on {date} the operator signed that it holds nothing under this ID: the session was not registered, so nothing is known of the record",
    de: "am {date} hat der Betreiber signiert, dass er unter dieser ID nichts hält: Die Sitzung wurde nicht angemeldet, über den Eintrag ist also nichts bekannt",
};

const CONTRADICTED: Message = Message {
    fr: "le {date}, l’opérateur a signé qu’il ne détient rien sous cet identifiant, alors qu’il en avait confirmé l’inscription : pas inscrite en fin de compte, ou effacée depuis",
    nl: "op {date} tekende de operator dat hij niets onder deze ID bezit, hoewel hij haar aanmelding had bevestigd: toch niet aangemeld, of sindsdien gewist",
    en: "on {date} the operator signed that it holds nothing under this ID, although it had confirmed its registration: not registered after all, or erased since",
    de: "am {date} hat der Betreiber signiert, dass er unter dieser ID nichts hält, obwohl er ihre Anmeldung bestätigt hatte: doch nicht angemeldet, oder seither gelöscht",
};
