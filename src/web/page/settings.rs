use super::failure;
use super::layout::Visit;
use super::rooms::Room;
use crate::config::{Config, UserName};
use crate::i18n::{Language, Message};
use crate::messages::page::settings as msg;
use crate::retention::{GRACE_DAYS, Jurisdiction, Word, vocabulary};
use crate::settings::{Setting, SettingsError};
use crate::web::Site;
use crate::web::desk::Visitor;
use crate::web::html::Html;
use crate::web::request::Request;
use crate::web::response::{Response, Status};

/// The settings that stand on the page, in its order.
const SHOWN: [Setting; 6] = [
    Setting::OperatorProfile,
    Setting::OperatorJurisdiction,
    Setting::SyncEnabled,
    Setting::SyncProxy,
    Setting::GraceDays,
    Setting::Language,
];

/// What can be set, and as what it is set.
pub(in crate::web) fn settings(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/settings" {
        return Err(request);
    }
    let config = site.office.config();
    let values = SHOWN.map(|setting| (setting, setting.value(&config)));
    let news = request.value("done").map(|_| News::Done);
    Ok(write(site, &request, Status::Ok, &config, &values, news))
}

/// Sets what was filled in.
pub(in crate::web) fn change_settings(site: &Site, request: Request) -> Result<Response, Request> {
    if request.path != "/settings" {
        return Err(request);
    }
    let Some(form) = request.form() else {
        return Ok(failure(site, &request, Status::BadRequest));
    };
    let token = form.text("token").unwrap_or_default();
    if !site.forms.knows(token, &request.sender.visitor, (site.clock)()) {
        return Ok(failure(site, &request, Status::Foreign));
    }
    let changes: Vec<(Setting, &str)> = SHOWN
        .into_iter()
        .filter_map(|setting| Some((setting, form.text(&setting.name())?)))
        .collect();
    Ok(match site.office.change(&changes) {
        Ok(()) => {
            Response::see_other(Visit::new(site, &request).link_with("settings", &[("done", "1")]))
        }
        Err(error) => {
            log::warn!("the settings were not changed: {}", error.to_string().escape_debug());
            let config = site.office.config();
            let values = SHOWN.map(|setting| {
                let typed = changes.iter().find(|(known, _)| *known == setting);
                (setting, typed.map_or_else(|| setting.value(&config), |(_, it)| (*it).to_owned()))
            });
            let news = match error {
                SettingsError::Refused(refusal) => News::Refused(refusal.setting),
                _ => News::Failed,
            };
            write(site, &request, Status::Refused, &config, &values, Some(news))
        }
    })
}

/// What came of a change.
#[derive(Clone, Copy, Eq, PartialEq)]
enum News {
    Done,
    /// The file could not be changed.
    Failed,
    Refused(Setting),
}

fn write(
    site: &Site,
    request: &Request,
    status: Status,
    config: &Config,
    values: &[(Setting, String)],
    news: Option<News>,
) -> Response {
    let visit = Visit::new(site, request);
    let Ok(book) = (site.book)() else { return failure(site, request, Status::Unreadable) };
    let profiles: Vec<(String, String)> = book
        .profiles()
        .iter()
        .map(|profile| {
            let name = match profile.is_of_software() {
                true => msg::ANOTHER.fill(visit.language(), &[("software", &profile.name)]),
                false => profile.name.clone(),
            };
            (profile.id.to_string(), name)
        })
        .collect();
    let title = visit.say(Room::Settings.name());
    let html = visit.page(Some(Room::Settings), title, |html| {
        html.leaf("h1", &[], title);
        match news {
            Some(News::Done) => notice(html, &visit, "notice done", &msg::DONE),
            Some(News::Failed) => notice(html, &visit, "notice", &msg::FAILED),
            Some(News::Refused(_)) => notice(html, &visit, "notice", &msg::REFUSED),
            None => {}
        }
        for complaint in book.complaints() {
            html.element("div", &[("class", "notice")], |html| {
                html.leaf("p", &[("lang", "en")], complaint);
            });
        }
        let action = visit.link(Room::Settings.path());
        html.element("form", &[("method", "post"), ("action", &action)], |html| {
            visit.sign(html, site, request);
            for (setting, value) in values {
                let is_refused = news == Some(News::Refused(*setting));
                let question = Question { setting: *setting, value, is_refused, visit: &visit };
                question.write(html, &profiles);
            }
            html.element("p", &[("class", "actions")], |html| {
                html.leaf("button", &[("type", "submit")], visit.say(&msg::SAVE));
            });
        });
        who(html, &visit, config, &request.sender.visitor);
    });
    Response::html(status, html)
}

fn notice(html: &mut Html, visit: &Visit, class: &str, message: &Message) {
    html.element("div", &[("class", class), ("role", "status")], |html| {
        html.leaf("p", &[], visit.say(message));
    });
}

/// One setting, to be filled in.
struct Question<'a> {
    setting: Setting,
    value: &'a str,
    is_refused: bool,
    visit: &'a Visit,
}

