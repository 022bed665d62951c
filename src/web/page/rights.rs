use super::comparison::upload;
use super::failure;
use super::layout::Visit;
use super::letters::written;
use super::overdue;
use super::rooms::Room;
use crate::i18n::Message;
use crate::retention::{Jurisdiction, Profile};
use crate::rights::{Addressee, Demand, Letter, LetterKind, one_month_deadline};
use crate::web::Site;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// What the member can demand: letters, deadlines, comparison with the operator's answer.
pub(in crate::web) fn rights(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/rights" {
        return Err(request);
    }
    let Ok(book) = (site.book)() else {
        return Ok(failure(site, &request, Status::Unreadable));
    };
    let rulebook = book.rulebook();
    let now = (site.clock)();
    let visit = Visit::new(site, &request);
    let today = visit.when.zone.date(now);
    let read = (site.records)()
        .and_then(|records| overdue::reminder(&visit, records.as_ref(), rulebook, now));
    let Ok(overdue) = read else { return Ok(failure(site, &request, Status::Unreadable)) };
    let title = visit.say(Room::Rights.name());
    let html = visit.page(Some(Room::Rights), title, |html| {
        html.leaf("h1", &[], title);
        html.leaf("p", &[("class", "lead")], visit.say(&LEAD));
        let Some(jurisdiction) = rulebook.jurisdiction else {
            html.element("div", &[("class", "notice")], |html| {
                html.leaf("p", &[], visit.say(&NO_OPERATOR));
                html.element("p", &[], |html| {
                    let href = visit.link(Room::Settings.path());
                    html.leaf("a", &[("href", &href)], visit.say(&CHOOSE));
                });
            });
            return;
        };
        if let Some(kind) = &overdue {
            let letter = written(&visit, kind, rulebook.profile, jurisdiction, today);
            html.element("section", &[], |html| {
                html.leaf("h2", &[], visit.say(&OVERDUE));
                html.leaf("p", &[], visit.say(&OVERDUE_WHAT));
                ways(html, &visit, rulebook.profile, &letter, "erasure");
                reminder(html, &visit, &today.to_string(), Demand::Erasure);
            });
        }
        let kind = LetterKind::access(None, &rulebook, today);
        let letter = written(&visit, &kind, rulebook.profile, jurisdiction, today);
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&ASK));
            html.leaf("p", &[], visit.say(&ASK_WHAT));
            ways(html, &visit, rulebook.profile, &letter, "access");
            html.element("div", &[("class", "actions")], |html| period(html, &visit));
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&WAIT));
            let last = one_month_deadline(today, jurisdiction).last_day;
            let values = [("day", visit.when.date(last))];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            html.leaf("p", &[], WAIT_UNTIL.fill(visit.language(), &values));
            reminder(html, &visit, &today.to_string(), Demand::Access);
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&COMPARE));
            html.leaf("p", &[], visit.say(&COMPARE_WHAT));
            upload(html, &visit, site, &request);
        });
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&COMPLAIN));
            html.leaf("p", &[], visit.say(authority(jurisdiction)));
            html.element("ul", &[], |html| {
                for (about, message) in [
                    ("no-answer", &NO_ANSWER),
                    ("incomplete", &INCOMPLETE),
                    ("not-erased", &NOT_ERASED),
                ] {
                    html.element("li", &[], |html| {
                        let href = visit.link_with("rights/complaint", &[("about", about)]);
                        html.leaf("a", &[("href", &href)], visit.say(message));
                    });
                }
            });
        });
        html.leaf("p", &[("class", "note")], visit.say(&NOT_ADVICE));
    });
    Ok(Response::html(Status::Ok, html))
}

/// The ways by which a letter is sent.
fn ways(
    html: &mut Html,
    visit: &Visit,
    profile: Option<&Profile>,
    letter: &Letter,
    name: &'static str,
) {
    html.element("p", &[("class", "actions")], |html| {
        let href = visit.link(&format!("rights/{name}"));
        html.leaf("a", &[("class", "button"), ("href", &href)], visit.say(&PRINT));
        // A text browser would write them as one word.
        html.text(" ");
        mail(html, visit, profile, letter);
        html.text(" ");
        let href = visit.link(&format!("rights/{name}.txt"));
        html.leaf("a", &[("class", "touch"), ("href", &href)], visit.say(&TEXT));
    });
}

