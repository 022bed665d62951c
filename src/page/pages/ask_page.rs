use chrono::{NaiveDate, TimeDelta};

use super::failure;
use super::legal_sources::sources;
use super::nav::NavItem;
use super::page_context::PageContext;
use crate::Site;
use crate::html::Html;
use crate::messages::page::ask as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use crate::render::{law_words, words};
use temoin_core::law::{
    Edition, Jurisdiction, Law, Nature, Recipients, RequirementKind, Rule, Track,
};
use temoin_core::session::Timestamp;
use temoin_core::text::Message;

/// How long after its last day an edition is still shown: records made under it may be held that long.
const STILL_HELD: TimeDelta = TimeDelta::days(400);

/// `/ask`: who may obtain the records from the operator and how, and what is not known about it.
pub(crate) fn ask(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    if request.path != "/ask" {
        return Err(request);
    }
    let context = PageContext::new(site, &request);
    let Ok(ruleset) = (site.ruleset)() else {
        return Ok(failure(site, &request, PageStatus::Unreadable));
    };
    let applicable_rules = ruleset.applicable_rules();
    let now = (site.clock)();
    let title = context.say(NavItem::Ask.name());
    let html = context.page(Some(NavItem::Ask), title, |html| {
        html.leaf("h1", &[], title);
        let operator = applicable_rules.profile.map_or_else(
            || context.say(&msg::THE_OPERATOR).to_owned(),
            |it| words::operator(Some(&it.operator_name()), context.language()),
        );
        short(html, &context, &operator);
        match applicable_rules.jurisdiction {
            Some(jurisdiction) => law(html, &context, applicable_rules.law, jurisdiction, now),
            None => html.element("div", &[("class", "notice")], |html| {
                html.leaf("p", &[], context.say(&msg::NO_OPERATOR));
                html.element("p", &[], |html| {
                    let href = context.link(NavItem::Settings.path());
                    html.leaf("a", &[("href", &href)], context.say(&msg::CHOOSE));
                });
            }),
        }
        unseen(html, &context);
    });
    Ok(PageResponse::html(PageStatus::Ok, html))
}

/// The summary in three sentences.
fn short(html: &mut Html, context: &PageContext, operator: &str) {
    let lead = msg::LEAD.fill(context.language(), &[("operator", operator)]);
    html.leaf("p", &[("class", "lead")], lead);
    html.element("ul", &[("class", "lead")], |html| {
        for message in [&msg::ONLY_NAMED, &msg::NEVER_CONTENT, &msg::NO_SIGN] {
            html.leaf("li", &[], context.say(message));
        }
    });
}

/// What the law says, by edition: those in force today, and those whose records may still be held.
fn law(
    html: &mut Html,
    context: &PageContext,
    law: &Law,
    jurisdiction: Jurisdiction,
    now: Timestamp,
) {
    for track in [Track::General, Track::Injunction] {
        let today = |edition: &Edition| edition.zone.date(now);
        let known: Vec<&Edition> = law.track(jurisdiction, track).collect();
        if known.is_empty() {
            continue;
        }
        if !known.iter().any(|edition| edition.covers(today(edition))) {
            html.element("div", &[("class", "notice")], |html| {
                html.leaf(
                    "p",
                    &[],
                    context.say(match track {
                        Track::General => &msg::NO_LAW_TODAY,
                        Track::Injunction => &msg::NO_INJUNCTION_TODAY,
                    }),
                );
            });
        }
        let shown = known.into_iter().rev().filter(|edition| {
            let day = today(edition);
            edition.effective_from <= day
                && edition.effective_to.is_none_or(|last| day - last <= STILL_HELD)
        });
        for edition in shown {
            EditionSection { edition, context, today: today(edition) }.write(html);
        }
    }
}

/// One edition of law.
struct EditionSection<'a> {
    edition: &'a Edition,
    context: &'a PageContext,
    today: NaiveDate,
}

