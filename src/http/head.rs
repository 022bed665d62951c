use std::str::{self, FromStr};

use tiny_http::{Header, Method};

/// The longest request head that is read, in bytes. nginx sends a few hundred; a browser with the
/// cookies of other local services on the same address a few thousand.
pub(super) const HEAD_LIMIT: usize = 8_192;

/// How many header fields a request may have.
const FIELD_LIMIT: usize = 64;

/// The head of a request (RFC 9112, sections 2 to 5), parsed strictly: anything that two programs could
/// parse differently is rejected, including what `tiny_http` itself would accept.
#[derive(Debug)]
pub struct Head {
    /// The method.
    pub method: Method,
    /// The request target as sent.
    pub target: String,
    /// Whether the client understands chunked encoding (HTTP/1.1).
    pub(super) accepts_chunked: bool,
    /// The header fields, without those that are not ASCII.
    headers: Vec<Header>,
    /// Length in bytes; 0 while it is being read.
    length: usize,
}

/// Why a request is invalid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BadRequest {
    /// The body is longer than the limit.
    BodyTooLong,
    /// The body is shorter than required.
    BodyTooShort,
    /// A body without `Content-Length`, or with a transfer coding.
    BodyWithoutLength,
    /// Not valid HTTP/1.
    Malformed,
    /// A head longer than 8192 bytes or with more than 64 fields.
    TooLong,
}

impl Head {
    /// Parses the head at the start of `bytes`; `None` while it is incomplete.
    ///
    /// # Errors
    /// [`BadRequest`] at the first invalid byte or line.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, BadRequest> {
        let within = &bytes[..bytes.len().min(HEAD_LIMIT)];
        let mut rest = within;
        let mut head: Option<Self> = None;
        let mut fields = 0;
        while let Some(line) = take_line(&mut rest)? {
            match &mut head {
                None => head = Some(Self::parse_request_line(line)?),
                Some(known) if line.is_empty() => {
                    known.length = within.len() - rest.len();
                    return Ok(head);
                }
                Some(_) if fields == FIELD_LIMIT => return Err(BadRequest::TooLong),
                Some(head) => {
                    fields += 1;
                    let header = parse_field(line)?;
                    // A proxy may have used the other one (RFC 9112, section 3.2).
                    if header.as_ref().is_some_and(is_host) && head.headers.iter().any(is_host) {
                        return Err(BadRequest::Malformed);
                    }
                    head.headers.extend(header);
                }
            }
        }
        if bytes.len() < HEAD_LIMIT { Ok(None) } else { Err(BadRequest::TooLong) }
    }

    /// The values of a field, in order.
    pub fn values(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let found = self.headers.iter().filter(move |header| header.field.equiv(name));
        found.map(|header| header.value.as_str())
    }

    /// Length in bytes; the body follows.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Parses the request line.
    fn parse_request_line(line: &[u8]) -> Result<Self, BadRequest> {
        let line = str::from_utf8(line).map_err(|_| BadRequest::Malformed)?;
        let mut parts = line.split(' ');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(method), Some(target), Some(version @ ("HTTP/1.0" | "HTTP/1.1")), None)
                if is_token(method.as_bytes())
                    && target.starts_with('/')
                    && target.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                let method = Method::from_str(method).map_err(|()| BadRequest::Malformed)?;
                Ok(Self {
                    method,
                    target: target.to_owned(),
                    accepts_chunked: version == "HTTP/1.1",
                    headers: Vec::new(),
                    length: 0,
                })
            }
            _ => Err(BadRequest::Malformed),
        }
    }
}

/// Splits off the first line; `None` while it is incomplete. Only CR LF ends a line, and tab is the only
/// control character allowed in one.
fn take_line<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>, BadRequest> {
    let bytes = *rest;
    let is_text = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    let Some(end) = bytes.iter().position(|byte| !is_text(byte)) else { return Ok(None) };
    match &bytes[end..] {
        [b'\r', b'\n', after @ ..] => {
            *rest = after;
            Ok(Some(&bytes[..end]))
        }
        [b'\r'] => Ok(None),
        _ => Err(BadRequest::Malformed),
    }
}

/// Parses a header field; `None` if it is not ASCII. A folded line begins with a space and so has no valid
/// name.
fn parse_field(line: &[u8]) -> Result<Option<Header>, BadRequest> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or(BadRequest::Malformed)?;
    let name = &line[..colon];
    if !is_token(name) {
        return Err(BadRequest::Malformed);
    }
    match str::from_utf8(line) {
        Ok(text) if text.is_ascii() => {
            Header::from_str(text).map(Some).map_err(|()| BadRequest::Malformed)
        }
        _ if MUST_BE_ASCII.iter().any(|critical| name.eq_ignore_ascii_case(critical)) => {
            Err(BadRequest::Malformed)
        }
        // For example the member's name, which YunoHost passes in UTF-8: harmless.
        _ => Ok(None),
    }
}

