use chrono::NaiveDate;

use super::{Block, Content, Details, NOT_ADVICE, YOU_SEND_IT, given, texts};
use crate::domain::SessionId;
use crate::i18n::{Language, Message};
use crate::rights::layout::unbroken_date;

/// A session whose data should be gone by now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Overdue {
    /// The session.
    pub session: SessionId,
    /// The day by which its data were to be erased.
    pub erase_by: NaiveDate,
    /// The day on which the operator last stated that it holds them, where it did.
    pub held_on: Option<NaiveDate>,
}

/// A reminder of overdue erasures. It names sessions by ID and date and holds nothing else of them.
pub(super) fn content(
    overdue: &[Overdue],
    basis: &str,
    language: Language,
    details: &Details,
) -> Content {
    let sessions = overdue.iter().map(|overdue| {
        let due = unbroken_date(overdue.erase_by, language);
        let fact = match overdue.held_on {
            Some(held) => {
                let held = unbroken_date(held, language);
                DUE_AND_HELD.fill(language, &[("due", &due), ("held", &held)])
            }
            None => DUE.fill(language, &[("due", &due)]),
        };
        (overdue.session.to_string(), fact)
    });
    let basis = given(Some(basis), &WHICH_BASIS, language);
    Content {
        to: details.operator.block(),
        to_operator: true,
        subject: SUBJECT.text(language).to_owned(),
        blocks: vec![
            Block::paragraph(&OVERDUE, language),
            Block::Sessions(sessions.collect()),
            Block::Paragraph(BASIS.fill(language, &[("basis", &basis)])),
            Block::paragraph(&PLEASE, language),
            Block::paragraph(&REASON, language),
            Block::paragraph(&ONLY_IDS, language),
        ],
        enclosures: Vec::new(),
        notes: texts([&YOU_SEND_IT, &NAME_AND_IDS, &LONGER, &NOT_ADVICE], language),
    }
}

const SUBJECT: Message = Message {
    fr: "rappel, données de sessions VPN à effacer",
    nl: "herinnering, te wissen gegevens van VPN-sessies",
    en: "reminder, data of VPN sessions to be erased",
    de: "Erinnerung, zu löschende Daten von VPN-Sitzungen",
};

const OVERDUE: Message = Message {
    fr: "D'après ce que je sais, les données des sessions VPN suivantes devaient être effacées à la \
         date indiquée et ne le sont pas encore\u{a0}:",
    nl: "Voor zover ik weet, moesten de gegevens van de volgende VPN-sessies op de vermelde datum \
         gewist zijn en zijn ze dat nog niet:",
    en: "As far as I know, the data of the following VPN sessions were to be erased by the date \
         given and are not erased yet:",
    de: "nach meiner Kenntnis waren die Daten der folgenden VPN-Sitzungen bis zum angegebenen Tag \
         zu löschen und sind noch nicht gelöscht:",
};

const DUE_AND_HELD: Message = Message {
    fr: "à effacer au plus tard le {due}\u{a0}; détenues selon votre déclaration du {held}",
    nl: "te wissen uiterlijk op {due}; volgens uw verklaring van {held} nog bewaard",
    en: "to be erased by {due}; held, by your statement of {held}",
    de: "zu löschen bis {due}; laut Ihrer Erklärung vom {held} vorhanden",
};

const DUE: Message = Message {
    fr: "à effacer au plus tard le {due}",
    nl: "te wissen uiterlijk op {due}",
    en: "to be erased by {due}",
    de: "zu löschen bis {due}",
};

const BASIS: Message = Message {
    fr: "Base du délai de conservation\u{a0}: {basis}.",
    nl: "Grondslag van de bewaartermijn: {basis}.",
    en: "Basis of the retention period: {basis}.",
    de: "Grundlage der Speicherfrist: {basis}.",
};

const WHICH_BASIS: Message = Message {
    fr: "[base juridique]",
    nl: "[rechtsgrond]",
    en: "[legal basis]",
    de: "[Rechtsgrundlage]",
};

const PLEASE: Message = Message {
    fr: "Je vous prie d'effacer ces données, copies comprises, et de me confirmer que c'est fait.",
    nl: "Ik verzoek u die gegevens te wissen, kopieën inbegrepen, en mij te bevestigen dat dit \
         gebeurd is.",
    en: "Please erase these data, copies included, and confirm to me that it is done.",
    de: "Ich bitte Sie, diese Daten samt Kopien zu löschen und mir dies zu bestätigen.",
};

const REASON: Message = Message {
    fr: "Si vous devez les garder plus longtemps, je vous prie de m'en indiquer la raison, autant \
         que la loi vous le permet, et la nouvelle date d'effacement.",
    nl: "Moet u ze langer bewaren, dan verzoek ik u mij de reden mee te delen, voor zover de wet \
         dat toelaat, en de nieuwe datum van wissing.",
    en: "If you have to keep them longer, please tell me why, as far as the law allows you to, and \
         the new date of erasure.",
    de: "Müssen Sie sie länger aufbewahren, bitte ich Sie um Mitteilung des Grundes, soweit das \
         Gesetz es Ihnen erlaubt, und des neuen Löschdatums.",
};

const ONLY_IDS: Message = Message {
    fr: "Ces numéros de session suffisent pour retrouver les données\u{a0}; c'est pourquoi cette \
         lettre n'en mentionne pas d'autres.",
    nl: "Deze sessienummers volstaan om de gegevens terug te vinden; daarom vermeldt deze brief geen \
         andere gegevens.",
    en: "These session IDs are enough to find the data, which is why this letter repeats nothing \
         else of them.",
    de: "Diese Sitzungsnummern genügen, um die Daten zu finden; deshalb nennt dieses Schreiben \
         nichts weiter daraus.",
};

const NAME_AND_IDS: Message = Message {
    fr: "Envoyée sous votre nom, cette lettre relie ces numéros à vous. L'opérateur retrouve les \
         données par les numéros seuls\u{a0}: vous pouvez laisser votre nom de côté.",
    nl: "Verstuurt u deze brief onder uw naam, dan verbindt hij deze nummers met u. De operator \
         vindt de gegevens met de nummers alleen: u kunt uw naam weglaten.",
    en: "Sent under your name, this letter ties these IDs to you. The operator finds the data by \
         the IDs alone: you may leave your name out.",
    de: "Unter Ihrem Namen verschickt, verbindet dieses Schreiben die Nummern mit Ihnen. Der \
         Betreiber findet die Daten allein über die Nummern: Sie können Ihren Namen weglassen.",
};

const LONGER: Message = Message {
    fr: "Une date d'effacement est la date ordinaire\u{a0}: un ordre de conservation ou une demande \
         faite auparavant peut la reculer, sans qu'on puisse vous le dire.",
    nl: "Een wisdatum is de gewone datum: een bevel tot bewaring of een eerdere vordering kan hem \
         uitstellen, zonder dat men u dat mag zeggen.",
    en: "A date of erasure is the ordinary date: a preservation order or an earlier request can \
         move it, and the operator may not be allowed to tell you.",
    de: "Ein Löschdatum ist das gewöhnliche Datum: Eine Sicherungsanordnung oder ein \
         früheres Ersuchen kann es verschieben, ohne dass man es Ihnen sagen darf.",
};
