//! Form parsing: `application/x-www-form-urlencoded`, and `multipart/form-data` (RFC 7578) for file uploads.

/// Maximum size of a form without a file, in bytes.
pub(super) const FORM_LIMIT: usize = 16_384;

/// Maximum size of a form with a file, in bytes: a reply of the largest size, and the answers beside it.
pub(super) const UPLOAD_LIMIT: usize = 8 * 1024 * 1024 + 256 * 1024;

/// Maximum number of fields: more than any of our forms has.
const MAX_FIELDS: usize = 160;

/// A submitted form.
#[derive(Debug, Default)]
pub(super) struct Form<'a>(Vec<(String, FormValue<'a>)>);

#[derive(Debug)]
enum FormValue<'a> {
    File(&'a [u8]),
    Text(String),
}

impl<'a> Form<'a> {
    /// Parses the form in a body; `None` if it is not valid.
    pub(super) fn read(content_type: &str, body: &'a [u8]) -> Option<Self> {
        let mut parts = content_type.split(';').map(str::trim);
        let kind = parts.next()?;
        if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Self::urlencoded(body);
        }
        if !kind.eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let boundary = parts.find_map(|part| part.strip_prefix("boundary="))?;
        let boundary =
            boundary.strip_prefix('"').map_or(Some(boundary), |it| it.strip_suffix('"'))?;
        // RFC 2046, section 5.1.1.
        let is_sound = (1..=70).contains(&boundary.len())
            && boundary.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        is_sound.then(|| Self::multipart(boundary, body))?
    }

    /// The text in a field; `None` if the field is missing or repeated.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.single(name)? {
            FormValue::Text(text) => Some(text),
            FormValue::File(_) => None,
        }
    }

    /// The file in a field; `None` if the field is missing or repeated.
    pub(super) fn file(&self, name: &str) -> Option<&'a [u8]> {
        match self.single(name)? {
            FormValue::File(bytes) => Some(bytes),
            FormValue::Text(_) => None,
        }
    }

    fn single(&self, name: &str) -> Option<&FormValue<'a>> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    fn urlencoded(body: &[u8]) -> Option<Self> {
        let mut fields = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let value = pair.get(end + 1..).unwrap_or_default();
            fields.push((decoded(&pair[..end])?, FormValue::Text(decoded(value)?)));
            if fields.len() > MAX_FIELDS {
                return None;
            }
        }
        Some(Self(fields))
    }

    fn multipart(boundary: &str, body: &'a [u8]) -> Option<Self> {
        let first = format!("--{boundary}");
        let next = format!("\r\n--{boundary}");
        let mut rest = body.strip_prefix(first.as_bytes())?;
        let mut fields = Vec::new();
        loop {
            if rest.starts_with(b"--") {
                return Some(Self(fields));
            }
            rest = rest.strip_prefix(b"\r\n")?;
            let head_end = find(rest, b"\r\n\r\n")?;
            let (head, content) = (&rest[..head_end], &rest[head_end + 4..]);
            let end = find(content, next.as_bytes())?;
            let (name, is_file) = disposition(std::str::from_utf8(head).ok()?)?;
            let content_bytes = &content[..end];
            let value = if is_file {
                FormValue::File(content_bytes)
            } else {
                FormValue::Text(std::str::from_utf8(content_bytes).ok()?.to_owned())
            };
            fields.push((name, value));
            if fields.len() > MAX_FIELDS {
                return None;
            }
            rest = &content[end + next.len()..];
        }
    }
}

/// The name of a part, and whether it is a file.
fn disposition(head: &str) -> Option<(String, bool)> {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| name.eq_ignore_ascii_case("Content-Disposition"))?;
    let value = value.trim().strip_prefix("form-data")?;
    let name = value.split(';').find_map(|part| part.trim().strip_prefix("name=\""))?;
    let name = name.strip_suffix('"')?;
    Some((name.to_owned(), value.contains("filename=") || value.contains("filename*=")))
}

