use super::failure;
use super::layout::Visit;
use super::rooms::Room;
use crate::config::{Config, UserName};
use crate::i18n::{Language, Message};
use crate::retention::{GRACE_DAYS, Jurisdiction, Word, vocabulary};
use crate::settings::{Setting, SettingsError};
use crate::web::Site;
use crate::web::desk::Visitor;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// The settings that stand on the page, in its order.
const SHOWN: [Setting; 6] = [
    Setting::OperatorProfile,
    Setting::OperatorJurisdiction,
    Setting::SyncEnabled,
    Setting::SyncProxy,
    Setting::GraceDays,
    Setting::Language,
];

/// What can be set, and as what it is set.
pub(in crate::web) fn settings(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/settings" {
        return Err(request);
    }
    let config = site.office.config();
    let values = SHOWN.map(|setting| (setting, setting.value(&config)));
    let news = request.value("done").map(|_| News::Done);
    Ok(write(site, &request, Status::Ok, &config, &values, news))
}

/// Sets what was filled in.
pub(in crate::web) fn change_settings(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/settings" {
        return Err(request);
    }
    let Some(form) = request.form() else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let token = form.text("token").unwrap_or_default();
    if !site.forms.knows(token, &request.sender.visitor, (site.clock)()) {
        return Ok(failure(site, &request, Status::Foreign));
    }
    let changes: Vec<(Setting, &str)> = SHOWN
        .into_iter()
        .filter_map(|setting| Some((setting, form.text(&setting.name())?)))
        .collect();
    Ok(match site.office.change(&changes) {
        Ok(()) => {
            Response::see_other(Visit::new(site, &request).link_with("settings", &[("done", "1")]))
        }
        Err(error) => {
            log::warn!("the settings were not changed: {}", error.to_string().escape_debug());
            let config = site.office.config();
            let values = SHOWN.map(|setting| {
                let typed = changes.iter().find(|(known, _)| *known == setting);
                (setting, typed.map_or_else(|| setting.value(&config), |(_, it)| (*it).to_owned()))
            });
            let news = match error {
                SettingsError::Refused(refusal) => News::Refused(refusal.setting),
                _ => News::Failed,
            };
            write(site, &request, Status::Refused, &config, &values, Some(news))
        }
    })
}

/// What came of a change.
#[derive(Clone, Copy, Eq, PartialEq)]
enum News {
    Done,
    /// The file could not be changed.
    Failed,
    Refused(Setting),
}

fn write(
    site: &Site,
    request: &Request,
    status: Status,
    config: &Config,
    values: &[(Setting, String)],
    news: Option<News>,
) -> Response {
    let visit = Visit::new(site, request);
    let Ok(book) = (site.book)() else { return failure(site, request, Status::Unreadable) };
    let profiles: Vec<(String, String)> = book
        .profiles()
        .iter()
        .map(|profile| {
            let name = match profile.is_of_software() {
                true => ANOTHER.fill(visit.language(), &[("software", &profile.name)]),
                false => profile.name.clone(),
            };
            (profile.id.to_string(), name)
        })
        .collect();
    let title = visit.say(Room::Settings.name());
    let html = visit.page(Some(Room::Settings), title, |html| {
        html.leaf("h1", &[], title);
        match news {
            Some(News::Done) => notice(html, &visit, "notice done", &DONE),
            Some(News::Failed) => notice(html, &visit, "notice", &FAILED),
            Some(News::Refused(_)) => notice(html, &visit, "notice", &REFUSED),
            None => {}
        }
        for complaint in book.complaints() {
            html.element("div", &[("class", "notice")], |html| {
                html.leaf("p", &[("lang", "en")], complaint);
            });
        }
        let action = visit.link(Room::Settings.path());
        html.element("form", &[("method", "post"), ("action", &action)], |html| {
            visit.sign(html, site, request);
            for (setting, value) in values {
                let is_refused = news == Some(News::Refused(*setting));
                let question = Question { setting: *setting, value, is_refused, visit: &visit };
                question.write(html, &profiles);
            }
            html.element("p", &[("class", "actions")], |html| {
                html.leaf("button", &[("type", "submit")], visit.say(&SAVE));
            });
        });
        who(html, &visit, config, &request.sender.visitor);
    });
    Response::html(status, html)
}

