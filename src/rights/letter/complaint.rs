use chrono::NaiveDate;

use super::{Block, Content, Details, NOT_ADVICE, YOU_SEND_IT, day, texts};
use crate::i18n::{Language, Message};
use crate::retention::Jurisdiction;
use crate::rights::Deadline;
use crate::rights::layout::plain;

/// What a complaint is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Grievance {
    /// The answer to a request for access lacks something.
    IncompleteAnswer {
        /// When the operator answered.
        answered_on: Option<NaiveDate>,
    },
    /// The operator did not answer a request for access in time.
    NoAnswer {
        /// The term that has run out.
        deadline: Option<Deadline>,
    },
    /// Data that should be erased are still held, although the operator was reminded.
    NotErased {
        /// When the operator last stated that it holds them.
        stated_on: Option<NaiveDate>,
    },
}

/// A complaint to the supervisory authority of the operator's country.
pub(super) fn content(
    grievance: Grievance,
    exercised_on: Option<NaiveDate>,
    language: Language,
    details: &Details,
) -> Content {
    let operator = details.operator.block().join(", ");
    let exercised = day(exercised_on, &DATE_OF_REQUEST, language);
    let (facts, enclosures) = match grievance {
        Grievance::IncompleteAnswer { answered_on } => {
            let answered = day(answered_on, &DATE_OF_ANSWER, language);
            let facts = [
                ACCESS_ASKED.fill(language, &[("date", &exercised)]),
                INCOMPLETE.fill(language, &[("date", &answered)]),
            ];
            (facts, texts([&COPY_OF_REQUEST, &PROOF, &COPY_OF_ANSWER], language))
        }
        Grievance::NoAnswer { deadline } => {
            let received = deadline.map(|deadline| deadline.received_on);
            let last = deadline.map(|deadline| deadline.last_day);
            let values = [
                ("received", day(received, &DATE_OF_RECEIPT, language)),
                ("last", day(last, &LAST_DAY, language)),
            ];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            let facts = [
                ACCESS_ASKED.fill(language, &[("date", &exercised)]),
                UNANSWERED.fill(language, &values),
            ];
            (facts, texts([&COPY_OF_REQUEST, &PROOF], language))
        }
        Grievance::NotErased { stated_on } => {
            let stated = day(stated_on, &DATE_OF_STATEMENT, language);
            let facts = [
                ERASURE_ASKED.fill(language, &[("date", &exercised)]),
                STILL_HELD.fill(language, &[("date", &stated)]),
            ];
            (facts, texts([&COPY_OF_REMINDER, &PROOF, &COPY_OF_STATEMENT], language))
        }
    };
    let mut facts = facts.to_vec();
    facts.push(OTHER_FACTS.text(language).to_owned());

    let (to, how) = match details.jurisdiction {
        Jurisdiction::Belgium => (BELGIAN_AUTHORITY, &BELGIAN_WAY),
        Jurisdiction::France => (FRENCH_AUTHORITY, &FRENCH_WAY),
    };
    let mut notes = texts([&YOU_SEND_IT, how], language);
    if language == Language::English && details.jurisdiction == Jurisdiction::Belgium {
        notes.push(NOT_IN_ENGLISH.text(language).to_owned());
    }
    if matches!(grievance, Grievance::NoAnswer { deadline: Some(_) }) {
        notes.push(HOW_COUNTED.text(language).to_owned());
    }
    notes.push(NOT_ADVICE.text(language).to_owned());
    Content {
        to: to.iter().map(|line| line.text(language).to_owned()).collect(),
        to_operator: false,
        subject: SUBJECT.fill(language, &[("operator", &plain(&details.operator.name))]),
        blocks: vec![
            Block::Paragraph(COMPLAINT.fill(language, &[("operator", &operator)])),
            Block::paragraph(&FACTS, language),
            Block::Items(facts),
            Block::paragraph(&PLEASE, language),
        ],
        enclosures,
        notes,
    }
}

