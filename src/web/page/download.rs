use std::ops::ControlFlow;

use super::failure;
use super::layout::Visit;
use super::selection::Selection;
use crate::export::{CsvWriter, JsonWriter};
use crate::i18n::Message;
use crate::journal::Filter;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::{Records, Site, Unreadable};

/// The most sessions that one file holds: it is made in memory, some 200 bytes a session in CSV and
/// a kilobyte in JSON.
const LONGEST: u64 = 5_000;

/// The sessions that the address selects, as CSV or JSON.
pub(in crate::web) fn download(site: &Site, request: Request) -> Result<Response, Request> {
    let write = match request.path.as_str() {
        "/sessions.csv" => csv,
        "/sessions.json" => json,
        _ => return Err(request),
    };
    let Ok(selection) = Selection::of(&request) else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let filter = selection.filter(site.zone, (site.clock)());
    let written = (site.records)().and_then(|records| {
        let records = records.as_ref();
        if records.count(&filter)? > LONGEST { Ok(None) } else { write(records, &filter).map(Some) }
    });
    Ok(match written {
        Ok(Some(response)) => response,
        Ok(None) => Response::html(Status::TooLarge, too_many(&Visit::new(site, &request))),
        Err(Unreadable) => failure(site, &request, Status::Unreadable),
    })
}

fn csv(records: &dyn Records, filter: &Filter) -> Result<Response, Unreadable> {
    let mut writer = CsvWriter::begin(Vec::new()).map_err(impossible)?;
    let mut written = Ok(());
    records.each(filter, &mut |session| {
        written = writer.session(&session);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    written.map_err(impossible)?;
    Ok(file("text/csv; charset=utf-8", writer.end()))
}

fn json(records: &dyn Records, filter: &Filter) -> Result<Response, Unreadable> {
    let mut writer = JsonWriter::begin(Vec::new()).map_err(impossible)?;
    let mut written = Ok(());
    records.each(filter, &mut |session| {
        written = writer.session(&session);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    written.map_err(impossible)?;
    Ok(file("application/json", writer.end().map_err(impossible)?))
}

fn file(content_type: &'static str, bytes: Vec<u8>) -> Response {
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Response { content_type, ..Response::html(Status::Ok, body) }
}

/// A vector takes everything, so that no writer of one fails.
fn impossible(error: std::io::Error) -> Unreadable {
    log::error!("{error}");
    Unreadable
}

fn too_many(visit: &Visit) -> String {
    visit.page(Some(super::rooms::Room::Sessions), visit.say(&TOO_MANY), |html| {
        html.leaf("h1", &[], visit.say(&TOO_MANY));
        let most = LONGEST.to_string();
        let text = TOO_MANY_DO.fill(visit.language(), &[("most", &most)]);
        html.element("p", &[("class", "lead")], |html| {
            html.text(text);
            html.text(" ");
            html.leaf("code", &[], "temoin export");
        });
    })
}

const TOO_MANY: Message = Message {
    fr: "Trop de sessions pour un fichier",
    nl: "Te veel sessies voor één bestand",
    en: "Too many sessions for one file",
    de: "Zu viele Sitzungen für eine Datei",
};

const TOO_MANY_DO: Message = Message {
    fr: "La page en met au plus {most} dans un fichier. Choisissez une période plus courte\u{a0}; ou tout à la fois, par cette commande sur la Brique\u{a0}:",
    nl: "De pagina zet er hoogstens {most} in één bestand. Kies een kortere periode; of alles ineens, met deze opdracht op de box:",
    en: "The page puts at most {most} into a file. Choose a shorter period; or take all at once, by this command on the box:",
    de: "Die Seite nimmt höchstens {most} in eine Datei. Wählen Sie einen kürzeren Zeitraum; oder alles auf einmal, mit diesem Befehl auf der Box:",
};
