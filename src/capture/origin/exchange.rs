use std::io;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// What a received datagram is to a pending request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reply<T> {
    /// The answer.
    Answer(T),
    /// A refusal: asking again would change nothing.
    Refusal,
    /// Not an answer to what was asked.
    Stray,
}

impl<T> Reply<T> {
    pub(super) fn answer(self) -> Option<T> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::Refusal | Self::Stray => None,
        }
    }
}

/// Sends `request` over a connected socket once per entry of `waits`, and waits that long for an
/// answer. `None` if there is no answer, or a refusal.
pub(super) fn exchange<T>(
    socket: &UdpSocket,
    request: &[u8],
    waits: &[Duration],
    read: impl Fn(&[u8]) -> Reply<T>,
) -> Option<T> {
    let mut datagram = [0; LONGEST_ANSWER];
    for wait in waits {
        let until = Instant::now() + *wait;
        // Where a network is away for a moment, the next attempt may reach it.
        if is_refusal(socket.send(request)) {
            return None;
        }
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|t| !t.is_zero())
        {
            socket.set_read_timeout(Some(left)).ok()?;
            match socket.recv(&mut datagram) {
                // What fills the buffer may have been longer.
                Ok(LONGEST_ANSWER) => {}
                Ok(length) => match read(datagram.get(..length).unwrap_or_default()) {
                    Reply::Answer(answer) => return Some(answer),
                    Reply::Refusal => return None,
                    Reply::Stray => {}
                },
                Err(error) => match error.kind() {
                    // Nobody listens there.
                    io::ErrorKind::ConnectionRefused => return None,
                    io::ErrorKind::Interrupted
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::WouldBlock => {}
                    _ => break,
                },
            }
        }
    }
    None
}

fn is_refusal(sent: io::Result<usize>) -> bool {
    sent.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// In bytes: no answer that is understood comes near.
const LONGEST_ANSWER: usize = 0x800;

#[cfg(test)]
pub(super) mod tests {
    use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
    use std::thread::JoinHandle;
    use std::time::Duration;

    use super::{Reply, exchange};

    /// Long enough for any answer on a busy machine.
    pub(in crate::origin) const LONG_WAITS: [Duration; 2] = [Duration::from_secs(20); 2];
    const SHORT_WAITS: [Duration; 2] = [Duration::from_millis(10); 2];

    /// A socket that is connected to one on which `answers` gives, for each request that comes, what
    /// to send back; it is called as often as `requests` says.
    pub(in crate::origin) fn responder(
        requests: usize,
        mut answers: impl FnMut(&[u8], SocketAddr, &UdpSocket) -> Vec<Vec<u8>> + Send + 'static,
    ) -> (UdpSocket, JoinHandle<()>) {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        client.connect(server.local_addr().unwrap()).unwrap();
        let thread = std::thread::spawn(move || {
            for _ in 0..requests {
                let mut request = [0; 2048];
                let (length, asker) = server.recv_from(&mut request).unwrap();
                for answer in answers(&request[..length], asker, &server) {
                    server.send_to(&answer, asker).unwrap();
                }
            }
        });
        (client, thread)
    }

    fn number(datagram: &[u8]) -> Reply<u8> {
        match datagram {
            [0xff] => Reply::Refusal,
            [number] => Reply::Answer(*number),
            _ => Reply::Stray,
        }
    }

    #[test]
    fn the_first_answer_that_is_understood_is_taken() {
        let (socket, thread) =
            responder(1, |_, _, _| vec![vec![], vec![1, 2], vec![0; 4000], vec![7], vec![8]]);
        assert_eq!(exchange(&socket, b"?", &LONG_WAITS, number), Some(7));
        thread.join().unwrap();
    }

    #[test]
    fn a_request_is_sent_again_and_a_late_answer_to_the_first_one_is_taken() {
        let mut asked = Vec::new();
        let (socket, thread) = responder(2, move |request, _, _| {
            asked.push(request.to_vec());
            if asked.len() == 2 { vec![asked[0].clone()] } else { vec![] }
        });
        let waits = [SHORT_WAITS[0], LONG_WAITS[0]];
        assert_eq!(exchange(&socket, &[7], &waits, number), Some(7));
        thread.join().unwrap();
    }

    #[test]
    fn a_refusal_ends_the_matter() {
        let (socket, thread) = responder(1, |_, _, _| vec![vec![0xff], vec![7]]);
        assert_eq!(exchange(&socket, b"?", &LONG_WAITS, number), None);
        thread.join().unwrap();
    }

    #[test]
    fn only_the_one_who_was_asked_is_heard() {
        let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (socket, thread) = responder(1, move |_, asker, _| {
            stranger.send_to(&[6], asker).unwrap();
            vec![vec![7]]
        });
        assert_eq!(exchange(&socket, b"?", &LONG_WAITS, number), Some(7));
        thread.join().unwrap();
    }

    #[test]
    fn silence_and_an_empty_port_are_no_answer() {
        let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.connect(silent.local_addr().unwrap()).unwrap();
        assert_eq!(exchange(&socket, b"?", &SHORT_WAITS, number), None);
        drop(silent);
        assert_eq!(exchange(&socket, b"?", &LONG_WAITS, number), None);
    }
}