/// A link that opens the letter in the member's own mail program, where the operator has an address.
fn mail(html: &mut Html, visit: &Visit, profile: Option<&Profile>, letter: &Letter) {
    let Some(email) = Addressee::of(profile, visit.language()).email else { return };
    let to = email.strip_prefix("mailto:").unwrap_or(&email);
    let is_address = to.contains('@') && to.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_address {
        return;
    }
    let encoded = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        // Lines end by CR and LF there (RFC 6068, section 5).
        text.replace('\n', "\r\n").bytes().fold(String::new(), |mut encoded, byte| {
            if plain(byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
            encoded
        })
    };
    let to = encoded(to).replacen("%40", "@", 1);
    let (subject, body) = (encoded(letter.subject()), encoded(&letter.to_text()));
    let href = format!("mailto:{to}?subject={subject}&body={body}");
    html.leaf("a", &[("class", "button plain"), ("href", &href)], visit.say(&MAIL));
}

/// The choice of a period for the letter.
fn period(html: &mut Html, visit: &Visit) {
    html.element("details", &[], |html| {
        html.leaf("summary", &[], visit.say(&PERIOD));
        let action = visit.address("rights/access");
        html.element("form", &[("action", &action)], |html| {
            visit.carry_language(html);
            html.element("div", &[("class", "fields")], |html| {
                for (name, label) in [("since", &SINCE), ("until", &UNTIL)] {
                    html.element("div", &[], |html| {
                        html.leaf("label", &[("for", name)], visit.say(label));
                        let attributes = [
                            ("type", "date"),
                            ("name", name),
                            ("id", name),
                            ("required", "required"),
                        ];
                        html.void("input", &attributes);
                    });
                }
                html.leaf("button", &[("type", "submit")], visit.say(&PRINT));
            });
        });
    });
}

/// The entry for a calendar.
fn reminder(html: &mut Html, visit: &Visit, today: &str, demand: Demand) {
    let action = visit.address("rights/deadline.ics");
    let id = match demand {
        Demand::Access => "received",
        Demand::Erasure => "reminded",
    };
    html.element("form", &[("action", &action)], |html| {
        visit.carry_language(html);
        if demand == Demand::Erasure {
            html.void("input", &[("type", "hidden"), ("name", "about"), ("value", "erasure")]);
        }
        html.element("div", &[("class", "fields")], |html| {
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", id)], visit.say(&RECEIVED));
                let attributes = [
                    ("type", "date"),
                    ("name", "received"),
                    ("id", id),
                    ("value", today),
                    ("required", "required"),
                ];
                html.void("input", &attributes);
            });
            let attributes = [("type", "submit"), ("class", "plain")];
            html.leaf("button", &attributes, visit.say(&CALENDAR));
        });
    });
}

fn authority(jurisdiction: Jurisdiction) -> &'static Message {
    match jurisdiction {
        Jurisdiction::Belgium => &BELGIUM,
        Jurisdiction::France => &FRANCE,
    }
}

const LEAD: Message = Message {
    fr: "Vous pouvez demander à votre opérateur ce qu’il garde de vous, et il doit répondre. temoin \
         prépare la lettre et compare la réponse\u{a0}; il n’envoie rien.",
    nl: "U mag uw operator vragen wat hij van u bewaart, en hij moet antwoorden. temoin maakt de brief \
         klaar en vergelijkt het antwoord; het verstuurt niets.",
    en: "You can ask your operator what it holds of you, and it has to answer. temoin prepares the letter \
         and compares the answer; it sends nothing.",
    de: "Sie können Ihren Betreiber fragen, was er über Sie speichert, und er muss antworten. temoin \
         bereitet das Schreiben vor und vergleicht die Antwort; es verschickt nichts.",
};

