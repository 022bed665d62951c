//! The words for what law and operators say. Each function takes a value apart exhaustively, so
//! that a value without a text does not compile.

use super::edition::{
    AppliesTo, Certainty, Jurisdiction, Nature, RequirementKind, StartEvent, Status, Track,
    Verified,
};
use super::judge::{Answer, Dependence, Doubt};
use super::profile::{MemberCalled, RegisteredWith, StatementKind};
use crate::i18n::Message;

/// What the law says of a field, in a sentence.
pub fn answer(answer: Answer) -> &'static Message {
    match answer {
        Answer::Required => &Message {
            fr: "La loi impose à l’opérateur de conserver cette donnée.",
            nl: "De wet verplicht de operator dit gegeven te bewaren.",
            en: "The law requires the operator to keep this.",
            de: "Das Gesetz verpflichtet den Betreiber, diese Angabe zu speichern.",
        },
        Answer::RequiredPerhaps => &Message {
            fr: "La loi impose de conserver cette donnée dans certains cas seulement\u{a0}; la \
                 Brique ne peut pas savoir si le vôtre en fait partie.",
            nl: "De wet verplicht alleen in bepaalde gevallen dit gegeven te bewaren; de box kan \
                 niet weten of dat op u van toepassing is.",
            en: "The law requires this to be kept only in certain cases; the box cannot know \
                 whether yours is one.",
            de: "Das Gesetz verlangt nur in bestimmten Fällen, diese Angabe zu speichern; ob das auf \
                 Sie zutrifft, kann die Box nicht wissen.",
        },
        Answer::Allowed => &Message {
            fr: "La loi permet à l’opérateur de conserver cette donnée, sans l’y obliger.",
            nl: "De wet laat de operator toe dit gegeven te bewaren, maar verplicht hem niet.",
            en: "The law allows the operator to keep this and does not require it.",
            de: "Das Gesetz erlaubt dem Betreiber, diese Angabe zu speichern, verlangt es aber nicht.",
        },
        Answer::Forbidden => &Message {
            fr: "Aucune obligation de conservation ne couvre cette donnée\u{a0}: elle ne doit pas \
                 être conservée.",
            nl: "Geen enkele bewaarplicht omvat dit gegeven: het mag niet worden bewaard.",
            en: "No duty of retention reaches this: it must not be kept.",
            de: "Keine Speicherpflicht erfasst diese Angabe: Sie darf nicht gespeichert werden.",
        },
        Answer::Unlisted => &Message {
            fr: "Aucune règle connue de temoin ne mentionne cette donnée.",
            nl: "Geen enkele regel die temoin kent, noemt dit gegeven.",
            en: "No rule that temoin knows names this.",
            de: "Keine Regel, die temoin kennt, nennt diese Angabe.",
        },
        Answer::Unknown => &Message {
            fr: "Inconnu\u{a0}: temoin ne sait pas ce que la loi dit de cette donnée.",
            nl: "Onbekend: temoin weet niet wat de wet over dit gegeven zegt.",
            en: "Unknown: temoin does not know what the law says of this.",
            de: "Unbekannt: temoin weiß nicht, was das Gesetz zu dieser Angabe sagt.",
        },
    }
}