fn notice(html: &mut Html, visit: &Visit, class: &str, message: &Message) {
    html.element("div", &[("class", class), ("role", "status")], |html| {
        html.leaf("p", &[], visit.say(message));
    });
}

/// One setting, to be filled in.
struct Question<'a> {
    setting: Setting,
    value: &'a str,
    is_refused: bool,
    visit: &'a Visit,
}

impl Question<'_> {
    fn write(&self, html: &mut Html, profiles: &[(String, String)]) {
        let visit = self.visit;
        let (label, hint, remedy) = texts(self.setting);
        let name = self.setting.name();
        let id = name.replace(['.', '_'], "-");
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        html.element("fieldset", &[], |html| {
            html.leaf("label", &[("for", &id)], visit.say(label));
            let described = if self.is_refused { &error_id } else { &hint_id };
            let mut attributes =
                vec![("id", id.as_str()), ("name", name.as_str()), ("aria-describedby", described)];
            if self.is_refused {
                attributes.push(("aria-invalid", "true"));
            }
            if self.setting == Setting::GraceDays {
                let most = GRACE_DAYS.to_string();
                attributes.extend([
                    ("type", "number"),
                    ("min", "0"),
                    ("max", &most),
                    ("inputmode", "numeric"),
                    ("value", self.value),
                ]);
                html.void("input", &attributes);
            } else if self.setting == Setting::SyncProxy {
                attributes.extend([
                    ("type", "text"),
                    ("inputmode", "url"),
                    ("autocomplete", "off"),
                    ("value", self.value),
                ]);
                html.void("input", &attributes);
            } else {
                let choices = self.choices(profiles);
                html.element("select", &attributes, |html| {
                    for (value, text) in &choices {
                        let mut attributes = vec![("value", value.as_str())];
                        if value == self.value {
                            attributes.push(("selected", "selected"));
                        }
                        html.leaf("option", &attributes, text);
                    }
                });
            }
            if self.is_refused {
                html.element("div", &[("class", "notice"), ("id", &error_id)], |html| {
                    html.leaf("p", &[], visit.say(remedy));
                });
            }
            html.leaf("p", &[("class", "hint"), ("id", &hint_id)], visit.say(hint));
        });
    }

    /// What can be chosen: values with what they are called, the open one first.
    fn choices(&self, profiles: &[(String, String)]) -> Vec<(String, String)> {
        let visit = self.visit;
        let open = |message| (String::new(), visit.say(message).to_owned());
        match self.setting {
            Setting::OperatorProfile => {
                let mut choices = vec![open(&NOBODY)];
                choices.extend(profiles.iter().cloned());
                if !choices.iter().any(|(id, _)| id == self.value) {
                    choices.push((self.value.to_owned(), self.value.to_owned()));
                }
                choices
            }
            Setting::OperatorJurisdiction => {
                let countries = Jurisdiction::ALL.iter().map(|country| {
                    let name = visit.say(vocabulary::jurisdiction(*country));
                    (country.name().to_owned(), name.to_owned())
                });
                [open(&OPERATORS_OWN)].into_iter().chain(countries).collect()
            }
            Setting::SyncEnabled => [("false", &DO_NOT_ASK), ("true", &DO_ASK)]
                .map(|(value, text)| (value.to_owned(), visit.say(text).to_owned()))
                .to_vec(),
            _ => {
                let languages = Language::ALL
                    .iter()
                    .map(|language| (language.code().to_owned(), language.own_name().to_owned()));
                [open(&SYSTEMS)].into_iter().chain(languages).collect()
            }
        }
    }
}

