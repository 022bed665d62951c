use super::failure;
use super::page_context::PageContext;
use crate::export::ReceiptsWriter;
use crate::html::Html;
use crate::messages::page::receipt_download as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use crate::{RecordsError, SessionReceipts, Site};
use temoin_core::assessment::SignedStatus;
use temoin_core::session::{IdPrefix, Session};

/// The operator's receipts for one session, as a file for `temoin verify` (format: `temoin.receipts/1`).
/// Salt and digests are left out: with them, the addresses could be found by brute force.
pub(crate) fn receipt(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
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
        Ok(None) => failure(site, &request, PageStatus::NotFound),
        Err(_) => failure(site, &request, PageStatus::Unreadable),
    })
}

fn file(session: &Session, receipts: SessionReceipts) -> Result<PageResponse, RecordsError> {
    let write = || {
        let mut writer = ReceiptsWriter::begin(Vec::new(), &receipts.chains)?;
        for receipt in receipts.receipts {
            writer.receipt(&receipt.without_digests())?;
        }
        writer.end()
    };
    let bytes = write().map_err(|error: std::io::Error| {
        log::error!("{error}");
        RecordsError::Broken
    })?;
    let name = format!("temoin-receipt-{}.json", session.id.short());
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(PageResponse::file(&name, "application/json", body))
}

/// A link to the file, if there is one.
pub(super) fn lead_to_receipt(
    html: &mut Html,
    context: &PageContext,
    session: &Session,
    signed: &SignedStatus,
) {
    if !matches!(signed, SignedStatus::Stated(_)) {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(&msg::RECEIPT));
        html.element("p", &[], |html| {
            html.text(context.say(&msg::WHAT));
            html.text(" ");
            html.leaf("code", &[], "temoin verify");
        });
        html.leaf("p", &[("class", "note")], context.say(&msg::CAREFUL));
        html.element("p", &[("class", "actions")], |html| {
            let href = context.link(&format!("session/{}/receipt", session.id));
            html.leaf("a", &[("class", "button"), ("href", &href)], context.say(&msg::KEEP));
        });
    });
}
