use chrono::NaiveDate;

use super::failure;
use super::layout::Visit;
use super::pager::{self, PER_PAGE};
use super::rooms::Room;
use super::stack::stack;
use crate::i18n::{Message, OUT_OF_REACH, Plural};
use crate::journal::Certificate;
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// What was erased here: the certificates, newest first.
pub(in crate::web) fn erased(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/erased" {
        return Err(request);
    }
    let Some(page) = pager::asked(&request) else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let read = (site.records)().and_then(|records| {
        let certificates = records.certificates(pager::before(page), PER_PAGE)?;
        Ok((records.erased()?, certificates))
    });
    let Ok((count, certificates)) = read else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    let pages = u32::try_from(count.div_ceil(PER_PAGE.into()).max(1)).unwrap_or(u32::MAX);
    if page > pages {
        return Ok(failure(site, &request, Status::NotFound));
    }
    let visit = Visit::new(site, &request);
    let title = visit.say(&TITLE);
    let html = visit.page(Some(Room::Erased), title, |html| {
        html.leaf("h1", &[], title);
        match request.value("done") {
            Some("1") => news(html, &visit, "notice done", &DONE),
            Some(_) => news(html, &visit, "notice", &PARTLY),
            None => {}
        }
        if count == 0 {
            html.leaf("p", &[("class", "lead")], visit.say(&NOTHING));
            html.leaf("p", &[], visit.say(&WHEN));
            return;
        }
        html.leaf("p", &[("class", "lead")], GONE.fill(visit.language(), count, &[]));
        html.leaf("p", &[], visit.say(&LEFT));
        table(html, &visit, &certificates);
        let (number, of) = (page.to_string(), pages.to_string());
        let values = [("page", number.as_str()), ("pages", of.as_str())];
        let place = PAGE_OF.fill(visit.language(), &values);
        pager::write(html, &visit, Room::Erased, page, page < pages, Some(&place));
        html.leaf("p", &[("class", "note")], visit.say(&OUT_OF_REACH));
    });
    Ok(Response::html(Status::Ok, html))
}

fn news(html: &mut Html, visit: &Visit, class: &str, message: &Message) {
    html.element("div", &[("class", class), ("role", "status")], |html| {
        html.leaf("p", &[], visit.say(message));
    });
}

fn table(html: &mut Html, visit: &Visit, certificates: &[Certificate]) {
    let heads = [&SESSION, &ERASED_ON, &DUE].map(|head| visit.say(head));
    let rows = |html: &mut Html| {
        for certificate in certificates {
            html.element("tr", &[], |html| {
                html.element("th", &[("scope", "row")], |html| {
                    html.leaf("code", &[], certificate.id.short());
                });
                let erased = visit.when.short_date_time(certificate.erased_at);
                html.leaf("td", &[("data-head", heads[1])], erased);
                html.leaf("td", &[("data-head", heads[2])], due(visit, certificate));
            });
        }
    };
    stack(html, "stack pairs", &heads, |_| {}, rows);
}

/// From when on it had to go, or that it went before.
fn due(visit: &Visit, certificate: &Certificate) -> String {
    match certificate.expiry.parse::<NaiveDate>() {
        Ok(day) if day > visit.when.zone.date(certificate.erased_at) => {
            let day = visit.when.short_date(day);
            BEFORE.fill(visit.language(), &[("day", &day)])
        }
        Ok(day) => visit.when.short_date(day),
        Err(_) => visit.say(&ON_REQUEST).to_owned(),
    }
}

const TITLE: Message = Message {
    fr: "Ce qui a été effacé ici",
    nl: "Wat hier gewist is",
    en: "What was erased here",
    de: "Was hier gelöscht wurde",
};

const GONE: Plural = Plural {
    one: Message {
        fr: "{count} session a été effacée de cette Brique.",
        nl: "{count} sessie is van deze box gewist.",
        en: "{count} session was erased from this box.",
        de: "{count} Sitzung wurde von dieser Box gelöscht.",
    },
    other: Message {
        fr: "{count} sessions ont été effacées de cette Brique.",
        nl: "{count} sessies zijn van deze box gewist.",
        en: "{count} sessions were erased from this box.",
        de: "{count} Sitzungen wurden von dieser Box gelöscht.",
    },
};

const LEFT: Message = Message {
    fr: "De chacune restent un identifiant, qui ne dit rien de vous, et deux dates. Plus aucune \
         adresse, plus aucune heure de connexion.",
    nl: "Van elke sessie blijven een ID, dat niets over u zegt, en twee datums. Geen adres meer, geen \
         tijd van verbinding meer.",
    en: "Of each, what remains is an ID, which says nothing of you, and two dates. No address any \
         more, no time of connection any more.",
    de: "Von jeder bleiben eine ID, die nichts über Sie sagt, und zwei Daten. Keine Adresse mehr, \
         keine Verbindungszeit mehr.",
};

const NOTHING: Message = Message {
    fr: "Rien n’a encore été effacé.",
    nl: "Er is nog niets gewist.",
    en: "Nothing has been erased yet.",
    de: "Noch wurde nichts gelöscht.",
};

const WHEN: Message = Message {
    fr: "Quand le délai d’une session est passé, temoin l’efface et en laisse ici une trace sans \
         adresse.",
    nl: "Als de termijn van een sessie voorbij is, wist temoin ze en blijft hier een spoor zonder \
         adres.",
    en: "When a session’s time is over, temoin erases it and leaves a trace here, without addresses.",
    de: "Wenn die Frist einer Sitzung um ist, löscht temoin sie und hinterlässt hier eine Spur ohne \
         Adressen.",
};

const DONE: Message = Message {
    fr: "La session est effacée de cette Brique.",
    nl: "De sessie is van deze box gewist.",
    en: "The session is erased from this box.",
    de: "Die Sitzung ist von dieser Box gelöscht.",
};

const PARTLY: Message = Message {
    fr: "L’effacement n’est pas encore complet. temoin recommence chaque jour\u{a0}; la commande \
         «\u{a0}temoin erase\u{a0}» le fait tout de suite.",
    nl: "De wissing is nog niet volledig. temoin probeert het elke dag opnieuw; de opdracht ‘temoin \
         erase’ doet het meteen.",
    en: "The erasure is not complete yet. temoin tries again every day; the command “temoin erase” \
         does so at once.",
    de: "Die Löschung ist noch nicht vollständig. temoin versucht es täglich erneut; der Befehl \
         „temoin erase“ tut es sofort.",
};

const SESSION: Message = Message { fr: "Session", nl: "Sessie", en: "Session", de: "Sitzung" };

const ERASED_ON: Message =
    Message { fr: "Effacée le", nl: "Gewist op", en: "Erased on", de: "Gelöscht am" };

const DUE: Message = Message {
    fr: "À effacer depuis le",
    nl: "Te wissen vanaf",
    en: "To be erased from",
    de: "Zu löschen ab",
};

const BEFORE: Message = Message {
    fr: "{day}, effacée avant",
    nl: "{day}, vroeger gewist",
    en: "{day}, erased earlier",
    de: "{day}, früher gelöscht",
};

const ON_REQUEST: Message = Message {
    fr: "à votre demande",
    nl: "op uw verzoek",
    en: "at your request",
    de: "auf Ihren Wunsch",
};

const PAGE_OF: Message = Message {
    fr: "Page {page} sur {pages}",
    nl: "Pagina {page} van {pages}",
    en: "Page {page} of {pages}",
    de: "Seite {page} von {pages}",
};
