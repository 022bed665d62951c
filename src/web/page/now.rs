use super::failure;
use super::layout::Visit;
use super::length::Length;
use super::rooms::Room;
use crate::domain::{Session, Timestamp};
use crate::i18n::Message;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::{Site, Unreadable};

/// The first page: what is held now.
pub(in crate::web) fn now(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/" {
        return Err(request);
    }
    Ok(match Contents::read(site) {
        Ok(contents) => Response::html(Status::Ok, contents.write(&Visit::new(site, &request))),
        Err(Unreadable) => failure(site, &request, Status::Unreadable),
    })
}

struct Contents {
    open: Vec<Session>,
    last: Option<Session>,
    now: Timestamp,
}

impl Contents {
    fn read(site: &Site) -> Result<Self, Unreadable> {
        let records = (site.records)()?;
        Ok(Self { open: records.open()?, last: records.newest(0, 1)?.pop(), now: (site.clock)() })
    }

    fn write(&self, visit: &Visit) -> String {
        visit.page(Some(Room::Now), visit.say(Room::Now.name()), |html| {
            html.leaf("h1", &[], visit.say(Room::Now.name()));
            if self.open.is_empty() && self.last.is_none() {
                empty(html, visit);
                return;
            }
            self.status(html, visit);
        })
    }

    fn status(&self, html: &mut Html, visit: &Visit) {
        let when = &visit.when;
        if self.open.is_empty() {
            html.element("section", &[("class", "status closed")], |html| {
                html.literal(LAMP);
                html.element("div", &[], |html| {
                    html.leaf("h2", &[], visit.say(&TUNNEL_DOWN));
                    let end = self.last.as_ref().and_then(|last| last.end.as_ref());
                    if let Some(end) = end {
                        let moment = when.moment(&end.moment.value);
                        html.leaf("p", &[], LAST_END.fill(when.language, &[("moment", &moment)]));
                    }
                });
            });
        }
        for session in &self.open {
            html.element("section", &[("class", "status open")], |html| {
                html.literal(LAMP);
                html.element("div", &[], |html| {
                    html.leaf("h2", &[], visit.say(&TUNNEL_UP));
                    let moment = when.moment(&session.start.value);
                    html.leaf("p", &[], SINCE.fill(when.language, &[("moment", &moment)]));
                    let length = Length::of(session, self.now).written(when);
                    let values = [("length", length.as_str())];
                    html.leaf("p", &[], SO_FAR.fill(when.language, &values));
                });
            });
        }
    }
}

/// What there is to say while nothing is recorded.
pub(super) fn empty(html: &mut Html, visit: &Visit) {
    html.element("section", &[("class", "card")], |html| {
        html.leaf("h2", &[], visit.say(&EMPTY));
        html.leaf("p", &[], visit.say(&EMPTY_WHAT));
        html.element("p", &[], |html| {
            html.text(visit.say(&EMPTY_DOCTOR));
            html.text(" ");
            html.leaf("code", &[], "temoin doctor");
        });
    });
}

/// The light that tells at a glance what the words beside it say.
const LAMP: &str = "<span class=\"lamp\" aria-hidden=\"true\"></span>";

const TUNNEL_UP: Message = Message {
    fr: "Le tunnel est ouvert",
    nl: "De tunnel is open",
    en: "The tunnel is up",
    de: "Der Tunnel ist offen",
};

const TUNNEL_DOWN: Message = Message {
    fr: "Le tunnel n’est pas ouvert",
    nl: "De tunnel is niet open",
    en: "The tunnel is not up",
    de: "Der Tunnel ist nicht offen",
};

const SINCE: Message = Message {
    fr: "Début\u{a0}: {moment}",
    nl: "Begin: {moment}",
    en: "Start: {moment}",
    de: "Beginn: {moment}",
};

const SO_FAR: Message = Message {
    fr: "Durée jusqu’ici\u{a0}: {length}",
    nl: "Duur tot nu toe: {length}",
    en: "Length so far: {length}",
    de: "Dauer bisher: {length}",
};

const LAST_END: Message = Message {
    fr: "Fin de la dernière session\u{a0}: {moment}",
    nl: "Einde van de laatste sessie: {moment}",
    en: "End of the last session: {moment}",
    de: "Ende der letzten Sitzung: {moment}",
};

const EMPTY: Message = Message {
    fr: "Aucune session pour l’instant",
    nl: "Nog geen sessies",
    en: "No sessions yet",
    de: "Noch keine Sitzungen",
};

const EMPTY_WHAT: Message = Message {
    fr: "Dès que le tunnel s’ouvrira, sa session apparaîtra ici\u{a0}: d’où il est venu, quelles \
         adresses il a reçues, quand il a commencé et quand il a pris fin.",
    nl: "Zodra de tunnel opengaat, verschijnt zijn sessie hier: vanwaar hij kwam, welke adressen \
         hij kreeg, wanneer hij begon en wanneer hij eindigde.",
    en: "As soon as the tunnel comes up, its session will appear here: where it came from, which \
         addresses it was given, when it began and when it ended.",
    de: "Sobald sich der Tunnel öffnet, erscheint hier seine Sitzung: woher er kam, welche \
         Adressen er erhielt, wann er begann und wann er endete.",
};

const EMPTY_DOCTOR: Message = Message {
    fr: "Le tunnel est ouvert et rien n’apparaît\u{a0}? Cette commande, sur la Brique, en cherche \
         la raison\u{a0}:",
    nl: "Is de tunnel open en verschijnt er niets? Deze opdracht, op de box, zoekt de oorzaak:",
    en: "The tunnel is up and nothing appears? This command, on the box, looks for the reason:",
    de: "Der Tunnel ist offen und nichts erscheint? Dieser Befehl auf der Box sucht den Grund:",
};
