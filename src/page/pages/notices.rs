use std::time::Duration;

use super::nav::NavItem;
use super::overdue_sessions::overdue;
use super::page_context::PageContext;
use crate::html::Html;
use crate::messages::page::notices as msg;
use crate::{HealthIssue, PageRuleset, Records, RecordsError, Site};
use temoin_core::assessment::ApplicableRules;
use temoin_core::assessment::SyncVerdict;
use temoin_core::law::Track;
use temoin_core::session::{SessionId, TimeBounds, Timestamp};
use temoin_core::text::Message;

/// Something that needs attention, with its remedy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Notice {
    /// One of the member's own files, or the choice of operator, cannot be used; why, in English.
    RulesetIncomplete(String),
    /// This many rows of the record are damaged.
    Damaged(usize),
    /// The operator signed values that differ from what the box saw.
    Differing(AffectedSessions),
    /// No known edition of law is in force today.
    LawGap,
    /// The law was last checked too long ago.
    LawStale,
    /// The operator stated that it holds nothing of sessions it had confirmed, or that it erased them early.
    Missing(AffectedSessions),
    /// No operator is chosen.
    NoProfile,
    /// The operator stated that it still holds records that it should have erased.
    Overdue(AffectedSessions),
    /// A problem that the daemon detected.
    HealthIssue(HealthIssue),
    /// The operator stated that it does not know these sessions' IDs.
    Unregistered(AffectedSessions),
}

/// The sessions that a notice is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AffectedSessions {
    /// The first ones, each with its start; `None` if it is erased here.
    first: Vec<(SessionId, Option<TimeBounds>)>,
    /// How many more there are.
    more: u64,
}

/// Maximum number of sessions listed in a notice.
const MAX_LISTED: usize = 5;

/// How many of the newest sessions with statements are checked.
const MAX_CHECKED: usize = 100;

/// For how long a record without damage is not read through again.
const DAMAGE_CHECKED: Duration = Duration::from_secs(3_600);

/// All current notices, worst first.
///
/// # Errors
/// [`RecordsError`] when the record cannot be read.
pub(super) fn current_notices(
    site: &Site,
    records: &dyn Records,
    ruleset: &dyn PageRuleset,
    now: Timestamp,
) -> Result<Vec<Notice>, RecordsError> {
    let applicable_rules = ruleset.applicable_rules();
    let mut notices = of_operator(site, records, applicable_rules, now)?;
    let is_known = |at: Timestamp| at <= now && now.since(at) < DAMAGE_CHECKED;
    if !site.intact_at.get().is_some_and(is_known) {
        match records.damaged(now)?.len() {
            0 => site.intact_at.set(Some(now)),
            count => notices.push(Notice::Damaged(count)),
        }
    }
    notices.extend((site.health_issues)().into_iter().map(Notice::HealthIssue));
    if applicable_rules.profile.is_none() {
        notices.push(Notice::NoProfile);
    }
    if let Some(jurisdiction) = applicable_rules.jurisdiction {
        let today = site.zone.date(now);
        match applicable_rules.law.on(today, jurisdiction, Track::General) {
            None => notices.push(Notice::LawGap),
            Some(edition) if edition.is_stale(now) => notices.push(Notice::LawStale),
            Some(_) => {}
        }
    }
    notices.extend(ruleset.complaints().into_iter().map(Notice::RulesetIncomplete));
    Ok(notices)
}

/// Notices that follow from the operator's statements.
fn of_operator(
    site: &Site,
    records: &dyn Records,
    applicable_rules: ApplicableRules<'_>,
    now: Timestamp,
) -> Result<Vec<Notice>, RecordsError> {
    let zone = applicable_rules.profile.map_or(site.zone, |own| own.zone);
    let stated = records.stated(MAX_CHECKED)?;
    let standing = |wanted: fn(SyncVerdict) -> bool| {
        let found = stated.iter().filter(|it| wanted(it.verdict(zone, now)));
        found.map(|it| it.id).collect::<Vec<_>>()
    };
    let missing = standing(|it| {
        matches!(it, SyncVerdict::Contradicted { .. } | SyncVerdict::GoneEarly { .. })
    });
    let unregistered = standing(|it| matches!(it, SyncVerdict::Unregistered { .. }));
    let overdue = overdue(records, zone, now)?.into_iter().map(|it| it.id).collect();
    let differing = site.comparisons.differing(&stated, records, applicable_rules, now)?;
    let mut notices = Vec::new();
    let mut add = |ids: Vec<SessionId>, notice: fn(AffectedSessions) -> Notice| {
        if !ids.is_empty() {
            notices.push(notice(AffectedSessions::of(&ids, records)?));
        }
        Ok::<(), RecordsError>(())
    };
    add(overdue, Notice::Overdue)?;
    add(differing, Notice::Differing)?;
    add(missing, Notice::Missing)?;
    add(unregistered, Notice::Unregistered)?;
    Ok(notices)
}

impl AffectedSessions {
    fn of(ids: &[SessionId], records: &dyn Records) -> Result<Self, RecordsError> {
        let mut first = Vec::new();
        for id in ids.iter().take(MAX_LISTED) {
            let session = records.find(&(*id).into())?.pop();
            first.push((*id, session.map(|session| session.start.value)));
        }
        let more = u64::try_from(ids.len() - first.len()).unwrap_or(u64::MAX);
        Ok(Self { first, more })
    }

