use std::fmt::Write;

use super::failure;
use super::layout::Visit;
use super::pager::{self, PER_PAGE};
use super::rooms::Room;
use super::stack::stack;
use crate::i18n::Message;
use crate::journal::{Call, LedgerEntry, MOST_ENTRIES, Way};
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// What left the box: every request, newest first, and how to see that there was nothing else.
pub(in crate::web) fn sent(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/sent" {
        return Err(request);
    }
    let Some(page) = pager::asked(&request) else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let read =
        (site.records)().and_then(|records| records.ledger(pager::before(page), PER_PAGE + 1));
    let (Ok(mut entries), Ok(book)) = (read, (site.book)()) else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    if entries.is_empty() && page > 1 {
        return Ok(failure(site, &request, Status::NotFound));
    }
    let is_last = entries.len() <= usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    entries.truncate(usize::try_from(PER_PAGE).unwrap_or(usize::MAX));
    let visit = Visit::new(site, &request);
    let config = site.office.config();
    let rulebook = book.rulebook();
    let operator = rulebook.profile.and_then(|profile| profile.sync.as_ref());
    let title = visit.say(&TITLE);
    let html = visit.page(Some(Room::Sent), title, |html| {
        html.leaf("h1", &[], title);
        html.leaf("p", &[("class", "lead")], visit.say(&PROMISE));
        let state = match (config.sync, entries.is_empty()) {
            (false, true) => &OFF_NOTHING,
            (false, false) => &OFF_NOW,
            (true, true) => &ON_NOTHING,
            (true, false) => &ON,
        };
        html.leaf("p", &[], visit.say(state));
        if !config.sync {
            html.element("p", &[], |html| {
                if operator.is_none() {
                    html.text(visit.say(&NOT_OFFERED));
                } else {
                    let href = visit.link(Room::Settings.path());
                    html.leaf("a", &[("href", &href)], visit.say(&TO_SETTINGS));
                }
            });
        }
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&WHAT_IT_IS));
            html.element("ul", &[], |html| {
                for message in [&ONE_ID, &SIXTY_FOUR, &NEVER_ELSE] {
                    html.leaf("li", &[], visit.say(message));
                }
            });
        });
        if !entries.is_empty() {
            html.element("section", &[], |html| {
                html.leaf("h2", &[], visit.say(&EVERY));
                html.leaf("p", &[("class", "note")], visit.say(&EVERY_WHAT));
                table(html, &visit, &entries);
                pager::write(html, &visit, Room::Sent, page, !is_last, None);
            });
        }
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&CHECK));
            html.leaf("p", &[], visit.say(&CHECK_HOW));
            let host = operator.map_or("vpn.example.org", |sync| host(&sync.url));
            let device = config.devices.first().map_or("tun0", |device| device.as_str());
            html.leaf("pre", &[], format_args!("sudo tcpdump -n -i {device} host {host}"));
            html.leaf("p", &[], visit.say(&CHECK_WHAT));
            html.element("p", &[], |html| {
                html.text(visit.say(&BEFORE));
                html.text(" ");
                html.leaf("code", &[("class", "command")], "temoin sync --dry-run");
            });
        });
    });
    Ok(Response::html(Status::Ok, html))
}

/// One request, byte for byte.
pub(in crate::web) fn sent_request(site: &Site, request: Request) -> Result<Response, Request> {
    let Some(number) = request.path.strip_prefix("/sent/").and_then(pager::number) else {
        return Err(request);
    };
    let Ok(entries) = (site.records)().and_then(|records| records.ledger(0, MOST_ENTRIES)) else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    let found = entries.iter().find(|entry| entry.number.value() == i64::from(number));
    let Some(entry) = found else { return Ok(failure(site, &request, Status::NotFound)) };
    let visit = Visit::new(site, &request);
    let title = visit.say(call(entry));
    let html = visit.page(Some(Room::Sent), title, |html| {
        html.element("p", &[("class", "back")], |html| {
            html.leaf("a", &[("href", &visit.link(Room::Sent.path()))], visit.say(&BACK));
        });
        html.leaf("h1", &[], title);
        let at = visit.when.date_time(entry.sent.at);
        html.leaf("p", &[("class", "lead")], at);
        html.element("dl", &[("class", "facts-list")], |html| {
            html.leaf("dt", &[], visit.say(&WAY));
            html.leaf("dd", &[], visit.say(way(entry)));
            html.leaf("dt", &[], visit.say(&CAME));
            html.leaf("dd", &[], outcome(&visit, entry));
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&HEAD));
            // Its lines end by CR and LF; of the former there is nothing to see.
            let head = String::from_utf8_lossy(&entry.sent.head).replace("\r\n", "\n");
            html.leaf("pre", &[], head.trim_end());
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&BODY));
            html.leaf("p", &[("class", "note")], visit.say(&BODY_IS));
            html.leaf("pre", &[], ids(&entry.sent.body));
        });
    });
    Ok(Response::html(Status::Ok, html))
}