/// Name and address in the languages of the authority's own pages.
const BELGIAN_AUTHORITY: &[Message] = &[
    Message {
        fr: "Autorité de protection des données (APD)",
        nl: "Gegevensbeschermingsautoriteit (GBA)",
        en: "Autorité de protection des données / Gegevensbeschermingsautoriteit",
        de: "Datenschutzbehörde (DSB)",
    },
    Message {
        fr: "rue de la Presse 35",
        nl: "Drukpersstraat 35",
        en: "rue de la Presse 35",
        de: "rue de la Presse 35",
    },
    Message {
        fr: "1000 Bruxelles",
        nl: "1000 Brussel",
        en: "1000 Bruxelles, Belgium",
        de: "1000 Brüssel",
    },
];

const FRENCH_AUTHORITY: &[Message] = &[Message {
    fr: "Commission nationale de l'informatique et des libertés (CNIL)",
    nl: "Commission nationale de l'informatique et des libertés (CNIL)",
    en: "Commission nationale de l'informatique et des libertés (CNIL)",
    de: "Commission nationale de l'informatique et des libertés (CNIL)",
}];

const SUBJECT: Message = Message {
    fr: "plainte contre {operator}",
    nl: "klacht tegen {operator}",
    en: "complaint about {operator}",
    de: "Beschwerde gegen {operator}",
};

const COMPLAINT: Message = Message {
    fr: "Je dépose une plainte contre l'opérateur de mon VPN, responsable du traitement\u{a0}: \
         {operator}.",
    nl: "Ik dien een klacht in tegen de operator van mijn VPN, de \
         verwerkingsverantwoordelijke: {operator}.",
    en: "I lodge a complaint about the operator of my VPN, the controller: {operator}.",
    de: "ich reiche Beschwerde ein gegen den Betreiber meines VPN als Verantwortlichen: \
         {operator}.",
};

const FACTS: Message =
    Message { fr: "Les faits\u{a0}:", nl: "De feiten:", en: "The facts:", de: "Der Sachverhalt:" };

const ACCESS_ASKED: Message = Message {
    fr: "Le {date}, j'ai exercé auprès de l'opérateur mon droit d'accès (article 15 du RGPD) aux \
         données de mes sessions VPN.",
    nl: "Op {date} heb ik bij de operator mijn recht van inzage (artikel 15 AVG) in de gegevens \
         van mijn VPN-sessies uitgeoefend.",
    en: "On {date} I exercised my right of access (article 15 GDPR) to the data of my VPN sessions \
         with the operator.",
    de: "Am {date} habe ich beim Betreiber mein Auskunftsrecht (Artikel 15 DSGVO) zu den Daten \
         meiner VPN-Sitzungen ausgeübt.",
};

const UNANSWERED: Message = Message {
    fr: "L'opérateur a reçu ma demande le {received}. Le délai d'un mois (article 12, paragraphe \
         3, du RGPD) a pris fin le {last}. À ce jour, je n'ai pas reçu de réponse.",
    nl: "De operator heeft mijn verzoek ontvangen op {received}. De termijn van één maand (artikel \
         12, lid 3, AVG) is verstreken op {last}. Tot op heden heb ik geen antwoord ontvangen.",
    en: "The operator received my request on {received}. The term of one month (article 12(3) \
         GDPR) ended on {last}. To date I have received no answer.",
    de: "Mein Antrag ist am {received} beim Betreiber eingegangen. Die Frist von einem Monat \
         (Artikel 12 Absatz 3 DSGVO) ist am {last} abgelaufen. Bis heute habe ich keine Antwort \
         erhalten.",
};

const INCOMPLETE: Message = Message {
    fr: "Sa réponse du {date} est incomplète. Il y manque\u{a0}: [ce qui manque].",
    nl: "Het antwoord van {date} is onvolledig. Er ontbreekt: [wat ontbreekt].",
    en: "Its answer of {date} is incomplete. What is missing: [what is missing].",
    de: "Die Antwort vom {date} ist unvollständig. Es fehlt: [was fehlt].",
};

