use super::layout::Visit;
use super::rooms::Room;
use crate::domain::{SessionId, Timestamp, Zone};
use crate::i18n::{Message, Plural};
use crate::journal::{Dealing, Standing, Worth};
use crate::protocol::Day;
use crate::retention::Track;
use crate::web::html::Html;
use crate::web::{Book, Records, Site, Trouble, Unreadable};

/// Something that needs a look, with what to do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Notice {
    /// A file of the member's own, or a choice, is not used; why, in English.
    BookIncomplete(String),
    /// No edition of law is known that is in force today.
    LawGap,
    /// It is too long since the law was compared with its texts.
    LawStale,
    /// Nobody said who the operator is.
    NoProfile,
    /// The operator stated that it still holds what it was to erase.
    Overdue(Vec<SessionId>),
    /// What the site's keeper sees.
    Trouble(Trouble),
    /// The operator stated that it does not know these sessions by their IDs.
    Unregistered(Vec<SessionId>),
}

/// How many sessions of a kind are named at most.
const NAMED: u32 = 5;

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
    let mut notices =
        of_operator(records, rulebook.profile.map_or(site.zone, |own| own.zone), now)?;
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
    records: &dyn Records,
    zone: Zone,
    now: Timestamp,
) -> Result<Vec<Notice>, Unreadable> {
    let mut notices = Vec::new();
    let ids = |dealings: Vec<Dealing>, is_wanted: fn(Standing) -> bool| -> Vec<SessionId> {
        let wanted = dealings.into_iter().filter(|it| is_wanted(it.standing(zone, now)));
        wanted.map(|dealing| dealing.id).collect()
    };
    if let Some(today) = Day::new(zone.date(now)) {
        let due = records.dealings(Worth::Due(today), NAMED)?;
        let overdue = ids(due, |standing| matches!(standing, Standing::Overdue { .. }));
        if !overdue.is_empty() {
            notices.push(Notice::Overdue(overdue));
        }
    }
    let unconfirmed = records.dealings(Worth::Unconfirmed, NAMED)?;
    let unregistered =
        ids(unconfirmed, |standing| matches!(standing, Standing::Unregistered { .. }));
    if !unregistered.is_empty() {
        notices.push(Notice::Unregistered(unregistered));
    }
    Ok(notices)
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
                let (what, remedy, command) = texts(notice, visit);
                html.leaf("h3", &[], what);
                sessions(html, visit, notice);
                html.element("p", &[], |html| {
                    html.text(remedy);
                    if let Some(command) = command {
                        html.text(" ");
                        html.leaf("code", &[], command);
                    }
                    if *notice == Notice::NoProfile {
                        html.text(" ");
                        let href = visit.link(Room::Settings.path());
                        html.leaf("a", &[("href", &href)], visit.say(Room::Settings.name()));
                    }
                });
            });
        }
    });
}

/// The sessions that a notice is about.
fn sessions(html: &mut Html, visit: &Visit, notice: &Notice) {
    let (Notice::Overdue(ids) | Notice::Unregistered(ids)) = notice else { return };
    html.element("ul", &[], |html| {
        for id in ids {
            html.element("li", &[], |html| {
                let href = visit.link(&format!("session/{id}"));
                html.element("a", &[("href", &href)], |html| html.leaf("code", &[], id.short()));
            });
        }
    });
}

/// What is wrong, what to do, and the command for it where there is one.
fn texts(notice: &Notice, visit: &Visit) -> (String, String, Option<&'static str>) {
    let (what, remedy, command) = match notice {
        Notice::BookIncomplete(why) => {
            return (visit.say(&BOOK).to_owned(), why.clone(), None);
        }
        Notice::LawGap => (&LAW_GAP, &UPGRADE, None),
        Notice::LawStale => (&LAW_STALE, &UPGRADE, None),
        Notice::NoProfile => (&NO_PROFILE, &NO_PROFILE_DO, None),
        Notice::Overdue(_) => (&OVERDUE, &OVERDUE_DO, Some("temoin letter erasure")),
        Notice::Unregistered(_) => (&UNREGISTERED, &UNREGISTERED_DO, None),
        Notice::Trouble(Trouble::ClockUnconfirmed) => (&CLOCK, &CLOCK_DO, None),
        Notice::Trouble(Trouble::HooksMissing) => (&HOOKS, &HOOKS_DO, Some("temoin hook install")),
        Notice::Trouble(Trouble::SetAside(files)) => {
            let count = u64::try_from(*files).unwrap_or(u64::MAX);
            let what = SET_ASIDE.fill(visit.language(), count, &[]);
            return (what, visit.say(&SET_ASIDE_DO).to_owned(), Some("temoin erase --all"));
        }
    };
    (visit.say(what).to_owned(), visit.say(remedy).to_owned(), command)
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
    fr: "Sans cela, il ne sait ni ce qu’il déclare conserver, ni quelle loi s’applique. Vous pouvez le \
         dire ici\u{a0}:",
    nl: "Daardoor weet het niet wat hij verklaart te bewaren, noch welke wet geldt. U kunt het hier \
         zeggen:",
    en: "So it knows neither what it declares to keep nor which law applies. You can say so here:",
    de: "So weiß es weder, was er zu speichern erklärt, noch welches Gesetz gilt. Sie können es hier \
         sagen:",
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
    fr: "Sa déclaration est signée et gardée sur la Brique. Demandez-lui par écrit pourquoi\u{a0}; cette commande prépare la lettre\u{a0}:",
    nl: "Zijn verklaring is ondertekend en staat op de box. Vraag hem schriftelijk waarom; deze opdracht bereidt de brief voor:",
    en: "Its statement is signed and kept on the box. Ask in writing why; this command prepares the letter:",
    de: "Seine Erklärung ist signiert und liegt auf der Box. Fragen Sie schriftlich, warum; dieser Befehl bereitet den Brief vor:",
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
