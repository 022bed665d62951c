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
        for command in commands(status) {
            html.element("p", &[], |html| html.leaf("code", &[], command));
        }
        html.element("p", &[], |html| {
            html.leaf("a", &[("href", &visit.link(""))], visit.say(&BACK));
        });
    });
    Response::html(status, body)
}

fn texts(status: Status) -> (&'static Message, &'static Message) {
    match status {
        Status::NotFound | Status::Ok | Status::SeeOther => (&NOT_FOUND, &NOT_FOUND_WHY),
        Status::BadRequest | Status::BodyTooLong | Status::LengthMissing | Status::TooLong => {
            (&BAD_REQUEST, &BAD_REQUEST_WHY)
        }
        Status::Foreign => (&FOREIGN, &FOREIGN_WHY),
        Status::NotLoggedIn => (&NOT_LOGGED_IN, &NOT_LOGGED_IN_WHY),
        Status::NotOneOfThem => (&NOT_ONE_OF_THEM, &NOT_ONE_OF_THEM_WHY),
        Status::PasswordPassedOn => (&PASSWORD_PASSED_ON, &PASSWORD_PASSED_ON_WHY),
        Status::Refused => (&REFUSED, &REFUSED_WHY),
        Status::MethodNotAllowed => (&READ_ONLY, &READ_ONLY_WHY),
        Status::Misdirected => (&MISDIRECTED, &MISDIRECTED_WHY),
        Status::Unreadable => (&UNREADABLE, &UNREADABLE_WHY),
    }
}

