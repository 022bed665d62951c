use std::io::{self, Read};

use super::CallError;

/// The responder's answer to a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body; read for status 200 only.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// Reads an answer whose body must have `size` bytes if the status is 200. Of the header fields
    /// only those that delimit the body are used.
    ///
    /// # Errors
    /// [`CallError::NotUnderstood`] if it is not such an answer; the others if none arrives.
    pub fn read(stream: &mut impl Read, size: usize) -> Result<Self, CallError> {
        let mut bytes = Vec::with_capacity(MAX_HEAD);
        let head = loop {
            if let Some(head) = ResponseHead::parse(&bytes)? {
                break head;
            }
            if bytes.len() >= MAX_HEAD {
                return Err(CallError::NotUnderstood("the head of the answer has no end"));
            }
            let begun = bytes.len();
            bytes.resize(MAX_HEAD.min(begun + CHUNK), 0);
            let length = read(stream, &mut bytes[begun..])?;
            bytes.truncate(begun + length);
            if length == 0 {
                return Err(CallError::NotUnderstood("the answer ends before its head does"));
            }
        };
        if head.status != 200 || size == 0 {
            return Ok(Self { status: head.status, body: Vec::new() });
        }
        if head.is_coded {
            return Err(CallError::NotUnderstood("the answer comes in another coding"));
        }
        if head.length != Some(size) {
            return Err(CallError::NotUnderstood("the answer has another size"));
        }
        let mut body = bytes.split_off(head.end);
        // One extra byte, to detect an answer longer than declared.
        let mut rest = stream.take((size + 1).saturating_sub(body.len()).try_into().unwrap_or(0));
        while body.len() < size {
            let begun = body.len();
            body.resize(size + 1, 0);
            let length = read(&mut rest, &mut body[begun..])?;
            body.truncate(begun + length);
            if length == 0 {
                return Err(CallError::NotUnderstood("the answer ends too soon"));
            }
        }
        if body.len() > size {
            return Err(CallError::NotUnderstood("the answer is longer than it says"));
        }
        Ok(Self { status: head.status, body })
    }
}

/// The outcome of a registration, by the status of its answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RegistrationAnswer {
    /// The ID is bound to the session, now or since an earlier request.
    Bound,
    /// Not now: to be retried while the session is open.
    Later,
    /// The responder rejects the request for good.
    Rejected,
    /// Another ID is bound to this session, or this ID to another session.
    Taken,
}

impl RegistrationAnswer {
    /// What the status of an answer means.
    pub fn from_status(status: u16) -> Self {
        match status {
            204 => Self::Bound,
            409 => Self::Taken,
            404 | 429 => Self::Later,
            400..=499 => Self::Rejected,
            _ => Self::Later,
        }
    }
}

struct ResponseHead {
    status: u16,
    length: Option<usize>,
    is_coded: bool,
    /// Where the body begins.
    end: usize,
}

impl ResponseHead {
    /// `None` where there is more to come.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, CallError> {
        let broken = CallError::NotUnderstood("it is no HTTP");
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let end = match response.parse(bytes) {
            Ok(httparse::Status::Complete(end)) => end,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(broken),
        };
        let Some(status @ 200..=599) = response.code else { return Err(broken) };
        let named = |name: &'static str| {
            response.headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
        };
        let mut lengths = named("content-length").map(|field| {
            let text = std::str::from_utf8(field.value).ok()?;
            let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
            is_number.then(|| text.parse().ok()).flatten()
        });
        let length = match (lengths.next(), lengths.next()) {
            (None, _) => None,
            (Some(Some(length)), None) => Some(length),
            _ => return Err(broken),
        };
        let is_coded = named("transfer-encoding").next().is_some()
            || named("content-encoding").next().is_some();
        Ok(Some(Self { status, length, is_coded, end }))
    }
}

fn read(stream: &mut impl Read, buffer: &mut [u8]) -> Result<usize, CallError> {
    loop {
        match stream.read(buffer) {
            Ok(length) => return Ok(length),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Truncated and closed TLS streams are treated alike: the size check tells.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
            Err(error) => return Err(CallError::from_io(error)),
        }
    }
}

