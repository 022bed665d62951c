use super::layout::Visit;
use super::overdue::overdue;
use super::rooms::Room;
use crate::domain::{Moment, SessionId, Timestamp};
use crate::holding::Rulebook;
use crate::i18n::{Message, Plural};
use crate::journal::Standing;
use crate::retention::Track;
use crate::web::html::Html;
use crate::web::{Book, Records, Site, Trouble, Unreadable};

/// Something that needs a look, with what to do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Notice {
    /// A file of the member's own, or a choice, is not used; why, in English.
    BookIncomplete(String),
    /// The operator signed values that are not those which the box saw.
    Differing(Named),
    /// No edition of law is known that is in force today.
    LawGap,
    /// It is too long since the law was compared with its texts.
    LawStale,
    /// The operator stated that it holds nothing of sessions that it had confirmed, or that it has
    /// erased them before their day.
    Missing(Named),
    /// Nobody said who the operator is.
    NoProfile,
    /// The operator stated that it still holds what it was to erase.
    Overdue(Named),
    /// What the site's keeper sees.
    Trouble(Trouble),
    /// The operator stated that it does not know these sessions by their IDs.
    Unregistered(Named),
}

/// Some sessions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Named {
    /// The first of them, with when each began; `None` where it is erased here.
    first: Vec<(SessionId, Option<Moment>)>,
    /// How many more there are.
    more: u64,
}

/// How many sessions of a kind are named at most.
const NAMED: usize = 5;

/// Of how many sessions, the newest first, what the operator stated is looked through.
const LOOKED_AT: usize = 100;

/// Everything that needs a look now, worst first.
///
/// # Errors
/// [`Unreadable`] when the record cannot be read.
pub(super) fn look(
    site: &Site,
    records: &dyn Records,
    book: &dyn Book,
    now: Timestamp,
) -> Result<Vec<Notice>, Unreadable> {
    let rulebook = book.rulebook();
    let mut notices = of_operator(site, records, rulebook, now)?;
    notices.extend((site.troubles)().into_iter().map(Notice::Trouble));
    if rulebook.profile.is_none() {
        notices.push(Notice::NoProfile);
    }
    if let Some(jurisdiction) = rulebook.jurisdiction {
        let today = site.zone.date(now);
        match rulebook.law.on(today, jurisdiction, Track::General) {
            None => notices.push(Notice::LawGap),
            Some(edition) if edition.is_stale(now) => notices.push(Notice::LawStale),
            Some(_) => {}
        }
    }
    notices.extend(book.complaints().into_iter().map(Notice::BookIncomplete));
    Ok(notices)
}

/// What the operator's own statements show.
fn of_operator(
    site: &Site,
    records: &dyn Records,
    rulebook: Rulebook<'_>,
    now: Timestamp,
) -> Result<Vec<Notice>, Unreadable> {
    let zone = rulebook.profile.map_or(site.zone, |own| own.zone);
    let stated = records.stated(LOOKED_AT)?;
    let standing = |wanted: fn(Standing) -> bool| {
        let found = stated.iter().filter(|it| wanted(it.standing(zone, now)));
        found.map(|it| it.id).collect::<Vec<_>>()
    };
    let missing =
        standing(|it| matches!(it, Standing::Contradicted { .. } | Standing::GoneEarly { .. }));
    let unregistered = standing(|it| matches!(it, Standing::Unregistered { .. }));
    let overdue = overdue(records, zone, now)?.into_iter().map(|it| it.id).collect();
    let differing = site.compared.differing(&stated, records, rulebook, now)?;
    let mut notices = Vec::new();
    let mut add = |ids: Vec<SessionId>, notice: fn(Named) -> Notice| {
        if !ids.is_empty() {
            notices.push(notice(Named::of(&ids, records)?));
        }
        Ok::<(), Unreadable>(())
    };
    add(overdue, Notice::Overdue)?;
    add(differing, Notice::Differing)?;
    add(missing, Notice::Missing)?;
    add(unregistered, Notice::Unregistered)?;
    Ok(notices)
}

