use std::fmt;
use std::io::{self, Write};

/// A body that is made piece by piece, as the client takes it: no more of it than one piece is ever in
/// memory.
pub trait Pieces: Send {
    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// `WouldBlock` where it cannot go on yet: it is asked again, as long as the client may take for a
    /// piece, so it has to have waited by itself. Any other where it cannot go on at all: the client is
    /// let go, without the rest.
    fn next_piece(&mut self) -> io::Result<Option<Vec<u8>>>;
}

/// What is still to be made of a body.
pub struct Rest {
    pieces: Box<dyn Pieces>,
    /// Whether each piece says how long it is, and the last one that it is the last.
    is_chunked: bool,
    is_over: bool,
}

impl Rest {
    /// What these pieces are.
    pub fn new(pieces: impl Pieces + 'static) -> Self {
        Self { pieces: Box::new(pieces), is_chunked: false, is_over: false }
    }

    /// The same, sent in chunks (RFC 9112, section 7.1) after a beginning that is the first of them.
    pub(super) fn chunked(self, beginning: &[u8]) -> (Vec<u8>, Self) {
        (chunk(beginning), Self { is_chunked: true, ..self })
    }

    /// The next bytes to send; `None` after the last.
    ///
    /// # Errors
    /// As [`Pieces::next_piece`].
    pub(super) fn next_bytes(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.is_over {
            return Ok(None);
        }
        let piece = self.pieces.next_piece()?;
        self.is_over = piece.is_none();
        Ok(match (piece, self.is_chunked) {
            (Some(piece), true) => Some(chunk(&piece)),
            (None, true) => Some(LAST_CHUNK.to_vec()),
            (piece, false) => piece,
        })
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}

/// Nothing where there is nothing to send: an empty chunk would be the last.
fn chunk(piece: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(piece.len() + 16);
    if !piece.is_empty() {
        // A vector takes everything.
        let _ = write!(bytes, "{:x}\r\n", piece.len());
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
