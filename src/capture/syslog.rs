//! One line to the system's log, for programs that live too briefly to set up a logger.

use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process;

/// The system's log.
#[derive(Clone, Debug)]
pub struct Syslog {
    socket: PathBuf,
}

impl Syslog {
    /// The log that listens at this socket.
    pub fn at(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Writes one line, and never waits: where nobody listens or the queue is full it is lost.
    pub fn send(&self, severity: Severity, message: &str) {
        let tag = format!("<{}>temoin[{}]: ", DAEMON | severity as u8, process::id());
        let _ = self.try_send(&(tag + &plain(message)));
    }

    /// Writes one line here and to standard error, which is OpenVPN's log for a hook of it.
    pub fn report(&self, severity: Severity, message: &str) {
        self.send(severity, message);
        let _ = writeln!(io::stderr(), "temoin: {}", plain(message));
    }

    fn try_send(&self, line: &str) -> io::Result<()> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.send_to(line.as_bytes(), &self.socket)?;
        Ok(())
    }
}

impl Default for Syslog {
    fn default() -> Self {
        Self::at(PathBuf::from("/dev/log"))
    }
}

/// The severity of a line (RFC 5424, section 6.2.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// Something is missing from the record.
    Error = 3,
    /// Something is left unknown in the record.
    Warning = 4,
}

/// The message as one line without control characters, short enough for every log.
fn plain(message: &str) -> String {
    let mut line = String::new();
    for character in message.chars() {
        if line.len() >= MAXIMUM_LENGTH {
            line.push('…');
            break;
        }
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

/// In bytes. Every log takes 1024 with the tag (RFC 3164, section 4.1).
const MAXIMUM_LENGTH: usize = 900;

/// The facility (RFC 5424, section 6.2.1), three bits to the left.
const DAEMON: u8 = 3 << 3;

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::{Severity, Syslog};

    #[test]
    fn a_message_is_one_short_line_with_its_control_characters_escaped() {
        let directory = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(directory.path().join("log")).unwrap();
        let syslog = Syslog::at(directory.path().join("log"));
        let received = |severity, message: &str| {
            syslog.send(severity, message);
            let mut line = [0; 4096];
            let length = socket.recv(&mut line).unwrap();
            String::from_utf8(line[..length].to_vec()).unwrap()
        };
        let tag = format!("temoin[{}]: ", std::process::id());
        let line = received(Severity::Error, "témoin\n<27>forged\u{1b}[2J\u{85}");
        assert_eq!(line, format!("<27>{tag}témoin\\n<27>forged\\u{{1b}}[2J\\u{{85}}"));
        let line = received(Severity::Warning, &"é".repeat(100_000));
        assert!(line.starts_with(&format!("<28>{tag}éé")) && line.ends_with("é…"), "{line}");
        assert!(line.len() < 1024);
    }

    #[test]
    fn nobody_listening_and_a_full_queue_hold_nobody_up() {
        let directory = tempfile::tempdir().unwrap();
        let syslog = Syslog::at(directory.path().join("log"));
        syslog.send(Severity::Error, "nobody listens");
        let _socket = UnixDatagram::bind(directory.path().join("log")).unwrap();
        for _ in 0..10_000 {
            syslog.send(Severity::Error, "nobody reads");
        }
    }
}
