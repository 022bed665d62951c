use std::io::{self, ErrorKind};
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::poll::PollFlags;
use nix::sys::eventfd::EventFd;

use super::body_stream::BodyStream;
use super::handler::{Handler, REPLY_TIMEOUT};
use super::head::{BadRequest, HEAD_LIMIT, Head};
use super::listener::Stream;
use super::reply::{NoResponse, PendingResponse, Reply};
use super::request::{Peer, Request};

/// How long a client may take to send its request.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take to receive the response, or one piece of it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take to close once it has the response.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// One client connection: one request, one response.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    peer: Peer,
    waker: Arc<EventFd>,
    deadline: Instant,
    state: ConnectionState,
}

enum ConnectionState {
    /// With the bytes of the head received so far.
    ReadingHead(Vec<u8>),
    /// With the request, whose body may be incomplete, and the body's length.
    ReadingBody(Request, usize),
    /// Another thread answers the request.
    Answering(Request, PendingResponse),
    /// With the response bytes at hand, how many of them are sent, and the `stream_left` of the body.
    Writing(Vec<u8>, usize, Option<BodyStream>),
    /// Everything is sent. Further input is discarded until the client closes: closing first could make
    /// the kernel reset the connection before the response arrives.
    Closing,
}

/// Whether a connection stays open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ConnectionProgress {
    /// It waits for the client or the next piece.
    Waiting,
    /// It can be closed.
    Done,
}

impl Connection {
    /// A newly accepted connection. `waker` is written to when another thread has answered.
    pub(super) fn new(
        stream: Box<dyn Stream>,
        peer: Peer,
        now: Instant,
        waker: &Arc<EventFd>,
    ) -> Self {
        Self {
            stream,
            peer,
            waker: Arc::clone(waker),
            deadline: now + READ_TIMEOUT,
            state: ConnectionState::ReadingHead(Vec::new()),
        }
    }

    /// Who the client is.
    pub(super) fn peer(&self) -> Peer {
        self.peer
    }

    /// When the connection times out.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The poll events that the connection waits for.
    pub(super) fn interest(&self) -> PollFlags {
        self.stream.interest(match self.state {
            ConnectionState::ReadingHead(_)
            | ConnectionState::ReadingBody(..)
            | ConnectionState::Closing => PollFlags::POLLIN,
            ConnectionState::Answering(..) => PollFlags::empty(),
            ConnectionState::Writing(..) => PollFlags::POLLOUT,
        })
    }

    /// Whether another thread answers its request.
    pub(super) fn is_answering(&self) -> bool {
        matches!(self.state, ConnectionState::Answering(..))
    }

    /// Does what can be done without waiting.
    pub(super) fn advance(
        &mut self,
        now: Instant,
        handler: &mut impl Handler,
    ) -> ConnectionProgress {
        if now >= self.deadline && !self.is_answering() {
            return ConnectionProgress::Done;
        }
        match self.try_advance(now, handler) {
            Ok(()) => ConnectionProgress::Done,
            Err(error) if error.kind() == ErrorKind::WouldBlock => ConnectionProgress::Waiting,
            // The client disconnected.
            Err(_) => ConnectionProgress::Done,
        }
    }

