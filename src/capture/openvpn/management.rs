mod state;

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

use self::state::OpenVpnState;
use temoin_core::session::{Attributes, EndReason};

/// A passive client of OpenVPN's management socket (`management SOCK unix`).
///
/// The only command it sends asks for the states. Anything else on the socket, including passwords,
/// is dropped unread. Disconnecting does not disturb OpenVPN.
#[derive(Debug)]
pub struct ManagementSocket {
    stream: UnixStream,
    parser: ManagementParser,
}

/// A notice from the management socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ManagementNotice {
    /// OpenVPN sent its history; always the first notice.
    Attached {
        /// How many connections this OpenVPN process has made; `None` where its history, which keeps
        /// a hundred states, no longer reaches back to its start.
        connections: Option<u32>,
        /// What is known of the connection that stands now; `None` when none does.
        connected: Option<Attributes>,
    },
    /// A connection was made.
    Connected {
        /// What is known of it.
        attributes: Attributes,
    },
    /// The connection ended.
    Disconnected {
        /// Why.
        reason: EndReason,
    },
    /// OpenVPN closed the socket: connect again.
    Closed,
}

impl ManagementNotice {
    /// Parses the notices in the beginning of a stream, oldest first.
    pub fn parse(bytes: &[u8]) -> Vec<Self> {
        let mut parser = ManagementParser::default();
        bytes.iter().filter_map(|byte| parser.feed(*byte)).collect()
    }
}

impl ManagementSocket {
    /// Connects to the socket at `path` and asks for the states. Never blocks.
    ///
    /// OpenVPN serves one client at a time: while another is connected, there are no notices.
    ///
    /// # Errors
    /// If nobody listens or access is denied; [`io::ErrorKind::WouldBlock`] if others are already
    /// waiting.
    pub fn connect(path: &Path) -> io::Result<Self> {
        // The standard library's own would wait for a place in a full queue.
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
        connect(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
        let mut stream = UnixStream::from(socket);
        stream.write_all(b"state on all\n")?;
        Ok(Self { stream, parser: ManagementParser::default() })
    }

    /// The notices since the last call, oldest first. Never blocks.
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
                        notices.extend(self.parser.feed(*byte));
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

impl AsFd for ManagementSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Incremental parser of the socket's output.
#[derive(Debug, Default)]
struct ManagementParser {
    line: LineBuffer,
    phase: Phase,
}

#[derive(Debug, Default)]
enum Phase {
    /// The states have been asked for.
    #[default]
    Asked,
    /// The history is being received.
    History { seen: bool, whole: bool, connections: u32, connected: Option<Attributes> },
    /// The history is complete; what follows is live.
    Live { connected: bool },
}

impl ManagementParser {
    fn feed(&mut self, byte: u8) -> Option<ManagementNotice> {
        let line = self.line.take(byte)?;
        let (line, is_notice) =
            line.strip_prefix(NOTICE).map_or((line.as_str(), false), |rest| (rest, true));
        match &mut self.phase {
            Phase::Asked => {
                if line == STATE_ON_REPLY {
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
                let state = OpenVpnState::parse(line)?;
                if !*seen {
                    *seen = true;
                    *whole = state == OpenVpnState::Started;
                }
                *connected = match state {
                    OpenVpnState::Connected(attributes) => {
                        *connections = connections.saturating_add(1);
                        Some(attributes)
                    }
                    OpenVpnState::Connecting | OpenVpnState::Ended(_) | OpenVpnState::Started => {
                        None
                    }
                };
                None
            }
            Phase::Live { connected } if is_notice => match OpenVpnState::parse(line)? {
                OpenVpnState::Connected(attributes) => {
                    *connected = true;
                    Some(ManagementNotice::Connected { attributes })
                }
                // An attempt that fails ends like a connection; it is none.
                OpenVpnState::Ended(reason) => {
                    std::mem::take(connected).then_some(ManagementNotice::Disconnected { reason })
                }
                OpenVpnState::Connecting | OpenVpnState::Started => None,
            },
            Phase::Live { .. } => None,
        }
    }
}

/// The current line, as far as it may be relevant.
#[derive(Debug, Default)]
struct LineBuffer {
    bytes: Vec<u8>,
    skipped: bool,
}

impl LineBuffer {
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
            if (is_notice && is_other) || self.bytes.len() > MAX_LINE {
                self.bytes = Vec::new();
                self.skipped = true;
            }
        }
        None
    }
}

const NOTICE: &str = ">STATE:";
const STATE_ON_REPLY: &str = "SUCCESS: real-time state notification set to ON";
const END: &str = "END";
/// In bytes. The longest state, with three IPv6 addresses, has some 200.
const MAX_LINE: usize = 512;

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;

    use proptest::prelude::proptest;

    use super::{ManagementNotice, ManagementParser, ManagementSocket};
    use temoin_core::session::EndReason;

