use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;

use super::comparison_fields::{QUESTIONS, TABLES, ZONES, file, zone};
use super::comparison_view::{addresses, span};
use super::page_context::PageContext;
use super::stacked_table::stack;
use crate::Site;
use crate::html::Html;
use crate::messages::page::comparison_question as msg;
use crate::page_request::PageRequest;
use crate::render::words;
use temoin_core::session::Field;
use temoin_core::text::Message;
use temoin_reply::{ColumnMeaning, Description, Mapping, ReplyError, ReplyZone, describe};

/// What there is to ask about an operator's answer before it can be compared.
///
/// The answer itself travels in the form, since nothing is stored between two pages; one that is too large
/// for that is chosen again.
pub(super) struct ComparisonQuestion<'a> {
    bytes: &'a [u8],
    mapping: Mapping,
    /// The lists that may be meant.
    lists: &'a [String],
    description: Option<Description>,
}

impl<'a> ComparisonQuestion<'a> {
    /// What to ask about this error; `None` where no answer would help.
    pub(super) fn new(
        error: &'a ReplyError,
        bytes: &'a [u8],
        mapping: Mapping,
        zone: ReplyZone,
    ) -> Option<Self> {
        if !error.is_answerable() {
            return None;
        }
        let lists = match error {
            ReplyError::SeveralLists(lists) => lists.as_slice(),
            _ => &[],
        };
        let description = describe(bytes, &mapping, zone);
        if description.is_none() && lists.is_empty() {
            return None;
        }
        Some(Self { bytes, mapping, lists, description })
    }

    /// Writes the form.
    pub(super) fn write(
        &self,
        html: &mut Html,
        context: &PageContext,
        site: &Site,
        request: &PageRequest,
    ) {
        let action = context.link("rights/compare");
        let attributes =
            [("method", "post"), ("action", action.as_str()), ("enctype", "multipart/form-data")];
        html.element("form", &attributes, |html| {
            context.sign(html, site, request);
            hidden(html, "known", &self.mapping.to_toml());
            let is_carried = self.bytes.len() <= CARRIED;
            if is_carried {
                hidden(html, "carried", &BASE64.encode(self.bytes));
            }
            html.element("section", &[], |html| self.choices(html, context, is_carried));
            if let Some(description) = &self.description {
                html.element("section", &[], |html| self.columns(html, context, description));
                html.element("section", &[], |html| first(html, context, description));
            }
            html.element("p", &[("class", "actions")], |html| {
                let own = [("type", "submit"), ("name", "do"), ("value", "compare")];
                html.leaf("button", &own, context.say(&msg::COMPARE));
                // A text browser would join them.
                html.text(" ");
                let own =
                    [("type", "submit"), ("name", "do"), ("value", "mapping"), ("class", "plain")];
                html.leaf("button", &own, context.say(&msg::KEEP));
            });
            html.leaf("p", &[("class", "note")], context.say(&msg::KEEP_WHAT));
        });
    }

    /// What is asked of the whole file.
    fn choices(&self, html: &mut Html, context: &PageContext, is_carried: bool) {
        html.element("div", &[("class", "fields")], |html| {
            if !is_carried {
                file(html, context, "reply", &msg::FILE_AGAIN, TABLES);
            }
            if !self.lists.is_empty() {
                html.element("div", &[], |html| self.list(html, context));
            }
            if let Some(description) = &self.description {
                if description.open_date.is_some() {
                    html.element("div", &[], |html| dates(html, context, description));
                }
                html.element("div", &[], |html| {
                    let chosen = description.mapping.time_zone().map(|zone| zone.to_string());
                    let chosen = chosen.as_deref();
                    let other = chosen.filter(|own| !ZONES.contains(own));
                    zone(html, context, chosen, other.as_slice());
                });
            }
        });
    }

    fn list(&self, html: &mut Html, context: &PageContext) {
        html.leaf("label", &[("for", "list")], context.say(&msg::LIST));
        html.element("select", &[("name", "list"), ("id", "list")], |html| {
            for list in self.lists {
                html.leaf("option", &[("value", list)], list);
            }
        });
    }