/// What to type on the box, in this order.
fn commands(status: Status) -> &'static [&'static str] {
    match status {
        Status::NotLoggedIn => &["yunohost app ssowatconf", "yunohost app upgrade temoin --force"],
        Status::PasswordPassedOn => &[
            "yunohost app setting temoin auth_header -v basic-without-password",
            "yunohost app ssowatconf",
        ],
        _ => &[],
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

const FOREIGN: Message = Message {
    fr: "Rien n’a été changé",
    nl: "Er is niets gewijzigd",
    en: "Nothing was changed",
    de: "Nichts wurde geändert",
};

const FOREIGN_WHY: Message = Message {
    fr: "Le formulaire est resté ouvert trop longtemps, temoin a redémarré entre-temps, ou la demande \
         vient d’un autre site. Revenez à la page, rechargez-la et recommencez.",
    nl: "Het formulier stond te lang open, temoin is intussen herstart, of het verzoek komt van een \
         andere site. Ga terug naar de pagina, herlaad ze en probeer opnieuw.",
    en: "The form was open for too long, temoin was started again meanwhile, or the request comes from \
         another site. Go back to the page, reload it and try again.",
    de: "Das Formular war zu lange offen, temoin wurde inzwischen neu gestartet, oder die Anfrage \
         kommt von einer anderen Website. Gehen Sie zur Seite zurück, laden Sie sie neu und versuchen \
         Sie es noch einmal.",
};

const NOT_LOGGED_IN: Message = Message {
    fr: "Connectez-vous d’abord",
    nl: "Meld u eerst aan",
    en: "Log in first",
    de: "Melden Sie sich erst an",
};

const NOT_LOGGED_IN_WHY: Message = Message {
    fr: "Cette page ne s’ouvre que depuis le portail de YunoHost, qui dit qui vous êtes. Ouvrez-la de \
         là. Si elle refuse encore, la personne qui administre la Brique lance en root la première de \
         ces commandes et, si cela ne suffit pas, la seconde\u{a0}:",
    nl: "Deze pagina opent alleen vanuit het portaal van YunoHost, dat zegt wie u bent. Open haar van \
         daaruit. Weigert ze nog steeds, dan voert wie de box beheert als root de eerste van deze \
         opdrachten uit en, als dat niet volstaat, de tweede:",
    en: "This page opens only from YunoHost’s portal, which says who you are. Open it from there. If it \
         still refuses, whoever administers the box runs, as root, the first of these commands and, if \
         that is not enough, the second:",
    de: "Diese Seite öffnet sich nur aus dem Portal von YunoHost, das sagt, wer Sie sind. Öffnen Sie \
         sie von dort. Weigert sie sich weiterhin, führt, wer die Box verwaltet, als root den ersten \
         dieser Befehle aus und, wenn das nicht genügt, den zweiten:",
};

const PASSWORD_PASSED_ON: Message = Message {
    fr: "Votre mot de passe a été transmis",
    nl: "Uw wachtwoord werd doorgegeven",
    en: "Your password was passed on",
    de: "Ihr Passwort wurde weitergereicht",
};

const PASSWORD_PASSED_ON_WHY: Message = Message {
    fr: "YunoHost transmet votre mot de passe à cette page, qui n’en veut pas\u{a0}: elle refuse la \
         demande et n’en garde rien. Pour que cela cesse, la personne qui administre la Brique lance en \
         root, l’une après l’autre\u{a0}:",
    nl: "YunoHost geeft uw wachtwoord door aan deze pagina, die er geen wil: ze weigert het verzoek en \
         houdt er niets van bij. Om dat te stoppen, voert wie de box beheert als root deze opdrachten \
         na elkaar uit:",
    en: "YunoHost passes your password on to this page, which wants none: it refuses the request and \
         keeps nothing of it. To stop that, whoever administers the box runs these, as root, one after \
         the other:",
    de: "YunoHost reicht Ihr Passwort an diese Seite weiter, die keines will: Sie weist die Anfrage ab \
         und behält nichts davon. Damit das aufhört, führt, wer die Box verwaltet, als root nacheinander \
         aus:",
};

const NOT_ONE_OF_THEM: Message = Message {
    fr: "Cette page n’est pas pour vous",
    nl: "Deze pagina is niet voor u",
    en: "This page is not for you",
    de: "Diese Seite ist nicht für Sie",
};

const NOT_ONE_OF_THEM_WHY: Message = Message {
    fr: "Elle montre les connexions de toute la Brique, et n’est ouverte qu’à certaines personnes. \
         La personne qui administre la Brique peut vous ajouter\u{a0}: temoin settings set page.users.",
    nl: "Ze toont de verbindingen van de hele box en is maar voor enkele mensen open. Wie de box \
         beheert, kan u toevoegen: temoin settings set page.users.",
    en: "It shows the connections of the whole box, and is open to some people only. Whoever \
         administers the box can add you: temoin settings set page.users.",
    de: "Sie zeigt die Verbindungen der ganzen Box und ist nur für einige Personen offen. Wer die Box \
         verwaltet, kann Sie hinzufügen: temoin settings set page.users.",
};

const REFUSED: Message = Message {
    fr: "Rien n’a été changé",
    nl: "Er is niets gewijzigd",
    en: "Nothing was changed",
    de: "Nichts wurde geändert",
};

const REFUSED_WHY: Message = Message {
    fr: "Ce qui a été rempli ne peut pas être utilisé. Revenez à la page et corrigez-le.",
    nl: "Wat is ingevuld, kan niet worden gebruikt. Ga terug naar de pagina en pas het aan.",
    en: "What was filled in cannot be used. Go back to the page and correct it.",
    de: "Was ausgefüllt wurde, lässt sich nicht verwenden. Gehen Sie zurück und korrigieren Sie es.",
};

const READ_ONLY: Message = Message {
    fr: "Cette page se lit seulement",
    nl: "Deze pagina is alleen om te lezen",
    en: "This page can only be read",
    de: "Diese Seite kann nur gelesen werden",
};

const READ_ONLY_WHY: Message = Message {
    fr: "Votre navigateur a demandé une modification. À cette adresse, rien ne peut être modifié.",
    nl: "Uw browser vroeg om een wijziging. Op dit adres kan niets worden gewijzigd.",
    en: "Your browser asked for a change. Nothing can be changed at this address.",
    de: "Ihr Browser hat eine Änderung angefordert. Unter dieser Adresse lässt sich nichts ändern.",
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
