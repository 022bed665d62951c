mod state;

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

use self::state::State;
use crate::domain::{EndReason, Facts};

/// OpenVPN's management socket (`management SOCK unix`), listened to.
///
/// The one command that is ever sent asks for the states. What else comes over the socket, passwords
/// among it, is dropped unread. Closing it leaves OpenVPN undisturbed.
#[derive(Debug)]
pub struct Management {
    stream: UnixStream,
    conversation: Conversation,
}

/// What the management socket told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ManagementNotice {
    /// OpenVPN told its history; the first notice of all.
    Attached {
        /// How many connections this OpenVPN process has made; `None` where its history, which keeps
        /// a hundred states, no longer reaches back to its start.
        connections: Option<u32>,
        /// What is known of the connection that stands now; `None` when none does.
        connected: Option<Facts>,
    },
    /// A connection was made.
    Connected {
        /// What is known of it.
        facts: Facts,
    },
    /// The connection ended.
    Disconnected {
        /// Why.
        reason: EndReason,
    },
    /// OpenVPN closed the socket. It tells nothing more: reach for it anew.
    Closed,
}

impl ManagementNotice {
    /// What a conversation tells that begins with these bytes, oldest first.
    pub fn parse(bytes: &[u8]) -> Vec<Self> {
        let mut conversation = Conversation::default();
        bytes.iter().filter_map(|byte| conversation.hear(*byte)).collect()
    }
}

impl Management {
    /// Reaches the socket at `path` and asks for the states. Never blocks.
    ///
    /// OpenVPN answers one program at a time: while another has the socket, nothing is told.
    ///
    /// # Errors
    /// Where nobody listens, where temoin may not connect, and [`io::ErrorKind::WouldBlock`] where
    /// others wait already.
    pub fn connect(path: &Path) -> io::Result<Self> {
        // The standard library's own would wait for a place in a full queue.
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
        connect(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
        let mut stream = UnixStream::from(socket);
        stream.write_all(b"state on all\n")?;
        Ok(Self { stream, conversation: Conversation::default() })
    }

    /// What was told since, oldest first; nothing when nothing was. Never blocks.
    ///
    /// # Errors
    /// Where the socket itself fails.
    pub fn read(&mut self) -> io::Result<Vec<ManagementNotice>> {
        let mut notices = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => {
                    for byte in buffer.iter().take(length) {
                        notices.extend(self.conversation.hear(*byte));
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => return Ok(notices),
                    io::ErrorKind::ConnectionReset => break,
                    _ => return Err(error),
                },
            }
        }
        notices.push(ManagementNotice::Closed);
        Ok(notices)
    }
}

impl AsFd for Management {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// What was heard so far.
#[derive(Debug, Default)]
struct Conversation {
    line: Line,
    phase: Phase,
}

#[derive(Debug, Default)]
enum Phase {
    /// The states have been asked for.
    #[default]
    Asked,
    /// The history is being told.
    History { seen: bool, whole: bool, connections: u32, connected: Option<Facts> },
    /// The history was told; what follows happens now.
    Live { connected: bool },
}

impl Conversation {
    fn hear(&mut self, byte: u8) -> Option<ManagementNotice> {
        let line = self.line.take(byte)?;
        let (line, is_notice) =
            line.strip_prefix(NOTICE).map_or((line.as_str(), false), |rest| (rest, true));
        match &mut self.phase {
            Phase::Asked => {
                if line == ANSWERED {
                    self.phase = Phase::History {
                        seen: false,
                        whole: false,
                        connections: 0,
                        connected: None,
                    };
                }
                None
            }
            Phase::History { whole, connections, connected, .. } if line == END => {
                let connections = whole.then_some(*connections);
                let connected = connected.take();
                self.phase = Phase::Live { connected: connected.is_some() };
                Some(ManagementNotice::Attached { connections, connected })
            }
            Phase::History { seen, whole, connections, connected } => {
                let state = State::parse(line)?;
                if !*seen {
                    *seen = true;
                    *whole = state == State::Started;
                }
                *connected = match state {
                    State::Connected(facts) => {
                        *connections = connections.saturating_add(1);
                        Some(facts)
                    }
                    State::Connecting | State::Ended(_) | State::Started => None,
                };
                None
            }
            Phase::Live { connected } if is_notice => match State::parse(line)? {
                State::Connected(facts) => {
                    *connected = true;
                    Some(ManagementNotice::Connected { facts })
                }
                // An attempt that fails ends like a connection; it is none.
                State::Ended(reason) => {
                    std::mem::take(connected).then_some(ManagementNotice::Disconnected { reason })
                }
                State::Connecting | State::Started => None,
            },
            Phase::Live { .. } => None,
        }
    }
}

/// The line that is being heard, as far as it may matter.
#[derive(Debug, Default)]
struct Line {
    bytes: Vec<u8>,
    skipped: bool,
}

impl Line {
    /// Adds a byte; gives the line that it ends, if it ends one worth reading.
    fn take(&mut self, byte: u8) -> Option<String> {
        if byte == b'\n' {
            let bytes = std::mem::take(&mut self.bytes);
            let skipped = std::mem::take(&mut self.skipped);
            let line = String::from_utf8(bytes).ok().filter(|_| !skipped)?;
            return Some(line.trim_end_matches('\r').to_owned());
        }
        if !self.skipped {
            self.bytes.push(byte);
            let is_notice = self.bytes.first() == Some(&b'>');
            // Other notices carry secrets: not a byte of them is kept.
            let is_other = self.bytes.iter().zip(NOTICE.bytes()).any(|(own, known)| *own != known);
            if (is_notice && is_other) || self.bytes.len() > LONGEST_LINE {
                self.bytes = Vec::new();
                self.skipped = true;
            }
        }
        None
    }
}

const NOTICE: &str = ">STATE:";
const ANSWERED: &str = "SUCCESS: real-time state notification set to ON";
const END: &str = "END";
/// In bytes. The longest state, with three IPv6 addresses, has some 200.
const LONGEST_LINE: usize = 512;

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;

