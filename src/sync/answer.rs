use std::io::{self, Read};

use super::CallError;

/// What came back of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The body; only that of status 200 is read.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads an answer whose body, with status 200, has `size` bytes. Of its head only what delimits
    /// the body is looked at.
    ///
    /// # Errors
    /// [`CallError::NotUnderstood`] where it is not such an answer; the others where it does not come.
    pub fn read(stream: &mut impl Read, size: usize) -> Result<Self, CallError> {
        let mut bytes = Vec::with_capacity(LONGEST_HEAD);
        let head = loop {
            if let Some(head) = Head::parse(&bytes)? {
                break head;
            }
            if bytes.len() >= LONGEST_HEAD {
                return Err(CallError::NotUnderstood("the head of the answer has no end"));
            }
            let begun = bytes.len();
            bytes.resize(LONGEST_HEAD.min(begun + CHUNK), 0);
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
        // One byte more, to notice an answer that is longer than it says.
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

/// What becomes of a registration by its answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Registration {
    /// The ID is bound to the session, now or since an earlier request.
    Bound,
    /// Not now: it is tried again while the session lasts.
    Later,
    /// The operator does not take the request, and would not another time.
    Rejected,
    /// Another ID is bound to this session, or this ID to another session.
    Taken,
}

impl Registration {
    /// What the status of an answer means.
    pub fn of(status: u16) -> Self {
        match status {
            204 => Self::Bound,
            409 => Self::Taken,
            404 | 429 => Self::Later,
            400..=499 => Self::Rejected,
            _ => Self::Later,
        }
    }
}

struct Head {
    status: u16,
    length: Option<usize>,
    is_coded: bool,
    /// Where the body begins.
    end: usize,
}

impl Head {
    /// `None` where there is more to come.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, CallError> {
        let broken = CallError::NotUnderstood("it is no HTTP");
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
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
            // TLS that is cut off ends the answer no other way than TLS that is closed: its size tells.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
            Err(error) => return Err(CallError::from_io(error)),
        }
    }
}

/// In bytes.
const LONGEST_HEAD: usize = 16 * 1024;
const CHUNK: usize = 2048;
const MOST_FIELDS: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    /// A stream that hands out at most `step` bytes at a time, and counts them.
    struct Drip<'a> {
        bytes: &'a [u8],
        step: usize,
        read: usize,
    }

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.step.min(self.bytes.len()).min(buffer.len());
            let (now, rest) = self.bytes.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.bytes = rest;
            self.read += length;
            Ok(length)
        }
    }

    fn answer(bytes: &[u8], size: usize, step: usize) -> (Result<Answer, CallError>, usize) {
        let mut stream = Drip { bytes, step, read: 0 };
        (Answer::read(&mut stream, size), stream.read)
    }

    #[test]
    fn the_body_of_an_answer_is_what_its_length_says() {
        let text = b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 4\r\nX: y\r\n\r\nabcd";
        for step in [1, 7, 4096] {
            let (read, _) = answer(text, 4, step);
            assert_eq!(read.unwrap(), Answer { status: 200, body: b"abcd".to_vec() });
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
            assert!(length <= LONGEST_HEAD, "{length}");
        }
    }

    #[test]
    fn a_registration_goes_on_only_where_another_attempt_may_succeed() {
        for (status, meaning) in [
            (204, Registration::Bound),
            (409, Registration::Taken),
            (400, Registration::Rejected),
            (403, Registration::Rejected),
            (413, Registration::Rejected),
            (404, Registration::Later),
            (429, Registration::Later),
            (503, Registration::Later),
            (500, Registration::Later),
            (302, Registration::Later),
            (200, Registration::Later),
        ] {
            assert_eq!(Registration::of(status), meaning, "{status}");
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
            prop_assert!(length <= LONGEST_HEAD + 10);
            if let Ok(answer) = read {
                prop_assert_eq!(answer.body.len(), 9);
            }
        }
    }
}
