use std::ops::ControlFlow;

use super::failure;
use super::layout::Visit;
use super::rooms::Room;
use crate::i18n::Message;
use crate::journal::Filter;
use crate::rights::{self, Comparison, Mapping, ReplyFormat, Tolerance, parse_reply};
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// The zones that can be chosen for times that do not say theirs.
const ZONES: [&str; 3] = ["Europe/Brussels", "Europe/Paris", "UTC"];

/// The form by which an operator's answer is given to be compared.
pub(super) fn upload(html: &mut Html, visit: &Visit, site: &Site, request: &Request) {
    let action = visit.link("rights/compare");
    let attributes =
        [("method", "post"), ("action", action.as_str()), ("enctype", "multipart/form-data")];
    html.element("form", &attributes, |html| {
        visit.sign(html, site, request);
        html.element("div", &[("class", "fields")], |html| {
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", "reply")], visit.say(&FILE));
                let attributes = [
                    ("type", "file"),
                    ("name", "reply"),
                    ("id", "reply"),
                    ("accept", ".csv,.json,text/csv,application/json,text/plain"),
                    ("required", "required"),
                ];
                html.void("input", &attributes);
            });
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", "zone")], visit.say(&ZONE));
                html.element("select", &[("name", "zone"), ("id", "zone")], |html| {
                    html.leaf("option", &[("value", "")], visit.say(&AS_WRITTEN));
                    for zone in ZONES {
                        html.leaf("option", &[("value", zone)], zone);
                    }
                });
            });
            html.leaf("button", &[("type", "submit")], visit.say(&COMPARE));
        });
    });
}

/// Compares an operator's answer with the record. It is read in memory and kept nowhere.
pub(in crate::web) fn compare(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/rights/compare" {
        return Err(request);
    }
    let Some(form) = request.form() else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let token = form.text("token").unwrap_or_default();
    if !site.forms.knows(token, &request.sender.visitor, (site.clock)()) {
        return Ok(failure(site, &request, Status::Foreign));
    }
    let visit = Visit::new(site, &request);
    let Some(bytes) = form.file("reply") else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let mut mapping = Mapping::default();
    if let Some(zone) = form.text("zone").filter(|zone| !zone.is_empty()) {
        let Ok(zone) = zone.parse::<rights::Zone>() else {
            return Ok(failure(site, &request, Status::BadRequest));
        };
        mapping = mapping.with_time_zone(zone);
    }
    let reply = match parse_reply(bytes, ReplyFormat::guess(bytes), &mapping) {
        Ok(reply) => reply,
        Err(error) => {
            let page = write(&visit, |html| {
                html.element("div", &[("class", "notice")], |html| {
                    html.leaf("p", &[], visit.say(&NOT_READ));
                    html.leaf("p", &[("lang", "en")], error);
                });
                upload(html, &visit, site, &request);
            });
            return Ok(Response::html(Status::Refused, page));
        }
    };
    let (since, until) = reply.covers();
    let filter = Filter { since, until, ..Filter::all((site.clock)()) };
    let mut sessions = Vec::new();
    let read = (site.records)().and_then(|records| {
        records.each(&filter, &mut |session| {
            sessions.push(session);
            ControlFlow::Continue(())
        })
    });
    if read.is_err() {
        return Ok(failure(site, &request, Status::Unreadable));
    }
    let comparison = rights::compare(&reply, &sessions, Tolerance::default());
    Ok(Response::html(Status::Ok, write(&visit, |html| outcome(html, &visit, &comparison))))
}

fn write(visit: &Visit, content: impl FnOnce(&mut Html)) -> String {
    let title = visit.say(&TITLE);
    visit.page(Some(Room::Rights), title, |html| {
        html.element("p", &[("class", "back")], |html| {
            html.leaf("a", &[("href", &visit.link(Room::Rights.path()))], visit.say(&BACK));
        });
        html.leaf("h1", &[], title);
        content(html);
    })
}