/// Why it is not known what the law says, in a sentence. Placeholders: `{from}` and `{to}` (days) of
/// a gap; `{title}` (the edition's) where it leaves open or is stale, there with `{checked_on}`.
pub fn doubt(doubt: &Doubt<'_>) -> &'static Message {
    match doubt {
        Doubt::Gap { track: Track::General, .. } => &Message {
            fr: "temoin ne connaît aucun texte de loi pour la période du {from} au {to}.",
            nl: "temoin kent geen wettekst voor de periode van {from} tot en met {to}.",
            en: "temoin knows of no text of law for the time from {from} to {to}.",
            de: "temoin kennt keinen Gesetzestext für die Zeit vom {from} bis zum {to}.",
        },
        Doubt::Gap { track: Track::Injunction, .. } => &Message {
            fr: "Du {from} au {to}, temoin ignore si une injonction de conservation était en \
                 vigueur\u{a0}: les données visées ne sont ni libres ni imposées.",
            nl: "Van {from} tot en met {to} weet temoin niet of er een bewaarbevel van kracht was: \
                 de betrokken gegevens zijn vrij noch verplicht.",
            en: "From {from} to {to}, temoin does not know whether an injunction to retain was in \
                 force: what it would name is neither free nor required.",
            de: "Vom {from} bis zum {to} weiß temoin nicht, ob eine Speicheranordnung in Kraft war: \
                 Die betroffenen Angaben sind weder frei noch vorgeschrieben.",
        },
        Doubt::LeftOpen(edition) if edition.status == Status::Annulled => &Message {
            fr: "Ce texte a été annulé\u{a0}: {title}. Ce qu’il fallait conserver alors n’est pas \
                 établi.",
            nl: "Deze tekst is vernietigd: {title}. Wat toen bewaard moest worden, staat niet vast.",
            en: "This text was annulled: {title}. What had to be kept then is not established.",
            de: "Dieser Text wurde für nichtig erklärt: {title}. Was damals zu speichern war, steht \
                 nicht fest.",
        },
        Doubt::LeftOpen(_) => &Message {
            fr: "Ce que dit ce texte n’a pas été établi\u{a0}: {title}.",
            nl: "Wat deze tekst zegt, is niet vastgesteld: {title}.",
            en: "What this text says was not established: {title}.",
            de: "Was dieser Text besagt, wurde nicht festgestellt: {title}.",
        },
        Doubt::Stale(_) => &Message {
            fr: "La dernière vérification est trop ancienne ({checked_on})\u{a0}: {title}. Mettez \
                 temoin à jour.",
            nl: "De laatste controle is te lang geleden ({checked_on}): {title}. Werk temoin bij.",
            en: "It was last checked too long ago ({checked_on}): {title}. Please update temoin.",
            de: "Die letzte Prüfung liegt zu lange zurück ({checked_on}): {title}. Bitte \
                 aktualisieren Sie temoin.",
        },
        Doubt::Undated => &Message {
            fr: "Le début ou la fin de la session n’est pas connu, donc la date qui compte non plus.",
            nl: "Het begin of het einde van de sessie is niet bekend, en dus ook niet de datum die \
                 telt.",
            en: "The start or the end of the session is not known, and so neither is the date that \
                 counts.",
            de: "Beginn oder Ende der Sitzung ist nicht bekannt und damit auch nicht das Datum, das \
                 zählt.",
        },
    }
}

/// What it depends on whether a rule applies, in a sentence.
pub fn dependence(dependence: Dependence) -> &'static Message {
    match dependence {
        Dependence::TargetedArea => &Message {
            fr: "Seulement dans des zones désignées, dont une partie est secrète.",
            nl: "Alleen in aangewezen gebieden, die deels geheim zijn.",
            en: "Only in designated areas, some of which are secret.",
            de: "Nur in festgelegten Gebieten, die teils geheim sind.",
        },
        Dependence::OwnPurpose => &Message {
            fr: "Seulement si l’opérateur le choisit pour ses propres besoins.",
            nl: "Alleen als de operator daar voor eigen doeleinden voor kiest.",
            en: "Only if the operator chooses to, for its own purposes.",
            de: "Nur wenn der Betreiber es für eigene Zwecke so will.",
        },
        Dependence::ExpeditedPreservation => &Message {
            fr: "Seulement si une autorité a fait geler les données.",
            nl: "Alleen als een autoriteit de gegevens heeft laten bevriezen.",
            en: "Only if an authority had the data frozen.",
            de: "Nur wenn eine Behörde die Daten hat einfrieren lassen.",
        },
        Dependence::Day => &Message {
            fr: "Seulement pour une partie de la session, ou selon un jour qui n’est pas connu avec \
                 certitude\u{a0}: le texte applicable change avec la date.",
            nl: "Alleen voor een deel van de sessie, of naargelang van een dag die niet vaststaat: \
                 welke tekst geldt, hangt af van de datum.",
            en: "Only for a part of the session, or depending on a day that is not known for \
                 certain: which text applies changes with the date.",
            de: "Nur für einen Teil der Sitzung oder je nach einem Tag, der nicht feststeht: Welcher \
                 Text gilt, hängt vom Datum ab.",
        },
    }
}

/// Whether a rule's facts must be kept, in a word or two.
pub fn nature(nature: Nature) -> &'static Message {
    match nature {
        Nature::Must => {
            &Message {
                fr: "à conserver", nl: "te bewaren", en: "must be kept", de: "zu speichern"
            }
        }
        Nature::May => &Message {
            fr: "peut être conservé",
            nl: "mag worden bewaard",
            en: "may be kept",
            de: "darf gespeichert werden",
        },
        Nature::MustNot => &Message {
            fr: "ne doit pas être conservé",
            nl: "mag niet worden bewaard",
            en: "must not be kept",
            de: "darf nicht gespeichert werden",
        },
    }
}

