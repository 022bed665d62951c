//! What a form sends: `application/x-www-form-urlencoded`.

/// The most that a form may send, in bytes.
pub(super) const FORM_LIMIT: usize = 16_384;

/// How many fields a form may have: more than any of ours.
const MOST: usize = 32;

/// What was filled in.
#[derive(Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// The form in a body; `None` where it is none of ours.
    pub(super) fn read(content_type: &str, body: &[u8]) -> Option<Self> {
        let kind = content_type.split(';').next()?.trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
            .then(|| Self::urlencoded(body))?
    }

    /// The text in a field; `None` where there is no such field, or more than one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    fn urlencoded(body: &[u8]) -> Option<Self> {
        let mut fields = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let value = pair.get(end + 1..).unwrap_or_default();
            fields.push((decoded(&pair[..end])?, decoded(value)?));
            if fields.len() > MOST {
                return None;
            }
        }
        Some(Self(fields))
    }
}

/// Undoes the encoding of a value in a form (WHATWG URL, section 5.1).
fn decoded(bytes: &[u8]) -> Option<String> {
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

    use super::{Form, MOST, decoded};

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
    fn what_is_no_form_is_refused() {
        for (kind, body) in [
            ("text/plain", "a=1"),
            ("", "a=1"),
            (URLENCODED, "a=%"),
            (URLENCODED, "a=%2"),
            (URLENCODED, "a=%+1"),
            (URLENCODED, "a=%ff"),
            ("multipart/form-data; boundary=x", "--x--"),
        ] {
            assert!(Form::read(kind, body.as_bytes()).is_none(), "{kind}: {body}");
        }
        let many = "a=1&".repeat(MOST + 1);
        assert!(Form::read(URLENCODED, many.as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn bytes_never_bring_it_down(bytes in vec(any::<u8>(), 0..200)) {
            let _ = Form::read(URLENCODED, &bytes);
        }

        #[test]
        fn what_was_encoded_is_read_back(text in any::<String>()) {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(decoded(encoded.as_bytes()), Some(text));
        }
    }
}
