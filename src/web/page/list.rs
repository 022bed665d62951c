use chrono::{Datelike, NaiveDate};

use super::layout::Visit;
use super::length::Length;
use super::rooms::Room;
use super::{failure, now, session};
use crate::domain::{Field, Session, Timestamp};
use crate::i18n::vocabulary::{self, State};
use crate::i18n::{Message, SESSIONS};
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};
use crate::web::{Site, Unreadable};

/// How many sessions stand on one page.
const PER_PAGE: u32 = 50;

/// The list of all sessions, newest first.
pub(in crate::web) fn list(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/sessions" {
        return Err(request);
    }
    let page = request.value("page").map_or(Some(1), page_number);
    Ok(match page.map(|page| Contents::read(site, page)) {
        None => failure(site, &request, Status::BadRequest),
        Some(Ok(contents)) if contents.page > contents.pages() => {
            failure(site, &request, Status::NotFound)
        }
        Some(Ok(contents)) => {
            Response::html(Status::Ok, contents.write(&Visit::new(site, &request)))
        }
        Some(Err(Unreadable)) => failure(site, &request, Status::Unreadable),
    })
}

/// A page's number as it stands in an address: digits alone, from 1.
fn page_number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

struct Contents {
    page: u32,
    count: u64,
    sessions: Vec<Session>,
    now: Timestamp,
}

impl Contents {
    fn read(site: &Site, page: u32) -> Result<Self, Unreadable> {
        let offset = (page - 1).saturating_mul(PER_PAGE);
        let records = (site.records)()?;
        Ok(Self {
            page,
            count: records.count()?,
            sessions: records.newest(offset, PER_PAGE)?,
            now: (site.clock)(),
        })
    }

    fn pages(&self) -> u32 {
        let pages = self.count.div_ceil(PER_PAGE.into()).max(1);
        u32::try_from(pages).unwrap_or(u32::MAX)
    }

    fn write(&self, visit: &Visit) -> String {
        visit.page(Some(Room::Sessions), visit.say(&TITLE), |html| {
            html.leaf("h1", &[], visit.say(&TITLE));
            html.leaf("p", &[("class", "lead")], visit.say(&LEAD));
            html.leaf("p", &[("class", "aside")], visit.say(&NEVER));
            // Nothing recorded does not mean that no tunnel is up: the hooks may not be called.
            if self.count == 0 {
                now::empty(html, visit);
                return;
            }
            for month in
                self.sessions.chunk_by(|one, other| month(one, visit) == month(other, visit))
            {
                self.month(html, visit, month);
            }
            self.pager(html, visit);
        })
    }

    fn month(&self, html: &mut Html, visit: &Visit, sessions: &[Session]) {
        let title = match sessions.first().and_then(|first| day(first, visit)) {
            Some(day) => visit.when.month(day),
            None => visit.say(&UNDATED).to_owned(),
        };
        html.element("table", &[("class", "list stack"), ("role", "table")], |html| {
            html.element("caption", &[], |html| html.leaf("h2", &[], title));
            html.element("thead", &[("role", "rowgroup")], |html| {
                html.element("tr", &[("role", "row")], |html| {
                    for head in [
                        visit.say(&SESSION),
                        visit.say(&LENGTH),
                        visit.say(vocabulary::field(Field::OriginAddress)),
                        visit.say(&ASSIGNED),
                    ] {
                        html.leaf("th", &[("scope", "col"), ("role", "columnheader")], head);
                    }
                });
            });
            html.element("tbody", &[("role", "rowgroup")], |html| {
                for session in sessions {
                    html.element("tr", &[("role", "row")], |html| self.row(html, visit, session));
                }
            });
        });
    }

    fn row(&self, html: &mut Html, visit: &Visit, session: &Session) {
        let when = &visit.when;
        let day = day(session, visit);
        let href = visit.link(&format!("session/{}", session.id));
        html.element("th", &[("scope", "row"), ("role", "rowheader")], |html| {
            html.element("a", &[("href", &href)], |html| {
                if let Some(day) = day {
                    html.leaf("span", &[("class", "day")], when.day(day));
                    html.text(" ");
                }
                html.element("span", &[("class", "hours")], |html| {
                    html.text(when.brief(&session.start.value, day));
                    if let Some(end) = &session.end {
                        html.text(" – ");
                        html.text(when.brief(&end.moment.value, day));
                    }
                });
            });
        });
        cell(html, visit.say(&LENGTH), |html| {
            html.text(Length::of(session, self.now).written(when));
            if State::of(session) == State::Open {
                html.text(" ");
                session::badge(html, visit, State::Open);
            }
        });
        let origin = session.facts.origin_address.map(|origin| origin.value.to_string());
        cell(html, visit.say(vocabulary::field(Field::OriginAddress)), |html| {
            values(html, visit, origin.into_iter().collect());
        });
        let facts = &session.facts;
        let assigned = [
            facts.assigned_ipv4.map(|address| address.value.to_string()),
            facts.assigned_ipv6.map(|address| address.value.to_string()),
            facts.delegated_prefix.map(|prefix| prefix.value.to_string()),
        ];
        cell(html, visit.say(&ASSIGNED), |html| {
            values(html, visit, assigned.into_iter().flatten().collect());
        });
    }

