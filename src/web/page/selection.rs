use std::net::IpAddr;

use chrono::NaiveDate;

use super::layout::Visit;
use super::rooms::Room;
use crate::domain::{Timestamp, Zone};
use crate::http::Method;
use crate::i18n::Message;
use crate::journal::{Filter, State};
use crate::messages::page::selection as msg;
use crate::web::html::Html;
use crate::web::request::Request;

/// Which sessions a reader wants to see. An IP address that is looked for comes in the body of a request
/// and never stands in a page's own address, which web servers write down.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Selection {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    address: Option<IpAddr>,
    state: Option<State>,
}

impl Selection {
    /// What a request asks for.
    ///
    /// # Errors
    /// What to tell the reader of the field that cannot be understood.
    pub(super) fn of(request: &Request) -> Result<Self, &'static Message> {
        if request.method == Method::Post && request.form().is_none() {
            return Err(&msg::NO_FORM);
        }
        let state = |text: &str| match text {
            "open" => Some(State::Open),
            "closed" => Some(State::Closed),
            _ => None,
        };
        Ok(Self {
            from: parsed(&request.field("from"), |text| text.parse().ok()).ok_or(&msg::NO_DATE)?,
            to: parsed(&request.field("to"), |text| text.parse().ok()).ok_or(&msg::NO_DATE)?,
            address: parsed(&request.field("address"), |text| text.parse().ok())
                .ok_or(&msg::NO_ADDRESS)?,
            state: parsed(&request.field("state"), state).ok_or(&msg::NO_STATE)?,
        })
    }

    /// The same for the record, in the days of a zone.
    pub(super) fn filter(&self, zone: Zone, now: Timestamp) -> Filter {
        let after = self.to.and_then(|day| day.succ_opt());
        Filter {
            since: self.from.map(|day| zone.first_instant(day)),
            until: after.map(|day| zone.first_instant(day)),
            address: self.address,
            state: self.state,
            now,
        }
    }

    /// Whether it leaves nothing out.
    pub(super) fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it may stand in the address of a page.
    pub(super) fn is_public(&self) -> bool {
        self.address.is_none()
    }

    /// Its fields, as a form sends them.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("address", self.address.map(|address| address.to_string())),
            ("state", self.state.map(|state| name(state).to_owned())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The form by which a reader changes it.
    pub(super) fn form(&self, html: &mut Html, visit: &Visit) {
        let mut attributes = vec![("class", "filter")];
        if !self.is_everything() {
            attributes.push(("open", ""));
        }
        html.element("details", &attributes, |html| {
            html.leaf("summary", &[], visit.say(&msg::SEARCH));
            let action = visit.link(Room::Sessions.path());
            html.element("form", &[("method", "post"), ("action", &action)], |html| {
                html.element("div", &[("class", "fields")], |html| self.questions(html, visit));
                html.element("div", &[("class", "actions")], |html| {
                    html.leaf("button", &[("type", "submit")], visit.say(&msg::SHOW));
                    if !self.is_everything() {
                        let all = visit.link(Room::Sessions.path());
                        html.leaf("a", &[("class", "touch"), ("href", &all)], visit.say(&msg::ALL));
                    }
                });
            });
        });
    }

    fn questions(&self, html: &mut Html, visit: &Visit) {
        for (id, label, day) in [("from", &msg::FROM, self.from), ("to", &msg::TO, self.to)] {
            let value = day.map(|day| day.to_string()).unwrap_or_default();
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", id)], visit.say(label));
                html.void(
                    "input",
                    &[("type", "date"), ("id", id), ("name", id), ("value", &value)],
                );
            });
        }
        html.element("div", &[], |html| {
            html.leaf("label", &[("for", "address")], visit.say(&msg::ADDRESS));
            let value = self.address.map(|address| address.to_string()).unwrap_or_default();
            let attributes = [
                ("type", "text"),
                ("id", "address"),
                ("name", "address"),
                ("value", value.as_str()),
                ("maxlength", "45"),
                ("autocomplete", "off"),
                ("spellcheck", "false"),
            ];
            html.void("input", &attributes);
        });
        html.element("div", &[], |html| {
            html.leaf("label", &[("for", "state")], visit.say(&msg::STATE));
            html.element("select", &[("id", "state"), ("name", "state")], |html| {
                for (state, label) in [
                    (None, &msg::ANY),
                    (Some(State::Open), &msg::OPEN),
                    (Some(State::Closed), &msg::CLOSED),
                ] {
                    let mut attributes = vec![("value", state.map_or("", name))];
                    if state == self.state {
                        attributes.push(("selected", ""));
                    }
                    html.leaf("option", &attributes, visit.say(label));
                }
            });
        });
    }
}

fn name(state: State) -> &'static str {
    match state {
        State::Closed => "closed",
        State::Open => "open",
    }
}

/// What a field says: `None` where it cannot be understood, nothing where it is empty.
fn parsed<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match text.trim() {
        "" => Some(None),
        text => parse(text).map(Some),
    }
}
