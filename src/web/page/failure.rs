use super::layout::Visit;
use crate::i18n::Message;
use crate::web::Site;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// A page that says why there is no other, in the reader's language.
pub(in crate::web) fn failure(site: &Site, request: &Request, status: Status) -> Response {
    write(&Visit::new(site, request), status)
}

/// The same for a request that could not be read, so that nothing is known of its reader.
pub(in crate::web) fn failure_unread(site: &Site, status: Status) -> Response {
    write(&Visit::unknown(site), status)
}

fn write(visit: &Visit, status: Status) -> Response {
    let (title, explanation) = texts(status);
    let body = visit.page(None, visit.say(title), |html| {
        html.leaf("h1", &[], visit.say(title));
        html.leaf("p", &[("class", "lead")], visit.say(explanation));
        html.element("p", &[], |html| {
            html.leaf("a", &[("href", &visit.link(""))], visit.say(&BACK));
        });
    });
    Response::html(status, body)
}

fn texts(status: Status) -> (&'static Message, &'static Message) {
    match status {
        Status::NotFound | Status::Ok => (&NOT_FOUND, &NOT_FOUND_WHY),
        Status::BadRequest
        | Status::BodyTooLong
        | Status::LengthMissing
        | Status::TooLarge
        | Status::TooLong => (&BAD_REQUEST, &BAD_REQUEST_WHY),
        Status::MethodNotAllowed => (&READ_ONLY, &READ_ONLY_WHY),
        Status::Misdirected => (&MISDIRECTED, &MISDIRECTED_WHY),
        Status::Unreadable => (&UNREADABLE, &UNREADABLE_WHY),
    }
}

const BACK: Message = Message {
    fr: "Revenir à la première page",
    nl: "Terug naar de eerste pagina",
    en: "Back to the first page",
    de: "Zurück zur ersten Seite",
};

const NOT_FOUND: Message = Message {
    fr: "Rien à cette adresse",
    nl: "Niets op dit adres",
    en: "Nothing at this address",
    de: "Nichts unter dieser Adresse",
};

const NOT_FOUND_WHY: Message = Message {
    fr: "Cette page ou cette session n’existe pas. Une session dont le délai de conservation est \
         passé est effacée, et son adresse avec elle.",
    nl: "Deze pagina of sessie bestaat niet. Een sessie waarvan de bewaartermijn voorbij is, wordt \
         gewist, en haar adres verdwijnt mee.",
    en: "There is no such page or session. A session whose retention period is over is erased, and \
         its address goes with it.",
    de: "Diese Seite oder Sitzung gibt es nicht. Eine Sitzung, deren Speicherfrist abgelaufen ist, \
         wird gelöscht, und ihre Adresse mit ihr.",
};

const BAD_REQUEST: Message = Message {
    fr: "Demande non comprise",
    nl: "Verzoek niet begrepen",
    en: "Request not understood",
    de: "Anfrage nicht verstanden",
};

const BAD_REQUEST_WHY: Message = Message {
    fr: "L’adresse de la page est mal formée ou trop longue. Le plus simple est de repartir de la \
         première page.",
    nl: "Het adres van de pagina is ongeldig of te lang. Het eenvoudigst is opnieuw te beginnen \
         bij de eerste pagina.",
    en: "The page’s address is malformed or too long. It is easiest to start again from the first \
         page.",
    de: "Die Adresse der Seite ist fehlerhaft oder zu lang. Am einfachsten beginnen Sie wieder auf \
         der ersten Seite.",
};

const READ_ONLY: Message = Message {
    fr: "Cette page se lit seulement",
    nl: "Deze pagina is alleen om te lezen",
    en: "This page can only be read",
    de: "Diese Seite kann nur gelesen werden",
};

const READ_ONLY_WHY: Message = Message {
    fr: "Votre navigateur a demandé une modification. Ici, rien ne peut être modifié.",
    nl: "Uw browser vroeg om een wijziging. Hier kan niets worden gewijzigd.",
    en: "Your browser asked for a change. Nothing can be changed here.",
    de: "Ihr Browser hat eine Änderung angefordert. Hier lässt sich nichts ändern.",
};

const MISDIRECTED: Message = Message {
    fr: "Demande adressée à une autre machine",
    nl: "Verzoek voor een andere machine",
    en: "Request for another machine",
    de: "Anfrage für einen anderen Rechner",
};

const MISDIRECTED_WHY: Message = Message {
    fr: "Cette page ne répond qu’aux noms localhost, 127.0.0.1 et [::1], pour qu’aucun site web ne \
         puisse la lire à travers votre navigateur.",
    nl: "Deze pagina antwoordt alleen op de namen localhost, 127.0.0.1 en [::1], zodat geen \
         website haar via uw browser kan lezen.",
    en: "This page answers only to the names localhost, 127.0.0.1 and [::1], so that no web site \
         can read it through your browser.",
    de: "Diese Seite antwortet nur auf die Namen localhost, 127.0.0.1 und [::1], damit keine \
         Website sie über Ihren Browser lesen kann.",
};

const UNREADABLE: Message = Message {
    fr: "Le registre ne peut pas être lu pour l’instant",
    nl: "Het register kan nu niet worden gelezen",
    en: "The record cannot be read right now",
    de: "Das Verzeichnis kann gerade nicht gelesen werden",
};

const UNREADABLE_WHY: Message = Message {
    fr: "Réessayez dans un instant. Si cela dure, la commande «\u{a0}temoin doctor\u{a0}» sur la \
         Brique en dit la raison.",
    nl: "Probeer het zo dadelijk opnieuw. Als het blijft duren, geeft de opdracht ‘temoin doctor’ \
         op de box de reden.",
    en: "Try again in a moment. If it lasts, the command “temoin doctor” on the box tells the \
         reason.",
    de: "Versuchen Sie es gleich noch einmal. Wenn es anhält, nennt der Befehl „temoin doctor“ auf \
         der Box den Grund.",
};
