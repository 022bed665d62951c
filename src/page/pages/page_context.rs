use super::nav::NavItem;
use crate::Site;
use crate::html::Html;
use crate::messages::page::frame as msg;
use crate::page_request::PageRequest;
use temoin_core::text::{DateFormatter, Language, Message};

/// The context of a page: language, time zone and location in the site.
pub(super) struct PageContext {
    /// Formats times in the reader's language and zone.
    pub(super) when: DateFormatter,
    /// The chosen language, which links keep.
    chosen: Option<Language>,
    /// The path of this page relative to the site's root.
    path: String,
    /// The relative path to the site's root: all links are relative, so that the site works below any path.
    root: String,
    /// This page's query without the language.
    query: Vec<(String, String)>,
}

impl PageContext {
    /// The context of a request.
    pub(super) fn new(site: &Site, request: &PageRequest) -> Self {
        let depth = request.path.matches('/').count().saturating_sub(1);
        let root = if depth == 0 { "./".to_owned() } else { "../".repeat(depth) };
        let kept = request.query.iter().filter(|(name, value)| is_kept(name, value));
        Self {
            when: DateFormatter::new(request.language(), site.zone),
            chosen: request.chosen(),
            path: request.path.trim_start_matches('/').to_owned(),
            root,
            query: kept.cloned().collect(),
        }
    }

    /// A default context, for a request that could not be parsed.
    pub(super) fn unknown(site: &Site) -> Self {
        Self {
            when: DateFormatter::new(Language::English, site.zone),
            chosen: None,
            path: String::new(),
            root: "./".to_owned(),
            query: Vec::new(),
        }
    }

    /// The language.
    pub(super) fn language(&self) -> Language {
        self.when.language
    }

    /// A message in the reader's language.
    pub(super) fn say(&self, message: &Message) -> &'static str {
        message.text(self.language())
    }

    /// A link to a path in the site; the empty path is the first page.
    pub(super) fn link(&self, path: &str) -> String {
        self.link_with(path, &[])
    }

    /// The address of a path in the site without a query, for a form.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }

    /// The hidden field that keeps the language in a form.
    pub(super) fn carry_language(&self, html: &mut Html) {
        if let Some(language) = self.chosen {
            let fields = [("type", "hidden"), ("name", "lang"), ("value", language.code())];
            html.void("input", &fields);
        }
    }

    /// A link with a query.
    pub(super) fn link_with(&self, path: &str, query: &[(&str, &str)]) -> String {
        let language = self.chosen.map(|language| ("lang", language.code()));
        let pairs: Vec<(&str, &str)> = query.iter().copied().chain(language).collect();
        format!("{}{path}{}", self.root, query_string(&pairs))
    }

    /// A link to this page in another language.
    fn link_in(&self, language: Language) -> String {
        let mut pairs: Vec<(&str, &str)> =
            self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.push(("lang", language.code()));
        query_string(&pairs)
    }

    /// The hidden field with the form's token: see [`TokenKey`](crate::TokenKey).
    pub(super) fn sign(&self, html: &mut Html, site: &Site, request: &PageRequest) {
        let token = site.form_tokens.issue(&request.sender.user, (site.clock)());
        html.void("input", &[("type", "hidden"), ("name", "token"), ("value", &token)]);
    }

    /// A complete page around `content`; `item` is the current entry of the navigation.
    pub(super) fn page(
        &self,
        item: Option<NavItem>,
        title: &str,
        content: impl FnOnce(&mut Html),
    ) -> String {
        let mut html = Html::default();
        html.literal("<!DOCTYPE html>\n");
        html.element("html", &[("lang", self.language().code())], |html| {
            html.element("head", &[], |html| self.head(html, title));
            html.element("body", &[], |html| {
                html.element("div", &[], |html| {
                    html.leaf(
                        "a",
                        &[("class", "skip"), ("href", "#content")],
                        self.say(&msg::SKIP),
                    );
                });
                html.element("header", &[("class", "top")], |html| self.header(html, item));
                html.element("main", &[("id", "content")], content);
                html.element("footer", &[], |html| self.footer(html));
            });
        });
        html.literal("\n");
        html.into_string()
    }

    fn head(&self, html: &mut Html, title: &str) {
        html.void("meta", &[("charset", "utf-8")]);
        html.void(
            "meta",
            &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")],
        );
        html.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
        html.leaf("title", &[], format_args!("{title} · temoin"));
        html.void("link", &[("rel", "stylesheet"), ("href", &format!("{}style.css", self.root))]);
        html.void("link", &[("rel", "icon"), ("href", &format!("{}icon.svg", self.root))]);
    }

    fn header(&self, html: &mut Html, item: Option<NavItem>) {
        html.element("div", &[], |html| {
            html.element("a", &[("class", "brand"), ("href", &self.link(""))], |html| {
                html.literal(LOGO);
                html.text("temoin");
            });
        });
        html.element("details", &[("class", "menu")], |html| {
            html.leaf("summary", &[], self.say(&msg::MENU));
            let languages = [("class", "languages"), ("aria-label", self.say(&msg::LANGUAGES))];
            html.element("nav", &languages, |html| {
                html.element("ul", &[], |html| {
                    for language in Language::offered_beside(Some(self.language())) {
                        html.element("li", &[], |html| self.language_link(html, language));
                    }
                });
            });
            let sections = [("class", "rooms"), ("aria-label", self.say(&msg::SECTIONS))];
            html.element("nav", &sections, |html| {
                html.element("ul", &[], |html| {
                    for other in NavItem::ALL {
                        html.element("li", &[], |html| {
                            self.nav_link(html, other, item == Some(other));
                        });
                    }
                });
            });
        });
    }

    fn nav_link(&self, html: &mut Html, item: NavItem, is_current: bool) {
        let href = self.link(item.path());
        let mut attributes = vec![("href", href.as_str())];
        if is_current {
            let is_itself = self.path == item.path();
            attributes.push(("aria-current", if is_itself { "page" } else { "true" }));
        }
        html.leaf("a", &attributes, self.say(item.name()));
    }

    fn language_link(&self, html: &mut Html, language: Language) {
        let (code, href) = (language.code(), self.link_in(language));
        let mut attributes = vec![("href", href.as_str()), ("lang", code), ("hreflang", code)];
        if language == self.language() {
            attributes.push(("aria-current", "true"));
        }
        html.leaf("a", &attributes, language.own_name());
    }

    fn footer(&self, html: &mut Html) {
        let values = [("zone", self.when.zone.name())];
        html.leaf("p", &[], msg::ZONE.fill(self.language(), &values));
        html.leaf("p", &[], self.say(&msg::LOCAL));
    }
}

/// Whether a query parameter is kept in links to this page, and needs no escaping.
fn is_kept(name: &str, value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:%".contains(&byte);
    name != "lang" && name.bytes().chain(value.bytes()).all(is_plain)
}

fn query_string(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// The logo.
const LOGO: &str = "<svg class=\"light\" viewBox=\"0 0 32 32\" width=\"28\" height=\"28\" \
                     aria-hidden=\"true\" focusable=\"false\"><circle class=\"glow\" cx=\"16\" \
                     cy=\"16\" r=\"15\"/><circle class=\"halo\" cx=\"16\" cy=\"16\" \
                     r=\"10.5\"/><circle class=\"core\" cx=\"16\" cy=\"16\" r=\"6.5\"/></svg>";
