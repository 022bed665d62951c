use super::layout::Visit;
use super::overdue::overdue;
use super::rooms::Room;
use crate::domain::{Moment, SessionId, Timestamp};
use crate::holding::Rulebook;
use crate::i18n::Message;
use crate::journal::Standing;
use crate::messages::page::attention as msg;
use crate::retention::Track;
use crate::web::html::Html;
use crate::web::{Book, Records, Site, Trouble, Unreadable};

/// Something that needs a look, with what to do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Notice {
    /// A file of the member's own, or a choice, is not used; why, in English.
    BookIncomplete(String),
    /// The operator signed values that are not those which the box saw.
    Differing(Named),
    /// No edition of law is known that is in force today.
    LawGap,
    /// It is too long since the law was compared with its texts.
    LawStale,
    /// The operator stated that it holds nothing of sessions that it had confirmed, or that it has
    /// erased them before their day.
    Missing(Named),
    /// Nobody said who the operator is.
    NoProfile,
    /// The operator stated that it still holds what it was to erase.
    Overdue(Named),
    /// What the site's keeper sees.
    Trouble(Trouble),
    /// The operator stated that it does not know these sessions by their IDs.
    Unregistered(Named),
}

/// Some sessions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Named {
    /// The first of them, with when each began; `None` where it is erased here.
    first: Vec<(SessionId, Option<Moment>)>,
    /// How many more there are.
    more: u64,
}

/// How many sessions of a kind are named at most.
const NAMED: usize = 5;

/// Of how many sessions, the newest first, what the operator stated is looked through.
const LOOKED_AT: usize = 100;

/// Everything that needs a look now, worst first.
///
/// # Errors
/// [`Unreadable`] when the record cannot be read.
pub(super) fn look(
    site: &Site,
    records: &dyn Records,
    book: &dyn Book,
    now: Timestamp,
) -> Result<Vec<Notice>, Unreadable> {
    let rulebook = book.rulebook();
    let mut notices = of_operator(site, records, rulebook, now)?;
    notices.extend((site.troubles)().into_iter().map(Notice::Trouble));
    if rulebook.profile.is_none() {
        notices.push(Notice::NoProfile);
    }
    if let Some(jurisdiction) = rulebook.jurisdiction {
        let today = site.zone.date(now);
        match rulebook.law.on(today, jurisdiction, Track::General) {
            None => notices.push(Notice::LawGap),
            Some(edition) if edition.is_stale(now) => notices.push(Notice::LawStale),
            Some(_) => {}
        }
    }
    notices.extend(book.complaints().into_iter().map(Notice::BookIncomplete));
    Ok(notices)
}

/// What the operator's own statements show.
fn of_operator(
    site: &Site,
    records: &dyn Records,
    rulebook: Rulebook<'_>,
    now: Timestamp,
) -> Result<Vec<Notice>, Unreadable> {
    let zone = rulebook.profile.map_or(site.zone, |own| own.zone);
    let stated = records.stated(LOOKED_AT)?;
    let standing = |wanted: fn(Standing) -> bool| {
        let found = stated.iter().filter(|it| wanted(it.standing(zone, now)));
        found.map(|it| it.id).collect::<Vec<_>>()
    };
    let missing =
        standing(|it| matches!(it, Standing::Contradicted { .. } | Standing::GoneEarly { .. }));
    let unregistered = standing(|it| matches!(it, Standing::Unregistered { .. }));
    let overdue = overdue(records, zone, now)?.into_iter().map(|it| it.id).collect();
    let differing = site.compared.differing(&stated, records, rulebook, now)?;
    let mut notices = Vec::new();
    let mut add = |ids: Vec<SessionId>, notice: fn(Named) -> Notice| {
        if !ids.is_empty() {
            notices.push(notice(Named::of(&ids, records)?));
        }
        Ok::<(), Unreadable>(())
    };
    add(overdue, Notice::Overdue)?;
    add(differing, Notice::Differing)?;
    add(missing, Notice::Missing)?;
    add(unregistered, Notice::Unregistered)?;
    Ok(notices)
}

impl Named {
    fn of(ids: &[SessionId], records: &dyn Records) -> Result<Self, Unreadable> {
        let mut first = Vec::new();
        for id in ids.iter().take(NAMED) {
            let session = records.find(&(*id).into())?.pop();
            first.push((*id, session.map(|session| session.start.value)));
        }
        let more = u64::try_from(ids.len() - first.len()).unwrap_or(u64::MAX);
        Ok(Self { first, more })
    }