/// How sure a reading of the law is, in a few words.
pub fn certainty(certainty: Certainty) -> &'static Message {
    match certainty {
        Certainty::Text => &Message {
            fr: "le texte le dit",
            nl: "de tekst zegt het",
            en: "the text says so",
            de: "so steht es im Text",
        },
        Certainty::Inferred => &Message {
            fr: "une lecture du texte, pas ses mots",
            nl: "een interpretatie van de tekst, niet de woorden zelf",
            en: "a reading of the text, not its words",
            de: "eine Lesart des Textes, nicht sein Wortlaut",
        },
        Certainty::Disputed => {
            &Message { fr: "contesté", nl: "betwist", en: "disputed", de: "umstritten" }
        }
        Certainty::Unknown => {
            &Message { fr: "incertain", nl: "onzeker", en: "uncertain", de: "ungewiss" }
        }
    }
}

/// In which cases a rule applies, in a few words.
pub fn applies_to(applies_to: AppliesTo) -> &'static Message {
    match applies_to {
        AppliesTo::AllUsers => &Message {
            fr: "pour tout le monde",
            nl: "voor iedereen",
            en: "for everybody",
            de: "für alle",
        },
        AppliesTo::TargetedArea => &Message {
            fr: "dans des zones désignées",
            nl: "in aangewezen gebieden",
            en: "in designated areas",
            de: "in festgelegten Gebieten",
        },
        AppliesTo::Injunction => &Message {
            fr: "tant que dure une injonction",
            nl: "zolang een bewaarbevel geldt",
            en: "while an injunction lasts",
            de: "solange eine Anordnung gilt",
        },
        AppliesTo::OwnPurpose => &Message {
            fr: "pour les besoins de l’opérateur",
            nl: "voor eigen doeleinden van de operator",
            en: "for the operator’s own purposes",
            de: "für eigene Zwecke des Betreibers",
        },
        AppliesTo::ExpeditedPreservation => &Message {
            fr: "si une autorité fait geler les données",
            nl: "als een autoriteit de gegevens laat bevriezen",
            en: "if an authority has the data frozen",
            de: "wenn eine Behörde die Daten einfrieren lässt",
        },
    }
}

/// What a period is counted from, as the end of a phrase such as "12 months …".
pub fn start_event(event: StartEvent) -> &'static Message {
    match event {
        StartEvent::SessionStart => &Message {
            fr: "à compter du début de la session",
            nl: "vanaf het begin van de sessie",
            en: "from the start of the session",
            de: "ab Beginn der Sitzung",
        },
        StartEvent::SessionEnd => &Message {
            fr: "à compter de la fin de la session",
            nl: "vanaf het einde van de sessie",
            en: "from the end of the session",
            de: "ab Ende der Sitzung",
        },
        StartEvent::Communication => &Message {
            fr: "à compter de chaque communication",
            nl: "vanaf elke communicatie",
            en: "from each communication",
            de: "ab jeder Kommunikation",
        },
        StartEvent::Recording => &Message {
            fr: "à compter de l’enregistrement de la donnée",
            nl: "vanaf de registratie van het gegeven",
            en: "from the recording of the fact",
            de: "ab der Aufzeichnung der Angabe",
        },
        StartEvent::ContractEnd => &Message {
            fr: "à compter de la fin de votre contrat",
            nl: "vanaf het einde van uw contract",
            en: "from the end of your contract",
            de: "ab dem Ende Ihres Vertrags",
        },
        StartEvent::AccountClosed => &Message {
            fr: "à compter de la clôture de votre compte",
            nl: "vanaf de afsluiting van uw account",
            en: "from the closing of your account",
            de: "ab der Schließung Ihres Kontos",
        },
        StartEvent::BillingDisputeEnd => &Message {
            fr: "jusqu’à ce que la facture ne puisse plus être contestée",
            nl: "tot de factuur niet meer kan worden betwist",
            en: "until the bill can no longer be contested",
            de: "bis die Rechnung nicht mehr angefochten werden kann",
        },
    }
}