const NO_OPERATOR: Message = Message {
    fr: "temoin ne sait pas encore à qui écrire, ni quelle loi s’applique.",
    nl: "temoin weet nog niet aan wie te schrijven, noch welke wet geldt.",
    en: "temoin does not know yet whom to write to, nor which law applies.",
    de: "temoin weiß noch nicht, an wen zu schreiben ist und welches Recht gilt.",
};

const CHOOSE: Message = Message {
    fr: "Choisir l’opérateur",
    nl: "De operator kiezen",
    en: "Choose the operator",
    de: "Den Betreiber wählen",
};

const OVERDUE: Message = Message {
    fr: "Un effacement est en retard",
    nl: "Een wissing is te laat",
    en: "An erasure is overdue",
    de: "Eine Löschung ist überfällig",
};

const OVERDUE_WHAT: Message = Message {
    fr: "L’opérateur a signé qu’il détient encore ce qu’il devait avoir effacé. Cette lettre le lui \
         rappelle, session par session, par leurs identifiants seuls. Il a un mois pour répondre.",
    nl: "De operator ondertekende dat hij nog bezit wat hij gewist moest hebben. Deze brief herinnert \
         hem eraan, sessie per sessie, met hun kenmerk alleen. Hij heeft een maand om te antwoorden.",
    en: "The operator signed that it still holds what it was to erase. This letter reminds it, session \
         by session, by their IDs alone. It has a month to answer.",
    de: "Der Betreiber hat signiert, dass er noch speichert, was er löschen musste. Dieses Schreiben \
         erinnert ihn daran, Sitzung für Sitzung, allein mit ihren Kennungen. Er hat einen Monat Zeit.",
};

const ASK: Message = Message {
    fr: "1. Demander ce qui est gardé",
    nl: "1. Vragen wat bewaard wordt",
    en: "1. Ask what is held",
    de: "1. Fragen, was gespeichert ist",
};

const ASK_WHAT: Message = Message {
    fr: "La lettre demande une copie de tout ce que l’opérateur garde, pourquoi, jusqu’à quand et pour \
         qui (RGPD, article 15). Vous y ajoutez votre nom.",
    nl: "De brief vraagt een kopie van alles wat de operator bewaart, waarom, tot wanneer en voor wie \
         (AVG, artikel 15). U vult uw naam zelf in.",
    en: "The letter asks for a copy of all that the operator holds, why, until when and for whom (GDPR, \
         article 15). You add your name.",
    de: "Das Schreiben verlangt eine Kopie von allem, was der Betreiber speichert, warum, bis wann und \
         für wen (DSGVO, Artikel 15). Ihren Namen tragen Sie ein.",
};

const PRINT: Message = Message {
    fr: "Lettre à imprimer",
    nl: "Brief om af te drukken",
    en: "Letter to print",
    de: "Schreiben zum Drucken",
};

const MAIL: Message = Message {
    fr: "Ouvrir dans votre messagerie",
    nl: "In uw mailprogramma openen",
    en: "Open in your mail program",
    de: "Im E-Mail-Programm öffnen",
};

const TEXT: Message =
    Message { fr: "Fichier texte", nl: "Tekstbestand", en: "Text file", de: "Textdatei" };

const PERIOD: Message = Message {
    fr: "Seulement une période",
    nl: "Alleen een bepaalde periode",
    en: "Only a certain period",
    de: "Nur einen bestimmten Zeitraum",
};

const SINCE: Message =
    Message { fr: "Premier jour", nl: "Eerste dag", en: "First day", de: "Erster Tag" };

const UNTIL: Message =
    Message { fr: "Dernier jour", nl: "Laatste dag", en: "Last day", de: "Letzter Tag" };

const WAIT: Message = Message {
    fr: "2. Attendre un mois",
    nl: "2. Een maand wachten",
    en: "2. Wait a month",
    de: "2. Einen Monat warten",
};

const WAIT_UNTIL: Message = Message {
    fr: "L’opérateur a un mois pour répondre, à compter de la réception. Reçue aujourd’hui, votre \
         lettre attend une réponse au plus tard\u{a0}: {day}.",
    nl: "De operator heeft een maand om te antwoorden, te tellen vanaf de ontvangst. Ontvangt hij uw \
         brief vandaag, dan antwoordt hij uiterlijk: {day}.",
    en: "The operator has a month to answer, counted from receipt. If your letter is received today, the \
         answer is due by: {day}.",
    de: "Der Betreiber hat ab Eingang einen Monat Zeit. Geht Ihr Schreiben heute ein, ist die Antwort \
         spätestens fällig: {day}.",
};