    fn write(&self, html: &mut Html, visit: &Visit) {
        html.element("ul", &[], |html| {
            for (id, start) in &self.first {
                html.element("li", &[], |html| match start {
                    Some(start) => {
                        let href = visit.link(&format!("session/{id}"));
                        let text = msg::SESSION
                            .fill(visit.language(), &[("start", &visit.when.brief(start, None))]);
                        html.leaf("a", &[("href", &href)], text);
                    }
                    None => {
                        let values = [("id", &*id.short())];
                        html.text(msg::ERASED.fill(visit.language(), &values));
                    }
                });
            }
            if self.more > 0 {
                html.leaf("li", &[], msg::MORE.fill(visit.language(), self.more, &[]));
            }
        });
    }
}

/// Writes each notice with its remedy.
pub(super) fn write(html: &mut Html, visit: &Visit, notices: &[Notice]) {
    if notices.is_empty() {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&msg::TITLE));
        for notice in notices {
            html.element("div", &[("class", "notice")], |html| {
                let Text { what, remedy, next } = Text::of(notice, visit);
                html.leaf("h3", &[], what);
                html.leaf("p", &[], remedy);
                if let Notice::Differing(named)
                | Notice::Missing(named)
                | Notice::Overdue(named)
                | Notice::Unregistered(named) = notice
                {
                    named.write(html, visit);
                }
                match next {
                    Next::Nothing => {}
                    Next::Run(command) => {
                        html.element("p", &[], |html| html.leaf("code", &[], command));
                    }
                    Next::Go(address, name) => {
                        html.element("p", &[], |html| {
                            html.leaf("a", &[("href", &address)], visit.say(name));
                        });
                    }
                }
            });
        }
    });
}

/// What is wrong, and what to do.
struct Text {
    what: String,
    remedy: String,
    next: Next,
}

/// Where the remedy is.
enum Next {
    /// On the page at this address, by this name.
    Go(String, &'static Message),
    /// The sentence says it all.
    Nothing,
    /// A command on the box.
    Run(&'static str),
}

impl Text {
    fn of(notice: &Notice, visit: &Visit) -> Self {
        let to = |room: Room, name: &'static Message| Next::Go(visit.link(room.path()), name);
        let (what, remedy, next) = match notice {
            Notice::BookIncomplete(why) => {
                let what = visit.say(&msg::BOOK).to_owned();
                return Self { what, remedy: why.clone(), next: Next::Nothing };
            }
            Notice::Differing(_) => {
                (&msg::DIFFERING, &msg::DIFFERING_DO, to(Room::Rights, &msg::TO_COMPARE))
            }
            Notice::LawGap => (&msg::LAW_GAP, &msg::UPGRADE, Next::Nothing),
            Notice::LawStale => (&msg::LAW_STALE, &msg::UPGRADE, Next::Nothing),
            Notice::Missing(_) => (&msg::MISSING, &msg::MISSING_DO, to(Room::Rights, &msg::TO_ASK)),
            Notice::NoProfile => {
                (&msg::NO_PROFILE, &msg::NO_PROFILE_DO, to(Room::Settings, &msg::TO_OPERATOR))
            }
            Notice::Overdue(_) => {
                (&msg::OVERDUE, &msg::OVERDUE_DO, to(Room::Rights, &msg::TO_LETTER))
            }
            Notice::Unregistered(_) => (&msg::UNREGISTERED, &msg::UNREGISTERED_DO, Next::Nothing),
            Notice::Trouble(Trouble::ClockUnconfirmed) => {
                (&msg::CLOCK, &msg::CLOCK_DO, Next::Nothing)
            }
            Notice::Trouble(Trouble::HooksMissing) => {
                (&msg::HOOKS, &msg::HOOKS_DO, Next::Run("temoin hook install"))
            }
            Notice::Trouble(Trouble::SetAside(files)) => {
                let count = u64::try_from(*files).unwrap_or(u64::MAX);
                let what = msg::SET_ASIDE.fill(visit.language(), count, &[]);
                let remedy = visit.say(&msg::SET_ASIDE_DO).to_owned();
                return Self { what, remedy, next: Next::Run("temoin erase --all") };
            }
        };
        Self { what: visit.say(what).to_owned(), remedy: visit.say(remedy).to_owned(), next }
    }
}