    /// What each column holds.
    fn columns(&self, html: &mut Html, context: &PageContext, description: &Description) {
        html.leaf("h2", &[], context.say(&msg::COLUMNS));
        html.leaf("p", &[], context.say(&msg::COLUMNS_WHAT));
        html.element("div", &[("class", "fields")], |html| {
            let columns = description.columns.iter().take(QUESTIONS);
            for (index, column) in columns.enumerate() {
                hidden(html, &format!("name{index}"), &column.name);
                html.element("div", &[], |html| {
                    let name = format!("column{index}");
                    html.element("label", &[("for", &name)], |html| {
                        html.leaf("strong", &[], &column.name);
                        if let Some(cell) = column.first.iter().find(|cell| !cell.is_empty()) {
                            html.text(" ");
                            html.leaf("code", &[], cell);
                        }
                    });
                    html.element("select", &[("name", &name), ("id", &name)], |html| {
                        options(html, context, column.meaning);
                    });
                });
            }
        });
    }
}

/// The choices for a column.
fn options(html: &mut Html, context: &PageContext, chosen: ColumnMeaning) {
    let mut choices = ColumnMeaning::CHOICES.to_vec();
    if !choices.contains(&chosen) {
        choices.push(chosen);
    }
    for meaning in choices {
        let mut attributes = vec![("value", meaning.name())];
        if meaning == chosen {
            attributes.push(("selected", "selected"));
        }
        let label = context.say(label(meaning));
        html.leaf("option", &attributes, words::sentence_start(label));
    }
}

/// How dates are written: each order with the day that one of them would be.
fn dates(html: &mut Html, context: &PageContext, description: &Description) {
    let Some(open) = &description.open_date else { return };
    html.element("label", &[("for", "dates")], |html| {
        html.text(context.say(&msg::DATES));
        html.text(" ");
        html.leaf("code", &[], &open.text);
    });
    html.element("select", &[("name", "dates"), ("id", "dates")], |html| {
        for (order, date) in &open.readings {
            let mut attributes = vec![("value", order.name())];
            if description.mapping.dates() == Some(*order) {
                attributes.push(("selected", "selected"));
            }
            html.leaf("option", &attributes, context.when.date(*date));
        }
    });
}

/// The first rows, as they would be read.
fn first(html: &mut Html, context: &PageContext, description: &Description) {
    html.leaf("h2", &[], context.say(&msg::FIRST));
    let heads = [&msg::PLACE, &msg::TIME, &msg::ADDRESSES].map(|head| context.say(head));
    let caption = |html: &mut Html| {
        html.leaf("caption", &[("class", "unseen")], context.say(&msg::FIRST));
    };
    stack(html, "stack", &heads, caption, |html| {
        for (place, record) in &description.first {
            html.element("tr", &[], |html| {
                let place = place.written(context.language());
                html.leaf("th", &[("scope", "row")], words::sentence_start(&place));
                match record {
                    Ok(record) => {
                        let time = span(context, record.began().as_ref(), record.end().as_ref());
                        html.leaf("td", &[("data-head", heads[1])], time);
                        html.element("td", &[("data-head", heads[2])], |html| {
                            for (index, address) in addresses(record).into_iter().enumerate() {
                                if index > 0 {
                                    html.text(" · ");
                                }
                                html.leaf("code", &[], address);
                            }
                        });
                    }
                    Err(error) => {
                        html.leaf("td", &[("data-head", heads[1])], error.text(context.language()));
                        html.leaf("td", &[("data-head", heads[2])], "");
                    }
                }
            });
        }
    });
}

fn hidden(html: &mut Html, name: &str, value: &str) {
    html.void("input", &[("type", "hidden"), ("name", name), ("value", value)]);
}

/// What a choice is called.
fn label(meaning: ColumnMeaning) -> &'static Message {
    match meaning {
        ColumnMeaning::Clock(Field::SessionEnd) => &msg::END_TIME,
        ColumnMeaning::Clock(_) => &msg::START_TIME,
        ColumnMeaning::Day(None) => &msg::DATE,
        ColumnMeaning::Day(Some(Field::SessionEnd)) => &msg::END_DATE,
        ColumnMeaning::Day(Some(_)) => &msg::START_DATE,
        ColumnMeaning::Duration => &msg::DURATION,
        ColumnMeaning::Earliest(Field::SessionEnd) => &msg::END_EARLIEST,
        ColumnMeaning::Earliest(_) => &msg::START_EARLIEST,
        ColumnMeaning::GatewayPort => &msg::GATEWAY_PORT,
        ColumnMeaning::Ignored => &msg::IGNORED,
        ColumnMeaning::Latest(Field::SessionEnd) => &msg::END_LATEST,
        ColumnMeaning::Latest(_) => &msg::START_LATEST,
        ColumnMeaning::Session => &msg::SESSION,
        ColumnMeaning::Value(field) => words::field(field),
    }
}

/// How large an answer may be to be carried by a form, in bytes.
const CARRIED: usize = 1024 * 1024;
