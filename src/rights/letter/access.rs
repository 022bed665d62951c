use chrono::NaiveDate;

use super::{Block, Content, Details, NOT_ADVICE, YOU_SEND_IT, texts};
use crate::domain::Field;
use crate::i18n::{Language, Message, vocabulary};
use crate::rights::layout::unbroken_date;

/// A request for access, under article 15 of the GDPR.
pub(super) fn content(
    period: Option<(NaiveDate, NaiveDate)>,
    fields: &[Field],
    language: Language,
    details: &Details,
) -> Content {
    let concerned = period.map_or_else(
        || EVERYTHING.text(language).to_owned(),
        |(from, to)| {
            let (from, to) = (unbroken_date(from, language), unbroken_date(to, language));
            PERIOD.fill(language, &[("from", &from), ("to", &to)])
        },
    );
    let mut blocks = vec![
        Block::paragraph(&REQUEST, language),
        Block::Paragraph(concerned),
        Block::paragraph(&SEND_ME, language),
        Block::Items(texts(
            [&COPY, &PURPOSES, &CATEGORIES, &RECIPIENTS, &DURATION, &SOURCE],
            language,
        )),
    ];
    if !fields.is_empty() {
        let fields = vocabulary::fields(fields, language);
        blocks.push(Block::Paragraph(IN_PARTICULAR.fill(language, &[("fields", &fields)])));
    }
    blocks.push(Block::paragraph(&TERM, language));
    blocks.push(Block::paragraph(&THANKS, language));
    Content {
        to: details.operator.block(),
        to_operator: true,
        subject: SUBJECT.text(language).to_owned(),
        blocks,
        enclosures: Vec::new(),
        notes: texts([&YOU_SEND_IT, &RECEIPT, &SECRECY, &NOT_ADVICE], language),
    }
}

const SUBJECT: Message = Message {
    fr: "demande d'accès à mes données, sessions VPN (article 15 du RGPD)",
    nl: "verzoek om inzage in mijn gegevens, VPN-sessies (artikel 15 AVG)",
    en: "request for access to my data, VPN sessions (article 15 GDPR)",
    de: "Antrag auf Auskunft über meine Daten, VPN-Sitzungen (Artikel 15 DSGVO)",
};

const REQUEST: Message = Message {
    fr: "J'utilise votre service de VPN. Sur la base de l'article 15 du règlement général sur la \
         protection des données (RGPD), je vous prie de me confirmer si vous traitez des données à \
         caractère personnel qui me concernent, en particulier au sujet de mes sessions VPN.",
    nl: "Ik gebruik uw VPN-dienst. Op grond van artikel 15 van de Algemene Verordening \
         Gegevensbescherming (AVG) verzoek ik u mij te bevestigen of u persoonsgegevens over mij \
         verwerkt, in het bijzonder over mijn VPN-sessies.",
    en: "I use your VPN service. Under article 15 of the General Data Protection Regulation \
         (GDPR), I ask you to confirm whether you process personal data concerning me, in \
         particular about my VPN sessions.",
    de: "ich nutze Ihren VPN-Dienst. Auf der Grundlage von Artikel 15 der \
         Datenschutz-Grundverordnung (DSGVO) bitte ich Sie um Bestätigung, ob Sie mich betreffende \
         personenbezogene Daten verarbeiten, insbesondere zu meinen VPN-Sitzungen.",
};

const EVERYTHING: Message = Message {
    fr: "Ma demande porte sur toutes les sessions dont vous conservez encore des données.",
    nl: "Mijn verzoek betreft alle sessies waarvan u nog gegevens bewaart.",
    en: "My request concerns every session of which you still keep data.",
    de: "Mein Antrag betrifft alle Sitzungen, zu denen Sie noch Daten speichern.",
};

const PERIOD: Message = Message {
    fr: "Ma demande porte sur les sessions du {from} au {to} inclus.",
    nl: "Mijn verzoek betreft de sessies van {from} tot en met {to}.",
    en: "My request concerns the sessions from {from} to {to} inclusive.",
    de: "Mein Antrag betrifft die Sitzungen vom {from} bis einschließlich {to}.",
};

const SEND_ME: Message = Message {
    fr: "Si vous traitez de telles données, je vous prie de me communiquer\u{a0}:",
    nl: "Verwerkt u zulke gegevens, dan verzoek ik u mij het volgende te bezorgen:",
    en: "If you process such data, please let me have:",
    de: "Falls Sie solche Daten verarbeiten, bitte ich Sie um:",
};

const COPY: Message = Message {
    fr: "une copie de ces données (article 15, paragraphe 3), si possible dans un fichier CSV ou \
         JSON, avec le fuseau horaire des heures\u{a0};",
    nl: "een kopie van die gegevens (artikel 15, lid 3), indien mogelijk als CSV- of \
         JSON-bestand, met de tijdzone van de tijdstippen;",
    en: "a copy of these data (article 15(3)), if possible as a CSV or JSON file, with the time \
         zone of the times in it;",
    de: "eine Kopie dieser Daten (Artikel 15 Absatz 3), wenn möglich als CSV- oder JSON-Datei, \
         mit Angabe der Zeitzone;",
};