    fn write(&self, html: &mut Html, context: &PageContext) {
        html.element("ul", &[], |html| {
            for (id, start) in &self.first {
                html.element("li", &[], |html| match start {
                    Some(start) => {
                        let href = context.link(&format!("session/{id}"));
                        let text = msg::SESSION.fill(
                            context.language(),
                            &[("start", &context.when.brief(start, None))],
                        );
                        html.leaf("a", &[("href", &href)], text);
                    }
                    None => {
                        let values = [("id", &*id.short())];
                        html.text(msg::ERASED.fill(context.language(), &values));
                    }
                });
            }
            if self.more > 0 {
                html.leaf("li", &[], msg::MORE.fill(context.language(), self.more, &[]));
            }
        });
    }
}

/// Writes each notice with its remedy.
pub(super) fn write(html: &mut Html, context: &PageContext, notices: &[Notice]) {
    if notices.is_empty() {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(&msg::TITLE));
        for notice in notices {
            html.element("div", &[("class", "notice")], |html| {
                let NoticeText { what, remedy, next } = NoticeText::of(notice, context);
                html.leaf("h3", &[], what);
                html.leaf("p", &[], remedy);
                if let Notice::Differing(named)
                | Notice::Missing(named)
                | Notice::Overdue(named)
                | Notice::Unregistered(named) = notice
                {
                    named.write(html, context);
                }
                match next {
                    NextStep::Nothing => {}
                    NextStep::Run(command) => {
                        html.element("p", &[], |html| html.leaf("code", &[], command));
                    }
                    NextStep::Go(address, name) => {
                        html.element("p", &[], |html| {
                            html.leaf("a", &[("href", &address)], context.say(name));
                        });
                    }
                }
            });
        }
    });
}

/// What is wrong, and what to do.
struct NoticeText {
    what: String,
    remedy: String,
    next: NextStep,
}

/// Where to go or what to run.
enum NextStep {
    /// A link to a page, with its label.
    Go(String, &'static Message),
    /// Nothing beyond the text.
    Nothing,
    /// A command to run on the box.
    Run(&'static str),
}

impl NoticeText {
    fn of(notice: &Notice, context: &PageContext) -> Self {
        let to =
            |room: NavItem, name: &'static Message| NextStep::Go(context.link(room.path()), name);
        let (what, remedy, next) = match notice {
            Notice::RulesetIncomplete(why) => {
                let what = context.say(&msg::RULESET).to_owned();
                return Self { what, remedy: why.clone(), next: NextStep::Nothing };
            }
            Notice::Differing(_) => {
                (&msg::DIFFERING, &msg::DIFFERING_DO, to(NavItem::Rights, &msg::TO_COMPARE))
            }
            Notice::LawGap => (&msg::LAW_GAP, &msg::UPGRADE, NextStep::Nothing),
            Notice::LawStale => (&msg::LAW_STALE, &msg::UPGRADE, NextStep::Nothing),
            Notice::Missing(_) => {
                (&msg::MISSING, &msg::MISSING_DO, to(NavItem::Rights, &msg::TO_ASK))
            }
            Notice::NoProfile => {
                (&msg::NO_PROFILE, &msg::NO_PROFILE_DO, to(NavItem::Settings, &msg::TO_OPERATOR))
            }
            Notice::Overdue(_) => {
                (&msg::OVERDUE, &msg::OVERDUE_DO, to(NavItem::Rights, &msg::TO_LETTER))
            }
            Notice::Unregistered(_) => {
                (&msg::UNREGISTERED, &msg::UNREGISTERED_DO, NextStep::Nothing)
            }
            Notice::HealthIssue(HealthIssue::ClockUnconfirmed) => {
                (&msg::CLOCK, &msg::CLOCK_DO, NextStep::Nothing)
            }
            Notice::HealthIssue(HealthIssue::HooksMissing) => {
                (&msg::HOOKS, &msg::HOOKS_DO, NextStep::Run("temoin hook install"))
            }
            Notice::HealthIssue(HealthIssue::SetAsideUnknown) => {
                (&msg::UNCHECKED, &msg::UNCHECKED_DO, NextStep::Run("temoin doctor"))
            }
            Notice::Damaged(rows) => {
                let count = u64::try_from(*rows).unwrap_or(u64::MAX);
                let what = msg::DAMAGED.fill(context.language(), count, &[]);
                let remedy = context.say(&msg::DAMAGED_DO).to_owned();
                return Self { what, remedy, next: NextStep::Run("temoin erase --damaged") };
            }
            Notice::HealthIssue(HealthIssue::SetAside(files)) => {
                let count = u64::try_from(*files).unwrap_or(u64::MAX);
                let what = msg::SET_ASIDE.fill(context.language(), count, &[]);
                let remedy = context.say(&msg::SET_ASIDE_DO).to_owned();
                return Self { what, remedy, next: NextStep::Run("temoin erase --all") };
            }
        };
        Self { what: context.say(what).to_owned(), remedy: context.say(remedy).to_owned(), next }
    }
}
