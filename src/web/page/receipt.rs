use super::failure;
use super::layout::Visit;
use crate::domain::{IdPrefix, Session};
use crate::export::ReceiptsWriter;
use crate::holding::Signed;
use crate::i18n::Message;
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
        html.leaf("h2", &[], visit.say(&RECEIPT));
        html.element("p", &[], |html| {
            html.text(visit.say(&WHAT));
            html.text(" ");
            html.leaf("code", &[], "temoin verify");
        });
        html.leaf("p", &[("class", "note")], visit.say(&CAREFUL));
        html.element("p", &[("class", "actions")], |html| {
            let href = visit.link(&format!("session/{}/receipt", session.id));
            html.leaf("a", &[("class", "button"), ("href", &href)], visit.say(&KEEP));
        });
    });
}

const RECEIPT: Message = Message {
    fr: "Le reçu signé par l’opérateur",
    nl: "Het bewijs dat de operator ondertekende",
    en: "The receipt that the operator signed",
    de: "Der Beleg, den der Betreiber signiert hat",
};

const WHAT: Message = Message {
    fr: "Un fichier que vous pouvez garder et faire vérifier sur n’importe quelle machine, même quand \
         tout le reste sera effacé. Il prouve ce que l’opérateur a déclaré, pas ce qu’il a sur ses \
         disques. Pour le vérifier\u{a0}:",
    nl: "Een bestand dat u kunt bewaren en op elke machine kunt laten nakijken, ook als al het andere \
         gewist is. Het bewijst wat de operator verklaarde, niet wat er op zijn schijven staat. Nakijken \
         doet u met:",
    en: "A file to keep, which can be verified on any machine, also when all else is erased. It proves \
         what the operator stated, not what is on its disks. To verify it:",
    de: "Eine Datei zum Aufheben, die sich auf jedem Rechner prüfen lässt, auch wenn alles andere \
         gelöscht ist. Sie beweist, was der Betreiber erklärt hat, nicht, was auf seinen Platten steht. \
         Zum Prüfen:",
};

const CAREFUL: Message = Message {
    fr: "Tant que l’opérateur n’a rien effacé, ce fichier est aussi confidentiel que l’enregistrement\u{a0}: \
         avec l’identifiant qu’il contient, n’importe qui peut interroger l’opérateur.",
    nl: "Zolang de operator niets gewist heeft, is dit bestand even vertrouwelijk als de registratie: met \
         de ID die erin staat, kan iedereen de operator bevragen.",
    en: "Until the operator has erased its record, this file is as confidential as the record: with the \
         ID in it anybody can ask the operator.",
    de: "Solange der Betreiber nicht gelöscht hat, ist diese Datei so vertraulich wie der Eintrag: Mit \
         der ID darin kann jeder den Betreiber befragen.",
};

const KEEP: Message = Message {
    fr: "Garder le reçu",
    nl: "Bewijs bewaren",
    en: "Keep the receipt",
    de: "Beleg aufheben",
};
