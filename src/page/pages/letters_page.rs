use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::failure;
use super::overdue_sessions::reminder;
use super::page_context::PageContext;
use crate::Site;
use crate::gdpr::{
    Addressee, CalendarEntry, ComplaintReason, GdprRequest, LETTER_STYLE, Letter, LetterDetails,
    LetterKind, Sender, letter, one_month_deadline,
};
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use crate::tally::erased_here;
use temoin_core::law::{Jurisdiction, Profile};

/// `/rights/…`: letters to print or save as text, and a reminder. They contain no name: URLs are kept by
/// browsers and web servers.
pub(crate) fn letters(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    let download = match request.path.as_str() {
        "/rights/access" | "/rights/access.txt" => Download::Access,
        "/rights/complaint" | "/rights/complaint.txt" => Download::Complaint,
        "/rights/erasure" | "/rights/erasure.txt" => Download::Erasure,
        "/rights/deadline.ics" => Download::Reminder,
        _ => return Err(request),
    };
    let Ok(ruleset) = (site.ruleset)() else {
        return Ok(failure(site, &request, PageStatus::Unreadable));
    };
    let applicable_rules = ruleset.applicable_rules();
    let Some(jurisdiction) = applicable_rules.jurisdiction else {
        return Ok(failure(site, &request, PageStatus::NotFound));
    };
    let context = PageContext::new(site, &request);
    let today = context.when.zone.date((site.clock)());
    let day = |name: &str| request.value(name).map(str::parse::<NaiveDate>).transpose();
    let bad = |request: &PageRequest| Ok(failure(site, request, PageStatus::BadRequest));
    let (kind, name) = match download {
        Download::Access => {
            let (Ok(since), Ok(until)) = (day("since"), day("until")) else { return bad(&request) };
            let period = since.zip(until);
            if period.is_some_and(|(since, until)| until < since) {
                return bad(&request);
            }
            (LetterKind::access(period, &applicable_rules, today), "access")
        }
        Download::Complaint => {
            let grievance = match request.value("about") {
                None | Some("no-answer") => ComplaintReason::NoAnswer { deadline: None },
                Some("incomplete") => ComplaintReason::IncompleteAnswer { answered_on: None },
                Some("not-erased") => ComplaintReason::NotErased { stated_on: None },
                Some(_) => return bad(&request),
            };
            (LetterKind::Complaint { grievance, exercised_on: None }, "complaint")
        }
        Download::Erasure => {
            let now = (site.clock)();
            let read = (site.records)()
                .and_then(|records| reminder(&context, records.as_ref(), applicable_rules, now));
            match read {
                Ok(Some(kind)) => (kind, "erasure"),
                Ok(None) => return Ok(failure(site, &request, PageStatus::NotFound)),
                Err(_) => return Ok(failure(site, &request, PageStatus::Unreadable)),
            }
        }
        Download::Reminder => {
            let demand = match request.value("about") {
                None => GdprRequest::Access,
                Some("erasure") => GdprRequest::Erasure,
                Some(_) => return bad(&request),
            };
            let Ok(received) = day("received") else { return bad(&request) };
            let mut random = [0; 16];
            if getrandom::fill(&mut random).is_err() {
                return Ok(failure(site, &request, PageStatus::Unreadable));
            }
            let operator = Addressee::of(applicable_rules.profile, context.language());
            let reminder = CalendarEntry {
                operator: &operator.name,
                demand,
                deadline: one_month_deadline(received.unwrap_or(today), jurisdiction),
                random,
                made: (site.clock)(),
            };
            let body = reminder.to_ics(context.language());
            return Ok(PageResponse::file("temoin.ics", "text/calendar; charset=utf-8", body));
        }
    };
    let read = (site.records)()
        .and_then(|records| erased_here(records.as_ref(), applicable_rules, (site.clock)()));
    let Ok(erased) = read else { return Ok(failure(site, &request, PageStatus::Unreadable)) };
    let letter = written(&context, &kind, applicable_rules.profile, jurisdiction, today, erased);
    if request.path.ends_with(".txt") {
        let name = format!("temoin-{name}.txt");
        return Ok(PageResponse::file(&name, "text/plain; charset=utf-8", letter.to_text()));
    }
    let style = STANDARD.encode(Sha256::digest(LETTER_STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    Ok(PageResponse::html(PageStatus::Ok, letter.to_html()).with("Content-Security-Policy", policy))
}

#[derive(Clone, Copy)]
enum Download {
    Access,
    Complaint,
    Erasure,
    Reminder,
}

/// A letter dated today, with the member's name left blank.
pub(super) fn written(
    context: &PageContext,
    kind: &LetterKind,
    profile: Option<&Profile>,
    jurisdiction: Jurisdiction,
    today: NaiveDate,
    erased_here: u64,
) -> Letter {
    let language = context.language();
    let details = LetterDetails {
        operator: Addressee::of(profile, language),
        jurisdiction,
        sender: Sender::default(),
        dated: Some(today),
        erased_here,
    };
    letter(kind, language, &details)
}