    /// The notices in a transcript, abbreviated; `EOF` is the socket's end.
    fn replay(transcript: &str) -> Vec<String> {
        let mut told = Vec::new();
        let mut parser = ManagementParser::default();
        for line in transcript.lines() {
            let (_, line) = line.split_once(' ').unwrap();
            if let Some(line) = line.strip_prefix("S: ") {
                told.extend(feed(&mut parser, &format!("{line}\r\n")).iter().map(short));
            } else if line == "C: state on all" {
                parser = ManagementParser::default();
            } else if line == "[EOF]" {
                told.push(short(&ManagementNotice::Closed));
            }
        }
        told
    }

    fn feed(parser: &mut ManagementParser, text: &str) -> Vec<ManagementNotice> {
        text.bytes().filter_map(|byte| parser.feed(byte)).collect()
    }

    fn short(notice: &ManagementNotice) -> String {
        let attributes = |attributes: &temoin_core::session::Attributes| {
            assert_eq!(attributes.assigned_ipv4.unwrap().value.to_string(), "10.99.0.10");
            assert_eq!(attributes.assigned_ipv6.unwrap().value.to_string(), "2001:db8:99::10");
            attributes.gateway.unwrap().value.to_string()
        };
        match notice {
            ManagementNotice::Attached { connections, connected } => {
                let connections =
                    connections.map_or_else(|| "?".to_owned(), |count| count.to_string());
                let connected = connected.as_ref().map_or_else(|| "nothing".to_owned(), attributes);
                format!("attached {connections} {connected}")
            }
            ManagementNotice::Connected { attributes: told } => {
                format!("connected {}", attributes(told))
            }
            ManagementNotice::Disconnected { reason } => format!("disconnected {reason}"),
            ManagementNotice::Closed => "closed".to_owned(),
        }
    }

    const CONNECTED: &str = "connected 198.51.100.1:1194";

    #[test]
    fn a_clean_start_is_told() {
        let told = replay(include_str!("../../../tests/fixtures/management/A.txt"));
        assert_eq!(told, ["attached 0 nothing", CONNECTED]);
    }

    #[test]
    fn restarts_reloads_and_a_stop_are_told() {
        assert_eq!(
            replay(include_str!("../../../tests/fixtures/management/R1.txt")),
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
            replay(include_str!("../../../tests/fixtures/management/R2.txt")),
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
            replay(include_str!("../../../tests/fixtures/management/R4.txt")),
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
            replay(include_str!("../../../tests/fixtures/management/S5.txt")),
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
            replay(include_str!("../../../tests/fixtures/management/C.txt")),
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
        let told = feed(
            &mut ManagementParser::default(),
            "SUCCESS: real-time state notification set to ON\r\n\
             5,WAIT,,,,,,\r\n6,CONNECTED,SUCCESS,,,,,,\r\n7,RECONNECTING,SIGUSR1,,,,,\r\nEND\r\n",
        );
        let expected = ManagementNotice::Attached { connections: None, connected: None };
        assert_eq!(told, [expected]);
    }

    #[test]
    fn the_history_counts_each_connection_and_tells_only_what_stands() {
        let mut parser = ManagementParser::default();
        let history = "SUCCESS: real-time state notification set to ON\n1,CONNECTING,,,,,,\n\
                       2,CONNECTED,SUCCESS,,,,,,\n3,RECONNECTING,SIGUSR1,,,,,\n\
                       4,CONNECTED,SUCCESS,,,,,,\n5,AUTH_PENDING,,,,,,\nEND\n";
        let connected = Some(temoin_core::session::Attributes::default());
        let expected = ManagementNotice::Attached { connections: Some(2), connected };
        assert_eq!(feed(&mut parser, history), [expected]);
        assert_eq!(feed(&mut parser, "END\nERROR: unknown command\n7,EXITING,x\n"), []);
        let expected = ManagementNotice::Disconnected { reason: EndReason::Stopped };
        assert_eq!(feed(&mut parser, ">STATE:8,EXITING,SIGTERM,,,,,\n"), [expected]);
    }

    #[test]
    fn nothing_is_kept_of_a_secret_or_of_a_line_too_long() {
        let mut parser = ManagementParser::default();
        feed(&mut parser, ">PASSWORD:Auth-Token:secret");
        assert!(parser.line.bytes.is_empty());
        feed(&mut parser, "\n>HOLD:Waiting for hold release:0\n");
        feed(&mut parser, &"x".repeat(10_000));
        assert!(parser.line.bytes.is_empty());
        let answer = "\nSUCCESS: real-time state notification set to ON\nEND\n";
        assert_eq!(feed(&mut parser, answer).len(), 1);
    }

    #[test]
    fn the_socket_is_asked_once_and_read_without_waiting() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("management");
        assert!(ManagementSocket::connect(&path).is_err());
        let listener = UnixListener::bind(&path).unwrap();
        let mut management = ManagementSocket::connect(&path).unwrap();
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
            let mut parser = ManagementParser::default();
            feed(&mut parser, "SUCCESS: real-time state notification set to ON\n");
            for byte in bytes.into_iter().chain(lines.join("\n>STATE:1,").into_bytes()) {
                parser.feed(byte);
                assert!(parser.line.bytes.len() <= super::MAX_LINE);
            }
        }
    }
}