/// Who may see the page, which is not changed from here: nobody should lock the others out.
fn who(html: &mut Html, visit: &Visit, config: &Config, visitor: &Visitor) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&WHO));
        let users: Vec<&str> = config.users.iter().map(UserName::as_str).collect();
        let users = users.join(", ");
        let text = match (visitor, users.is_empty()) {
            (Visitor::Local, _) => visit.say(&ANYBODY_HERE).to_owned(),
            (Visitor::Member(_), true) => visit.say(&EVERYBODY).to_owned(),
            (Visitor::Member(_), false) => THESE.fill(visit.language(), &[("users", &users)]),
        };
        html.leaf("p", &[], text);
        if let Visitor::Member(name) = visitor {
            let values = [("user", name.as_str())];
            html.leaf("p", &[], YOU.fill(visit.language(), &values));
        }
        html.element("p", &[("class", "note")], |html| {
            html.text(visit.say(&ELSEWHERE));
            html.text(" ");
            html.leaf("code", &[], "temoin settings set page.users");
        });
    });
}

/// A setting's label, what it means, and what it takes.
fn texts(setting: Setting) -> (&'static Message, &'static Message, &'static Message) {
    match setting {
        Setting::OperatorProfile => (&OPERATOR, &OPERATOR_HINT, &OPERATOR_REMEDY),
        Setting::OperatorJurisdiction => (&LAW, &LAW_HINT, &LAW_REMEDY),
        Setting::SyncEnabled => (&SYNC, &SYNC_HINT, &SYNC_REMEDY),
        Setting::SyncProxy => (&PROXY, &PROXY_HINT, &PROXY_REMEDY),
        Setting::GraceDays => (&GRACE, &GRACE_HINT, &GRACE_REMEDY),
        Setting::Language | Setting::PageUsers => (&LANGUAGE, &LANGUAGE_HINT, &LANGUAGE_REMEDY),
    }
}

const SAVE: Message = Message { fr: "Enregistrer", nl: "Bewaren", en: "Save", de: "Speichern" };

const DONE: Message = Message {
    fr: "C’est enregistré. temoin en tient déjà compte.",
    nl: "Bewaard. temoin houdt er al rekening mee.",
    en: "Saved. temoin heeds it already.",
    de: "Gespeichert. temoin beachtet es bereits.",
};

const REFUSED: Message = Message {
    fr: "Rien n’a été changé\u{a0}: une des valeurs ne convient pas.",
    nl: "Er is niets gewijzigd: één van de waarden past niet.",
    en: "Nothing was changed: one of the values cannot be.",
    de: "Nichts wurde geändert: Einer der Werte ist nicht möglich.",
};

const FAILED: Message = Message {
    fr: "Rien n’a été changé\u{a0}: le fichier de configuration n’a pas pu être modifié. Le journal \
         de temoin en dit la raison.",
    nl: "Er is niets gewijzigd: het configuratiebestand kon niet worden aangepast. Het logboek van \
         temoin geeft de reden.",
    en: "Nothing was changed: the configuration’s file could not be edited. temoin’s log tells the \
         reason.",
    de: "Nichts wurde geändert: Die Konfigurationsdatei ließ sich nicht bearbeiten. Das Protokoll von \
         temoin nennt den Grund.",
};

const OPERATOR: Message =
    Message { fr: "Votre opérateur", nl: "Uw operator", en: "Your operator", de: "Ihr Betreiber" };

const OPERATOR_HINT: Message = Message {
    fr: "L’association ou l’entreprise dont vous utilisez le VPN. De là vient ce qu’elle déclare \
         garder.",
    nl: "De vereniging of het bedrijf waarvan u de VPN gebruikt. Daaruit volgt wat ze verklaart te \
         bewaren.",
    en: "The association or company whose VPN you use. What it declares to keep follows from it.",
    de: "Der Verein oder die Firma, deren VPN Sie nutzen. Daraus folgt, was sie zu speichern \
         erklärt.",
};

const OPERATOR_REMEDY: Message = Message {
    fr: "Choisissez un opérateur de la liste.",
    nl: "Kies een operator uit de lijst.",
    en: "Choose an operator from the list.",
    de: "Wählen Sie einen Betreiber aus der Liste.",
};

const NOBODY: Message = Message {
    fr: "pas encore choisi",
    nl: "nog niet gekozen",
    en: "not chosen yet",
    de: "noch nicht gewählt",
};