    fn pager(&self, html: &mut Html, visit: &Visit) {
        let language = visit.language();
        html.element("nav", &[("class", "pager"), ("aria-label", visit.say(&PAGES))], |html| {
            if self.page > 1 {
                let newer = self.page - 1;
                page_link(html, visit, newer, "prev", &NEWER);
            }
            let page = self.page.to_string();
            let pages = self.pages().to_string();
            html.element("p", &[], |html| {
                html.text(SESSIONS.fill(language, self.count, &[]));
                if self.pages() > 1 {
                    html.text(" · ");
                    html.text(PAGE_OF.fill(language, &[("page", &page), ("pages", &pages)]));
                }
            });
            if self.page < self.pages() {
                page_link(html, visit, self.page + 1, "next", &OLDER);
            }
        });
    }
}

fn page_link(html: &mut Html, visit: &Visit, page: u32, rel: &'static str, text: &Message) {
    let number = page.to_string();
    let href = visit.link_with(Room::Sessions.path(), &[("page", &number)]);
    html.leaf("a", &[("href", &href), ("rel", rel)], visit.say(text));
}

/// A cell that bears its column's name, for narrow screens on which the columns' heads are not seen.
fn cell(html: &mut Html, head: &str, content: impl FnOnce(&mut Html)) {
    html.element("td", &[("role", "cell"), ("data-head", head)], |html| {
        html.element("div", &[], content);
    });
}

fn values(html: &mut Html, visit: &Visit, values: Vec<String>) {
    if values.is_empty() {
        html.leaf("span", &[("class", "unknown")], visit.say(&session::UNKNOWN));
    }
    for value in values {
        html.leaf("code", &[], value);
        html.text(" ");
    }
}

/// The day under which a session stands; `None` when only an unconfirmed clock tells.
pub(super) fn day(session: &Session, visit: &Visit) -> Option<NaiveDate> {
    let start = session.start.value;
    Some(visit.when.zone.date(start.earliest.or(start.latest)?))
}

fn month(session: &Session, visit: &Visit) -> Option<(i32, u32)> {
    day(session, visit).map(|day| (day.year(), day.month()))
}

const TITLE: Message = Message {
    fr: "Les sessions de votre tunnel",
    nl: "De sessies van uw tunnel",
    en: "Your tunnel’s sessions",
    de: "Die Sitzungen Ihres Tunnels",
};

const LEAD: Message = Message {
    fr: "Chaque fois que cette Brique se connecte au VPN de votre association, une session \
         commence. Vous voyez ici ce que la Brique a vu de ses propres sessions. La loi oblige \
         l’opérateur du VPN à en conserver à peu près autant\u{a0}; ce qu’il conserve réellement, \
         la Brique ne peut pas le voir.",
    nl: "Telkens als deze box verbinding maakt met de VPN van uw vereniging, begint een sessie. \
         Hier ziet u wat de box van haar eigen sessies heeft gezien. De wet verplicht de operator \
         van de VPN om ongeveer hetzelfde te bewaren; wat hij werkelijk bewaart, kan de box niet \
         zien.",
    en: "Each time this box connects to your association’s VPN, a session begins. Here you see \
         what the box saw of its own sessions. The law obliges the VPN’s operator to keep much the \
         same; what it really keeps, the box cannot see.",
    de: "Jedes Mal, wenn sich diese Box mit dem VPN Ihres Vereins verbindet, beginnt eine Sitzung. \
         Hier sehen Sie, was die Box von ihren eigenen Sitzungen gesehen hat. Das Gesetz \
         verpflichtet den Betreiber des VPN, etwa dasselbe aufzubewahren; was er tatsächlich \
         aufbewahrt, kann die Box nicht sehen.",
};

const NEVER: Message = Message {
    fr: "Rien de ce que vous faites en ligne n’y figure\u{a0}: ni sites, ni contenus, ni volumes.",
    nl: "Niets van wat u online doet, staat erin: geen websites, geen inhoud, geen volumes.",
    en: "Nothing of what you do online is in it: no sites, no content, no volumes.",
    de: "Nichts von dem, was Sie online tun, steht darin: keine Websites, keine Inhalte, keine \
         Datenmengen.",
};

const UNDATED: Message = Message {
    fr: "Date non confirmée",
    nl: "Datum niet bevestigd",
    en: "Date not confirmed",
    de: "Datum nicht bestätigt",
};

const SESSION: Message = Message { fr: "Session", nl: "Sessie", en: "Session", de: "Sitzung" };

const LENGTH: Message = Message { fr: "Durée", nl: "Duur", en: "Length", de: "Dauer" };

const ASSIGNED: Message = Message {
    fr: "Adresses attribuées",
    nl: "Toegewezen adressen",
    en: "Assigned addresses",
    de: "Zugewiesene Adressen",
};

const PAGES: Message = Message { fr: "Pages", nl: "Pagina’s", en: "Pages", de: "Seiten" };

const PAGE_OF: Message = Message {
    fr: "page {page} sur {pages}",
    nl: "pagina {page} van {pages}",
    en: "page {page} of {pages}",
    de: "Seite {page} von {pages}",
};

const NEWER: Message =
    Message { fr: "← Plus récentes", nl: "← Recentere", en: "← Newer", de: "← Neuere" };

const OLDER: Message =
    Message { fr: "Plus anciennes →", nl: "Oudere →", en: "Older →", de: "Ältere →" };