fn outcome(html: &mut Html, visit: &Visit, comparison: &Comparison) {
    let agrees = comparison.differing.is_empty()
        && comparison.held_unknown_here.is_empty()
        && comparison.known_here_not_held.is_empty();
    let (class, message) = if agrees { ("notice done", &AGREES) } else { ("notice", &DIFFERS) };
    html.element("div", &[("class", class), ("role", "status")], |html| {
        html.leaf("p", &[], visit.say(message));
    });
    html.leaf("pre", &[], comparison.to_text(visit.language()));
    html.leaf("p", &[("class", "note")], visit.say(&FORGOTTEN));
    if !agrees {
        html.element("p", &[], |html| {
            let href = visit.link_with("rights/complaint", &[("about", "incomplete")]);
            html.leaf("a", &[("href", &href)], visit.say(&COMPLAIN));
        });
    }
}

const TITLE: Message = Message {
    fr: "La réponse et votre registre",
    nl: "Het antwoord en uw register",
    en: "The answer and your record",
    de: "Die Antwort und Ihr Verzeichnis",
};

const BACK: Message =
    Message {
        fr: "← Vos droits", nl: "← Uw rechten", en: "← Your rights", de: "← Ihre Rechte"
    };

const FILE: Message = Message {
    fr: "Fichier de l’opérateur",
    nl: "Bestand van de operator",
    en: "The operator’s file",
    de: "Datei des Betreibers",
};

const ZONE: Message = Message {
    fr: "Fuseau des heures sans indication",
    nl: "Tijdzone van tijden zonder vermelding",
    en: "Time zone of times that do not say",
    de: "Zeitzone von Zeiten ohne Angabe",
};

const AS_WRITTEN: Message = Message {
    fr: "le fichier la donne",
    nl: "het bestand geeft ze",
    en: "the file says it",
    de: "die Datei nennt sie",
};

const COMPARE: Message =
    Message { fr: "Comparer", nl: "Vergelijken", en: "Compare", de: "Vergleichen" };

const NOT_READ: Message = Message {
    fr: "Ce fichier n’a pas pu être compris. Il n’a pas été gardé.",
    nl: "Dit bestand kon niet worden begrepen. Het werd niet bewaard.",
    en: "This file could not be understood. It was not kept.",
    de: "Diese Datei ließ sich nicht verstehen. Sie wurde nicht gespeichert.",
};

const AGREES: Message = Message {
    fr: "L’opérateur et cette Brique disent la même chose, pour tout ce qui peut se comparer.",
    nl: "De operator en deze box zeggen hetzelfde, voor alles wat te vergelijken valt.",
    en: "The operator and this box say the same, as far as they can be compared.",
    de: "Der Betreiber und diese Box sagen dasselbe, soweit es sich vergleichen lässt.",
};

const DIFFERS: Message = Message {
    fr: "L’opérateur et cette Brique ne disent pas tout à fait la même chose. Une différence peut être \
         sans gravité\u{a0}: demandez d’abord à l’opérateur.",
    nl: "De operator en deze box zeggen niet helemaal hetzelfde. Een verschil kan onschuldig zijn: vraag \
         het eerst aan de operator.",
    en: "The operator and this box do not quite say the same. A difference may be harmless: ask the \
         operator first.",
    de: "Der Betreiber und diese Box sagen nicht ganz dasselbe. Ein Unterschied kann harmlos sein: Fragen \
         Sie zuerst den Betreiber.",
};

const FORGOTTEN: Message = Message {
    fr: "Le fichier n’a été gardé nulle part. Imprimez cette page si vous voulez garder le résultat.",
    nl: "Het bestand werd nergens bewaard. Druk deze pagina af als u het resultaat wilt houden.",
    en: "The file was kept nowhere. Print this page if you want to keep the outcome.",
    de: "Die Datei wurde nirgends gespeichert. Drucken Sie diese Seite, wenn Sie das Ergebnis behalten \
         möchten.",
};

const COMPLAIN: Message = Message {
    fr: "Une lettre pour se plaindre d’une réponse incomplète",
    nl: "Een brief om te klagen over een onvolledig antwoord",
    en: "A letter to complain about an incomplete answer",
    de: "Ein Schreiben, um sich über eine unvollständige Antwort zu beschweren",
};