/// How far a source was read, in a few words.
pub fn verified(verified: Verified) -> &'static Message {
    match verified {
        Verified::FullText => &Message {
            fr: "lu en entier",
            nl: "volledig gelezen",
            en: "read whole",
            de: "ganz gelesen",
        },
        Verified::Excerpt => &Message {
            fr: "lu en partie",
            nl: "gedeeltelijk gelezen",
            en: "read in part",
            de: "teilweise gelesen",
        },
        Verified::Secondary => &Message {
            fr: "d’après une page qui en parle",
            nl: "volgens een pagina erover",
            en: "from a page about it",
            de: "nach einer Seite darüber",
        },
        Verified::Seed => &Message {
            fr: "d’après un document remis au projet",
            nl: "volgens een document dat het project kreeg",
            en: "from a document given to the project",
            de: "nach einem Dokument, das dem Projekt vorlag",
        },
        Verified::Unverified => &Message {
            fr: "non vérifié",
            nl: "niet geverifieerd",
            en: "not verified",
            de: "nicht geprüft",
        },
    }
}

/// Whether an edition is in force, in a few words.
pub fn status(status: Status) -> &'static Message {
    match status {
        Status::InForce => {
            &Message { fr: "en vigueur", nl: "van kracht", en: "in force", de: "in Kraft" }
        }
        Status::InForceUnderChallenge => &Message {
            fr: "en vigueur, contesté en justice",
            nl: "van kracht, aangevochten voor het gerecht",
            en: "in force, challenged in court",
            de: "in Kraft, vor Gericht angefochten",
        },
        Status::Superseded => &Message {
            fr: "remplacé ou expiré",
            nl: "vervangen of verstreken",
            en: "superseded or expired",
            de: "abgelöst oder abgelaufen",
        },
        Status::Annulled => {
            &Message {
                fr: "annulé", nl: "vernietigd", en: "annulled", de: "für nichtig erklärt"
            }
        }
        Status::Unknown => {
            &Message { fr: "inconnu", nl: "onbekend", en: "unknown", de: "unbekannt" }
        }
    }
}

/// The country.
pub fn jurisdiction(jurisdiction: Jurisdiction) -> &'static Message {
    match jurisdiction {
        Jurisdiction::Belgium => {
            &Message { fr: "Belgique", nl: "België", en: "Belgium", de: "Belgien" }
        }
        Jurisdiction::France => {
            &Message { fr: "France", nl: "Frankrijk", en: "France", de: "Frankreich" }
        }
    }
}

/// Whom a requirement about requests binds, as a heading.
pub fn requirement_kind(kind: RequirementKind) -> &'static Message {
    match kind {
        RequirementKind::RequestMust => &Message {
            fr: "Une demande doit",
            nl: "Een verzoek moet",
            en: "A request must",
            de: "Ein Ersuchen muss",
        },
        RequirementKind::OperatorMust => &Message {
            fr: "L’opérateur doit",
            nl: "De operator moet",
            en: "The operator must",
            de: "Der Betreiber muss",
        },
        RequirementKind::OperatorMay => &Message {
            fr: "L’opérateur peut",
            nl: "De operator mag",
            en: "The operator may",
            de: "Der Betreiber darf",
        },
        RequirementKind::ReceiverMust => &Message {
            fr: "Qui a reçu les données doit",
            nl: "Wie de gegevens kreeg, moet",
            en: "Who received the data must",
            de: "Wer die Daten erhalten hat, muss",
        },
    }
}

/// What kind of thing a statement of an operator is, in a few words.
pub fn statement_kind(kind: StatementKind) -> &'static Message {
    match kind {
        StatementKind::Publication => &Message {
            fr: "publié par l’opérateur",
            nl: "bekendgemaakt door de operator",
            en: "published by the operator",
            de: "vom Betreiber veröffentlicht",
        },
        StatementKind::PublishedCode => &Message {
            fr: "lu dans le code publié",
            nl: "gelezen in de gepubliceerde code",
            en: "read in published code",
            de: "in veröffentlichtem Code gelesen",
        },
        StatementKind::PublishedConfiguration => &Message {
            fr: "lu dans la configuration publiée",
            nl: "gelezen in de gepubliceerde configuratie",
            en: "read in published configuration",
            de: "in veröffentlichter Konfiguration gelesen",
        },
        StatementKind::Correspondence => &Message {
            fr: "répondu à une question",
            nl: "geantwoord op een vraag",
            en: "told to somebody who asked",
            de: "auf eine Anfrage geantwortet",
        },
        StatementKind::Administrator => &Message {
            fr: "déclaré par son administrateur",
            nl: "verklaard door haar beheerder",
            en: "declared by its administrator",
            de: "von der Administration erklärt",
        },
    }
}