/// A body as its IDs, one a line.
fn ids(body: &[u8]) -> String {
    let mut text = String::new();
    for id in body.chunks(32) {
        for byte in id {
            // A `String` takes everything.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    text
}

/// The host in an address.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn call(entry: &LedgerEntry) -> &'static Message {
    match entry.sent.call {
        Call::Register => &REGISTER,
        Call::Status => &STATUS,
    }
}

fn way(entry: &LedgerEntry) -> &'static Message {
    match entry.sent.way {
        Way::Proxy => &BY_PROXY,
        Way::Tunnel => &BY_TUNNEL,
    }
}

fn outcome(visit: &Visit, entry: &LedgerEntry) -> String {
    let Some(outcome) = &entry.outcome else { return visit.say(&NOT_KNOWN).to_owned() };
    let Some(answer) = outcome.answer else { return visit.say(&NO_ANSWER).to_owned() };
    let (status, size) = (answer.status.to_string(), answer.size.to_string());
    let values = [("status", status.as_str()), ("size", &size)];
    let message = if outcome.failure.is_some() { &USELESS } else { &ANSWERED };
    message.fill(visit.language(), &values)
}

fn table(html: &mut Html, visit: &Visit, entries: &[LedgerEntry]) {
    let heads = [&WHEN, &SENT_WHAT, &CAME].map(|head| visit.say(head));
    let rows = |html: &mut Html| {
        for entry in entries {
            html.element("tr", &[], |html| {
                html.element("th", &[("scope", "row")], |html| {
                    let href = visit.link(&format!("sent/{}", entry.number.value()));
                    let at = visit.when.short_date_time(entry.sent.at);
                    html.leaf("a", &[("href", &href)], at);
                });
                html.leaf("td", &[("data-head", heads[1])], visit.say(call(entry)));
                html.leaf("td", &[("data-head", heads[2])], outcome(visit, entry));
            });
        }
    };
    stack(html, "stack brief", &heads, |_| {}, rows);
}

const TITLE: Message = Message {
    fr: "Ce qui est parti de cette Brique",
    nl: "Wat uit deze box vertrok",
    en: "What left this box",
    de: "Was diese Box verlassen hat",
};

const PROMISE: Message = Message {
    fr: "De ce que temoin sait, seuls des identifiants de session peuvent partir, et seulement vers \
         votre opérateur. Jamais une adresse, une heure ou un nom.",
    nl: "Van wat temoin weet, kunnen alleen sessie-ID’s vertrekken, en alleen naar uw operator. Nooit \
         een adres, een tijd of een naam.",
    en: "Of what temoin knows, only session IDs can leave, and only to your operator. Never an address, \
         a time or a name.",
    de: "Von dem, was temoin weiß, können nur Sitzungs-IDs hinausgehen, und nur zu Ihrem Betreiber. Nie \
         eine Adresse, eine Zeit oder ein Name.",
};

const OFF_NOTHING: Message = Message {
    fr: "temoin ne demande rien à l’opérateur. Rien n’est parti.",
    nl: "temoin vraagt de operator niets. Er is niets vertrokken.",
    en: "temoin asks the operator nothing. Nothing has left.",
    de: "temoin fragt den Betreiber nichts. Nichts ging hinaus.",
};

const OFF_NOW: Message = Message {
    fr: "temoin ne demande plus rien à l’opérateur. Voici ce qui est parti auparavant.",
    nl: "temoin vraagt de operator niets meer. Dit vertrok voordien.",
    en: "temoin no longer asks the operator anything. This left before.",
    de: "temoin fragt den Betreiber nichts mehr. Dies ging zuvor hinaus.",
};

const ON_NOTHING: Message = Message {
    fr: "temoin demande à l’opérateur, une fois par jour, ce qu’il détient encore. Rien n’est encore parti.",
    nl: "temoin vraagt de operator één keer per dag wat hij nog bezit. Er is nog niets vertrokken.",
    en: "temoin asks the operator once a day what it still holds. Nothing has left yet.",
    de: "temoin fragt den Betreiber einmal am Tag, was er noch gespeichert hat. Noch ging nichts hinaus.",
};

const ON: Message = Message {
    fr: "temoin demande à l’opérateur, une fois par jour, ce qu’il détient encore.",
    nl: "temoin vraagt de operator één keer per dag wat hij nog bezit.",
    en: "temoin asks the operator once a day what it still holds.",
    de: "temoin fragt den Betreiber einmal am Tag, was er noch gespeichert hat.",
};