    fn try_advance(&mut self, now: Instant, handler: &mut impl Handler) -> io::Result<()> {
        if let ConnectionState::ReadingHead(bytes) = &mut self.state {
            let Some(read) = read_head(self.stream.as_mut(), bytes)? else { return Ok(()) };
            let bytes = mem::take(bytes);
            self.start_body(read, &bytes, now, handler);
        }
        if let ConnectionState::ReadingBody(request, length) = &mut self.state {
            if !read_body(self.stream.as_mut(), &mut request.body, *length)? {
                return Ok(());
            }
            let (reply, pending) = Reply::new(&self.waker);
            if let Some(response) = handler.begin(request, reply) {
                let response = response.into_bytes(Some(&request.head), handler.now());
                self.respond(response, now);
            } else if let ConnectionState::ReadingBody(request, _) =
                mem::replace(&mut self.state, ConnectionState::Closing)
            {
                self.state = ConnectionState::Answering(request, pending);
                self.deadline = now + REPLY_TIMEOUT;
            }
        }
        if let ConnectionState::Answering(request, pending) = &self.state {
            let response = match pending.poll() {
                Ok(Some(response)) => response,
                Ok(None) if now < self.deadline => return Err(ErrorKind::WouldBlock.into()),
                Ok(None) | Err(NoResponse) => handler.give_up(request),
            };
            let response = response.into_bytes(Some(&request.head), handler.now());
            self.respond(response, now);
        }
        if let ConnectionState::Writing(made, sent, stream_left) = &mut self.state {
            while *sent < made.len() {
                match self.stream.write(&made[*sent..]) {
                    Ok(0) => return Ok(()),
                    Ok(written) => *sent += written,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            if let Some(more) = stream_left.as_mut().map_or(Ok(None), BodyStream::next_bytes)? {
                (*made, *sent) = (more, 0);
                // Each piece restarts the timeout. Before it is sent, the other connections get their turn.
                self.deadline = now + WRITE_TIMEOUT;
                return Err(ErrorKind::WouldBlock.into());
            }
            self.stream.finish()?;
            self.state = ConnectionState::Closing;
            self.deadline = now + CLOSE_TIMEOUT;
        }
        // Bounded, so that a client that never stops sending does not delay the others.
        for _ in 0..8 {
            if read_some(self.stream.as_mut(), &mut [0; 1_024])? == 0 {
                return Ok(());
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }

    /// Continues after the head; `bytes` may already hold the start of the body.
    fn start_body(
        &mut self,
        read: Result<Head, BadRequest>,
        bytes: &[u8],
        now: Instant,
        handler: &impl Handler,
    ) {
        let (head, bad) = match read {
            Ok(head) => match handler.body_limit(&head).length(&head) {
                Ok(length) => {
                    let begun = &bytes[head.length()..];
                    let body = begun[..begun.len().min(length)].to_vec();
                    self.state = ConnectionState::ReadingBody(
                        Request { head, body, peer: self.peer },
                        length,
                    );
                    return;
                }
                Err(bad) => (Some(head), bad),
            },
            Err(bad) => (None, bad),
        };
        let refusal = handler.refuse(head.as_ref(), bad);
        self.respond(refusal.into_bytes(head.as_ref(), handler.now()), now);
    }

    fn respond(&mut self, (made, stream_left): (Vec<u8>, Option<BodyStream>), now: Instant) {
        self.state = ConnectionState::Writing(made, 0, stream_left);
        self.deadline = now + WRITE_TIMEOUT;
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Reads until the head is complete or invalid; `None` when the client closed before.
fn read_head(
    stream: &mut dyn Stream,
    bytes: &mut Vec<u8>,
) -> io::Result<Option<Result<Head, BadRequest>>> {
    let mut chunk = [0; 1_024];
    loop {
        let space = chunk.len().min(HEAD_LIMIT - bytes.len());
        let count = read_some(stream, &mut chunk[..space])?;
        if count == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk[..count]);
        if let Some(read) = Head::read(bytes).transpose() {
            return Ok(Some(read));
        }
    }
}

/// Reads until the body has this length; `false` when the client closed before.
fn read_body(stream: &mut dyn Stream, body: &mut Vec<u8>, length: usize) -> io::Result<bool> {
    let mut chunk = [0; 4_096];
    // Exactly: doubled each time, it could take twice what is sent.
    body.reserve_exact(length.saturating_sub(body.len()));
    while body.len() < length {
        let space = chunk.len().min(length - body.len());
        let count = read_some(stream, &mut chunk[..space])?;
        if count == 0 {
            return Ok(false);
        }
        body.extend_from_slice(&chunk[..count]);
    }
    Ok(true)
}

fn read_some(stream: &mut dyn Stream, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Write};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use super::{
        CLOSE_TIMEOUT, Connection, ConnectionProgress, EventFd, Peer, READ_TIMEOUT, REPLY_TIMEOUT,
        WRITE_TIMEOUT,
    };
    use crate::{
        BadRequest, BodyLimit, BodyStream, ChunkSource, Handler, Head, Reply, Request, Response,
    };
    use chrono::{DateTime, Utc};

    /// Accepts bodies of up to nine bytes and echoes them after a fixed text.
    struct EchoHandler(Vec<u8>);

    impl Handler for EchoHandler {
        fn body_limit(&self, head: &Head) -> BodyLimit {
            if head.target == "/body" { BodyLimit::UpTo(9) } else { BodyLimit::Unread }
        }

        fn answer(&mut self, request: &mut Request) -> Response {
            Response::new(200, "text/plain", [&self.0, request.body.as_slice()].concat())
        }

        fn refuse(&self, head: Option<&Head>, bad: BadRequest) -> Response {
            Response::new(400, "text/plain", format!("{bad:?} {:?}", head.map(|head| &head.target)))
        }

        fn now(&self) -> DateTime<Utc> {
            "2026-11-24T12:00:00Z".parse().unwrap()
        }
    }

    /// Accepts bodies, and panics when asked for an answer.
    struct PanicHandler;

    impl Handler for PanicHandler {
        fn body_limit(&self, _: &Head) -> BodyLimit {
            BodyLimit::UpTo(9)
        }

        fn answer(&mut self, request: &mut Request) -> Response {
            panic!("asked {request:?}")
        }

        fn refuse(&self, _: Option<&Head>, bad: BadRequest) -> Response {
            panic!("asked to refuse {bad:?}")
        }

        fn now(&self) -> DateTime<Utc> {
            panic!("asked for the time")
        }
    }

    fn pair(now: Instant) -> (UnixStream, Connection) {
        let (client, server) = UnixStream::pair().unwrap();
        server.set_nonblocking(true).unwrap();
        let waker = Arc::new(EventFd::new().unwrap());
        (client, Connection::new(Box::new(server), Peer::Socket, now, &waker))
    }

    /// The status code and body of the response to these bytes.
    fn answer(handler: &mut impl Handler, bytes: &str) -> (String, String) {
        let now = Instant::now();
        let (mut client, mut connection) = pair(now);
        client.write_all(bytes.as_bytes()).unwrap();
        assert_eq!(connection.advance(now, handler), ConnectionProgress::Waiting);
        client.set_nonblocking(true).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].to_owned(), body.to_owned())
    }

    #[test]
    fn a_client_that_does_not_send_its_request_in_time_is_let_go() {
        let start = Instant::now();
        let (mut client, mut connection) = pair(start);
        client.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        assert_eq!(connection.advance(start, &mut PanicHandler), ConnectionProgress::Waiting);
        client.write_all(b"a: b\r\n").unwrap();
        assert_eq!(connection.deadline(), start + READ_TIMEOUT);
        assert_eq!(
            connection.advance(start + READ_TIMEOUT, &mut PanicHandler),
            ConnectionProgress::Done
        );
    }

    #[test]
    fn a_body_is_read_to_its_length_in_however_many_pieces_it_comes() {
        let post = "POST /body HTTP/1.1\r\nContent-Length: 5\r\n\r\n";
        let mut handler = EchoHandler(b"got ".to_vec());
        let got = ("200".to_owned(), "got 12345".to_owned());
        assert_eq!(answer(&mut handler, &format!("{post}12345")), got);
        assert_eq!(answer(&mut handler, &format!("{post}12345POST / HTTP/1.1\r\n\r\n")), got);

        let now = Instant::now();
        let (mut client, mut connection) = pair(now);
        for piece in [post.as_bytes(), b"1", b"23", b"4"] {
            client.write_all(piece).unwrap();
            assert_eq!(connection.advance(now, &mut PanicHandler), ConnectionProgress::Waiting);
            assert_eq!(connection.deadline(), now + READ_TIMEOUT);
        }
        client.write_all(b"5").unwrap();
        assert_eq!(connection.advance(now, &mut handler), ConnectionProgress::Waiting);
        assert_eq!(connection.deadline(), now + CLOSE_TIMEOUT);
        let mut answer = [0; 512];
        let count = client.read(&mut answer).unwrap();
        assert!(answer[..count].ends_with(b"got 12345"));
    }

    #[test]
    fn a_body_that_does_not_come_in_time_or_at_all_is_given_up() {
        let start = Instant::now();
        let post = b"POST /body HTTP/1.1\r\nContent-Length: 5\r\n\r\n1234";
        let (mut client, mut connection) = pair(start);
        client.write_all(post).unwrap();
        assert_eq!(connection.advance(start, &mut PanicHandler), ConnectionProgress::Waiting);
        assert_eq!(
            connection.advance(start + READ_TIMEOUT, &mut PanicHandler),
            ConnectionProgress::Done
        );

        let (mut client, mut connection) = pair(start);
        client.write_all(post).unwrap();
        drop(client);
        assert_eq!(connection.advance(start, &mut PanicHandler), ConnectionProgress::Done);
    }

    #[test]
    fn what_is_refused_is_refused_before_a_byte_of_its_body_has_come() {
        let mut handler = EchoHandler(Vec::new());
        let mut post =
            |fields: &str| answer(&mut handler, &format!("POST /body HTTP/1.1\r\n{fields}\r\n"));
        let refused = |bad: &str| ("400".to_owned(), format!("{bad} Some(\"/body\")"));
        assert_eq!(post("Content-Length: 10\r\n"), refused("BodyTooLong"));
        assert_eq!(post("Transfer-Encoding: chunked\r\n"), refused("BodyWithoutLength"));
        assert_eq!(post(""), refused("BodyWithoutLength"));
        let unread = ("400".to_owned(), "Malformed None".to_owned());
        assert_eq!(answer(&mut handler, "POST /body\r\n"), unread);
    }

    #[test]
    fn a_body_that_nobody_wants_is_not_waited_for() {
        let mut handler = EchoHandler(b"got ".to_vec());
        let got = ("200".to_owned(), "got ".to_owned());
        assert_eq!(answer(&mut handler, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"), got);
        assert_eq!(answer(&mut handler, "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345"), got);
    }

    #[test]
    fn a_long_response_is_sent_as_the_client_takes_it_and_only_for_so_long() {
        let start = Instant::now();
        let (mut client, mut connection) = pair(start);
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let body = vec![b'x'; 4_000_000];
        assert_eq!(
            connection.advance(start, &mut EchoHandler(body.clone())),
            ConnectionProgress::Waiting
        );
        assert_eq!(connection.deadline(), start + WRITE_TIMEOUT);

        let mut received = Vec::new();
        let mut buffer = vec![0; 65_536];
        while !received.ends_with(&body) {
            let count = client.read(&mut buffer).unwrap();
            received.extend_from_slice(&buffer[..count]);
            assert_eq!(connection.advance(start, &mut PanicHandler), ConnectionProgress::Waiting);
        }
        assert_eq!(connection.deadline(), start + CLOSE_TIMEOUT);
        assert_eq!(client.read(&mut buffer).unwrap(), 0);
        drop(client);
        assert_eq!(connection.advance(start, &mut PanicHandler), ConnectionProgress::Done);
    }

    /// Answers with pieces of ten thousand bytes, and counts them.
    struct StreamingHandler(u32, Arc<AtomicU32>);

    impl Handler for StreamingHandler {
        fn answer(&mut self, _: &mut Request) -> Response {
            let pieces = CountedChunks(self.0, Arc::clone(&self.1));
            Response::empty(200).with_stream(Some(BodyStream::new(pieces)))
        }

        fn refuse(&self, _: Option<&Head>, bad: BadRequest) -> Response {
            panic!("asked to refuse {bad:?}")
        }

        fn now(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH
        }
    }

    struct CountedChunks(u32, Arc<AtomicU32>);

    impl ChunkSource for CountedChunks {
        fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
            let made = self.1.fetch_add(1, Ordering::Relaxed);
            Ok((made < self.0).then(|| vec![b'x'; 10_000]))
        }
    }

    #[test]
    fn pieces_are_made_as_the_client_takes_them_one_a_turn() {
        let made = Arc::new(AtomicU32::new(0));
        let mut handler = StreamingHandler(1_000, Arc::clone(&made));
        let mut now = Instant::now();
        let (mut client, mut connection) = pair(now);
        client.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        for turn in 1..=3 {
            assert_eq!(connection.advance(now, &mut handler), ConnectionProgress::Waiting);
            assert_eq!(made.load(Ordering::Relaxed), turn);
        }
        // As much as the socket holds, and no more.
        for _ in 0..200 {
            assert_eq!(connection.advance(now, &mut PanicHandler), ConnectionProgress::Waiting);
        }
        let held = made.load(Ordering::Relaxed);
        assert!(held < 100, "{held}");

        // Each piece restarts the timeout.
        client.set_nonblocking(true).unwrap();
        let mut received = 0;
        let mut buffer = vec![0; 20_000];
        while made.load(Ordering::Relaxed) <= 1_000 {
            received += client.read(&mut buffer).unwrap_or(0);
            now += WRITE_TIMEOUT / 2;
            assert_eq!(connection.advance(now, &mut PanicHandler), ConnectionProgress::Waiting);
        }
        while connection.deadline() != now + CLOSE_TIMEOUT {
            received += client.read(&mut buffer).unwrap_or(0);
            assert_eq!(connection.advance(now, &mut PanicHandler), ConnectionProgress::Waiting);
        }
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            received += count;
        }
        assert!(received > 10_000_000, "{received}");
    }

    #[test]
    fn a_client_that_takes_no_more_pieces_is_let_go_after_its_time() {
        let made = Arc::new(AtomicU32::new(0));
        let mut handler = StreamingHandler(u32::MAX, Arc::clone(&made));
        let start = Instant::now();
        let (mut client, mut connection) = pair(start);
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        for _ in 0..200 {
            assert_eq!(connection.advance(start, &mut handler), ConnectionProgress::Waiting);
        }
        assert_eq!(connection.deadline(), start + WRITE_TIMEOUT);
        assert_eq!(
            connection.advance(start + WRITE_TIMEOUT, &mut PanicHandler),
            ConnectionProgress::Done
        );
        drop(connection);
        let mut received = Vec::new();
        client.read_to_end(&mut received).unwrap();
        // The client can detect the truncation.
        assert!(!received.ends_with(b"0\r\n\r\n"));
    }

    /// Leaves the answer to another thread.
    struct LateHandler(Option<Reply>);

    impl Handler for LateHandler {
        fn answer(&mut self, _: &mut Request) -> Response {
            panic!("asked to wait")
        }

        fn begin(&mut self, _: &mut Request, reply: Reply) -> Option<Response> {
            self.0 = Some(reply);
            None
        }

        fn refuse(&self, _: Option<&Head>, bad: BadRequest) -> Response {
            panic!("asked to refuse {bad:?}")
        }

        fn now(&self) -> DateTime<Utc> {
            "2026-11-24T12:00:00Z".parse().unwrap()
        }
    }

    #[test]
    fn what_another_thread_answers_is_waited_for_and_only_for_so_long() {
        let start = Instant::now();
        for (after, expected) in [("reply", "200"), ("none", "503"), ("time", "503")] {
            let (mut client, mut connection) = pair(start);
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
            let mut handler = LateHandler(None);
            assert_eq!(connection.advance(start, &mut handler), ConnectionProgress::Waiting);
            assert!(connection.is_answering() && connection.deadline() == start + REPLY_TIMEOUT);
            assert_eq!(connection.advance(start, &mut handler), ConnectionProgress::Waiting);
            let reply = handler.0.take().unwrap();
            let mut now = start;
            match after {
                "reply" => reply.send(Response::new(200, "text/plain", "late")),
                "none" => drop(reply),
                _ => now += REPLY_TIMEOUT,
            }
            assert_eq!(connection.advance(now, &mut handler), ConnectionProgress::Waiting);
            assert!(!connection.is_answering());
            let mut answer = [0; 512];
            let count = client.read(&mut answer).unwrap();
            assert_eq!(&answer[9..12], expected.as_bytes(), "{after}");
            assert_eq!(answer[..count].ends_with(b"late"), expected == "200");
        }
    }

    #[test]
    fn a_client_that_goes_away_is_let_go() {
        let start = Instant::now();
        let (client, mut connection) = pair(start);
        drop(client);
        assert_eq!(connection.advance(start, &mut PanicHandler), ConnectionProgress::Done);
    }
}