/// Fields that determine the user, the host and the body length: they must be ASCII.
const MUST_BE_ASCII: [&[u8]; 5] =
    [b"Authorization", b"Content-Length", b"Host", b"Transfer-Encoding", b"Ynh-User"];

fn is_host(header: &Header) -> bool {
    header.field.equiv("Host")
}

/// Whether these bytes are a token (RFC 9110, section 5.6.2), as names and methods are.
fn is_token(bytes: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(is_token)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{
        Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
    };

    use super::{BadRequest, FIELD_LIMIT, HEAD_LIMIT, Head, Method, is_token};

    fn read(text: &str) -> Result<Option<Head>, BadRequest> {
        Head::read(text.as_bytes())
    }

    fn refusal(text: &str) -> Option<BadRequest> {
        read(text).err()
    }

    #[test]
    fn a_head_is_taken_apart() {
        let text = "PURGE /a?b HTTP/1.0\r\nhost: \t[::1]:80 \r\nX:\r\nA: 1\r\na: 2\r\n\r\nbody";
        let head = read(text).unwrap().unwrap();
        assert_eq!(head.method.as_str(), "PURGE");
        assert_eq!(head.target, "/a?b");
        assert_eq!(head.values("Host").collect::<Vec<_>>(), ["[::1]:80"]);
        assert_eq!(head.values("x").collect::<Vec<_>>(), [""]);
        assert_eq!(head.values("A").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(head.values("B").count(), 0);
    }

    #[test]
    fn common_methods_are_told_apart() {
        for (name, method) in [("GET", Method::Get), ("HEAD", Method::Head), ("POST", Method::Post)]
        {
            let head = read(&format!("{name} / HTTP/1.1\r\n\r\n")).unwrap().unwrap();
            assert_eq!(head.method, method);
        }
    }

    #[test]
    fn a_head_that_is_not_whole_is_waited_for_until_it_is_too_long() {
        for text in ["", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\n\r"] {
            assert!(matches!(read(text), Ok(None)), "{text:?}");
        }
        let head_of = |length: usize| {
            let rest = "GET / HTTP/1.1\r\n\r\n".len();
            format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(length - rest))
        };
        assert!(matches!(read(&head_of(HEAD_LIMIT)), Ok(Some(_))));
        assert_eq!(refusal(&head_of(HEAD_LIMIT + 1)), Some(BadRequest::TooLong));
        assert_eq!(refusal(&head_of(HEAD_LIMIT + 1)[..HEAD_LIMIT]), Some(BadRequest::TooLong));
        assert!(matches!(read(&head_of(HEAD_LIMIT + 1)[..HEAD_LIMIT - 1]), Ok(None)));
    }

    #[test]
    fn fields_beyond_the_limit_are_refused_even_those_that_are_not_kept() {
        for field in ["a: b\r\n", "a: é\r\n"] {
            let with = |count| format!("GET / HTTP/1.1\r\n{}\r\n", field.repeat(count));
            assert!(matches!(read(&with(FIELD_LIMIT)), Ok(Some(_))));
            assert_eq!(refusal(&with(FIELD_LIMIT + 1)), Some(BadRequest::TooLong));
        }
    }

    #[test]
    fn request_lines_that_http_does_not_allow_are_refused() {
        for line in [
            "",
            "\u{16}\u{3}\u{1}\0",
            "GET",
            "GET /",
            "GET  HTTP/1.1",
            "GET  / HTTP/1.1",
            "GET / HTTP/1.1 ",
            " GET / HTTP/1.1",
            "GET\t/\tHTTP/1.1",
            "G(T / HTTP/1.1",
            "GÉT / HTTP/1.1",
            "GET /é HTTP/1.1",
            "GET /\t HTTP/1.1",
            "GET / HTTP/0.9",
            "GET / HTTP/1.2",
            "GET / HTTP/2.0",
            "GET / http/1.1",
            "GET http://example.org/ HTTP/1.1",
            "CONNECT example.org:443 HTTP/1.1",
            "OPTIONS * HTTP/1.1",
        ] {
            let text = format!("{line}\r\n\r\n");
            assert_eq!(refusal(&text), Some(BadRequest::Malformed), "{line:?}");
        }
    }

    #[test]
    fn fields_that_two_programs_could_read_differently_are_refused() {
        for field in [
            "a b: c",
            "a : b",
            "a\t: b",
            "Content-Length : 4",
            ": b",
            "a",
            "a(: b",
            "é: b",
            " a: b",
            "a: b\r\n c",
            "a: b\r\n\tc",
            "a: b\0c",
            "a: b\rc",
            "a: b\nc: d",
            "a: b\u{7f}",
            "a: \u{1b}[1m",
            "Host: é",
            "Ynh-User: zoé",
            "Authorization: Basic é",
            "hOST: \u{80}",
            "Content-Length: 4\u{a0}",
            "Transfer-Encoding: é",
            "Host: a\r\nhost: a",
        ] {
            let text = format!("GET / HTTP/1.1\r\n{field}\r\n\r\n");
            assert_eq!(refusal(&text), Some(BadRequest::Malformed), "{field:?}");
        }
        assert_eq!(refusal("GET / HTTP/1.1\n\n"), Some(BadRequest::Malformed));
    }

    #[test]
    fn a_value_that_is_not_ascii_hides_its_own_field_alone() {
        let bytes =
            b"GET / HTTP/1.1\r\nYnh-User-Fullname: Zo\xc3\xa9\r\nA: \xff\r\nHost: a\r\n\r\n";
        let head = Head::read(bytes).unwrap().unwrap();
        assert_eq!(head.values("Ynh-User-Fullname").count(), 0);
        assert_eq!(head.values("A").count(), 0);
        assert_eq!(head.values("Host").collect::<Vec<_>>(), ["a"]);
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(bytes in vec(any::<u8>(), 0..300)) {
            let _ = Head::read(&bytes);
        }

        #[test]
        fn what_is_read_is_what_was_written(bytes in nearly_a_head()) {
            let Ok(Some(head)) = Head::read(&bytes) else { return Ok(()) };
            let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
            prop_assert_eq!(head.length(), end + 4);
            prop_assert!(bytes[..end].iter().all(|byte| *byte >= b' ' && *byte != 0x7f
                || matches!(byte, b'\t' | b'\r' | b'\n')));
            let text = String::from_utf8_lossy(&bytes[..end]);
            let mut lines = text.split("\r\n");
            let first = format!("{} {} HTTP/1.", head.method, head.target);
            prop_assert_eq!(lines.next().unwrap().rsplit_once(['0', '1']).unwrap().0, first);

            let kept: Vec<&str> = lines.filter(|line| line.is_ascii()).collect();
            prop_assert_eq!(kept.len(), head.headers.len());
            for (line, header) in kept.into_iter().zip(&head.headers) {
                let (name, value) = line.split_once(':').unwrap();
                prop_assert!(is_token(name.as_bytes()));
                prop_assert_eq!(header.field.as_str().as_str(), name);
                prop_assert_eq!(header.value.as_str(), value.trim_matches([' ', '\t']));
            }
        }

        #[test]
        fn what_follows_changes_nothing_once_the_outcome_is_clear(
            bytes in nearly_a_head(),
            cut in 0_usize..100,
        ) {
            let cut = cut.min(bytes.len());
            match (Head::read(&bytes[..cut]), Head::read(&bytes)) {
                (Ok(None), _) => {}
                (Err(early), Err(late)) => prop_assert_eq!(early, late),
                (Ok(Some(early)), Ok(Some(late))) => {
                    prop_assert_eq!(format!("{early:?}"), format!("{late:?}"));
                }
                (early, late) => prop_assert!(false, "{:?} became {:?}", early, late),
            }
        }
    }

    /// Heads that are often valid and otherwise wrong in a way that matters.
    fn nearly_a_head() -> impl Strategy<Value = Vec<u8>> {
        let line = "(GET|HEAD|[!-~]{1,4}) /[ -~]{0,9} HTTP/1.[0-2]|GET / HTTP/1.1";
        let field = "[A-Za-z-]{1,6}: {0,2}[ -~]{0,9}|Host: [a-z\u{e9}]{0,4}|[ -~\t\u{e9}]{0,9}";
        let end = prop_oneof![9 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\r"), 1 => Just("\0")];
        (line, vec((end.clone(), field), 0..4), end).prop_map(|(line, fields, end)| {
            let mut text = line;
            for (end, field) in fields {
                text.push_str(end);
                text.push_str(&field);
            }
            text.push_str(end);
            text.push_str("\r\n");
            text.into_bytes()
        })
    }
}