const ERASURE_ASKED: Message = Message {
    fr: "Le {date}, j'ai rappelé à l'opérateur que des données de mes sessions VPN, dont le délai \
         de conservation est écoulé, étaient à effacer. La liste des sessions figure dans la copie \
         de ce rappel.",
    nl: "Op {date} heb ik de operator eraan herinnerd dat gegevens van mijn VPN-sessies waarvan de \
         bewaartermijn verstreken is, gewist moesten worden. De lijst van de sessies staat in de \
         kopie van die herinnering.",
    en: "On {date} I reminded the operator that data of my VPN sessions, whose retention period is \
         over, were to be erased. The sessions are listed in the copy of that reminder.",
    de: "Am {date} habe ich den Betreiber daran erinnert, dass Daten meiner VPN-Sitzungen, deren \
         Speicherfrist abgelaufen ist, zu löschen waren. Die Liste der Sitzungen steht in der \
         Kopie dieser Erinnerung.",
};

const STILL_HELD: Message = Message {
    fr: "Selon sa propre déclaration du {date}, l'opérateur détient encore ces données.",
    nl: "Volgens zijn eigen verklaring van {date} bewaart de operator die gegevens nog steeds.",
    en: "By its own statement of {date}, the operator still holds these data.",
    de: "Nach seiner eigenen Erklärung vom {date} hält der Betreiber diese Daten noch immer vor.",
};

const OTHER_FACTS: Message = Message {
    fr: "[autres faits utiles]",
    nl: "[andere nuttige feiten]",
    en: "[other facts that matter]",
    de: "[weitere wichtige Umstände]",
};

const PLEASE: Message = Message {
    fr: "Je vous prie d'examiner cette plainte et de veiller au respect de mes droits.",
    nl: "Ik verzoek u deze klacht te onderzoeken en toe te zien op de naleving van mijn rechten.",
    en: "I ask you to examine this complaint and to see that my rights are respected.",
    de: "Ich bitte Sie, diese Beschwerde zu prüfen und für die Achtung meiner Rechte zu sorgen.",
};

const COPY_OF_REQUEST: Message = Message {
    fr: "copie de ma demande d'accès",
    nl: "kopie van mijn verzoek om inzage",
    en: "copy of my request for access",
    de: "Kopie meines Auskunftsantrags",
};

const COPY_OF_REMINDER: Message = Message {
    fr: "copie de mon rappel",
    nl: "kopie van mijn herinnering",
    en: "copy of my reminder",
    de: "Kopie meiner Erinnerung",
};

const PROOF: Message = Message {
    fr: "preuve de l'envoi ou de la réception",
    nl: "bewijs van verzending of ontvangst",
    en: "proof of sending or of receipt",
    de: "Nachweis des Versands oder des Eingangs",
};

const COPY_OF_ANSWER: Message = Message {
    fr: "copie de la réponse",
    nl: "kopie van het antwoord",
    en: "copy of the answer",
    de: "Kopie der Antwort",
};

const COPY_OF_STATEMENT: Message = Message {
    fr: "copie de la déclaration de l'opérateur",
    nl: "kopie van de verklaring van de operator",
    en: "copy of the operator's statement",
    de: "Kopie der Erklärung des Betreibers",
};

const DATE_OF_REQUEST: Message = Message {
    fr: "[date de votre demande]",
    nl: "[datum van uw verzoek]",
    en: "[date of your request]",
    de: "[Datum Ihres Antrags]",
};

const DATE_OF_RECEIPT: Message = Message {
    fr: "[date de réception par l'opérateur]",
    nl: "[datum van ontvangst door de operator]",
    en: "[date of receipt by the operator]",
    de: "[Datum des Eingangs beim Betreiber]",
};

const DATE_OF_ANSWER: Message = Message {
    fr: "[date de la réponse]",
    nl: "[datum van het antwoord]",
    en: "[date of the answer]",
    de: "[Datum der Antwort]",
};

const DATE_OF_STATEMENT: Message = Message {
    fr: "[date de la déclaration]",
    nl: "[datum van de verklaring]",
    en: "[date of the statement]",
    de: "[Datum der Erklärung]",
};

const LAST_DAY: Message = Message {
    fr: "[dernier jour du délai]",
    nl: "[laatste dag van de termijn]",
    en: "[last day of the term]",
    de: "[letzter Tag der Frist]",
};