impl Named {
    fn of(ids: &[SessionId], records: &dyn Records) -> Result<Self, Unreadable> {
        let mut first = Vec::new();
        for id in ids.iter().take(NAMED) {
            let session = records.find(&(*id).into())?.pop();
            first.push((*id, session.map(|session| session.start.value)));
        }
        let more = u64::try_from(ids.len() - first.len()).unwrap_or(u64::MAX);
        Ok(Self { first, more })
    }

    fn write(&self, html: &mut Html, visit: &Visit) {
        html.element("ul", &[], |html| {
            for (id, start) in &self.first {
                html.element("li", &[], |html| match start {
                    Some(start) => {
                        let href = visit.link(&format!("session/{id}"));
                        let text = SESSION
                            .fill(visit.language(), &[("start", &visit.when.brief(start, None))]);
                        html.leaf("a", &[("href", &href)], text);
                    }
                    None => {
                        let values = [("id", &*id.short())];
                        html.text(ERASED.fill(visit.language(), &values));
                    }
                });
            }
            if self.more > 0 {
                html.leaf("li", &[], MORE.fill(visit.language(), self.more, &[]));
            }
        });
    }
}

/// Writes each notice with its remedy.
pub(super) fn write(html: &mut Html, visit: &Visit, notices: &[Notice]) {
    if notices.is_empty() {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&TITLE));
        for notice in notices {
            html.element("div", &[("class", "notice")], |html| {
                let Text { what, remedy, next } = Text::of(notice, visit);
                html.leaf("h3", &[], what);
                html.leaf("p", &[], remedy);
                if let Notice::Differing(named)
                | Notice::Missing(named)
                | Notice::Overdue(named)
                | Notice::Unregistered(named) = notice
                {
                    named.write(html, visit);
                }
                match next {
                    Next::Nothing => {}
                    Next::Run(command) => {
                        html.element("p", &[], |html| html.leaf("code", &[], command));
                    }
                    Next::Go(address, name) => {
                        html.element("p", &[], |html| {
                            html.leaf("a", &[("href", &address)], visit.say(name));
                        });
                    }
                }
            });
        }
    });
}

/// What is wrong, and what to do.
struct Text {
    what: String,
    remedy: String,
    next: Next,
}

