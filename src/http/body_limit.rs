use super::head::{BadRequest, Head};

/// How much body a request may have, decided from its head before the body is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BodyLimit {
    /// Exactly this many bytes.
    Exactly(usize),
    /// None: whatever follows the head is not read.
    Unread,
    /// At most this many bytes.
    UpTo(usize),
}

impl BodyLimit {
    /// How many bytes to read after this head.
    ///
    /// # Errors
    /// [`BadRequest`] when the announced body is too long, too short or of unknown length.
    pub(super) fn length(self, head: &Head) -> Result<usize, BadRequest> {
        let (least, most) = match self {
            Self::Exactly(length) => (length, length),
            Self::Unread => return Ok(0),
            Self::UpTo(most) => (0, most),
        };
        if head.values("Transfer-Encoding").next().is_some() {
            return Err(BadRequest::BodyWithoutLength);
        }
        let mut lengths = head.values("Content-Length");
        let length = lengths.next().ok_or(BadRequest::BodyWithoutLength)?;
        // Repeating the same length would be allowed (RFC 9112, section 6.3); no client needs it.
        if lengths.next().is_some() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadRequest::Malformed);
        }
        match length.parse() {
            Ok(length) if length > most => Err(BadRequest::BodyTooLong),
            Ok(length) if length < least => Err(BadRequest::BodyTooShort),
            Ok(length) => Ok(length),
            Err(_) if length.is_empty() => Err(BadRequest::Malformed),
            // Overflows.
            Err(_) => Err(BadRequest::BodyTooLong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BadRequest, BodyLimit, Head};

    fn length(body: BodyLimit, fields: &str) -> Result<usize, BadRequest> {
        let text = format!("POST / HTTP/1.1\r\n{fields}\r\n");
        body.length(&Head::read(text.as_bytes()).unwrap().unwrap())
    }

    #[test]
    fn a_length_within_the_limit_is_taken() {
        assert_eq!(length(BodyLimit::UpTo(9), "Content-Length: 9\r\n"), Ok(9));
        assert_eq!(length(BodyLimit::UpTo(9), "Content-Length: 0\r\n"), Ok(0));
        assert_eq!(length(BodyLimit::Exactly(9), "content-length: 009\r\n"), Ok(9));
        assert_eq!(length(BodyLimit::Unread, "Content-Length: 99\r\n"), Ok(0));
        assert_eq!(length(BodyLimit::Unread, "Transfer-Encoding: chunked\r\n"), Ok(0));
    }

    #[test]
    fn every_other_body_is_refused_by_what_is_wrong_with_it() {
        for (fields, bad) in [
            ("", BadRequest::BodyWithoutLength),
            ("Content-Length: 10\r\n", BadRequest::BodyTooLong),
            ("Content-Length: 8\r\n", BadRequest::BodyTooShort),
            ("Content-Length: 99999999999999999999999\r\n", BadRequest::BodyTooLong),
            ("Content-Length:\r\n", BadRequest::Malformed),
            ("Content-Length: +9\r\n", BadRequest::Malformed),
            ("Content-Length: -9\r\n", BadRequest::Malformed),
            ("Content-Length: 9, 9\r\n", BadRequest::Malformed),
            ("Content-Length: 9\r\nContent-Length: 9\r\n", BadRequest::Malformed),
            ("Transfer-Encoding: chunked\r\n", BadRequest::BodyWithoutLength),
            ("Transfer-Encoding: identity\r\nContent-Length: 9\r\n", BadRequest::BodyWithoutLength),
        ] {
            assert_eq!(length(BodyLimit::Exactly(9), fields), Err(bad), "{fields}");
        }
    }
}
