use super::failure;
use super::nav::NavItem;
use super::page_context::PageContext;
use crate::Site;
use crate::auth::User;
use crate::html::Html;
use crate::messages::page::settings as msg;
use crate::page_request::PageRequest;
use crate::page_response::{PageResponse, PageStatus};
use crate::render::law_words;
use temoin_config::settings::{Setting, SettingsError};
use temoin_config::{Config, UserName};
use temoin_core::law::{GRACE_DAYS, Jurisdiction, NamedEnum};
use temoin_core::text::{Language, Message};

/// The settings on the page, in order.
const SHOWN: [Setting; 6] = [
    Setting::OperatorProfile,
    Setting::OperatorJurisdiction,
    Setting::SyncEnabled,
    Setting::SyncProxy,
    Setting::GraceDays,
    Setting::Language,
];

/// `/settings`: the settings and their values.
pub(crate) fn settings(site: &Site, request: PageRequest) -> Result<PageResponse, PageRequest> {
    if request.path != "/settings" {
        return Err(request);
    }
    let config = site.actions.config();
    let values = SHOWN.map(|setting| (setting, setting.value(&config)));
    let result = request.value("done").map(|_| ChangeResult::Done);
    Ok(write(site, &request, PageStatus::Ok, &config, &values, result))
}

/// Applies the submitted settings.
pub(crate) fn change_settings(
    site: &Site,
    request: PageRequest,
) -> Result<PageResponse, PageRequest> {
    if request.path != "/settings" {
        return Err(request);
    }
    let Some(form) = request.form() else {
        return Ok(failure(site, &request, PageStatus::BadRequest));
    };
    let token = form.text("token").unwrap_or_default();
    if !site.form_tokens.verify(token, &request.sender.user, (site.clock)()) {
        return Ok(failure(site, &request, PageStatus::CrossSite));
    }
    let changes: Vec<(Setting, &str)> = SHOWN
        .into_iter()
        .filter_map(|setting| Some((setting, form.text(&setting.name())?)))
        .collect();
    Ok(match site.actions.change(&changes) {
        Ok(()) => PageResponse::see_other(
            PageContext::new(site, &request).link_with("settings", &[("done", "1")]),
        ),
        Err(error) => {
            log::warn!("the settings were not changed: {}", error.to_string().escape_debug());
            let config = site.actions.config();
            let values = SHOWN.map(|setting| {
                let typed = changes.iter().find(|(known, _)| *known == setting);
                (setting, typed.map_or_else(|| setting.value(&config), |(_, it)| (*it).to_owned()))
            });
            let result = match error {
                SettingsError::Refused(refusal) => ChangeResult::Refused(refusal.setting),
                _ => ChangeResult::Failed,
            };
            write(site, &request, PageStatus::Refused, &config, &values, Some(result))
        }
    })
}

/// The result of a change.
#[derive(Clone, Copy, Eq, PartialEq)]
enum ChangeResult {
    Done,
    /// The file could not be changed.
    Failed,
    Refused(Setting),
}

