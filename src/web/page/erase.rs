use super::failure;
use super::layout::Visit;
use super::rooms::Room;
use crate::domain::{IdPrefix, Session, SessionId};
use crate::i18n::{Message, OUT_OF_REACH};
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::{EraseError, Site};

/// Asks whether a session is really to be erased.
pub(in crate::web) fn erase(site: &Site, request: Request) -> Result<Response, Request> {
    let Some(prefix) = named(&request) else { return Err(request) };
    Ok(match (site.records)().and_then(|records| records.find(&prefix)).as_deref() {
        Ok([session]) => {
            let visit = Visit::new(site, &request);
            Response::html(Status::Ok, question(site, &request, &visit, session))
        }
        Ok(_) => failure(site, &request, Status::NotFound),
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

/// Erases a session for whoever was asked that, and said yes.
pub(in crate::web) fn do_erase(site: &Site, request: Request) -> Result<Response, Request> {
    let Some(prefix) = named(&request) else { return Err(request) };
    let token = request.form().and_then(|form| form.text("token").map(str::to_owned));
    let is_ours = |token: String| site.forms.knows(&token, &request.sender.visitor, (site.clock)());
    if !token.is_some_and(is_ours) {
        return Ok(failure(site, &request, Status::Foreign));
    }
    let visit = Visit::new(site, &request);
    // Only a whole ID, so that nothing else goes than what was shown.
    let id: SessionId = match (site.records)().and_then(|records| records.find(&prefix)).as_deref()
    {
        Ok([session]) => session.id,
        Ok(_) => return Ok(failure(site, &request, Status::NotFound)),
        Err(_) => return Ok(failure(site, &request, Status::Unreadable)),
    };
    let done = match site.office.erase(&id) {
        Ok(()) => "1",
        Err(EraseError::Incomplete) => "partly",
        Err(EraseError::Lasting) => {
            return Ok(Response::html(Status::Refused, lasting(&visit, &id)));
        }
        Err(EraseError::NotFound) => return Ok(failure(site, &request, Status::NotFound)),
    };
    Ok(Response::see_other(visit.link_with(Room::Erased.path(), &[("done", done)])))
}

/// The session that an address names for erasure.
fn named(request: &Request) -> Option<IdPrefix> {
    request.path.strip_prefix("/session/")?.strip_suffix("/erase")?.parse().ok()
}

fn question(site: &Site, request: &Request, visit: &Visit, session: &Session) -> String {
    if session.end.is_none() {
        return lasting(visit, &session.id);
    }
    let title = visit.say(&TITLE);
    visit.page(Some(Room::Sessions), title, |html| {
        back(html, visit, &session.id);
        html.leaf("h1", &[], title);
        let moment = visit.when.moment(&session.start.value);
        html.leaf("p", &[("class", "lead")], WHICH.fill(visit.language(), &[("moment", &moment)]));
        html.element("ul", &[], |html| {
            for message in [&FOR_GOOD, &STAYS, &NOT_THERE] {
                html.leaf("li", &[], visit.say(message));
            }
        });
        let action = visit.link(&format!("session/{}/erase", session.id));
        html.element("form", &[("method", "post"), ("action", &action)], |html| {
            visit.sign(html, site, request);
            html.element("p", &[("class", "actions")], |html| {
                let attributes = [("type", "submit"), ("class", "danger")];
                html.leaf("button", &attributes, visit.say(&YES));
                let href = visit.link(&format!("session/{}", session.id));
                html.leaf("a", &[("class", "button plain"), ("href", &href)], visit.say(&NO));
            });
        });
        html.leaf("p", &[("class", "note")], visit.say(&OUT_OF_REACH));
    })
}

fn lasting(visit: &Visit, id: &SessionId) -> String {
    let title = visit.say(&TITLE);
    visit.page(Some(Room::Sessions), title, |html| {
        back(html, visit, id);
        html.leaf("h1", &[], title);
        html.leaf("p", &[("class", "lead")], visit.say(&LASTING));
    })
}

fn back(html: &mut Html, visit: &Visit, id: &SessionId) {
    html.element("p", &[("class", "back")], |html| {
        let href = visit.link(&format!("session/{id}"));
        html.leaf("a", &[("href", &href)], visit.say(&BACK));
    });
}

const TITLE: Message = Message {
    fr: "Effacer cette session ici\u{a0}?",
    nl: "Deze sessie hier wissen?",
    en: "Erase this session here?",
    de: "Diese Sitzung hier löschen?",
};

const WHICH: Message = Message {
    fr: "Début de la session\u{a0}: {moment}",
    nl: "Begin van de sessie: {moment}",
    en: "Start of the session: {moment}",
    de: "Beginn der Sitzung: {moment}",
};

const FOR_GOOD: Message = Message {
    fr: "Ses adresses et ses heures sont effacées de cette Brique, sans retour.",
    nl: "Haar adressen en tijden worden onherroepelijk van deze box gewist.",
    en: "Its addresses and times are erased from this box for good.",
    de: "Ihre Adressen und Zeiten werden unwiderruflich von dieser Box gelöscht.",
};

const STAYS: Message = Message {
    fr: "Restent son identifiant et deux dates, comme preuve de l’effacement.",
    nl: "Wat blijft, zijn haar ID en twee datums, als bewijs van de wissing.",
    en: "What remains is its ID and two dates, as proof of the erasure.",
    de: "Es bleiben die ID und zwei Daten, als Nachweis der Löschung.",
};

const NOT_THERE: Message = Message {
    fr: "Chez l’opérateur, rien ne change\u{a0}: ce qu’il garde, il le garde. Vous ne pourrez plus \
         comparer sa réponse à cette session.",
    nl: "Bij de operator verandert niets: wat hij bewaart, blijft daar. U kunt zijn antwoord dan niet \
         meer met deze sessie vergelijken.",
    en: "Nothing changes at the operator’s: what it holds, it holds. You will no longer be able to \
         compare its answer with this session.",
    de: "Beim Betreiber ändert sich nichts: Was er speichert, bleibt dort. Seine Antwort lässt sich \
         dann nicht mehr mit dieser Sitzung vergleichen.",
};

const YES: Message = Message {
    fr: "Effacer définitivement",
    nl: "Definitief wissen",
    en: "Erase for good",
    de: "Endgültig löschen",
};

const NO: Message = Message {
    fr: "Garder la session",
    nl: "De sessie behouden",
    en: "Keep the session",
    de: "Die Sitzung behalten",
};

const BACK: Message = Message {
    fr: "← Retour à la session",
    nl: "← Terug naar de sessie",
    en: "← Back to the session",
    de: "← Zurück zur Sitzung",
};

const LASTING: Message = Message {
    fr: "Cette session dure encore. Elle pourra être effacée une fois terminée, par exemple en \
         coupant le tunnel.",
    nl: "Deze sessie loopt nog. Ze kan worden gewist zodra ze voorbij is, bijvoorbeeld door de tunnel \
         te verbreken.",
    en: "This session still lasts. It can be erased once it has ended, such as by cutting the tunnel.",
    de: "Diese Sitzung dauert noch an. Sie lässt sich löschen, sobald sie beendet ist, etwa indem Sie \
         den Tunnel trennen.",
};
