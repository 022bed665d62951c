use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::exit::CliError;

/// Writes text to standard output, without what a terminal would obey or hide: a profile or a file's name
/// may come from anywhere.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    Ok(io::stdout().lock().write_all(shown(text).as_bytes())?)
}

/// Writes a value as one line of JSON, in which the same characters are escaped. A comparison may come to
/// many times the memory that the box has to spare, so it is written as it is made.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let mut out = EscapingWriter(BufWriter::new(io::stdout().lock()));
    serde_json::to_writer(&mut out, value).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n").and_then(|()| out.flush())?)
}

/// Escapes in JSON, which comes in pieces of whole characters.
struct EscapingWriter<W>(W);

impl<W: Write> Write for EscapingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.0.write_all(escaped(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes to standard error. Further lines are indented, so that none looks like a message of its own.
pub(super) fn complain(text: &str) {
    let text = shown(text.trim_end()).replace('\n', "\n  ");
    // Nobody is left to tell.
    let _ = writeln!(io::stderr(), "temoin: {text}");
}

/// A text on one line, as in a cell of a table.
pub(super) fn on_one_line(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn shown(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !is_obeyed(c);
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let replaced = text.chars().map(|c| if is_obeyed(c) { char::REPLACEMENT_CHARACTER } else { c });
    Cow::Owned(replaced.collect())
}

fn escaped(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_obeyed) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_obeyed(c) {
            // Writing to a `String` does not fail. All of these are of the basic plane.
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Control characters but line feeds and tabs, and those that hide text or change its direction.
fn is_obeyed(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::{escaped, on_one_line, shown};

    #[test]
    fn what_a_terminal_obeys_or_hides_is_seen_instead() {
        assert_eq!(shown("à 09\u{a0}h\t1\u{202f}000\n"), "à 09\u{a0}h\t1\u{202f}000\n");
        for c in
            ['\u{1b}', '\r', '\u{9b}', '\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}', '\u{7f}']
        {
            assert_eq!(shown(&format!("a{c}[31mb")), "a\u{fffd}[31mb", "{c:?}");
        }
    }

    #[test]
    fn json_stays_the_same_to_who_reads_it() {
        let value = "gnp\u{202e}.exe\u{feff}";
        let json = serde_json::to_string(value).unwrap();
        let text = escaped(&json);
        assert!(text.is_ascii(), "{text}");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
    }

    #[test]
    fn a_cell_has_one_line() {
        assert_eq!(on_one_line("Evil\n  neutrinet  BE"), "Evil neutrinet BE");
    }
}