const BELGIAN_WAY: Message = Message {
    fr: "Exercez d'abord vos droits auprès de l'opérateur. La plainte doit être datée et signée, \
         en français, en néerlandais ou en allemand, exposer les faits et être accompagnée de la \
         preuve de cette démarche. La page de l'autorité s'intitule «\u{a0}Introduire une \
         plainte\u{a0}»\u{a0}; elle propose aussi «\u{a0}Demander une médiation\u{a0}».",
    nl: "Oefen eerst uw rechten uit bij de operator. De klacht moet gedateerd en ondertekend zijn, \
         in het Nederlands, het Frans of het Duits, de feiten uiteenzetten en vergezeld gaan van \
         het bewijs van die stap. De pagina van de autoriteit heet “Klacht indienen”; u kunt er \
         ook een “Bemiddeling aanvragen”.",
    en: "First exercise your rights with the operator. The complaint must be dated and signed, in \
         French, Dutch or German, set out the facts, and come with the proof of that first step. \
         The authority's page is called “Introduire une plainte” or “Klacht indienen”; it also \
         offers mediation (“Demander une médiation”, “Bemiddeling aanvragen”).",
    de: "Üben Sie zuerst Ihre Rechte beim Betreiber aus. Die Beschwerde muss datiert und \
         unterschrieben sein, auf Deutsch, Französisch oder Niederländisch, den Sachverhalt \
         darlegen und den Nachweis dieses ersten Schritts enthalten. Die Seite der Behörde heißt \
         „Introduire une plainte“ oder „Klacht indienen“; sie bietet auch eine Vermittlung an \
         („Demander une médiation“, „Bemiddeling aanvragen“).",
};

const FRENCH_WAY: Message = Message {
    fr: "La page de la CNIL s'intitule «\u{a0}Adresser une plainte\u{a0}». Vérifiez-y les \
         conditions, le délai et la façon d'envoyer la plainte\u{a0}: temoin ne les a pas \
         vérifiés.",
    nl: "De pagina van de CNIL heet “Adresser une plainte”. Ga daar de voorwaarden, de termijn, de \
         taal en de wijze van verzending na: temoin heeft die niet geverifieerd.",
    en: "The CNIL's page is called “Adresser une plainte”. Look there for the conditions, the \
         term, the language and the way to send a complaint: temoin has not verified them.",
    de: "Die Seite der CNIL heißt „Adresser une plainte“. Prüfen Sie dort Bedingungen, Frist, \
         Sprache und Versandweg: temoin hat sie nicht überprüft.",
};

const HOW_COUNTED: Message = Message {
    fr: "temoin compte le délai selon le règlement (CEE, Euratom) n° 1182/71\u{a0}: si le dernier \
         jour est un samedi, un dimanche ou un jour férié, le jour ouvrable suivant. C'est une \
         lecture de la loi, pas une citation.",
    nl: "temoin telt de termijn volgens Verordening (EEG, Euratom) nr. 1182/71: is de laatste dag \
         een zaterdag, een zondag of een feestdag, dan de volgende werkdag. Dat is een \
         interpretatie van de wet, geen citaat.",
    en: "temoin counts the term by Regulation (EEC, Euratom) No 1182/71: where the last day is a \
         Saturday, a Sunday or a public holiday, the next working day. This is a reading of the \
         law, not a quotation.",
    de: "temoin zählt die Frist nach der Verordnung (EWG, Euratom) Nr. 1182/71: Ist der letzte Tag \
         ein Samstag, ein Sonntag oder ein Feiertag, gilt der nächste Arbeitstag. Das ist eine \
         Lesart des Gesetzes, kein Zitat.",
};

const NOT_IN_ENGLISH: Message = Message {
    fr: "L'anglais n'est pas parmi les langues que nomme l'autorité belge.",
    nl: "Engels is niet een van de talen die de Belgische autoriteit noemt.",
    en: "English is not among the languages that the Belgian authority names: use this text to \
         understand the French, Dutch or German one, and send that.",
    de: "Die belgische Behörde nennt Englisch nicht unter ihren Sprachen.",
};