/// Where the remedy is.
enum Next {
    /// On the page at this address, by this name.
    Go(String, &'static Message),
    /// The sentence says it all.
    Nothing,
    /// A command on the box.
    Run(&'static str),
}

impl Text {
    fn of(notice: &Notice, visit: &Visit) -> Self {
        let to = |room: Room, name: &'static Message| Next::Go(visit.link(room.path()), name);
        let (what, remedy, next) = match notice {
            Notice::BookIncomplete(why) => {
                let what = visit.say(&BOOK).to_owned();
                return Self { what, remedy: why.clone(), next: Next::Nothing };
            }
            Notice::Differing(_) => (&DIFFERING, &DIFFERING_DO, to(Room::Rights, &TO_COMPARE)),
            Notice::LawGap => (&LAW_GAP, &UPGRADE, Next::Nothing),
            Notice::LawStale => (&LAW_STALE, &UPGRADE, Next::Nothing),
            Notice::Missing(_) => (&MISSING, &MISSING_DO, to(Room::Rights, &TO_ASK)),
            Notice::NoProfile => (&NO_PROFILE, &NO_PROFILE_DO, to(Room::Settings, &TO_OPERATOR)),
            Notice::Overdue(_) => (&OVERDUE, &OVERDUE_DO, to(Room::Rights, &TO_LETTER)),
            Notice::Unregistered(_) => (&UNREGISTERED, &UNREGISTERED_DO, Next::Nothing),
            Notice::Trouble(Trouble::ClockUnconfirmed) => (&CLOCK, &CLOCK_DO, Next::Nothing),
            Notice::Trouble(Trouble::HooksMissing) => {
                (&HOOKS, &HOOKS_DO, Next::Run("temoin hook install"))
            }
            Notice::Trouble(Trouble::SetAside(files)) => {
                let count = u64::try_from(*files).unwrap_or(u64::MAX);
                let what = SET_ASIDE.fill(visit.language(), count, &[]);
                let remedy = visit.say(&SET_ASIDE_DO).to_owned();
                return Self { what, remedy, next: Next::Run("temoin erase --all") };
            }
        };
        Self { what: visit.say(what).to_owned(), remedy: visit.say(remedy).to_owned(), next }
    }
}

const TITLE: Message =
    Message { fr: "À regarder", nl: "Aandacht nodig", en: "Needs a look", de: "Zu beachten" };

const BOOK: Message = Message {
    fr: "Un fichier de droit ou d’opérateur n’est pas utilisé",
    nl: "Een bestand met recht of een operator wordt niet gebruikt",
    en: "A file of law or of an operator is not used",
    de: "Eine Datei mit Recht oder einem Betreiber wird nicht verwendet",
};

const LAW_GAP: Message = Message {
    fr: "temoin ne connaît aucune loi en vigueur aujourd’hui",
    nl: "temoin kent geen wet die vandaag geldt",
    en: "temoin knows no law that is in force today",
    de: "temoin kennt kein Recht, das heute gilt",
};

const LAW_STALE: Message = Message {
    fr: "La loi a été comparée à ses textes il y a trop longtemps",
    nl: "De wet werd te lang geleden met haar teksten vergeleken",
    en: "It is too long since the law was compared with its texts",
    de: "Das Recht wurde zu lange nicht mit seinen Texten verglichen",
};

const UPGRADE: Message = Message {
    fr: "temoin la dit donc inconnue. Mettez-le à jour dans l’administration de YunoHost.",
    nl: "temoin noemt haar daarom onbekend. Werk het bij in het beheer van YunoHost.",
    en: "temoin therefore calls it unknown. Upgrade it in YunoHost’s administration.",
    de: "temoin nennt es daher unbekannt. Aktualisieren Sie es in der Verwaltung von YunoHost.",
};

const NO_PROFILE: Message = Message {
    fr: "temoin ne sait pas qui est votre opérateur",
    nl: "temoin weet niet wie uw operator is",
    en: "temoin does not know who your operator is",
    de: "temoin weiß nicht, wer Ihr Betreiber ist",
};

const NO_PROFILE_DO: Message = Message {
    fr: "Sans cela, il ne sait ni ce qu’il déclare conserver, ni quelle loi s’applique. Dites-le \
         dans les réglages.",
    nl: "Daardoor weet het niet wat hij verklaart te bewaren, noch welke wet geldt. Zeg het bij de \
         instellingen.",
    en: "So it knows neither what it declares to keep nor which law applies. Say so in the settings.",
    de: "So weiß es weder, was er zu speichern erklärt, noch welches Gesetz gilt. Sagen Sie es in den \
         Einstellungen.",
};

const CLOCK: Message = Message {
    fr: "Aucun service de temps n’a confirmé l’horloge de la Brique",
    nl: "Geen tijdsdienst heeft de klok van de box bevestigd",
    en: "No time service has confirmed the box’s clock",
    de: "Kein Zeitdienst hat die Uhr der Box bestätigt",
};

const CLOCK_DO: Message = Message {
    fr: "D’ici là, les heures restent non confirmées et rien n’est effacé. Après un démarrage, c’est l’affaire de quelques minutes\u{a0}; si cela dure, vérifiez l’accès à internet.",
    nl: "Tot dan blijven tijden onbevestigd en wordt niets gewist. Na het opstarten duurt dat enkele minuten; blijft het zo, kijk dan of er internet is.",
    en: "Until one does, times stay unconfirmed and nothing is erased. After a start that takes some minutes; if it lasts, check the internet access.",
    de: "Bis dahin bleiben Zeiten unbestätigt, und nichts wird gelöscht. Nach dem Start dauert das einige Minuten; bleibt es so, prüfen Sie den Internetzugang.",
};

const HOOKS: Message = Message {
    fr: "OpenVPN ne prévient pas temoin",
    nl: "OpenVPN verwittigt temoin niet",
    en: "OpenVPN does not tell temoin",
    de: "OpenVPN meldet temoin nichts",
};

const HOOKS_DO: Message = Message {
    fr: "Les prochaines sessions ne seront notées qu’à moitié. Cette commande, sur la Brique, remet les scripts en place\u{a0}:",
    nl: "De volgende sessies worden maar half genoteerd. Deze opdracht, op de box, zet de scripts weer op hun plaats:",
    en: "The next sessions will be noted by half only. This command, on the box, puts the hooks back in their place:",
    de: "Die nächsten Sitzungen werden nur halb festgehalten. Dieser Befehl auf der Box setzt die Skripte wieder ein:",
};

const SET_ASIDE: Plural = Plural {
    one: Message {
        fr: "{count} fichier d’un journal endommagé est mis de côté",
        nl: "{count} bestand van een beschadigd verslag is opzijgezet",
        en: "{count} file of a damaged record is set aside",
        de: "{count} Datei eines beschädigten Verzeichnisses ist beiseitegelegt",
    },
    other: Message {
        fr: "{count} fichiers de journaux endommagés sont mis de côté",
        nl: "{count} bestanden van beschadigde verslagen zijn opzijgezet",
        en: "{count} files of damaged records are set aside",
        de: "{count} Dateien beschädigter Verzeichnisse sind beiseitegelegt",
    },
};

const SET_ASIDE_DO: Message = Message {
    fr: "Ils peuvent contenir des adresses et disparaissent treize mois au plus après leur dernière écriture. Tout de suite, et toutes les sessions avec\u{a0}:",
    nl: "Ze kunnen adressen bevatten en verdwijnen ten laatste dertien maanden nadat er laatst in geschreven is. Meteen, samen met alle sessies:",
    en: "They may hold addresses and go thirteen months after they were last written to at the latest. At once, and all sessions with them:",
    de: "Sie können Adressen enthalten und verschwinden spätestens dreizehn Monate, nachdem zuletzt in sie geschrieben wurde. Sofort, samt allen Sitzungen:",
};

const OVERDUE: Message = Message {
    fr: "L’opérateur dit détenir encore ce qu’il devait avoir effacé",
    nl: "De operator zegt nog te bezitten wat hij gewist moest hebben",
    en: "The operator says that it still holds what it was to erase",
    de: "Der Betreiber sagt, dass er noch gespeichert hat, was er löschen musste",
};

const OVERDUE_DO: Message = Message {
    fr: "Sa déclaration est signée et gardée sur la Brique. Demandez-lui par écrit pourquoi\u{a0}; la lettre est prête.",
    nl: "Zijn verklaring is ondertekend en staat op de box. Vraag hem schriftelijk waarom; de brief ligt klaar.",
    en: "Its statement is signed and kept on the box. Ask in writing why; the letter is ready.",
    de: "Seine Erklärung ist signiert und liegt auf der Box. Fragen Sie schriftlich, warum; das Schreiben liegt bereit.",
};

const TO_LETTER: Message = Message {
    fr: "La lettre et le délai",
    nl: "De brief en de termijn",
    en: "The letter and the deadline",
    de: "Das Schreiben und die Frist",
};

const DIFFERING: Message = Message {
    fr: "L’opérateur ne note pas la même chose que cette Brique",
    nl: "De operator noteert niet hetzelfde als deze box",
    en: "The operator does not note the same as this box",
    de: "Der Betreiber hält nicht dasselbe fest wie diese Box",
};

const DIFFERING_DO: Message = Message {
    fr: "Cela peut être sans gravité\u{a0}: une horloge qui avance, une adresse vue d’un autre côté. Ouvrez la session pour voir quelle donnée diffère. Si vous ne vous l’expliquez pas, demandez une copie à l’opérateur et comparez-la ici.",
    nl: "Dat kan onschuldig zijn: een klok die voorloopt, een adres dat van een andere kant wordt gezien. Open de sessie om te zien welk gegeven verschilt. Hebt u er geen verklaring voor, vraag de operator dan een kopie en vergelijk die hier.",
    en: "That may be harmless: a clock that is fast, an address seen from another side. Open the session to see which value differs. If you cannot explain it, ask the operator for a copy and compare it here.",
    de: "Das kann harmlos sein: eine Uhr, die vorgeht, eine Adresse, von anderer Seite gesehen. Öffnen Sie die Sitzung, um zu sehen, welche Angabe abweicht. Haben Sie keine Erklärung, verlangen Sie vom Betreiber eine Kopie und vergleichen Sie sie hier.",
};

const TO_COMPARE: Message = Message {
    fr: "La lettre, et la comparaison",
    nl: "De brief, en de vergelijking",
    en: "The letter, and the comparison",
    de: "Das Schreiben, und der Vergleich",
};

const MISSING: Message = Message {
    fr: "L’opérateur dit ne rien avoir de sessions qu’il devrait encore détenir",
    nl: "De operator zegt niets te hebben van sessies die hij nog moest bezitten",
    en: "The operator says that it has nothing of sessions that it should still hold",
    de: "Der Betreiber sagt, nichts von Sitzungen zu haben, die er noch speichern müsste",
};

const MISSING_DO: Message = Message {
    fr: "Il les a effacées avant l’heure, ou il le nie. Sa déclaration est signée et gardée sur la Brique\u{a0}; vous pouvez lui demander par écrit ce qu’il en est.",
    nl: "Hij wiste ze te vroeg, of hij ontkent het. Zijn verklaring is ondertekend en staat op de box; u kunt hem schriftelijk vragen hoe het zit.",
    en: "It erased them early, or it denies them. Its statement is signed and kept on the box; you can ask in writing how that is.",
    de: "Er hat sie vorzeitig gelöscht, oder er leugnet sie. Seine Erklärung ist signiert und liegt auf der Box; Sie können schriftlich fragen, wie es sich verhält.",
};

const TO_ASK: Message = Message {
    fr: "La lettre pour demander ce qui est gardé",
    nl: "De brief om te vragen wat bewaard wordt",
    en: "The letter that asks what is held",
    de: "Das Schreiben, das fragt, was gespeichert ist",
};

const TO_OPERATOR: Message = Message {
    fr: "Choisir l’opérateur",
    nl: "De operator kiezen",
    en: "Choose the operator",
    de: "Den Betreiber wählen",
};

const SESSION: Message = Message {
    fr: "Session du {start}",
    nl: "Sessie van {start}",
    en: "Session of {start}",
    de: "Sitzung vom {start}",
};

const ERASED: Message = Message {
    fr: "Session {id}, déjà effacée ici",
    nl: "Sessie {id}, hier al gewist",
    en: "Session {id}, erased here already",
    de: "Sitzung {id}, hier schon gelöscht",
};

const MORE: Plural = Plural {
    one: Message {
        fr: "et {count} autre",
        nl: "en nog {count}",
        en: "and {count} more",
        de: "und {count} weitere",
    },
    other: Message {
        fr: "et {count} autres",
        nl: "en nog {count}",
        en: "and {count} more",
        de: "und {count} weitere",
    },
};

const UNREGISTERED: Message = Message {
    fr: "L’opérateur ne connaît pas ces sessions par leur identifiant",
    nl: "De operator kent deze sessies niet onder hun ID",
    en: "The operator does not know these sessions by their IDs",
    de: "Der Betreiber kennt diese Sitzungen nicht unter ihrer ID",
};

const UNREGISTERED_DO: Message = Message {
    fr: "Leur effacement ne pourra donc pas être vérifié auprès de lui. Cela arrive quand le tunnel se coupe juste après s’être ouvert. Si cela se répète, dites-le à votre association.",
    nl: "Hun wissing kan dus niet bij hem worden nagegaan. Dat gebeurt als de tunnel wegvalt net nadat hij openging. Blijft het gebeuren, zeg het dan aan uw vereniging.",
    en: "So their erasure cannot be checked with it. That happens when the tunnel drops just after it came up. If it goes on, tell your association.",
    de: "Ihre Löschung lässt sich also nicht bei ihm prüfen. Das kommt vor, wenn der Tunnel abbricht, kaum dass er offen war. Wiederholt es sich, sagen Sie es Ihrem Verein.",
};