/// Of whom only the software is known.
const ANOTHER: Message = Message {
    fr: "un autre, qui utilise {software}",
    nl: "een andere, die {software} gebruikt",
    en: "another one, which runs {software}",
    de: "ein anderer, der {software} verwendet",
};

const LAW: Message = Message {
    fr: "La loi qui s’applique",
    nl: "De wet die geldt",
    en: "The law that applies",
    de: "Das geltende Recht",
};

const LAW_HINT: Message = Message {
    fr: "En général celle du pays de l’opérateur.",
    nl: "Gewoonlijk die van het land van de operator.",
    en: "As a rule that of the operator’s country.",
    de: "In der Regel das des Landes, in dem der Betreiber sitzt.",
};

const LAW_REMEDY: Message = Message {
    fr: "Choisissez un pays de la liste.",
    nl: "Kies een land uit de lijst.",
    en: "Choose a country from the list.",
    de: "Wählen Sie ein Land aus der Liste.",
};

const OPERATORS_OWN: Message = Message {
    fr: "celle de l’opérateur",
    nl: "die van de operator",
    en: "the operator’s own",
    de: "das des Betreibers",
};

const SYNC: Message = Message {
    fr: "Vérifier auprès de l’opérateur",
    nl: "Navragen bij de operator",
    en: "Check with the operator",
    de: "Beim Betreiber nachfragen",
};

const SYNC_HINT: Message = Message {
    fr: "Une fois par jour, à une heure tirée au sort, temoin demande à l’opérateur ce qu’il garde. Seuls \
         des numéros de session opaques quittent la Brique. L’opérateur doit le proposer.",
    nl: "Eén keer per dag, op een willekeurig uur, vraagt temoin de operator wat hij bewaart. Alleen \
         ondoorzichtige sessienummers verlaten de box. De operator moet dat aanbieden.",
    en: "Once a day, at a random time, temoin asks the operator what it holds. Only opaque session \
         numbers leave the box. The operator has to offer it.",
    de: "Einmal am Tag, zu einer zufälligen Zeit, fragt temoin den Betreiber, was er speichert. Nur \
         undurchsichtige Sitzungsnummern verlassen die Box. Der Betreiber muss das anbieten.",
};

const SYNC_REMEDY: Message = Message {
    fr: "Choisissez oui ou non.",
    nl: "Kies ja of nee.",
    en: "Choose yes or no.",
    de: "Wählen Sie ja oder nein.",
};

const DO_ASK: Message = Message { fr: "oui", nl: "ja", en: "yes", de: "ja" };

const DO_NOT_ASK: Message = Message { fr: "non", nl: "nee", en: "no", de: "nein" };

const PROXY: Message = Message {
    fr: "Serveur mandataire pour cette question",
    nl: "Proxy voor die vraag",
    en: "Proxy for that question",
    de: "Proxy für diese Frage",
};

const PROXY_HINT: Message = Message {
    fr: "Facultatif, par exemple celui de Tor\u{a0}: socks5h://127.0.0.1:9050. Sans lui, la question \
         passe par le tunnel.",
    nl: "Niet verplicht, bijvoorbeeld die van Tor: socks5h://127.0.0.1:9050. Zonder proxy gaat de vraag \
         door de tunnel.",
    en: "Optional, such as Tor’s: socks5h://127.0.0.1:9050. Without one the question goes through the \
         tunnel.",
    de: "Freiwillig, zum Beispiel der von Tor: socks5h://127.0.0.1:9050. Ohne ihn geht die Frage durch \
         den Tunnel.",
};

const PROXY_REMEDY: Message = Message {
    fr: "Laissez vide, ou écrivez socks5h://, une adresse et un port.",
    nl: "Laat leeg, of schrijf socks5h://, een adres en een poort.",
    en: "Leave it empty, or write socks5h://, an address and a port.",
    de: "Lassen Sie es leer oder schreiben Sie socks5h://, eine Adresse und einen Port.",
};

const GRACE: Message = Message {
    fr: "Délai de vérification, en jours",
    nl: "Controletermijn, in dagen",
    en: "Time for checking, in days",
    de: "Prüffrist, in Tagen",
};

