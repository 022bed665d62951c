use std::collections::BTreeSet;

use super::page_context::PageContext;
use super::stacked_table::stack;
use crate::gdpr::{ComparedValue, DifferingSession, ReplyComparison};
use crate::html::Html;
use crate::messages::common;
use crate::messages::comparison as texts;
use crate::messages::page::comparison_view as msg;
use crate::render::words;
use temoin_core::session::{Field, Session, SessionId, TimeBounds};
use temoin_core::text::{Message, Plural};
use temoin_reply::ReplyRecord;

/// The comparison of an operator's answer with the record.
pub(super) struct ComparisonView<'a> {
    /// The comparison.
    pub(super) comparison: ReplyComparison,
    /// The fields for which the answer has values.
    pub(super) given: BTreeSet<Field>,
    /// The sessions that were compared.
    pub(super) sessions: &'a [Session],
    /// The fields that the law lists or the operator declares.
    pub(super) foreseen: Vec<Field>,
}

/// How many sessions of a kind are shown: nothing is stored, so there is no second page.
const SHOWN: usize = 30;

impl ComparisonView<'_> {
    /// Writes a summary, the fields, and the differing sessions.
    pub(super) fn write(&self, html: &mut Html, context: &PageContext) {
        let ReplyComparison { same, differing, held_unknown_here, known_here_not_held, .. } =
            &self.comparison;
        let agrees =
            differing.is_empty() && held_unknown_here.is_empty() && known_here_not_held.is_empty();
        let (class, message) = match (agrees, same.is_empty()) {
            (true, true) => ("notice", &msg::NOTHING),
            (true, false) => ("notice done", &msg::AGREES),
            (false, _) => ("notice", &msg::DIFFERS),
        };
        html.element("div", &[("class", class), ("role", "status")], |html| {
            if self.comparison.holds_nothing {
                html.leaf("p", &[], context.say(&texts::HOLDS_NOTHING));
            }
            html.leaf("p", &[], context.say(message));
        });
        html.element("dl", &[("class", "facts-list counts")], |html| {
            for (name, count) in [
                (&msg::SAME, same.len()),
                (&msg::DIFFERING, differing.len()),
                (&msg::UNKNOWN_HERE, held_unknown_here.len()),
                (&msg::NOT_HELD, known_here_not_held.len()),
            ] {
                html.leaf("dt", &[], context.say(name));
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                html.leaf("dd", &[], common::SESSIONS.fill(context.language(), count, &[]));
            }
        });
        self.fields(html, context);
        section(
            html,
            context,
            &msg::DIFFERING,
            &msg::DIFFERING_WHAT,
            differing.iter(),
            |html, own| {
                self.difference(html, context, own);
            },
        );
        section(
            html,
            context,
            &msg::UNKNOWN_HERE,
            &msg::UNKNOWN_HERE_WHAT,
            held_unknown_here.iter(),
            |html, own| {
                self.held(html, context, own);
            },
        );
        section(
            html,
            context,
            &msg::NOT_HELD,
            &msg::NOT_HELD_WHAT,
            known_here_not_held.iter(),
            |html, own| {
                html.element("p", &[], |html| {
                    session_link(
                        html,
                        context,
                        own.session,
                        &span(context, Some(&own.start), own.end.as_ref()),
                    );
                });
            },
        );
        html.element("div", &[("class", "end")], |html| {
            html.leaf("p", &[("class", "note")], context.say(&msg::CAUTION));
            html.leaf("p", &[("class", "note")], context.say(&msg::FORGOTTEN));
            if !agrees {
                html.element("p", &[("class", "actions")], |html| {
                    let href = context.link_with("rights/complaint", &[("about", "incomplete")]);
                    html.leaf("a", &[("href", &href)], context.say(&msg::COMPLAIN));
                });
            }
        });
    }

    /// Each field with its verdict over all sessions.
    fn fields(&self, html: &mut Html, context: &PageContext) {
        let heads = [&msg::FIELD, &msg::VERDICT, &msg::DETAIL].map(|head| context.say(head));
        let row = |html: &mut Html, field: Field, verdict: FieldVerdict, detail: &str| {
            html.element("tr", &[], |html| {
                let scope = [("scope", "row")];
                html.leaf("th", &scope, context.say(words::field(field)));
                html.element("td", &[("data-head", heads[1])], |html| {
                    html.leaf("span", &[("class", verdict.class())], context.say(verdict.name()));
                });
                html.leaf("td", &[("data-head", heads[2])], detail);
            });
        };
        let caption = |html: &mut Html| {
            html.leaf("caption", &[("class", "unseen")], context.say(&msg::FIELDS));
        };
        let rows = |html: &mut Html| {
            for field in Field::ALL.into_iter().filter(|field| field.is_recorded()) {
                let counts = FieldCounts::of(field, &self.comparison);
                let Some(verdict) = counts.verdict(self.given.contains(&field)) else {
                    continue;
                };
                row(html, field, verdict, &counts.written(context));
            }
            for field in &self.comparison.also_held {
                let (verdict, detail) = if self.foreseen.contains(field) {
                    (FieldVerdict::Besides, &msg::FORESEEN)
                } else {
                    (FieldVerdict::Unforeseen, &msg::UNFORESEEN)
                };
                row(html, *field, verdict, context.say(detail));
            }
        };
        html.element("section", &[], |html| {
            html.leaf("h2", &[], context.say(&msg::FIELDS));
            stack(html, "stack brief", &heads, caption, rows);
            if !self.comparison.unread_columns.is_empty() {
                html.element("p", &[("class", "note")], |html| {
                    html.text(context.say(&msg::UNREAD));
                    for column in &self.comparison.unread_columns {
                        html.text(" ");
                        html.leaf("code", &[], column);
                    }
                });
            }
        });
    }

    /// A differing session, with the differing fields only.
    fn difference(&self, html: &mut Html, context: &PageContext, differing: &DifferingSession) {
        let heads = [&msg::FIELD, &msg::HERE, &msg::THERE].map(|head| context.say(head));
        let caption = |html: &mut Html| {
            html.element("caption", &[], |html| {
                self.session(html, context, differing.session);
                html.text(", ");
                html.text(differing.place.written(context.language()));
            });
        };
        let rows = |html: &mut Html| {
            for own in &differing.differences {
                html.element("tr", &[], |html| {
                    let scope = [("scope", "row")];
                    html.leaf("th", &scope, context.say(words::field(own.field)));
                    for (head, value) in [(heads[1], &own.here), (heads[2], &own.operator)] {
                        let attributes = [("data-head", head)];
                        html.element("td", &attributes, |html| said(html, context, value));
                    }
                });
            }
        };
        stack(html, "stack compared", &heads, caption, rows);
        if !differing.cannot_tell.is_empty() {
            let fields = words::fields(&differing.cannot_tell, context.language());
            let text = msg::CANNOT_TELL.fill(context.language(), &[("fields", &fields)]);
            html.leaf("p", &[("class", "note")], text);
        }
    }

    /// A record that matches no session of the box.
    fn held(
        &self,
        html: &mut Html,
        context: &PageContext,
        (record, within): (&ReplyRecord, Option<SessionId>),
    ) {
        html.element("p", &[], |html| {
            let place = record.place.written(context.language());
            html.text(words::sentence_start(&place));
            html.text(" · ");
            html.text(span(context, record.began().as_ref(), record.end().as_ref()));
            for address in addresses(record) {
                html.text(" · ");
                html.leaf("code", &[], address);
            }
            if let Some(session) = within {
                html.void("br", &[]);
                html.text(context.say(&msg::WITHIN));
                html.text(" ");
                self.session(html, context, session);
            }
        });
    }

    /// A session, by its start.
    fn session(&self, html: &mut Html, context: &PageContext, id: SessionId) {
        let start = self.sessions.iter().find(|own| own.id == id).map(|own| own.start.value);
        let start = start.map_or_else(|| id.short(), |start| context.when.brief(&start, None));
        session_link(
            html,
            context,
            id,
            &msg::SESSION.fill(context.language(), &[("start", &start)]),
        );
    }
}