    use proptest::prelude::proptest;

    use super::{Conversation, Management, ManagementNotice};
    use crate::domain::EndReason;

    /// What one conversation of a transcript comes to, in short; `EOF` as the socket's end.
    fn replay(transcript: &str) -> Vec<String> {
        let mut told = Vec::new();
        let mut conversation = Conversation::default();
        for line in transcript.lines() {
            let (_, line) = line.split_once(' ').unwrap();
            if let Some(line) = line.strip_prefix("S: ") {
                told.extend(hear(&mut conversation, &format!("{line}\r\n")).iter().map(short));
            } else if line == "C: state on all" {
                conversation = Conversation::default();
            } else if line == "[EOF]" {
                told.push(short(&ManagementNotice::Closed));
            }
        }
        told
    }

    fn hear(conversation: &mut Conversation, text: &str) -> Vec<ManagementNotice> {
        text.bytes().filter_map(|byte| conversation.hear(byte)).collect()
    }

    fn short(notice: &ManagementNotice) -> String {
        let facts = |facts: &crate::domain::Facts| {
            assert_eq!(facts.assigned_ipv4.unwrap().value.to_string(), "10.99.0.10");
            assert_eq!(facts.assigned_ipv6.unwrap().value.to_string(), "2001:db8:99::10");
            facts.gateway.unwrap().value.to_string()
        };
        match notice {
            ManagementNotice::Attached { connections, connected } => {
                let connections =
                    connections.map_or_else(|| "?".to_owned(), |count| count.to_string());
                let connected = connected.as_ref().map_or_else(|| "nothing".to_owned(), facts);
                format!("attached {connections} {connected}")
            }
            ManagementNotice::Connected { facts: told } => format!("connected {}", facts(told)),
            ManagementNotice::Disconnected { reason } => format!("disconnected {reason}"),
            ManagementNotice::Closed => "closed".to_owned(),
        }
    }

    const CONNECTED: &str = "connected 198.51.100.1:1194";

    #[test]
    fn a_clean_start_is_told() {
        let told = replay(include_str!("../../tests/fixtures/management/A.txt"));
        assert_eq!(told, ["attached 0 nothing", CONNECTED]);
    }

    #[test]
    fn restarts_reloads_and_a_stop_are_told() {
        assert_eq!(
            replay(include_str!("../../tests/fixtures/management/R1.txt")),
            [
                "attached 0 nothing",
                CONNECTED,
                "disconnected restarted",
                CONNECTED,
                "disconnected reloaded",
                CONNECTED,
                "disconnected stopped-with-notice",
                "closed",
            ]
        );
    }

    #[test]
    fn a_reconnect_that_runs_no_hook_is_told() {
        assert_eq!(
            replay(include_str!("../../tests/fixtures/management/R2.txt")),
            [
                "attached 1 198.51.100.1:1194",
                "disconnected restarted",
                CONNECTED,
                "disconnected stopped-with-notice",
                "closed",
                "attached 0 nothing",
                CONNECTED,
            ]
        );
    }

    #[test]
    fn a_server_that_stops_or_falls_silent_is_told() {
        assert_eq!(
            replay(include_str!("../../tests/fixtures/management/R4.txt")),
            [
                "attached 1 198.51.100.1:1194",
                "disconnected server-stopped",
                CONNECTED,
                "disconnected server-silent",
                CONNECTED,
                "disconnected stopped-with-notice",
                "closed",
                "attached 0 nothing",
                CONNECTED,
            ]
        );
    }