const RECEIVED: Message = Message {
    fr: "Lettre reçue le",
    nl: "Brief ontvangen op",
    en: "Letter received on",
    de: "Schreiben eingegangen am",
};

const CALENDAR: Message = Message {
    fr: "Rappel pour votre agenda (.ics)",
    nl: "Herinnering voor uw agenda (.ics)",
    en: "Reminder for your calendar (.ics)",
    de: "Erinnerung für Ihren Kalender (.ics)",
};

const COMPARE: Message = Message {
    fr: "3. Comparer la réponse",
    nl: "3. Het antwoord vergelijken",
    en: "3. Compare the answer",
    de: "3. Die Antwort vergleichen",
};

const COMPARE_WHAT: Message = Message {
    fr: "Donnez ici le fichier de l’opérateur (tableau CSV ou JSON, 2 Mo au plus). temoin le lit, le \
         compare à son registre et l’oublie\u{a0}: il n’est gardé nulle part.",
    nl: "Geef hier het bestand van de operator (tabel als CSV, of JSON, hoogstens 2 MB). temoin leest \
         het, vergelijkt het met zijn register en vergeet het: het wordt nergens bewaard.",
    en: "Give the operator’s file here (a table as CSV, or JSON, 2 MB at most). temoin reads it, compares \
         it with its record and forgets it: it is kept nowhere.",
    de: "Geben Sie hier die Datei des Betreibers an (Tabelle als CSV, oder JSON, höchstens 2 MB). temoin \
         liest sie, vergleicht sie mit seinem Verzeichnis und vergisst sie: Gespeichert wird sie \
         nirgends.",
};

const COMPLAIN: Message = Message {
    fr: "4. Se plaindre, s’il le faut",
    nl: "4. Klacht indienen, als het moet",
    en: "4. Complain, if need be",
    de: "4. Sich beschweren, wenn nötig",
};

const BELGIUM: Message = Message {
    fr: "Ces lettres vont à l’Autorité de protection des données. Écrivez d’abord à l’opérateur.",
    nl: "Deze brieven gaan naar de Gegevensbeschermingsautoriteit. Schrijf eerst de operator aan.",
    en: "These letters go to the Belgian Data Protection Authority. Write to the operator first.",
    de: "Diese Schreiben gehen an die belgische Datenschutzbehörde. Schreiben Sie zuerst dem Betreiber.",
};

const FRANCE: Message = Message {
    fr: "Ces lettres vont à la CNIL. Écrivez d’abord à l’opérateur.",
    nl: "Deze brieven gaan naar de CNIL. Schrijf eerst de operator aan.",
    en: "These letters go to the CNIL. Write to the operator first.",
    de: "Diese Schreiben gehen an die CNIL. Schreiben Sie zuerst dem Betreiber.",
};

const NO_ANSWER: Message = Message {
    fr: "L’opérateur n’a pas répondu dans le mois",
    nl: "De operator antwoordde niet binnen de maand",
    en: "The operator did not answer within a month",
    de: "Der Betreiber hat nicht innerhalb eines Monats geantwortet",
};

const INCOMPLETE: Message = Message {
    fr: "La réponse est incomplète",
    nl: "Het antwoord is onvolledig",
    en: "The answer is incomplete",
    de: "Die Antwort ist unvollständig",
};

const NOT_ERASED: Message = Message {
    fr: "L’opérateur garde ce qui devrait être effacé",
    nl: "De operator bewaart wat gewist had moeten zijn",
    en: "The operator holds what should be erased",
    de: "Der Betreiber speichert, was gelöscht sein sollte",
};

const NOT_ADVICE: Message = Message {
    fr: "C’est une information, pas un conseil juridique.",
    nl: "Dit is informatie, geen juridisch advies.",
    en: "This is information, not legal advice.",
    de: "Dies ist eine Information, keine Rechtsberatung.",
};
