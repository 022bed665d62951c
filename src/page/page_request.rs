use super::auth::User;
use super::form::{Form, decoded};
use temoin_core::text::Language;
use temoin_http::{Head, Method};

/// A request, reduced to what decides the response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct PageRequest {
    /// The method.
    pub(super) method: Method,
    /// The path as sent, with its leading slash. It is not percent-decoded: none of our paths needs escapes.
    pub(super) path: String,
    /// The query's names and values, not decoded.
    pub(super) query: Vec<(String, String)>,
    /// The languages of `Accept-Language` that temoin speaks, best first.
    pub(super) accepted: Vec<Language>,
    /// User, host and body.
    pub(super) sender: Box<RequestSender>,
}

/// User, host and body of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct RequestSender {
    /// The user.
    pub(super) user: User,
    /// The `Host` field.
    pub(super) host: Option<String>,
    /// The media type of the body.
    content_type: String,
    body: Vec<u8>,
}

impl PageRequest {
    /// Reads the head of a request, before authentication.
    pub(super) fn from_head(head: &Head) -> Self {
        let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
        let languages: Vec<&str> = head.values("Accept-Language").collect();
        Self {
            method: head.method.clone(),
            path: path.to_owned(),
            query: pairs(query),
            accepted: accepted(&languages.join(",")),
            sender: Box::new(RequestSender {
                user: User::Local,
                host: head.values("Host").next().map(str::to_owned),
                content_type: head.values("Content-Type").next().unwrap_or_default().to_owned(),
                body: Vec::new(),
            }),
        }
    }

    /// Adds user and body.
    pub(super) fn with_sender(mut self, user: User, body: Vec<u8>) -> Self {
        self.sender.user = user;
        self.sender.body = body;
        self
    }

    /// The submitted form; `None` if it is not valid.
    pub(super) fn form(&self) -> Option<Form<'_>> {
        Form::read(&self.sender.content_type, &self.sender.body)
    }

    /// The first value of a name in the query.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// The value of a field: from the form if one was submitted, else from the query. Empty if missing;
    /// invalid escapes are kept.
    pub(super) fn field(&self, name: &str) -> String {
        match &self.method {
            Method::Post => {
                self.form().and_then(|form| form.text(name).map(str::to_owned)).unwrap_or_default()
            }
            _ => self.value(name).map_or_else(String::new, |value| {
                decoded(value.as_bytes()).unwrap_or_else(|| value.to_owned())
            }),
        }
    }

    /// The language chosen in the query, if it is supported.
    pub(super) fn chosen(&self) -> Option<Language> {
        self.value("lang")?.parse().ok()
    }

    /// The response language: the chosen one, else the best accepted one, else English.
    pub(super) fn language(&self) -> Language {
        self.chosen().or_else(|| self.accepted.first().copied()).unwrap_or(Language::English)
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The languages that are offered, in an `Accept-Language` value (RFC 9110, section 12.5.4), best first; those of
/// equal quality in their order.
fn accepted(value: &str) -> Vec<Language> {
    let mut found: Vec<(u16, Language)> = Vec::new();
    for range in value.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let Some(language) = Language::of_tag(tag) else { continue };
        let weight =
            parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = weight.map_or(Some(1_000), quality);
        match quality {
            Some(quality) if quality > 0 => found.push((quality, language)),
            _ => {}
        }
    }
    found.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
    found.into_iter().map(|(_, language)| language).collect()
}

/// A quality value in thousandths (RFC 9110, section 12.4.2).
fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok().filter(|_| is_number)?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{Head, Language, Method, PageRequest, accepted};
    use temoin_http::BadRequest;

    fn parse(text: &str) -> Result<Option<PageRequest>, BadRequest> {
        parse_bytes(text.as_bytes())
    }

    fn parse_bytes(bytes: &[u8]) -> Result<Option<PageRequest>, BadRequest> {
        Ok(Head::read(bytes)?.map(|head| PageRequest::from_head(&head)))
    }

    #[test]
    fn a_request_is_taken_apart() {
        let request = parse(
            "GET /session/ab?lang=nl&page=2&x HTTP/1.1\r\nHost: localhost:80\r\n\
             accept-language: de\r\n\r\n",
        );
        let request = request.unwrap().unwrap();
        assert_eq!(request.method, Method::Get);
        assert_eq!(request.path, "/session/ab");
        assert_eq!(request.value("page"), Some("2"));
        assert_eq!(request.value("x"), Some(""));
        assert_eq!(request.value("y"), None);
        assert_eq!(request.sender.host.as_deref(), Some("localhost:80"));
        assert_eq!(request.accepted, [Language::German]);
        assert_eq!(request.language(), Language::Dutch);
    }

    #[test]
    fn a_second_host_is_refused_and_a_second_list_of_languages_is_read_on() {
        let two = parse("GET / HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n\r\n");
        assert_eq!(two, Err(BadRequest::Malformed));
        let text = "GET / HTTP/1.1\r\nAccept-Language: es\r\nAccept-Language: nl, fr\r\n\r\n";
        let request = parse(text).unwrap().unwrap();
        assert_eq!(request.accepted, [Language::Dutch, Language::French]);
        assert_eq!(request.sender.host, None);
    }

    #[test]
    fn the_language_is_the_chosen_one_else_the_best_accepted_one_else_english() {
        let language = |query: &str, accept: &str| {
            let text = format!("GET /?{query} HTTP/1.1\r\nAccept-Language: {accept}\r\n\r\n");
            parse(&text).unwrap().unwrap().language()
        };
        assert_eq!(language("", "en;q=0.5, fr-BE;q=0.8, nl;q=0.2"), Language::French);
        assert_eq!(language("lang=de", "fr"), Language::German);
        assert_eq!(language("lang=xx", "nl"), Language::Dutch);
        assert_eq!(language("", "es, pt;q=0.9"), Language::English);
    }

    #[test]
    fn accepted_languages_are_ordered_by_their_quality() {
        use Language::{Dutch, English, French, German};
        for (value, languages) in [
            ("nl,en-GB;q=0.7,fr;q=0.9", vec![Dutch, French, English]),
            ("fr;q=0, de;q=0.001", vec![German]),
            ("EN , NL ; q=1.000", vec![English, Dutch]),
            ("fr;q=2, nl;q=0.1234, de;q=-1, en;q=x", vec![]),
            ("*, frx, -, ,;", vec![]),
        ] {
            assert_eq!(accepted(value), languages, "{value}");
        }
    }

    proptest! {
        #[test]
        fn bytes_never_bring_it_down(bytes in vec(any::<u8>(), 0..300)) {
            let _ = parse_bytes(&bytes);
        }

        #[test]
        fn nearly_requests_are_read_whole_or_refused(
            method in "[A-Z]{1,5}|GET",
            target in "/[ -~]{0,40}",
            accept in "[ -~\u{e9}]{0,40}",
        ) {
            let text =
                format!("{method} {target} HTTP/1.1\r\nAccept-Language: {accept}\r\n\r\n");
            if let Ok(Some(request)) = parse(&text) {
                prop_assert!(target.starts_with(&request.path));
                prop_assert!(request.path.starts_with('/') && !request.path.contains('?'));
                prop_assert_eq!(request.method == Method::Get, method == "GET");
            }
        }

        #[test]
        fn a_request_is_the_same_whenever_it_arrives_whole(cut in 0_usize..60) {
            let text = "GET /session/0123?lang=fr HTTP/1.1\r\nHost: localhost\r\n\r\n";
            let cut = cut.min(text.len() - 1);
            prop_assert_eq!(parse(&text[..cut]), Ok(None));
        }
    }
}