impl EditionSection<'_> {
    fn write(&self, html: &mut Html) {
        html.element("section", &[], |html| {
            self.head(html);
            // Mandatory retention for all users first, the operator's own purposes last.
            let mut groups: Vec<(&Recipients, Vec<&Rule>)> = self
                .edition
                .recipients
                .iter()
                .map(|recipients| (recipients, self.rules_for(recipients).collect()))
                .collect();
            groups.sort_by_key(|(_, rules)| {
                let rank = |rule: &&Rule| (rule.nature != Nature::Must, rule.applies_to);
                rules.iter().map(rank).min()
            });
            for (recipients, rules) in groups.iter().filter(|(_, rules)| !rules.is_empty()) {
                self.recipients(html, recipients, rules);
            }
            for kind in [
                RequirementKind::RequestMust,
                RequirementKind::OperatorMust,
                RequirementKind::OperatorMay,
                RequirementKind::ReceiverMust,
            ] {
                self.requirements(html, kind);
            }
            self.never(html);
            self.list(html, &msg::PUNISHED, &self.edition.penalties, |penalty| {
                (penalty.label.text(self.context.language()), &penalty.basis)
            });
            self.pending(html);
        });
    }

    fn head(&self, html: &mut Html) {
        let (edition, context) = (self.edition, self.context);
        html.leaf("h2", &[], edition.title.text(context.language()));
        let from = context.when.short_date(edition.effective_from);
        let status = context.say(law_words::status(edition.status));
        html.element("p", &[("class", "note")], |html| {
            match edition.effective_to.map(|last| context.when.short_date(last)) {
                Some(last) => {
                    let values = [("from", from.as_str()), ("to", &last)];
                    html.text(msg::APPLIED.fill(context.language(), &values));
                }
                None => html.text(msg::APPLIES.fill(context.language(), &[("from", &from)])),
            }
            html.text(format_args!(" · {status}"));
        });
        if !edition.covers(self.today) {
            html.leaf("p", &[], context.say(&msg::STILL_APPLIES));
        }
        if self.today > edition.fresh_until() {
            let day = context.when.short_date(edition.checked_on);
            html.element("div", &[("class", "notice")], |html| {
                html.leaf("p", &[], msg::STALE.fill(context.language(), &[("day", &day)]));
            });
        }
        if let Some(note) = &edition.note {
            html.leaf("p", &[], note.text(context.language()));
        }
    }

    fn rules_for(&self, recipients: &Recipients) -> impl Iterator<Item = &Rule> {
        let named = self.edition.rules.iter();
        named.filter(|rule| rule.recipients.as_ref() == Some(&recipients.id))
    }

    /// Who may obtain the data kept under some rules.
    fn recipients(&self, html: &mut Html, recipients: &Recipients, rules: &[&Rule]) {
        let (context, language) = (self.context, self.context.language());
        html.element("section", &[("class", "card")], |html| {
            html.leaf("h3", &[], context.say(&msg::OF_THIS));
            html.element("ul", &[], |html| {
                for rule in rules {
                    html.element("li", &[], |html| {
                        html.leaf("strong", &[], rule.label.text(language));
                        let nature = context.say(law_words::nature(rule.nature));
                        let cases = context.say(law_words::applies_to(rule.applies_to));
                        let certainty = context.say(law_words::certainty(rule.certainty));
                        html.text(format_args!(" – {nature}, {cases} "));
                        html.leaf("span", &[("class", "unknown")], format_args!("({certainty})"));
                    });
                }
            });
            html.leaf("h3", &[], context.say(&msg::BY_THESE));
            let authorities = self.edition.authorities_of(recipients);
            let list = |html: &mut Html| {
                html.element("ul", &[], |html| {
                    for authority in &authorities {
                        html.leaf("li", &[], authority.label.text(language));
                    }
                });
            };
            if authorities.len() > FEW {
                html.element("details", &[], |html| {
                    let count = u64::try_from(authorities.len()).unwrap_or(u64::MAX);
                    let summary = msg::CLASSES.fill(language, count, &[]);
                    html.leaf("summary", &[], summary);
                    list(html);
                });
            } else {
                list(html);
            }
            if let Some(note) = &recipients.note {
                html.leaf("p", &[], note.text(language));
            }
            sources(html, context, self.edition, &recipients.basis);
        });
    }

    fn requirements(&self, html: &mut Html, kind: RequirementKind) {
        let of_kind: Vec<_> =
            self.edition.requirements.iter().filter(|it| it.kind == kind).collect();
        let heading = law_words::requirement_kind(kind);
        if of_kind.is_empty() && kind == RequirementKind::ReceiverMust {
            html.leaf("h3", &[], self.context.say(heading));
            html.leaf("p", &[("class", "unknown")], self.context.say(&msg::NOTHING_FOUND));
            return;
        }
        self.list(html, heading, &of_kind, |requirement| {
            (requirement.label.text(self.context.language()), &requirement.basis)
        });
    }

    /// What is never part of the data.
    fn never(&self, html: &mut Html) {
        let (context, language) = (self.context, self.context.language());
        let forbidden: Vec<&Rule> =
            self.edition.rules.iter().filter(|it| it.nature == Nature::MustNot).collect();
        if forbidden.is_empty() && self.edition.default.is_none() {
            return;
        }
        html.leaf("h3", &[], context.say(&msg::NEVER));
        html.element("ul", &[], |html| {
            for rule in forbidden {
                html.element("li", &[], |html| {
                    html.leaf("strong", &[], rule.label.text(language));
                    let certainty = context.say(law_words::certainty(rule.certainty));
                    html.text(" ");
                    html.leaf("span", &[("class", "unknown")], format_args!("({certainty})"));
                    if let Some(note) = &rule.note {
                        html.leaf("p", &[], note.text(language));
                    }
                    sources(html, context, self.edition, &rule.basis);
                });
            }
            if let Some(default) = &self.edition.default {
                html.element("li", &[], |html| {
                    html.text(default.label.text(language));
                    sources(html, context, self.edition, &default.basis);
                });
            }
        });
    }

    fn pending(&self, html: &mut Html) {
        let (context, language) = (self.context, self.context.language());
        if self.edition.pending.is_empty() {
            return;
        }
        html.leaf("h3", &[], context.say(&msg::PENDING));
        html.element("ul", &[], |html| {
            for challenge in &self.edition.pending {
                html.element("li", &[], |html| {
                    html.text(challenge.what.text(language));
                    let affected = self.edition.rules.iter();
                    let affected = affected.filter(|rule| challenge.affects.contains(&rule.id));
                    let labels: Vec<&str> =
                        affected.map(|rule| rule.label.text(language)).collect();
                    let values = [("what", labels.join("; "))];
                    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                    html.leaf("p", &[("class", "note")], msg::AFFECTS.fill(language, &values));
                    if let Some(address) = &challenge.url {
                        html.element("p", &[("class", "source")], |html| {
                            let attributes = [("href", address.as_str()), ("rel", "noreferrer")];
                            html.leaf("a", &attributes, address);
                        });
                    }
                });
            }
        });
    }

    /// A heading and a list, each item with its source; nothing if the list is empty.
    fn list<'b, T>(
        &self,
        html: &mut Html,
        heading: &Message,
        items: &'b [T],
        part: impl Fn(&'b T) -> (&'b str, &'b Vec<temoin_core::law::Slug>),
    ) {
        if items.is_empty() {
            return;
        }
        html.leaf("h3", &[], self.context.say(heading));
        html.element("ul", &[], |html| {
            for item in items {
                let (label, basis) = part(item);
                html.element("li", &[], |html| {
                    html.text(label);
                    sources(html, self.context, self.edition, basis);
                });
            }
        });
    }
}

/// What a member cannot know.
fn unseen(html: &mut Html, context: &PageContext) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(&msg::UNSEEN));
        html.element("ul", &[], |html| {
            for message in [
                &msg::UNSEEN_DISKS,
                &msg::UNSEEN_REQUESTS,
                &msg::UNSEEN_LONGER,
                &msg::UNSEEN_OTHERS,
                &msg::UNSEEN_STATUS,
                &msg::NOT_ADVICE,
            ] {
                html.leaf("li", &[], context.say(message));
            }
        });
    });
}

/// Up to this many classes of authority are listed unfolded.
const FEW: usize = 4;
