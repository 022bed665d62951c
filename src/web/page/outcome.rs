use std::collections::BTreeSet;

use super::layout::Visit;
use super::stack::stack;
use crate::domain::{Field, Moment, Session, SessionId};
use crate::i18n::{Message, Plural, vocabulary};
use crate::messages::common;
use crate::messages::page::outcome as msg;
use crate::rights::{Comparison, Differing, HeldUnknown, Record, Said};
use crate::web::html::Html;

/// What came of comparing an operator's answer with the record.
pub(super) struct Outcome<'a> {
    /// What each says of the other.
    pub(super) comparison: Comparison,
    /// The fields of which the answer gives a value.
    pub(super) given: &'a BTreeSet<Field>,
    /// The sessions that were compared.
    pub(super) sessions: &'a [Session],
    /// The fields that the law lists or the operator declares.
    pub(super) foreseen: Vec<Field>,
}

/// How many sessions of a kind are shown: nothing is kept, so there is no second page.
const SHOWN: usize = 30;

impl Outcome<'_> {
    /// Writes it: in short, field by field, and what is to be looked at session by session.
    pub(super) fn write(&self, html: &mut Html, visit: &Visit) {
        let Comparison { same, differing, held_unknown_here, known_here_not_held, .. } =
            &self.comparison;
        let agrees =
            differing.is_empty() && held_unknown_here.is_empty() && known_here_not_held.is_empty();
        let (class, message) = match (agrees, same.is_empty()) {
            (true, true) => ("notice", &msg::NOTHING),
            (true, false) => ("notice done", &msg::AGREES),
            (false, _) => ("notice", &msg::DIFFERS),
        };
        html.element("div", &[("class", class), ("role", "status")], |html| {
            html.leaf("p", &[], visit.say(message));
        });
        html.element("dl", &[("class", "facts-list counts")], |html| {
            for (name, count) in [
                (&msg::SAME, same.len()),
                (&msg::DIFFERING, differing.len()),
                (&msg::UNKNOWN_HERE, held_unknown_here.len()),
                (&msg::NOT_HELD, known_here_not_held.len()),
            ] {
                html.leaf("dt", &[], visit.say(name));
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                html.leaf("dd", &[], common::SESSIONS.fill(visit.language(), count, &[]));
            }
        });
        self.fields(html, visit);
        section(html, visit, &msg::DIFFERING, &msg::DIFFERING_WHAT, differing, |html, own| {
            self.difference(html, visit, own);
        });
        section(
            html,
            visit,
            &msg::UNKNOWN_HERE,
            &msg::UNKNOWN_HERE_WHAT,
            held_unknown_here,
            |html, own| {
                self.held(html, visit, own);
            },
        );
        section(
            html,
            visit,
            &msg::NOT_HELD,
            &msg::NOT_HELD_WHAT,
            known_here_not_held,
            |html, own| {
                html.element("p", &[], |html| {
                    session_link(
                        html,
                        visit,
                        own.session,
                        &span(visit, Some(&own.start), own.end.as_ref()),
                    );
                });
            },
        );
        html.element("div", &[("class", "end")], |html| {
            html.leaf("p", &[("class", "note")], visit.say(&msg::CAUTION));
            html.leaf("p", &[("class", "note")], visit.say(&msg::FORGOTTEN));
            if !agrees {
                html.element("p", &[("class", "actions")], |html| {
                    let href = visit.link_with("rights/complaint", &[("about", "incomplete")]);
                    html.leaf("a", &[("href", &href)], visit.say(&msg::COMPLAIN));
                });
            }
        });
    }

    /// Each field, with what the two sides say of it over all sessions.
    fn fields(&self, html: &mut Html, visit: &Visit) {
        let heads = [&msg::FIELD, &msg::VERDICT, &msg::DETAIL].map(|head| visit.say(head));
        let row = |html: &mut Html, field: Field, verdict: Verdict, detail: &str| {
            html.element("tr", &[], |html| {
                let scope = [("scope", "row")];
                html.leaf("th", &scope, visit.say(vocabulary::field(field)));
                html.element("td", &[("data-head", heads[1])], |html| {
                    html.leaf("span", &[("class", verdict.class())], visit.say(verdict.name()));
                });
                html.leaf("td", &[("data-head", heads[2])], detail);
            });
        };
        let caption =
            |html: &mut Html| html.leaf("caption", &[("class", "unseen")], visit.say(&msg::FIELDS));
        let rows = |html: &mut Html| {
            for field in Field::ALL.into_iter().filter(|field| field.is_recorded()) {
                let counts = Counts::of(field, &self.comparison);
                let Some(verdict) = counts.verdict(self.given.contains(&field)) else {
                    continue;
                };
                row(html, field, verdict, &counts.written(visit));
            }
            for field in &self.comparison.also_held {
                let (verdict, detail) = if self.foreseen.contains(field) {
                    (Verdict::Besides, &msg::FORESEEN)
                } else {
                    (Verdict::Unforeseen, &msg::UNFORESEEN)
                };
                row(html, *field, verdict, visit.say(detail));
            }
        };
        html.element("section", &[], |html| {
            html.leaf("h2", &[], visit.say(&msg::FIELDS));
            stack(html, "stack brief", &heads, caption, rows);
            if !self.comparison.unread_columns.is_empty() {
                html.element("p", &[("class", "note")], |html| {
                    html.text(visit.say(&msg::UNREAD));
                    for column in &self.comparison.unread_columns {
                        html.text(" ");
                        html.leaf("code", &[], column);
                    }
                });
            }
        });
    }

    /// A session of which the two sides say something else: only the fields that are to be looked at.
    fn difference(&self, html: &mut Html, visit: &Visit, differing: &Differing) {
        let heads = [&msg::FIELD, &msg::HERE, &msg::THERE].map(|head| visit.say(head));
        let caption = |html: &mut Html| {
            html.element("caption", &[], |html| {
                self.session(html, visit, differing.session);
                html.text(", ");
                html.text(differing.place.written(visit.language()));
            });
        };
        let rows = |html: &mut Html| {
            for own in &differing.differences {
                html.element("tr", &[], |html| {
                    let scope = [("scope", "row")];
                    html.leaf("th", &scope, visit.say(vocabulary::field(own.field)));
                    for (head, value) in [(heads[1], &own.here), (heads[2], &own.operator)] {
                        let attributes = [("data-head", head)];
                        html.element("td", &attributes, |html| said(html, visit, value));
                    }
                });
            }
        };
        stack(html, "stack compared", &heads, caption, rows);
        if !differing.cannot_tell.is_empty() {
            let fields = vocabulary::fields(&differing.cannot_tell, visit.language());
            let text = msg::CANNOT_TELL.fill(visit.language(), &[("fields", &fields)]);
            html.leaf("p", &[("class", "note")], text);
        }
    }

    /// A record that fits no session of the box.
    fn held(&self, html: &mut Html, visit: &Visit, HeldUnknown { record, within }: &HeldUnknown) {
        html.element("p", &[], |html| {
            let place = record.place.written(visit.language());
            html.text(vocabulary::capitalised(&place));
            html.text(" · ");
            html.text(span(visit, record.began().as_ref(), record.end.as_ref()));
            for address in addresses(record) {
                html.text(" · ");
                html.leaf("code", &[], address);
            }
            if let Some(session) = within {
                html.void("br", &[]);
                html.text(visit.say(&msg::WITHIN));
                html.text(" ");
                self.session(html, visit, *session);
            }
        });
    }

    /// A session by when it began.
    fn session(&self, html: &mut Html, visit: &Visit, id: SessionId) {
        let start = self.sessions.iter().find(|own| own.id == id).map(|own| own.start.value);
        let start = start.map_or_else(|| id.short(), |start| visit.when.brief(&start, None));
        session_link(html, visit, id, &msg::SESSION.fill(visit.language(), &[("start", &start)]));
    }
}

