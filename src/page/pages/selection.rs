use std::net::IpAddr;

use chrono::NaiveDate;

use super::nav::NavItem;
use super::page_context::PageContext;
use crate::html::Html;
use crate::messages::page::selection as msg;
use crate::page_request::PageRequest;
use temoin_core::record::{Filter, SessionState};
use temoin_core::session::{Timestamp, Zone, parse_address};
use temoin_core::text::Message;
use temoin_http::Method;

/// The member's filter for sessions. An IP address is only taken from a request body, never from a URL,
/// which web servers log.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Selection {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    address: Option<IpAddr>,
    state: Option<SessionState>,
}

impl Selection {
    /// Reads the filter from a request.
    ///
    /// # Errors
    /// The message about an invalid field.
    pub(super) fn of(request: &PageRequest) -> Result<Self, &'static Message> {
        if request.method == Method::Post && request.form().is_none() {
            return Err(&msg::NO_FORM);
        }
        let state = |text: &str| match text {
            "open" => Some(SessionState::Open),
            "closed" => Some(SessionState::Closed),
            _ => None,
        };
        Ok(Self {
            from: parsed(&request.field("from"), |text| text.parse().ok()).ok_or(&msg::NO_DATE)?,
            to: parsed(&request.field("to"), |text| text.parse().ok()).ok_or(&msg::NO_DATE)?,
            address: parsed(&request.field("address"), parse_address).ok_or(&msg::NO_ADDRESS)?,
            state: parsed(&request.field("state"), state).ok_or(&msg::NO_STATE)?,
        })
    }

    /// The journal filter, with days in a zone.
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

    /// Whether it matches all sessions.
    pub(super) fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it may appear in a URL.
    pub(super) fn is_public(&self) -> bool {
        self.address.is_none()
    }

    /// Its form fields.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("address", self.address.map(|address| address.to_string())),
            ("state", self.state.map(|state| name(state).to_owned())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The form to change it.
    pub(super) fn form(&self, html: &mut Html, context: &PageContext) {
        let mut attributes = vec![("class", "filter")];
        if !self.is_everything() {
            attributes.push(("open", ""));
        }
        html.element("details", &attributes, |html| {
            html.leaf("summary", &[], context.say(&msg::SEARCH));
            let action = context.link(NavItem::Sessions.path());
            html.element("form", &[("method", "post"), ("action", &action)], |html| {
                html.element("div", &[("class", "fields")], |html| self.questions(html, context));
                html.element("div", &[("class", "actions")], |html| {
                    html.leaf("button", &[("type", "submit")], context.say(&msg::SHOW));
                    if !self.is_everything() {
                        let all = context.link(NavItem::Sessions.path());
                        html.leaf(
                            "a",
                            &[("class", "touch"), ("href", &all)],
                            context.say(&msg::ALL),
                        );
                    }
                });
            });
        });
    }

    fn questions(&self, html: &mut Html, context: &PageContext) {
        for (id, label, day) in [("from", &msg::FROM, self.from), ("to", &msg::TO, self.to)] {
            let value = day.map(|day| day.to_string()).unwrap_or_default();
            html.element("div", &[], |html| {
                html.leaf("label", &[("for", id)], context.say(label));
                html.void(
                    "input",
                    &[("type", "date"), ("id", id), ("name", id), ("value", &value)],
                );
            });
        }
        html.element("div", &[], |html| {
            html.leaf("label", &[("for", "address")], context.say(&msg::ADDRESS));
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
            html.leaf("label", &[("for", "state")], context.say(&msg::STATE));
            html.element("select", &[("id", "state"), ("name", "state")], |html| {
                for (state, label) in [
                    (None, &msg::ANY),
                    (Some(SessionState::Open), &msg::OPEN),
                    (Some(SessionState::Closed), &msg::CLOSED),
                ] {
                    let mut attributes = vec![("value", state.map_or("", name))];
                    if state == self.state {
                        attributes.push(("selected", ""));
                    }
                    html.leaf("option", &attributes, context.say(label));
                }
            });
        });
    }
}

fn name(state: SessionState) -> &'static str {
    match state {
        SessionState::Closed => "closed",
        SessionState::Open => "open",
    }
}

/// Parses a field: `None` if invalid, `Some(None)` if empty.
fn parsed<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match text.trim() {
        "" => Some(None),
        text => parse(text).map(Some),
    }
}