/// The result for a field.
#[derive(Clone, Copy)]
enum FieldVerdict {
    /// Only the answer has it, as expected.
    Besides,
    /// Differs in at least one session.
    Differs,
    /// Only the box has it.
    Missing,
    /// The same wherever it can be compared.
    Same,
    /// Cannot be compared in any session.
    Unclear,
    /// Only the answer has it, though neither law nor operator mention it.
    Unforeseen,
}

impl FieldVerdict {
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

/// The number of sessions by result, for one field.
struct FieldCounts {
    same: usize,
    differs: usize,
    cannot_tell: usize,
}

impl FieldCounts {
    fn of(field: Field, comparison: &ReplyComparison) -> Self {
        let ReplyComparison { same, differing, .. } = comparison;
        let agrees = same.iter().map(|it| &it.agrees).chain(differing.iter().map(|it| &it.agrees));
        let untold = same.iter().map(|it| &it.cannot_tell);
        let untold = untold.chain(differing.iter().map(|it| &it.cannot_tell));
        let differs = |it: &&DifferingSession| it.differences.iter().any(|own| own.field == field);
        Self {
            same: agrees.filter(|fields| fields.contains(&field)).count(),
            differs: differing.iter().filter(differs).count(),
            cannot_tell: untold.filter(|fields| fields.contains(&field)).count(),
        }
    }