const PURPOSES: Message = Message {
    fr: "les finalités du traitement\u{a0};",
    nl: "de doeleinden van de verwerking;",
    en: "the purposes of the processing;",
    de: "Angaben zu den Zwecken der Verarbeitung;",
};

const CATEGORIES: Message = Message {
    fr: "les catégories de données concernées\u{a0};",
    nl: "de betrokken categorieën van gegevens;",
    en: "the categories of data concerned;",
    de: "Angaben zu den Kategorien der verarbeiteten Daten;",
};

const RECIPIENTS: Message = Message {
    fr: "les destinataires ou catégories de destinataires de ces données\u{a0};",
    nl: "de ontvangers of categorieën van ontvangers van die gegevens;",
    en: "the recipients, or categories of recipients, of these data;",
    de: "Angaben zu den Empfängern oder Kategorien von Empfängern dieser Daten;",
};

const DURATION: Message = Message {
    fr: "la durée de conservation envisagée (article 15, paragraphe 1, point d))\u{a0};",
    nl: "de beoogde bewaartermijn (artikel 15, lid 1, onder d));",
    en: "the envisaged retention period (article 15(1)(d));",
    de: "Angaben zur geplanten Speicherfrist (Artikel 15 Absatz 1 Buchstabe d);",
};

const SOURCE: Message = Message {
    fr: "la source des données que vous n'avez pas recueillies auprès de moi.",
    nl: "de bron van de gegevens die u niet bij mij hebt verzameld.",
    en: "the source of any data that you did not collect from me.",
    de: "Angaben zur Herkunft der Daten, die Sie nicht bei mir erhoben haben.",
};

const IN_PARTICULAR: Message = Message {
    fr: "Pour chaque session, ma demande comprend notamment, si vous les détenez\u{a0}: {fields}.",
    nl: "Voor elke sessie omvat mijn verzoek onder meer, als u ze bewaart: {fields}.",
    en: "For each session my request includes in particular, if you hold them: {fields}.",
    de: "Zu jeder Sitzung umfasst mein Antrag insbesondere, sofern gespeichert: {fields}.",
};

const TERM: Message = Message {
    fr: "Selon l'article 12, paragraphe 3, du RGPD, votre réponse est attendue dans les meilleurs \
         délais et au plus tard un mois après la réception de cette demande. Si sa complexité vous \
         oblige à prolonger ce délai, de deux mois au plus, je vous prie de m'en donner les motifs \
         au cours du premier mois.",
    nl: "Volgens artikel 12, lid 3, AVG wordt uw antwoord onverwijld verwacht, en uiterlijk één \
         maand na ontvangst van dit verzoek. Moet u die termijn wegens de complexiteit van het \
         verzoek verlengen, met ten hoogste twee maanden, dan verzoek ik u mij binnen de eerste \
         maand de redenen daarvan mee te delen.",
    en: "Under article 12(3) GDPR your answer is due without undue delay, and at the latest one \
         month after you receive this request. Should its complexity oblige you to extend that \
         term, by two months at most, please give me the reasons within the first month.",
    de: "Nach Artikel 12 Absatz 3 DSGVO ist Ihre Antwort unverzüglich fällig, spätestens einen \
         Monat nach Eingang dieses Antrags. Müssen Sie diese Frist wegen der Komplexität des \
         Antrags verlängern, um höchstens zwei Monate, so bitte ich Sie, mir die Gründe innerhalb \
         des ersten Monats mitzuteilen.",
};

const THANKS: Message = Message {
    fr: "Je vous remercie d'avance du soin que vous y apporterez.",
    nl: "Alvast dank voor uw medewerking.",
    en: "Thank you in advance for your care.",
    de: "Für Ihre Mühe danke ich Ihnen im Voraus.",
};

const RECEIPT: Message = Message {
    fr: "Notez le jour où l'opérateur reçoit la demande\u{a0}: le délai d'un mois court à partir de \
         là. Gardez la preuve de l'envoi.",
    nl: "Noteer de dag waarop de operator het verzoek ontvangt: vanaf dan loopt de termijn van één \
         maand. Bewaar het bewijs van verzending.",
    en: "Note the day on which the operator receives the request: the term of one month runs from \
         then. Keep the proof of sending.",
    de: "Notieren Sie den Tag, an dem der Antrag beim Betreiber eingeht: Ab dann läuft die Frist \
         von einem Monat. Bewahren Sie den Versandnachweis auf.",
};

const SECRECY: Message = Message {
    fr: "N'attendez pas de réponse sur d'éventuelles demandes d'autorités\u{a0}: elles sont \
         couvertes par le secret. C'est une lecture de la loi, pas une citation.",
    nl: "Verwacht geen antwoord over eventuele vorderingen van overheden: die vallen onder de \
         geheimhouding. Dat is een interpretatie van de wet, geen citaat.",
    en: "Do not expect an answer about requests by authorities, if there were any: they are \
         covered by secrecy. This is a reading of the law, not a quotation.",
    de: "Erwarten Sie keine Auskunft über etwaige Ersuchen von Behörden: Diese unterliegen der \
         Geheimhaltung. Das ist eine Lesart des Gesetzes, kein Zitat.",
};