/// In bytes.
const MAX_HEAD: usize = 16 * 1024;
const CHUNK: usize = 2048;
const MAX_FIELDS: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    /// A stream that hands out at most `step` bytes at a time, and counts them.
    struct DripStream<'a> {
        bytes: &'a [u8],
        step: usize,
        read: usize,
    }

    impl Read for DripStream<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.step.min(self.bytes.len()).min(buffer.len());
            let (now, rest) = self.bytes.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.bytes = rest;
            self.read += length;
            Ok(length)
        }
    }

    fn answer(bytes: &[u8], size: usize, step: usize) -> (Result<HttpResponse, CallError>, usize) {
        let mut stream = DripStream { bytes, step, read: 0 };
        (HttpResponse::read(&mut stream, size), stream.read)
    }

    #[test]
    fn the_body_of_an_answer_is_what_its_length_says() {
        let text = b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 4\r\nX: y\r\n\r\nabcd";
        for step in [1, 7, 4096] {
            let (read, _) = answer(text, 4, step);
            assert_eq!(read.unwrap(), HttpResponse { status: 200, body: b"abcd".to_vec() });
        }
    }

    #[test]
    fn of_another_status_only_the_head_is_read() {
        for text in [
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 503 Not now\r\nContent-Length: 1000000000000\r\n\r\n",
            "HTTP/1.0 301 Gone on\r\nLocation: https://elsewhere.example/\r\n\r\n",
        ] {
            let (read, length) = answer(text.as_bytes(), 4, 1);
            assert_eq!(read.unwrap().body, b"");
            assert_eq!(length, text.len());
        }
    }

    #[test]
    fn what_is_no_such_answer_is_refused_with_its_reason() {
        let huge = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(20_000));
        let fields = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(65));
        for (text, part) in [
            ("", "ends before"),
            ("HTTP/1.1 200 OK\r\n", "ends before"),
            ("SSH-2.0-OpenSSH\r\n", "no HTTP"),
            ("HTTP/1.1 100 Continue\r\n\r\n", "no HTTP"),
            ("HTTP/1.1 999 ?\r\n\r\n", "no HTTP"),
            ("HTTP/1.1 200 OK\r\n\r\nabcd", "another size"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", "another size"),
            ("HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nabcd", "no HTTP"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", "no HTTP"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nabcd",
                "coding",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\nabcd",
                "coding",
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", "too soon"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcde", "longer"),
            (&huge, "no end"),
            (&fields, "no HTTP"),
        ] {
            let (read, length) = answer(text.as_bytes(), 4, 4096);
            let error = read.unwrap_err();
            assert!(error.to_string().contains(part), "{text:?}: {error}");
            assert!(length <= MAX_HEAD, "{length}");
        }
    }

    #[test]
    fn a_registration_goes_on_only_where_another_attempt_may_succeed() {
        for (status, meaning) in [
            (204, RegistrationAnswer::Bound),
            (409, RegistrationAnswer::Taken),
            (400, RegistrationAnswer::Rejected),
            (403, RegistrationAnswer::Rejected),
            (413, RegistrationAnswer::Rejected),
            (404, RegistrationAnswer::Later),
            (429, RegistrationAnswer::Later),
            (503, RegistrationAnswer::Later),
            (500, RegistrationAnswer::Later),
            (302, RegistrationAnswer::Later),
            (200, RegistrationAnswer::Later),
        ] {
            assert_eq!(RegistrationAnswer::from_status(status), meaning, "{status}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_read_without_end(
            bytes in any::<Vec<u8>>(),
            step in 1_usize..40,
        ) {
            let bytes = [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", bytes.as_slice()].concat();
            let (read, length) = answer(&bytes, 9, step);
            prop_assert!(length <= MAX_HEAD + 10);
            if let Ok(answer) = read {
                prop_assert_eq!(answer.body.len(), 9);
            }
        }
    }
}
