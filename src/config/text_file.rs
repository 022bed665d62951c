use std::io;

/// Bytes that are no UTF-8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NotUtf8 {
    /// The line of the first of them, from 1.
    pub(crate) line: usize,
}

/// The text that the bytes of a file are.
///
/// # Errors
/// [`NotUtf8`].
pub(crate) fn utf8(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        NotUtf8 { line: 1 + before.iter().filter(|byte| **byte == b'\n').count() }
    })
}

/// The text that the bytes of a file are.
///
/// # Errors
/// `InvalidData` with the line that is not UTF-8, and the remedy.
pub fn utf8_text(bytes: Vec<u8>) -> io::Result<String> {
    utf8(bytes).map_err(|NotUtf8 { line }| {
        let text = format!("line {line}: a character is not UTF-8; save the file as UTF-8");
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}

#[cfg(test)]
mod tests {
    use super::utf8_text;

    #[test]
    fn what_is_not_utf8_is_named_by_its_line() {
        assert_eq!(utf8_text("é\n".into()).unwrap(), "é\n");
        for (bytes, line) in [(&b"\xe9"[..], "line 1:"), (b"a = 1\n# fran\xe7ais\n", "line 2:")] {
            let error = utf8_text(bytes.into()).unwrap_err().to_string();
            assert!(error.starts_with(line) && error.contains("save the file as UTF-8"), "{error}");
        }
    }
}