const GRACE_HINT: Message = Message {
    fr: "Combien de jours, de 0 à 14, une session dont l’heure est venue peut encore attendre ici que \
         l’opérateur confirme l’avoir effacée. Elle n’attend que si temoin demande à l’opérateur.",
    nl: "Hoeveel dagen, van 0 tot 14, een sessie waarvan de tijd om is hier nog kan wachten tot de \
         operator bevestigt dat hij ze gewist heeft. Ze wacht alleen als temoin de operator bevraagt.",
    en: "For how many days, 0 to 14, a session whose time is over may wait here for the operator to \
         confirm its erasure. It waits only where temoin asks the operator.",
    de: "Wie viele Tage, 0 bis 14, eine Sitzung nach Ablauf hier noch warten darf, bis der Betreiber \
         ihre Löschung bestätigt. Sie wartet nur, wenn temoin den Betreiber fragt.",
};

const GRACE_REMEDY: Message = Message {
    fr: "Donnez un nombre entier de 0 à 14.",
    nl: "Geef een geheel getal van 0 tot 14.",
    en: "Give a whole number from 0 to 14.",
    de: "Geben Sie eine ganze Zahl von 0 bis 14 an.",
};

const LANGUAGE: Message = Message {
    fr: "Langue des commandes",
    nl: "Taal van de opdrachten",
    en: "Language of the commands",
    de: "Sprache der Befehle",
};

const LANGUAGE_HINT: Message = Message {
    fr: "Celle dans laquelle les commandes de temoin répondent, sur la Brique. Cette page suit votre \
         navigateur, ou la langue choisie en haut.",
    nl: "Die waarin de opdrachten van temoin op de box antwoorden. Deze pagina volgt uw browser, of de \
         taal die u bovenaan kiest.",
    en: "The one in which temoin’s commands answer, on the box. This page follows your browser, or the \
         language chosen at the top.",
    de: "Die, in der die Befehle von temoin auf der Box antworten. Diese Seite folgt Ihrem Browser \
         oder der oben gewählten Sprache.",
};

const LANGUAGE_REMEDY: Message = Message {
    fr: "Choisissez une langue de la liste.",
    nl: "Kies een taal uit de lijst.",
    en: "Choose a language from the list.",
    de: "Wählen Sie eine Sprache aus der Liste.",
};

const SYSTEMS: Message = Message {
    fr: "celle du système",
    nl: "die van het systeem",
    en: "the system’s",
    de: "die des Systems",
};

const WHO: Message = Message {
    fr: "Qui voit cette page",
    nl: "Wie deze pagina ziet",
    en: "Who sees this page",
    de: "Wer diese Seite sieht",
};

const EVERYBODY: Message = Message {
    fr: "Toutes les personnes à qui YunoHost l’ouvre.",
    nl: "Iedereen voor wie YunoHost ze opent.",
    en: "Everybody for whom YunoHost opens it.",
    de: "Alle, für die YunoHost sie öffnet.",
};

const THESE: Message = Message {
    fr: "Seulement\u{a0}: {users}.",
    nl: "Alleen: {users}.",
    en: "Only: {users}.",
    de: "Nur: {users}.",
};

const ANYBODY_HERE: Message = Message {
    fr: "Tout programme de cette machine\u{a0}: la page est servie sans connexion, sur l’interface \
         locale.",
    nl: "Elk programma op deze machine: de pagina wordt zonder aanmelding geserveerd, op de lokale \
         interface.",
    en: "Every program on this machine: the page is served without a login, on the loopback \
         interface.",
    de: "Jedes Programm auf diesem Rechner: Die Seite wird ohne Anmeldung auf der lokalen \
         Schnittstelle bereitgestellt.",
};

const YOU: Message = Message {
    fr: "Vous êtes\u{a0}: {user}.",
    nl: "U bent: {user}.",
    en: "You are: {user}.",
    de: "Sie sind: {user}.",
};

const ELSEWHERE: Message = Message {
    fr: "Cela se règle dans YunoHost, ou sur la Brique par",
    nl: "Dat stelt u in YunoHost in, of op de box met",
    en: "That is set in YunoHost, or on the box by",
    de: "Das stellen Sie in YunoHost ein oder auf der Box mit",
};