    /// `None` if neither side has a value.
    fn verdict(&self, is_given: bool) -> Option<FieldVerdict> {
        match self {
            Self { differs: 1.., .. } => Some(FieldVerdict::Differs),
            Self { same: 1.., .. } => Some(FieldVerdict::Same),
            Self { cannot_tell: 1.., .. } if is_given => Some(FieldVerdict::Unclear),
            Self { cannot_tell: 1.., .. } => Some(FieldVerdict::Missing),
            _ => None,
        }
    }

    fn written(&self, context: &PageContext) -> String {
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
        // With one kind only, the verdict beside it names the kind.
        if let [(_, count)] = counted.as_slice() {
            return common::SESSIONS.fill(context.language(), *count, &[]);
        }
        let written =
            counted.iter().map(|(name, count)| name.fill(context.language(), *count, &[]));
        written.collect::<Vec<_>>().join(" · ")
    }
}

/// A list of sessions under a heading; nothing if it is empty.
fn section<T>(
    html: &mut Html,
    context: &PageContext,
    title: &Message,
    what: &Message,
    items: impl ExactSizeIterator<Item = T>,
    mut write: impl FnMut(&mut Html, T),
) {
    let count = items.len();
    if count == 0 {
        return;
    }
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(title));
        html.leaf("p", &[], context.say(what));
        for item in items.take(SHOWN) {
            write(html, item);
        }
        if let Some(more) = count.checked_sub(SHOWN).filter(|more| *more > 0) {
            let more = u64::try_from(more).unwrap_or(u64::MAX);
            html.element("p", &[("class", "note")], |html| {
                html.text(msg::MORE.fill(context.language(), more, &[]));
                html.text(" ");
                html.leaf("code", &[], "temoin compare");
            });
        }
    });
}

fn said(html: &mut Html, context: &PageContext, said: &ComparedValue) {
    match said {
        ComparedValue::TimeBounds(moment) => html.text(context.when.moment(moment)),
        ComparedValue::Text(text) => html.leaf("code", &[], text),
    }
}

pub(super) fn addresses(record: &ReplyRecord) -> Vec<String> {
    [
        record.origin_address.map(|it| it.to_string()),
        record.assigned_ipv4.map(|it| it.to_string()),
        record.assigned_ipv6().map(|it| it.to_string()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A short time range.
pub(super) fn span(
    context: &PageContext,
    start: Option<&TimeBounds>,
    end: Option<&TimeBounds>,
) -> String {
    let day = start.and_then(TimeBounds::best).map(|at| context.when.zone.date(at));
    let brief = |moment: Option<&TimeBounds>, day| {
        moment.map_or_else(|| "…".to_owned(), |moment| context.when.brief(moment, day))
    };
    format!("{} – {}", brief(start, None), brief(end, day))
}

fn session_link(html: &mut Html, context: &PageContext, id: SessionId, text: &str) {
    html.leaf("a", &[("href", &context.link(&format!("session/{id}")))], text);
}