/// What the two sides say of a field.
#[derive(Clone, Copy)]
enum Verdict {
    /// Only the answer has it, and it was to be expected there.
    Besides,
    /// In at least one session they say something else.
    Differs,
    /// Only the box knows it.
    Missing,
    /// They say the same wherever it can be compared.
    Same,
    /// It can be compared in no session.
    Unclear,
    /// Only the answer has it, and neither law nor operator speak of it.
    Unforeseen,
}

impl Verdict {
    fn class(self) -> &'static str {
        match self {
            Self::Same => "badge open",
            Self::Differs | Self::Unforeseen => "badge warn",
            Self::Besides | Self::Missing | Self::Unclear => "badge",
        }
    }

    fn name(self) -> &'static Message {
        match self {
            Self::Besides => &msg::IS_BESIDES,
            Self::Differs => &msg::IS_DIFFERENT,
            Self::Missing => &msg::IS_MISSING,
            Self::Same => &msg::IS_SAME,
            Self::Unclear => &msg::IS_UNCLEAR,
            Self::Unforeseen => &msg::IS_UNFORESEEN,
        }
    }
}

/// In how many sessions a field is how.
struct Counts {
    same: usize,
    differs: usize,
    cannot_tell: usize,
}

impl Counts {
    fn of(field: Field, comparison: &Comparison) -> Self {
        let Comparison { same, differing, .. } = comparison;
        let agrees = same.iter().map(|it| &it.agrees).chain(differing.iter().map(|it| &it.agrees));
        let untold = same.iter().map(|it| &it.cannot_tell);
        let untold = untold.chain(differing.iter().map(|it| &it.cannot_tell));
        let differs = |it: &&Differing| it.differences.iter().any(|own| own.field == field);
        Self {
            same: agrees.filter(|fields| fields.contains(&field)).count(),
            differs: differing.iter().filter(differs).count(),
            cannot_tell: untold.filter(|fields| fields.contains(&field)).count(),
        }
    }