fn write(
    site: &Site,
    request: &PageRequest,
    status: PageStatus,
    config: &Config,
    values: &[(Setting, String)],
    result: Option<ChangeResult>,
) -> PageResponse {
    let context = PageContext::new(site, request);
    let Ok(ruleset) = (site.ruleset)() else {
        return failure(site, request, PageStatus::Unreadable);
    };
    let profiles: Vec<(String, String)> = ruleset
        .profiles()
        .iter()
        .map(|profile| {
            let name = match profile.is_of_software() {
                true => msg::ANOTHER.fill(context.language(), &[("software", &profile.name)]),
                false => profile.name.clone(),
            };
            (profile.id.to_string(), name)
        })
        .collect();
    let title = context.say(NavItem::Settings.name());
    let html = context.page(Some(NavItem::Settings), title, |html| {
        html.leaf("h1", &[], title);
        match result {
            Some(ChangeResult::Done) => notice(html, &context, "notice done", &msg::DONE),
            Some(ChangeResult::Failed) => notice(html, &context, "notice", &msg::FAILED),
            Some(ChangeResult::Refused(_)) => notice(html, &context, "notice", &msg::REFUSED),
            None => {}
        }
        for complaint in ruleset.complaints() {
            html.element("div", &[("class", "notice")], |html| {
                html.leaf("p", &[("lang", "en")], complaint);
            });
        }
        let action = context.link(NavItem::Settings.path());
        html.element("form", &[("method", "post"), ("action", &action)], |html| {
            context.sign(html, site, request);
            for (setting, value) in values {
                let is_refused = result == Some(ChangeResult::Refused(*setting));
                let field =
                    SettingField { setting: *setting, value, is_refused, context: &context };
                field.write(html, &profiles);
            }
            html.element("p", &[("class", "actions")], |html| {
                html.leaf("button", &[("type", "submit")], context.say(&msg::SAVE));
            });
        });
        who(html, &context, config, &request.sender.user);
    });
    PageResponse::html(status, html)
}

fn notice(html: &mut Html, context: &PageContext, class: &str, message: &Message) {
    html.element("div", &[("class", class), ("role", "status")], |html| {
        html.leaf("p", &[], context.say(message));
    });
}

/// The form field of one setting.
struct SettingField<'a> {
    setting: Setting,
    value: &'a str,
    is_refused: bool,
    context: &'a PageContext,
}

impl SettingField<'_> {
    fn write(&self, html: &mut Html, profiles: &[(String, String)]) {
        let context = self.context;
        let (label, hint, remedy) = texts(self.setting);
        let name = self.setting.name();
        let id = name.replace(['.', '_'], "-");
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        html.element("fieldset", &[], |html| {
            html.leaf("label", &[("for", &id)], context.say(label));
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
                    html.leaf("p", &[], context.say(remedy));
                });
            }
            html.leaf("p", &[("class", "hint"), ("id", &hint_id)], context.say(hint));
        });
    }

    /// The options: values and labels, the unset one first.
    fn choices(&self, profiles: &[(String, String)]) -> Vec<(String, String)> {
        let context = self.context;
        let open = |message| (String::new(), context.say(message).to_owned());
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
                    let name = context.say(law_words::jurisdiction(*country));
                    (country.name().to_owned(), name.to_owned())
                });
                [open(&msg::OPERATORS_OWN)].into_iter().chain(countries).collect()
            }
            Setting::SyncEnabled => [("false", &msg::DO_NOT_ASK), ("true", &msg::DO_ASK)]
                .map(|(value, text)| (value.to_owned(), context.say(text).to_owned()))
                .to_vec(),
            _ => {
                let languages = Language::offered_beside(self.value.parse().ok())
                    .map(|language| (language.code().to_owned(), language.own_name().to_owned()));
                [open(&msg::SYSTEMS)].into_iter().chain(languages).collect()
            }
        }
    }
}

/// Who may see the page. Not editable here, so that no member can lock out the others.
fn who(html: &mut Html, context: &PageContext, config: &Config, user: &User) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], context.say(&msg::WHO));
        let users: Vec<&str> = config.users.iter().map(UserName::as_str).collect();
        let users = users.join(", ");
        let text = match (user, users.is_empty()) {
            (User::Local, _) => context.say(&msg::ANYBODY_HERE).to_owned(),
            (User::Member(_), true) => context.say(&msg::EVERYBODY).to_owned(),
            (User::Member(_), false) => msg::THESE.fill(context.language(), &[("users", &users)]),
        };
        html.leaf("p", &[], text);
        if let User::Member(name) = user {
            let values = [("user", name.as_str())];
            html.leaf("p", &[], msg::YOU.fill(context.language(), &values));
        }
        html.element("p", &[("class", "note")], |html| {
            html.text(context.say(&msg::ELSEWHERE));
            html.text(" ");
            html.leaf("code", &[], "temoin settings set page.users");
        });
    });
}

/// A setting's label, explanation and allowed values.
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
