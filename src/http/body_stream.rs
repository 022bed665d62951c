use std::fmt;
use std::io::{self, Write};

/// Generates a body while the client reads it: at most one piece is in memory.
pub trait ChunkSource: Send {
    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// `WouldBlock` when the next piece is not available yet: it is called again until the client's write
    /// timeout, so it must do its own waiting. Any other error closes the connection before the end of the
    /// body.
    fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>>;
}

/// The part of a body that is generated while it is sent.
pub struct BodyStream {
    pieces: Box<dyn ChunkSource>,
    /// Whether to use chunked encoding.
    is_chunked: bool,
    is_over: bool,
}

impl BodyStream {
    /// A stream of these pieces.
    pub fn new(pieces: impl ChunkSource + 'static) -> Self {
        Self { pieces: Box::new(pieces), is_chunked: false, is_over: false }
    }

    /// Switches to chunked encoding (RFC 9112, section 7.1); returns `beginning` as the first chunk.
    pub(super) fn chunked(self, beginning: &[u8]) -> (Vec<u8>, Self) {
        (chunk(beginning), Self { is_chunked: true, ..self })
    }

    /// The next bytes to send; `None` after the last.
    ///
    /// # Errors
    /// As [`ChunkSource::next_chunk`].
    pub(super) fn next_bytes(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.is_over {
            return Ok(None);
        }
        let piece = self.pieces.next_chunk()?;
        self.is_over = piece.is_none();
        Ok(match (piece, self.is_chunked) {
            (Some(piece), true) => Some(chunk(&piece)),
            (None, true) => Some(LAST_CHUNK.to_vec()),
            (piece, false) => piece,
        })
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}

/// Empty for an empty piece: an empty chunk would end the body.
fn chunk(piece: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(piece.len() + 16);
    if !piece.is_empty() {
        // Writing to a vector does not fail.
        let _ = write!(bytes, "{:x}\r\n", piece.len());
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
