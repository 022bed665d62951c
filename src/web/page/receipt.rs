use super::failure;
use super::layout::Visit;
use crate::domain::{IdPrefix, Session};
use crate::export::ReceiptsWriter;
use crate::holding::Signed;
use crate::messages::page::receipt as msg;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::{Receipts, Site, Unreadable};

/// What the operator has signed about one session, as a file that `temoin verify` reads anywhere
/// (format: `temoin.receipts/1`). Salt and digests are left out: with them whoever has the file could
/// find the addresses by trying.
pub(in crate::web) fn receipt(site: &Site, request: Request) -> Result<Response, Request> {
    let session = request.path.strip_prefix("/session/");
    let Some(digits) = session.and_then(|rest| rest.strip_suffix("/receipt")) else {
        return Err(request);
    };
    let Ok(prefix) = digits.parse::<IdPrefix>() else { return Err(request) };
    let read = (site.records)().and_then(|records| {
        let mut found = records.find(&prefix)?;
        let (Some(session), true) = (found.pop(), found.is_empty()) else { return Ok(None) };
        let receipts = records.receipts(&session.id)?;
        if receipts.receipts.is_empty() { Ok(None) } else { file(&session, receipts).map(Some) }
    });
    Ok(match read {
        Ok(Some(response)) => response,
        Ok(None) => failure(site, &request, Status::NotFound),
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

fn file(session: &Session, receipts: Receipts) -> Result<Response, Unreadable> {
    let write = || {
        let mut writer = ReceiptsWriter::begin(Vec::new(), &receipts.chains)?;
        for receipt in receipts.receipts {
            writer.receipt(&receipt.forget())?;
        }
        writer.end()
    };
    let bytes = write().map_err(|error: std::io::Error| {
        log::error!("{error}");
        Unreadable::Broken
    })?;
    let name = format!("temoin-receipt-{}.json", session.id.short());
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Response::file(&name, "application/json", body))
}

/// Leads to the file, where there is one.
pub(super) fn lead_to_receipt(html: &mut Html, visit: &Visit, session: &Session, signed: &Signed) {
    if !matches!(signed, Signed::Stated(_)) {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&msg::RECEIPT));
        html.element("p", &[], |html| {
            html.text(visit.say(&msg::WHAT));
            html.text(" ");
            html.leaf("code", &[], "temoin verify");
        });
        html.leaf("p", &[("class", "note")], visit.say(&msg::CAREFUL));
        html.element("p", &[("class", "actions")], |html| {
            let href = visit.link(&format!("session/{}/receipt", session.id));
            html.leaf("a", &[("class", "button"), ("href", &href)], visit.say(&msg::KEEP));
        });
    });
}