impl Question<'_> {
    fn write(&self, html: &mut Html, profiles: &[(String, String)]) {
        let visit = self.visit;
        let (label, hint, remedy) = texts(self.setting);
        let name = self.setting.name();
        let id = name.replace(['.', '_'], "-");
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        html.element("fieldset", &[], |html| {
            html.leaf("label", &[("for", &id)], visit.say(label));
            let described = if self.is_refused { &error_id } else { &hint_id };
            let mut attributes =
                vec![("id", id.as_str()), ("name", name.as_str()), ("aria-describedby", described)];
            if self.is_refused {
                attributes.push(("aria-invalid", "true"));
            }
            if self.setting == Setting::GraceDays {
                let most = GRACE_DAYS.to_string();
                attributes.extend([
                    ("type", "number"),
                    ("min", "0"),
                    ("max", &most),
                    ("inputmode", "numeric"),
                    ("value", self.value),
                ]);
                html.void("input", &attributes);
            } else if self.setting == Setting::SyncProxy {
                attributes.extend([
                    ("type", "text"),
                    ("inputmode", "url"),
                    ("autocomplete", "off"),
                    ("value", self.value),
                ]);
                html.void("input", &attributes);
            } else {
                let choices = self.choices(profiles);
                html.element("select", &attributes, |html| {
                    for (value, text) in &choices {
                        let mut attributes = vec![("value", value.as_str())];
                        if value == self.value {
                            attributes.push(("selected", "selected"));
                        }
                        html.leaf("option", &attributes, text);
                    }
                });
            }
            if self.is_refused {
                html.element("div", &[("class", "notice"), ("id", &error_id)], |html| {
                    html.leaf("p", &[], visit.say(remedy));
                });
            }
            html.leaf("p", &[("class", "hint"), ("id", &hint_id)], visit.say(hint));
        });
    }

    /// What can be chosen: values with what they are called, the open one first.
    fn choices(&self, profiles: &[(String, String)]) -> Vec<(String, String)> {
        let visit = self.visit;
        let open = |message| (String::new(), visit.say(message).to_owned());
        match self.setting {
            Setting::OperatorProfile => {
                let mut choices = vec![open(&msg::NOBODY)];
                choices.extend(profiles.iter().cloned());
                if !choices.iter().any(|(id, _)| id == self.value) {
                    choices.push((self.value.to_owned(), self.value.to_owned()));
                }
                choices
            }
            Setting::OperatorJurisdiction => {
                let countries = Jurisdiction::ALL.iter().map(|country| {
                    let name = visit.say(vocabulary::jurisdiction(*country));
                    (country.name().to_owned(), name.to_owned())
                });
                [open(&msg::OPERATORS_OWN)].into_iter().chain(countries).collect()
            }
            Setting::SyncEnabled => [("false", &msg::DO_NOT_ASK), ("true", &msg::DO_ASK)]
                .map(|(value, text)| (value.to_owned(), visit.say(text).to_owned()))
                .to_vec(),
            _ => {
                let languages = Language::ALL
                    .iter()
                    .map(|language| (language.code().to_owned(), language.own_name().to_owned()));
                [open(&msg::SYSTEMS)].into_iter().chain(languages).collect()
            }
        }
    }
}

/// Who may see the page, which is not changed from here: nobody should lock the others out.
fn who(html: &mut Html, visit: &Visit, config: &Config, visitor: &Visitor) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], visit.say(&msg::WHO));
        let users: Vec<&str> = config.users.iter().map(UserName::as_str).collect();
        let users = users.join(", ");
        let text = match (visitor, users.is_empty()) {
            (Visitor::Local, _) => visit.say(&msg::ANYBODY_HERE).to_owned(),
            (Visitor::Member(_), true) => visit.say(&msg::EVERYBODY).to_owned(),
            (Visitor::Member(_), false) => msg::THESE.fill(visit.language(), &[("users", &users)]),
        };
        html.leaf("p", &[], text);
        if let Visitor::Member(name) = visitor {
            let values = [("user", name.as_str())];
            html.leaf("p", &[], msg::YOU.fill(visit.language(), &values));
        }
        html.element("p", &[("class", "note")], |html| {
            html.text(visit.say(&msg::ELSEWHERE));
            html.text(" ");
            html.leaf("code", &[], "temoin settings set page.users");
        });
    });
}

/// A setting's label, what it means, and what it takes.
fn texts(setting: Setting) -> (&'static Message, &'static Message, &'static Message) {
    match setting {
        Setting::OperatorProfile => (&msg::OPERATOR, &msg::OPERATOR_HINT, &msg::OPERATOR_REMEDY),
        Setting::OperatorJurisdiction => (&msg::LAW, &msg::LAW_HINT, &msg::LAW_REMEDY),
        Setting::SyncEnabled => (&msg::SYNC, &msg::SYNC_HINT, &msg::SYNC_REMEDY),
        Setting::SyncProxy => (&msg::PROXY, &msg::PROXY_HINT, &msg::PROXY_REMEDY),
        Setting::GraceDays => (&msg::GRACE, &msg::GRACE_HINT, &msg::GRACE_REMEDY),
        Setting::Language | Setting::PageUsers => {
            (&msg::LANGUAGE, &msg::LANGUAGE_HINT, &msg::LANGUAGE_REMEDY)
        }
    }
}
