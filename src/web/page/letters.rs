use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::failure;
use super::layout::Visit;
use super::overdue::reminder;
use crate::retention::{Jurisdiction, Profile};
use crate::rights::{
    Addressee, Demand, Details, Grievance, LETTER_STYLE, Letter, LetterKind, Reminder, Sender,
    letter, one_month_deadline,
};
use crate::web::Site;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// What can be asked for below `/rights`: letters to print or to keep as text, and a reminder. No name
/// is in any of them: addresses are kept by browsers and web servers.
pub(in crate::web) fn letters(site: &Site, request: Request) -> Result<Response, Request> {
    let what = match request.path.as_str() {
        "/rights/access" | "/rights/access.txt" => What::Access,
        "/rights/complaint" | "/rights/complaint.txt" => What::Complaint,
        "/rights/erasure" | "/rights/erasure.txt" => What::Erasure,
        "/rights/deadline.ics" => What::Reminder,
        _ => return Err(request),
    };
    let Ok(book) = (site.book)() else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    let rulebook = book.rulebook();
    let Some(jurisdiction) = rulebook.jurisdiction else {
        return Ok(failure(site, &request, Status::NotFound));
    };
    let visit = Visit::new(site, &request);
    let today = visit.when.zone.date((site.clock)());
    let day = |name: &str| request.value(name).map(str::parse::<NaiveDate>).transpose();
    let bad = |request: &Request| Ok(failure(site, request, Status::BadRequest));
    let (kind, name) = match what {
        What::Access => {
            let (Ok(since), Ok(until)) = (day("since"), day("until")) else { return bad(&request) };
            let period = since.zip(until);
            if period.is_some_and(|(since, until)| until < since) {
                return bad(&request);
            }
            (LetterKind::access(period, &rulebook, today), "access")
        }
        What::Complaint => {
            let grievance = match request.value("about") {
                None | Some("no-answer") => Grievance::NoAnswer { deadline: None },
                Some("incomplete") => Grievance::IncompleteAnswer { answered_on: None },
                Some("not-erased") => Grievance::NotErased { stated_on: None },
                Some(_) => return bad(&request),
            };
            (LetterKind::Complaint { grievance, exercised_on: None }, "complaint")
        }
        What::Erasure => {
            let now = (site.clock)();
            let read = (site.records)()
                .and_then(|records| reminder(&visit, records.as_ref(), rulebook, now));
            match read {
                Ok(Some(kind)) => (kind, "erasure"),
                Ok(None) => return Ok(failure(site, &request, Status::NotFound)),
                Err(_) => return Ok(failure(site, &request, Status::Unreadable)),
            }
        }
        What::Reminder => {
            let demand = match request.value("about") {
                None => Demand::Access,
                Some("erasure") => Demand::Erasure,
                Some(_) => return bad(&request),
            };
            let Ok(received) = day("received") else { return bad(&request) };
            let mut random = [0; 16];
            if getrandom::fill(&mut random).is_err() {
                return Ok(failure(site, &request, Status::Unreadable));
            }
            let operator = Addressee::of(rulebook.profile, visit.language());
            let reminder = Reminder {
                operator: &operator.name,
                demand,
                deadline: one_month_deadline(received.unwrap_or(today), jurisdiction),
                random,
                made: (site.clock)(),
            };
            let body = reminder.to_ics(visit.language());
            return Ok(Response::file("temoin.ics", "text/calendar; charset=utf-8", body));
        }
    };
    let letter = written(&visit, &kind, rulebook.profile, jurisdiction, today);
    if request.path.ends_with(".txt") {
        let name = format!("temoin-{name}.txt");
        return Ok(Response::file(&name, "text/plain; charset=utf-8", letter.to_text()));
    }
    let style = STANDARD.encode(Sha256::digest(LETTER_STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    Ok(Response::html(Status::Ok, letter.to_html()).with("Content-Security-Policy", policy))
}

#[derive(Clone, Copy)]
enum What {
    Access,
    Complaint,
    Erasure,
    Reminder,
}

/// A letter of a member whose name it leaves open, dated today.
pub(super) fn written(
    visit: &Visit,
    kind: &LetterKind,
    profile: Option<&Profile>,
    jurisdiction: Jurisdiction,
    today: NaiveDate,
) -> Letter {
    let language = visit.language();
    let details = Details {
        operator: Addressee::of(profile, language),
        jurisdiction,
        sender: Sender::default(),
        dated: Some(today),
    };
    letter(kind, language, &details)
}