    #[test]
    fn attempts_that_fail_are_no_connections() {
        assert_eq!(
            replay(include_str!("../../tests/fixtures/management/S5.txt")),
            [
                "attached 0 nothing",
                "attached 1 198.51.100.1:1194",
                "disconnected restarted",
                CONNECTED,
                "disconnected connection-lost",
                CONNECTED,
            ]
        );
    }

    #[test]
    fn an_end_without_a_reason_is_told_as_the_sockets_end() {
        assert_eq!(
            replay(include_str!("../../tests/fixtures/management/C.txt")),
            [
                "attached 1 198.51.100.1:1194",
                "disconnected restarted",
                CONNECTED,
                "disconnected stopped-with-notice",
                "closed",
                "attached 0 nothing",
                CONNECTED,
                "disconnected restarted",
                CONNECTED,
                "disconnected stopped-with-notice",
                "closed",
                "attached 0 nothing",
                CONNECTED,
                "disconnected server-stopped",
                "closed",
            ]
        );
    }

    #[test]
    fn a_history_that_lost_its_beginning_counts_nothing() {
        let told = hear(
            &mut Conversation::default(),
            "SUCCESS: real-time state notification set to ON\r\n\
             5,WAIT,,,,,,\r\n6,CONNECTED,SUCCESS,,,,,,\r\n7,RECONNECTING,SIGUSR1,,,,,\r\nEND\r\n",
        );
        let expected = ManagementNotice::Attached { connections: None, connected: None };
        assert_eq!(told, [expected]);
    }

    #[test]
    fn the_history_counts_each_connection_and_tells_only_what_stands() {
        let mut conversation = Conversation::default();
        let history = "SUCCESS: real-time state notification set to ON\n1,CONNECTING,,,,,,\n\
                       2,CONNECTED,SUCCESS,,,,,,\n3,RECONNECTING,SIGUSR1,,,,,\n\
                       4,CONNECTED,SUCCESS,,,,,,\n5,AUTH_PENDING,,,,,,\nEND\n";
        let connected = Some(crate::domain::Facts::default());
        let expected = ManagementNotice::Attached { connections: Some(2), connected };
        assert_eq!(hear(&mut conversation, history), [expected]);
        assert_eq!(hear(&mut conversation, "END\nERROR: unknown command\n7,EXITING,x\n"), []);
        let expected = ManagementNotice::Disconnected { reason: EndReason::Stopped };
        assert_eq!(hear(&mut conversation, ">STATE:8,EXITING,SIGTERM,,,,,\n"), [expected]);
    }

    #[test]
    fn nothing_is_kept_of_a_secret_or_of_a_line_too_long() {
        let mut conversation = Conversation::default();
        hear(&mut conversation, ">PASSWORD:Auth-Token:secret");
        assert!(conversation.line.bytes.is_empty());
        hear(&mut conversation, "\n>HOLD:Waiting for hold release:0\n");
        hear(&mut conversation, &"x".repeat(10_000));
        assert!(conversation.line.bytes.is_empty());
        let answer = "\nSUCCESS: real-time state notification set to ON\nEND\n";
        assert_eq!(hear(&mut conversation, answer).len(), 1);
    }

    #[test]
    fn the_socket_is_asked_once_and_read_without_waiting() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("management");
        assert!(Management::connect(&path).is_err());
        let listener = UnixListener::bind(&path).unwrap();
        let mut management = Management::connect(&path).unwrap();
        assert_eq!(management.read().unwrap(), []);
        let (mut openvpn, _) = listener.accept().unwrap();
        openvpn
            .write_all(
                b"SUCCESS: real-time state notification set to ON\r\n1,CONNECTING,,,,,,\r\nEND\r\n\
                  >STATE:2,CONNECTED,SUCCESS,,,,,,\r\n>STATE:3,RECON",
            )
            .unwrap();
        let told = management.read().unwrap();
        assert!(matches!(
            told.as_slice(),
            [ManagementNotice::Attached { .. }, ManagementNotice::Connected { .. }]
        ));
        openvpn.write_all(b"NECTING,SIGHUP,,,,,\r\n").unwrap();
        let expected = ManagementNotice::Disconnected { reason: EndReason::Reloaded };
        assert_eq!(management.read().unwrap(), [expected]);
        let mut asked = [0; 64];
        let length = openvpn.read(&mut asked).unwrap();
        assert_eq!(&asked[..length], b"state on all\n");
        drop(openvpn);
        assert_eq!(management.read().unwrap(), [ManagementNotice::Closed]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_conversation_panic_or_grow(bytes: Vec<u8>, lines: Vec<String>) {
            let mut conversation = Conversation::default();
            hear(&mut conversation, "SUCCESS: real-time state notification set to ON\n");
            for byte in bytes.into_iter().chain(lines.join("\n>STATE:1,").into_bytes()) {
                conversation.hear(byte);
                assert!(conversation.line.bytes.len() <= super::LONGEST_LINE);
            }
        }
    }
}
