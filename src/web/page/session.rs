use super::answers::answers;
use super::fact::fact;
use super::failure;
use super::layout::Visit;
use super::length::Length;
use super::receipt::lead_to_receipt;
use super::rooms::Room;
use super::sessions::day;
use crate::domain::{Field, IdPrefix, Session, Source, Timestamp};
use crate::holding::{Holding, Seen, Signed, Told};
use crate::i18n::Message;
use crate::i18n::vocabulary::{self, State};
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::{Book, Site, Unreadable};

/// The page of one session, with everything that is recorded of it.
pub(in crate::web) fn session(site: &Site, request: Request) -> Result<Response, Request> {
    let Some(digits) = request.path.strip_prefix("/session/") else { return Err(request) };
    let Ok(prefix) = digits.parse::<IdPrefix>() else { return Err(request) };
    Ok(match read(site, &prefix) {
        Ok(Some(contents)) => {
            let visit = Visit::new(site, &request);
            Response::html(Status::Ok, write(&visit, &contents))
        }
        Ok(None) => failure(site, &request, Status::NotFound),
        Err(_) => failure(site, &request, Status::Unreadable),
    })
}

/// A session with what it is held against and what the operator has signed about it, as of now.
struct Contents {
    book: Box<dyn Book>,
    session: Session,
    signed: Signed,
    now: Timestamp,
}

/// The one session whose ID begins so. With several, the address is as good as none: no link of ours
/// is that short.
fn read(site: &Site, prefix: &IdPrefix) -> Result<Option<Contents>, Unreadable> {
    let records = (site.records)()?;
    let mut found = records.find(prefix)?;
    let (Some(session), true) = (found.pop(), found.is_empty()) else { return Ok(None) };
    let book = (site.book)()?;
    let now = (site.clock)();
    let signed = records.signed(&session, book.rulebook(), book.asks_operator(), now)?;
    Ok(Some(Contents { book, session, signed, now }))
}

/// The word for a session's state, in its colour.
pub(super) fn badge(html: &mut Html, visit: &Visit, state: State) {
    let class = match state {
        State::Closed => "badge closed",
        State::Open => "badge open",
    };
    html.leaf("span", &[("class", class)], visit.say(vocabulary::state(state)));
}

fn write(visit: &Visit, contents: &Contents) -> String {
    let Contents { book, session, signed, now } = contents;
    let title = match day(session, visit) {
        Some(day) => TITLE.fill(visit.language(), &[("date", &visit.when.date(day))]),
        None => visit.say(&TITLE_UNDATED).to_owned(),
    };
    let holding = Holding::of(session, book.rulebook(), *now).with_signed(signed.clone());
    let told = holding.told(visit.when);
    visit.page(Some(Room::Sessions), &title, |html| {
        html.element("p", &[("class", "back")], |html| {
            let href = visit.link(Room::Sessions.path());
            html.leaf("a", &[("class", "touch"), ("href", &href)], visit.say(&BACK));
        });
        html.leaf("h1", &[], &title);
        html.element("p", &[("class", "lead")], |html| {
            badge(html, visit, State::of(session));
            html.text(" ");
            let length = Length::of(session, *now).written(&visit.when);
            html.text(LENGTH.fill(visit.language(), &[("length", &length)]));
        });
        html.element("dl", &[("class", "facts-list")], |html| {
            for field in
                [Field::SessionStart, Field::SessionEnd, Field::OriginAddress, Field::AssignedIpv4]
            {
                html.leaf("dt", &[], visit.say(vocabulary::field(field)));
                html.element("dd", &[], |html| fact(html, visit, field, &Seen::of(field, session)));
            }
        });
        short(html, visit, &told);
        who(html, visit, &told);
        answers(html, visit, session, &told);
        ending(html, visit, session);
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&COVERAGE));
            html.leaf("p", &[], visit.say(vocabulary::coverage(session.coverage)));
        });
        sources(html, visit, session);
        lead_to_receipt(html, visit, session, signed);
        identifier(html, visit, session);
        if session.end.is_some() {
            html.element("p", &[("class", "actions")], |html| {
                let href = visit.link(&format!("session/{}/erase", session.id));
                let attributes = [("class", "button danger"), ("href", href.as_str())];
                html.leaf("a", &attributes, visit.say(&ERASE));
            });
        }
    })
}