/// With which regulator an operator says that it is registered, in a few words.
pub fn registered_with(regulator: RegisteredWith) -> &'static Message {
    match regulator {
        RegisteredWith::Ibpt => &Message { fr: "IBPT", nl: "BIPT", en: "BIPT", de: "BIPF" },
        RegisteredWith::Arcep => &Message { fr: "Arcep", nl: "Arcep", en: "Arcep", de: "Arcep" },
        RegisteredWith::None => &Message {
            fr: "auprès d’aucun régulateur",
            nl: "bij geen enkele regulator",
            en: "with no regulator",
            de: "bei keiner Regulierungsbehörde",
        },
        RegisteredWith::Unknown => {
            &Message { fr: "inconnu", nl: "onbekend", en: "unknown", de: "unbekannt" }
        }
    }
}

/// What an operator's software calls a member, in a few words.
pub fn member_called(called: MemberCalled) -> &'static Message {
    match called {
        MemberCalled::CertificateName => &Message {
            fr: "le nom inscrit dans votre certificat",
            nl: "de naam in uw certificaat",
            en: "the name in your certificate",
            de: "der Name in Ihrem Zertifikat",
        },
        MemberCalled::Login => &Message {
            fr: "votre identifiant de connexion",
            nl: "uw gebruikersnaam",
            en: "your login",
            de: "Ihr Anmeldename",
        },
        MemberCalled::Unknown => {
            &Message { fr: "inconnu", nl: "onbekend", en: "unknown", de: "unbekannt" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{day, edition, law};
    use super::{
        answer, applies_to, certainty, dependence, doubt, jurisdiction, member_called, nature,
        registered_with, requirement_kind, start_event, statement_kind, status, verified,
    };
    use crate::i18n::{Language, Message};
    use crate::retention::{Answer, Dependence, Doubt, Track, Word};

    fn of<T: Word>(message: fn(T) -> &'static Message) -> Vec<&'static Message> {
        T::ALL.iter().map(|word| message(*word)).collect()
    }

    fn kinds() -> Vec<Vec<&'static Message>> {
        let answers = [
            Answer::Required,
            Answer::RequiredPerhaps,
            Answer::Allowed,
            Answer::Forbidden,
            Answer::Unlisted,
            Answer::Unknown,
        ];
        let dependences = [
            Dependence::TargetedArea,
            Dependence::OwnPurpose,
            Dependence::ExpeditedPreservation,
            Dependence::Day,
        ];
        vec![
            answers.map(answer).to_vec(),
            dependences.map(dependence).to_vec(),
            of(applies_to),
            of(certainty),
            of(jurisdiction),
            of(member_called),
            of(nature),
            of(registered_with),
            of(requirement_kind),
            of(start_event),
            of(statement_kind),
            of(status),
            of(verified),
        ]
    }

    #[test]
    fn every_word_is_whole_and_told_apart_from_its_kind_in_every_language() {
        for kind in kinds() {
            for language in Language::ALL {
                let mut texts: Vec<&str> = kind.iter().map(|it| it.text(language)).collect();
                for text in &texts {
                    assert!(!text.is_empty() && text.trim() == *text, "{text:?}");
                    assert!(
                        !text.contains(['{', '}', '\n', '\'']) && !text.contains("  "),
                        "{text}"
                    );
                }
                texts.sort_unstable();
                texts.dedup();
                assert_eq!(texts.len(), kind.len(), "{language}: {texts:?}");
            }
        }
    }

    #[test]
    fn every_doubt_names_what_it_speaks_of_in_every_language() {
        let text = edition("be", "BE", "general", ("2021-04-22", "2022-08-17"), &[]);
        let law = law(&[text.replace("\"in-force\"", "\"annulled\"")]);
        let unknown = super::super::fixture::law(&[text.replace("\"in-force\"", "\"unknown\"")]);
        let gap = |track| Doubt::Gap { track, from: day("2022-08-18"), to: day("2022-08-19") };
        for (it, placeholders) in [
            (gap(Track::General), &["from", "to"][..]),
            (gap(Track::Injunction), &["from", "to"]),
            (Doubt::LeftOpen(&law.editions()[0]), &["title"]),
            (Doubt::LeftOpen(&unknown.editions()[0]), &["title"]),
            (Doubt::Stale(&law.editions()[0]), &["title", "checked_on"]),
            (Doubt::Undated, &[]),
        ] {
            for language in Language::ALL {
                let text = doubt(&it).text(language);
                for placeholder in placeholders {
                    assert!(text.contains(&format!("{{{placeholder}}}")), "{language}: {text}");
                }
                assert_eq!(text.matches('{').count(), placeholders.len(), "{language}: {text}");
            }
        }
    }
}