const EVERY: Message = Message {
    fr: "Chaque envoi",
    nl: "Elke zending",
    en: "Everything that was sent",
    de: "Jede Sendung",
};

const EVERY_WHAT: Message = Message {
    fr: "Ouvrez-en un pour le lire octet par octet.",
    nl: "Open er een om ze byte voor byte te lezen.",
    en: "Open one to read it byte for byte.",
    de: "Öffnen Sie eine, um sie Byte für Byte zu lesen.",
};

const TO_SETTINGS: Message = Message {
    fr: "Changer cela dans les réglages",
    nl: "Dit wijzigen bij de instellingen",
    en: "Change this in the settings",
    de: "Das in den Einstellungen ändern",
};

const NOT_OFFERED: Message = Message {
    fr: "Votre opérateur n’offre pas encore cette vérification, ou son profil ne dit pas où.",
    nl: "Uw operator biedt die controle nog niet aan, of zijn profiel zegt niet waar.",
    en: "Your operator does not offer this check yet, or its profile does not say where.",
    de: "Ihr Betreiber bietet diese Prüfung noch nicht an, oder sein Profil sagt nicht, wo.",
};

const WHAT_IT_IS: Message = Message {
    fr: "Ce que contient un envoi",
    nl: "Wat een zending bevat",
    en: "What is in it",
    de: "Was darin steht",
};

const ONE_ID: Message = Message {
    fr: "Au début d’une session, son identifiant\u{a0}: 32 octets tirés au hasard, qui ne disent rien \
         de vous. Il passe par le tunnel, de sorte que l’opérateur sait de quelle session il s’agit.",
    nl: "Bij het begin van een sessie, haar ID: 32 bytes van toevallige oorsprong, die niets over u \
         zeggen. Het gaat door de tunnel, zodat de operator weet om welke sessie het gaat.",
    en: "At the start of a session, its ID: 32 bytes that come of chance and say nothing of you. It goes \
         through the tunnel, so that the operator knows which session is meant.",
    de: "Zu Beginn einer Sitzung ihre ID: 32 Bytes, aus dem Zufall gewonnen, die nichts über Sie sagen. \
         Sie geht durch den Tunnel, damit der Betreiber weiß, welche Sitzung gemeint ist.",
};

const SIXTY_FOUR: Message = Message {
    fr: "Une fois par jour, soixante-quatre identifiants, toujours autant\u{a0}: ceux dont il y a \
         quelque chose à apprendre, complétés par d’autres tirés au hasard.",
    nl: "Eén keer per dag vierenzestig ID’s, altijd evenveel: die waarover iets te weten valt, aangevuld \
         met toevallige.",
    en: "Once a day, sixty-four IDs, always as many: those of which something can be learnt, filled up \
         with random ones.",
    de: "Einmal am Tag vierundsechzig IDs, immer gleich viele: jene, über die etwas zu erfahren ist, \
         aufgefüllt mit zufälligen.",
};

const NEVER_ELSE: Message = Message {
    fr: "Rien d’autre. La partie de temoin qui envoie ne reçoit que des identifiants\u{a0}: elle ne \
         pourrait pas en dire plus.",
    nl: "Niets anders. Het deel van temoin dat verzendt, krijgt alleen ID’s: het zou niet meer kunnen \
         zeggen.",
    en: "Nothing else. The part of temoin that sends is given IDs alone: it could not say more.",
    de: "Sonst nichts. Der Teil von temoin, der sendet, bekommt nur IDs: Mehr könnte er nicht sagen.",
};

const CHECK: Message = Message {
    fr: "Le vérifier vous-même",
    nl: "Het zelf nagaan",
    en: "Check it yourself",
    de: "Selbst nachprüfen",
};

const CHECK_HOW: Message = Message {
    fr: "Cette commande, sur la Brique, montre chaque paquet échangé avec le serveur de l’opérateur\u{a0}:",
    nl: "Deze opdracht toont op de box elk pakket van en naar de server van de operator:",
    en: "On the box, this command shows every packet to and from the operator’s server:",
    de: "Auf der Box zeigt dieser Befehl jedes Paket von und zum Server des Betreibers:",
};

const CHECK_WHAT: Message = Message {
    fr: "Les envois sont chiffrés\u{a0}: vous verrez quand et combien, pas quoi. L’heure et la taille \
         doivent correspondre à cette page. D’autres programmes peuvent parler au même serveur\u{a0}: \
         tcpdump ne dit pas lequel.",
    nl: "Zendingen zijn versleuteld: u ziet wanneer en hoeveel, niet wat. Tijd en grootte moeten met deze \
         pagina overeenkomen. Ook andere programma’s kunnen met die server praten: tcpdump zegt niet \
         welk.",
    en: "What is sent is encrypted: you will see when and how much, not what. Time and size must agree \
         with this page. Other programs may speak with the same server: tcpdump does not say which.",
    de: "Gesendet wird verschlüsselt: Sie sehen, wann und wie viel, nicht was. Zeit und Größe müssen zu \
         dieser Seite passen. Auch andere Programme können mit dem Server sprechen: tcpdump sagt nicht, \
         welches.",
};