/// What is held until when, in short.
fn short(html: &mut Html, visit: &Visit, told: &Told) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&IN_SHORT));
        html.element("dl", &[("class", "facts-list")], |html| {
            for labelled in told.short.chunk_by(|one, other| one.0 == other.0) {
                html.leaf("dt", &[], labelled[0].0);
                html.element("dd", &[], |html| {
                    for (_, text) in labelled {
                        html.leaf("p", &[], text);
                    }
                });
            }
        });
    });
}

fn who(html: &mut Html, visit: &Visit, told: &Told) {
    if told.who.is_empty() && !told.who_is_open {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&WHO));
        for obtaining in &told.who {
            html.leaf("h3", &[], &obtaining.fields);
            html.element("ul", &[], |html| {
                for who in &obtaining.who {
                    html.leaf("li", &[], who);
                }
            });
            if !obtaining.note.is_empty() {
                html.leaf("p", &[], &obtaining.note);
            }
            html.leaf("p", &[("class", "note")], obtaining.sources.join(" · "));
        }
        if told.who_is_open {
            html.leaf("p", &[("class", "note")], visit.say(&WHO_OPEN));
        }
        html.element("p", &[], |html| {
            let href = visit.link(Room::Ask.path());
            html.leaf("a", &[("href", &href)], visit.say(&WHO_HOW));
        });
    });
}

fn ending(html: &mut Html, visit: &Visit, session: &Session) {
    let Some(end) = &session.end else { return };
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&ENDING));
        html.element("div", &[("class", "pair")], |html| {
            html.element("div", &[("class", "card")], |html| {
                html.leaf("h3", &[], visit.say(&SEEN_HERE));
                html.leaf("p", &[], visit.say(vocabulary::end_reason(end.reason)));
            });
            html.element("div", &[("class", "card inference")], |html| {
                html.leaf("h3", &[], visit.say(&SEEN_THERE));
                let view = vocabulary::operator_end(end.reason.operator_view());
                html.leaf("p", &[], visit.say(view));
                html.leaf("p", &[("class", "note")], visit.say(&INFERENCE));
            });
        });
    });
}

/// What stands behind the short words for sources: only those that occur on the page.
fn sources(html: &mut Html, visit: &Visit, session: &Session) {
    let occurring: Vec<Source> =
        Field::ALL.into_iter().filter_map(|field| Seen::of(field, session).source()).collect();
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&SOURCES));
        html.element("dl", &[], |html| {
            for source in Source::ALL {
                if occurring.contains(&source) {
                    html.leaf("dt", &[], visit.say(vocabulary::source(source)));
                    html.leaf("dd", &[], visit.say(vocabulary::source_explained(source)));
                }
            }
        });
    });
}

fn identifier(html: &mut Html, visit: &Visit, session: &Session) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&IDENTIFIER));
        html.leaf("p", &[], visit.say(&IDENTIFIER_WHAT));
        html.element("p", &[], |html| html.leaf("code", &[("class", "id")], session.id));
        html.leaf("h3", &[], visit.say(&ALSO));
        html.element("ul", &[], |html| {
            html.element("li", &[], |html| {
                html.text(visit.say(&DEVICE));
                html.text(" ");
                html.leaf("code", &[], &session.device);
            });
            if let Some(seen) = session.last_seen {
                let at = visit.when.date_time(seen);
                html.leaf("li", &[], LAST_SEEN.fill(visit.language(), &[("at", &at)]));
            }
            html.leaf("li", &[], visit.say(&CLOCKS));
        });
    });
}

const ERASE: Message = Message {
    fr: "Effacer cette session ici…",
    nl: "Deze sessie hier wissen…",
    en: "Erase this session here…",
    de: "Diese Sitzung hier löschen…",
};

const BACK: Message = Message {
    fr: "← Toutes les sessions",
    nl: "← Alle sessies",
    en: "← All sessions",
    de: "← Alle Sitzungen",
};

const TITLE: Message = Message {
    fr: "Session du {date}",
    nl: "Sessie van {date}",
    en: "Session of {date}",
    de: "Sitzung vom {date}",
};

const TITLE_UNDATED: Message = Message {
    fr: "Session à la date non confirmée",
    nl: "Sessie met niet-bevestigde datum",
    en: "Session of unconfirmed date",
    de: "Sitzung mit unbestätigtem Datum",
};

const LENGTH: Message = Message {
    fr: "Durée\u{a0}: {length}",
    nl: "Duur: {length}",
    en: "Length: {length}",
    de: "Dauer: {length}",
};

const ENDING: Message = Message {
    fr: "La fin, vue des deux côtés",
    nl: "Het einde, van beide kanten gezien",
    en: "The end, seen from both sides",
    de: "Das Ende, von beiden Seiten gesehen",
};