    /// `None` where neither side knows anything.
    fn verdict(&self, is_given: bool) -> Option<Verdict> {
        match self {
            Self { differs: 1.., .. } => Some(Verdict::Differs),
            Self { same: 1.., .. } => Some(Verdict::Same),
            Self { cannot_tell: 1.., .. } if is_given => Some(Verdict::Unclear),
            Self { cannot_tell: 1.., .. } => Some(Verdict::Missing),
            _ => None,
        }
    }

    fn written(&self, visit: &Visit) -> String {
        let parts = [
            (&msg::SAME_IN, self.same),
            (&msg::DIFFERENT_IN, self.differs),
            (&msg::UNCLEAR_IN, self.cannot_tell),
        ];
        let counted: Vec<(&Plural, u64)> = parts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name, u64::try_from(count).unwrap_or(u64::MAX)))
            .collect();
        // The verdict beside it says how the only ones are.
        if let [(_, count)] = counted.as_slice() {
            return common::SESSIONS.fill(visit.language(), *count, &[]);
        }
        let written = counted.iter().map(|(name, count)| name.fill(visit.language(), *count, &[]));
        written.collect::<Vec<_>>().join(" · ")
    }
}

/// Some sessions under a heading, none where there are none.
fn section<T>(
    html: &mut Html,
    visit: &Visit,
    title: &Message,
    what: &Message,
    items: &[T],
    mut write: impl FnMut(&mut Html, &T),
) {
    if items.is_empty() {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(title));
        html.leaf("p", &[], visit.say(what));
        for item in items.iter().take(SHOWN) {
            write(html, item);
        }
        if let Some(more) = items.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let more = u64::try_from(more).unwrap_or(u64::MAX);
            html.element("p", &[("class", "note")], |html| {
                html.text(msg::MORE.fill(visit.language(), more, &[]));
                html.text(" ");
                html.leaf("code", &[], "temoin compare");
            });
        }
    });
}

fn said(html: &mut Html, visit: &Visit, said: &Said) {
    match said {
        Said::Moment(moment) => html.text(visit.when.moment(moment)),
        Said::Text(text) => html.leaf("code", &[], text),
    }
}

fn addresses(record: &Record) -> Vec<String> {
    [
        record.origin_address.map(|it| it.to_string()),
        record.assigned_ipv4.map(|it| it.to_string()),
        record.assigned_ipv6.map(|it| it.to_string()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// From when to when, in few words.
fn span(visit: &Visit, start: Option<&Moment>, end: Option<&Moment>) -> String {
    let day = start.and_then(Moment::best).map(|at| visit.when.zone.date(at));
    let brief = |moment: Option<&Moment>, day| {
        moment.map_or_else(|| "…".to_owned(), |moment| visit.when.brief(moment, day))
    };
    format!("{} – {}", brief(start, None), brief(end, day))
}

fn session_link(html: &mut Html, visit: &Visit, id: SessionId, text: &str) {
    html.leaf("a", &[("href", &visit.link(&format!("session/{id}")))], text);
}