/// Where `what` begins in `bytes`.
fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let first = what.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| byte == first) {
        from += at;
        if bytes[from..].starts_with(what) {
            return Some(from);
        }
        from += 1;
    }
    None
}

/// Decodes a form value (WHATWG URL, section 5.1).
pub(super) fn decoded(bytes: &[u8]) -> Option<String> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [*rest.next()?, *rest.next()?];
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => *byte,
        });
    }
    String::from_utf8(plain).ok()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{Form, MAX_FIELDS, decoded};

    const URLENCODED: &str = "application/x-www-form-urlencoded";

    #[test]
    fn a_form_is_taken_apart() {
        let body = b"a=1&b=x+y%2Bz%C3%A9&c&d=&a%5B=2";
        let form = Form::read(URLENCODED, body).unwrap();
        for (name, value) in [
            ("a", Some("1")),
            ("b", Some("x y+z\u{e9}")),
            ("c", Some("")),
            ("d", Some("")),
            ("a[", Some("2")),
            ("e", None),
        ] {
            assert_eq!(form.text(name), value, "{name}");
        }
        assert_eq!(Form::read(URLENCODED, b"a=1&a=2").unwrap().text("a"), None);
    }

    #[test]
    fn a_form_with_a_file_is_taken_apart() {
        let body = b"--xy\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nabc\r\n--xy\r\n\
            content-disposition: form-data; name=\"reply\"; filename=\"a;b.csv\"\r\n\
            Content-Type: text/csv\r\n\r\n\x00\r\n--x\r\n\xff\r\n--xy--\r\n";
        for boundary in ["xy", "\"xy\""] {
            let kind = format!("multipart/form-data; boundary={boundary}");
            let form = Form::read(&kind, body).unwrap();
            assert_eq!(form.text("token"), Some("abc"));
            assert_eq!(form.file("reply"), Some(b"\x00\r\n--x\r\n\xff".as_slice()));
            assert_eq!((form.file("token"), form.text("reply")), (None, None));
        }
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for (kind, body) in [
            ("text/plain", "a=1"),
            ("", "a=1"),
            (URLENCODED, "a=%"),
            (URLENCODED, "a=%2"),
            (URLENCODED, "a=%+1"),
            (URLENCODED, "a=%ff"),
            ("multipart/form-data", "--\r\n"),
            ("multipart/form-data; boundary=", "--\r\n"),
            ("multipart/form-data; boundary=\"", "--\r\n"),
            ("multipart/form-data; boundary=x", ""),
            ("multipart/form-data; boundary=x", "--x"),
            ("multipart/form-data; boundary=x", "--x\r\n\r\n\r\na\r\n--x--"),
            (
                "multipart/form-data; boundary=x",
                "--x\r\nContent-Disposition: form-data; name=\"a\"",
            ),
            (
                "multipart/form-data; boundary=x",
                "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nnever ends",
            ),
        ] {
            assert!(Form::read(kind, body.as_bytes()).is_none(), "{kind}: {body}");
        }
        let many = "a=1&".repeat(MAX_FIELDS + 1);
        assert!(Form::read(URLENCODED, many.as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn bytes_never_bring_it_down(bytes in vec(any::<u8>(), 0..200)) {
            let _ = Form::read(URLENCODED, &bytes);
            let _ = Form::read("multipart/form-data; boundary=x", &bytes);
        }

        #[test]
        fn what_was_encoded_is_read_back(text in any::<String>()) {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(decoded(encoded.as_bytes()), Some(text));
        }

        #[test]
        fn a_file_of_any_bytes_is_read_back(bytes in vec(any::<u8>(), 0..200)) {
            let boundary = "a boundary that chance does not make".replace(' ', "-");
            let mut body = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n"
            ).into_bytes();
            body.extend(&bytes);
            body.extend(format!("\r\n--{boundary}--\r\n").bytes());
            let kind = format!("multipart/form-data; boundary={boundary}");
            let form = Form::read(&kind, &body).unwrap();
            prop_assert_eq!(form.file("f"), Some(bytes.as_slice()));
        }
    }
}