const SEEN_HERE: Message = Message {
    fr: "Ce que la Brique a vu",
    nl: "Wat de box zag",
    en: "What the box saw",
    de: "Was die Box gesehen hat",
};

const SEEN_THERE: Message = Message {
    fr: "Ce que l’opérateur a sans doute vu",
    nl: "Wat de operator waarschijnlijk zag",
    en: "What the operator probably saw",
    de: "Was der Betreiber vermutlich gesehen hat",
};

const INFERENCE: Message = Message {
    fr: "C’est une déduction de temoin, pas une déclaration de l’opérateur.",
    nl: "Dit is een gevolgtrekking van temoin, geen verklaring van de operator.",
    en: "This is temoin’s inference, not a statement of the operator’s.",
    de: "Dies ist eine Schlussfolgerung von temoin, keine Erklärung des Betreibers.",
};

const COVERAGE: Message = Message {
    fr: "Ce que la Brique peut suivre",
    nl: "Wat de box kan volgen",
    en: "What the box can follow",
    de: "Was die Box verfolgen kann",
};

const SOURCES: Message = Message {
    fr: "Comment la Brique le sait",
    nl: "Hoe de box het weet",
    en: "How the box knows",
    de: "Woher die Box es weiß",
};

const IDENTIFIER: Message = Message {
    fr: "L’identifiant de la session",
    nl: "Het kenmerk van de sessie",
    en: "The session’s ID",
    de: "Die Kennung der Sitzung",
};

const IDENTIFIER_WHAT: Message = Message {
    fr: "Un nombre issu d’un tirage au hasard. Il désigne la session sans rien dire de vous.",
    nl: "Een getal dat uit het toeval voortkomt. Het duidt de sessie aan zonder iets \
         over u te zeggen.",
    en: "A number that comes from chance. It names the session and says nothing about you.",
    de: "Eine Zahl, die aus dem Zufall stammt. Sie bezeichnet die Sitzung und sagt nichts \
         über Sie.",
};

const ALSO: Message = Message {
    fr: "Noté aussi, pour pouvoir suivre le tunnel",
    nl: "Ook genoteerd, om de tunnel te kunnen volgen",
    en: "Noted too, to be able to follow the tunnel",
    de: "Außerdem festgehalten, um dem Tunnel folgen zu können",
};

const DEVICE: Message = Message {
    fr: "l’interface réseau du tunnel\u{a0}:",
    nl: "de netwerkinterface van de tunnel:",
    en: "the tunnel’s network interface:",
    de: "die Netzwerkschnittstelle des Tunnels:",
};

const LAST_SEEN: Message = Message {
    fr: "le dernier signe de vie gardé\u{a0}: {at}",
    nl: "het laatst bewaarde levensteken: {at}",
    en: "the last sign of life that was kept: {at}",
    de: "das letzte festgehaltene Lebenszeichen: {at}",
};

const CLOCKS: Message = Message {
    fr: "ce qu’indiquaient les horloges de la Brique, et à quel démarrage, pour dater la session",
    nl: "wat de klokken van de box aangaven, en bij welke opstart, om de sessie te dateren",
    en: "what the box’s clocks said, and in which run since it was switched on, to date the session",
    de: "was die Uhren der Box anzeigten, und bei welchem Start, um die Sitzung zu datieren",
};

const IN_SHORT: Message =
    Message { fr: "En bref", nl: "In het kort", en: "In short", de: "Kurz gesagt" };

const WHO: Message = Message {
    fr: "Qui peut l’obtenir",
    nl: "Wie het kan opvragen",
    en: "Who may obtain it",
    de: "Wer es erhalten kann",
};

const WHO_OPEN: Message = Message {
    fr: "Pour une partie de ces données, les textes que temoin connaît ne le disent pas.",
    nl: "Voor een deel van deze gegevens zeggen de teksten die temoin kent het niet.",
    en: "For some of this, the texts that temoin knows do not say.",
    de: "Für einen Teil davon sagen es die Texte, die temoin kennt, nicht.",
};

const WHO_HOW: Message = Message {
    fr: "Ce qu’une demande doit contenir, et ce que l’opérateur doit vérifier",
    nl: "Wat een vraag moet bevatten, en wat de operator moet nagaan",
    en: "What a request must contain, and what the operator must check",
    de: "Was eine Anfrage enthalten muss, und was der Betreiber prüfen muss",
};