const BEFORE: Message = Message {
    fr: "Pour voir d’avance ce que serait le prochain envoi\u{a0}:",
    nl: "Om vooraf te zien wat de volgende zending zou zijn:",
    en: "To see beforehand what would be sent next:",
    de: "Um vorab zu sehen, was als Nächstes gesendet würde:",
};

const WHEN: Message =
    Message { fr: "Envoyé le", nl: "Verzonden op", en: "Sent on", de: "Gesendet am" };

const SENT_WHAT: Message = Message { fr: "Quoi", nl: "Wat", en: "What", de: "Was" };

const CAME: Message = Message { fr: "Réponse", nl: "Antwoord", en: "Answer", de: "Antwort" };

const REGISTER: Message = Message {
    fr: "L’identifiant d’une session",
    nl: "De ID van een sessie",
    en: "The ID of a session",
    de: "Die ID einer Sitzung",
};

const STATUS: Message = Message {
    fr: "Soixante-quatre identifiants",
    nl: "Vierenzestig ID’s",
    en: "Sixty-four IDs",
    de: "Vierundsechzig IDs",
};

const WAY: Message = Message { fr: "Chemin", nl: "Weg", en: "Way", de: "Weg" };

const BY_TUNNEL: Message = Message {
    fr: "par le tunnel",
    nl: "door de tunnel",
    en: "through the tunnel",
    de: "durch den Tunnel",
};

const BY_PROXY: Message = Message {
    fr: "par le mandataire des réglages",
    nl: "via de proxy van de instellingen",
    en: "by the proxy of the settings",
    de: "über den Proxy der Einstellungen",
};

const ANSWERED: Message = Message {
    fr: "reçue (code HTTP {status}, {size} octets)",
    nl: "ontvangen (HTTP-code {status}, {size} bytes)",
    en: "received (HTTP code {status}, {size} bytes)",
    de: "erhalten (HTTP-Code {status}, {size} Bytes)",
};

const USELESS: Message = Message {
    fr: "inutilisable (code HTTP {status}, {size} octets)",
    nl: "onbruikbaar (HTTP-code {status}, {size} bytes)",
    en: "of no use (HTTP code {status}, {size} bytes)",
    de: "unbrauchbar (HTTP-Code {status}, {size} Bytes)",
};

const NO_ANSWER: Message = Message { fr: "aucune", nl: "geen", en: "none", de: "keine" };

const NOT_KNOWN: Message =
    Message { fr: "inconnue", nl: "onbekend", en: "not known", de: "unbekannt" };

const HEAD: Message =
    Message { fr: "L’en-tête", nl: "De hoofding", en: "The head", de: "Der Kopf" };

const BODY: Message =
    Message { fr: "Le contenu", nl: "De inhoud", en: "The body", de: "Der Inhalt" };

const BODY_IS: Message = Message {
    fr: "Un identifiant par ligne, en hexadécimal. Des zéros sont l’identifiant d’une session effacée \
         depuis.",
    nl: "Eén ID per regel, hexadecimaal. Nullen zijn de ID van een sessie die intussen gewist is.",
    en: "One ID a line, in hexadecimal. Zeros stand for the ID of a session that was erased since.",
    de: "Eine ID je Zeile, hexadezimal. Nullen stehen für die ID einer inzwischen gelöschten Sitzung.",
};

const BACK: Message = Message {
    fr: "← Tous les envois",
    nl: "← Alle zendingen",
    en: "← All that was sent",
    de: "← Alle Sendungen",
};

#[cfg(test)]
mod tests {
    use super::{host, ids};

    #[test]
    fn a_body_is_shown_as_its_ids() {
        let body = [[0xab; 32], [0; 32]].concat();
        assert_eq!(ids(&body), format!("{}\n{}\n", "ab".repeat(32), "0".repeat(64)));
        assert_eq!(ids(&[]), "");
    }

    #[test]
    fn the_host_of_an_address_is_found() {
        for (address, found) in [
            ("https://op.example.org/temoin", "op.example.org"),
            ("https://op.example.org:8443", "op.example.org"),
            ("https://[2001:db8::1]/x", "[2001:db8::1]"),
            ("x", "x"),
        ] {
            assert_eq!(host(address), found);
        }
    }
}
