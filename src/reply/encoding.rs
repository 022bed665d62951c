use std::io::{self, Read};

/// How the bytes of a text stand for characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    /// UTF-16, the high byte first.
    Utf16Be,
    /// UTF-16, the low byte first: what Excel calls Unicode text.
    Utf16Le,
    /// UTF-8, which ASCII is a part of.
    Utf8,
    /// Windows-1252, of which the printable characters of Latin-1 are a part.
    Windows1252,
}

/// A text in one of the encodings, which is decoded piece by piece: whole, it could take three times the
/// room of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    encoding: Encoding,
}

impl<'a> Text<'a> {
    /// The text that these bytes most likely are, without its byte order mark.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        for (mark, encoding) in [
            (b"\xef\xbb\xbf".as_slice(), Encoding::Utf8),
            (b"\xff\xfe", Encoding::Utf16Le),
            (b"\xfe\xff", Encoding::Utf16Be),
        ] {
            if let Some(bytes) = bytes.strip_prefix(mark) {
                return Self { bytes, encoding };
            }
        }
        Self { bytes, encoding: guess(bytes) }
    }

    /// Whether there is nothing but blanks in it.
    pub(crate) fn is_blank(self) -> bool {
        let mut lines = self.lines();
        let mut line = String::new();
        while lines.next_into(&mut line) {
            if !line
                .trim_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'))
                .is_empty()
            {
                return false;
            }
        }
        true
    }

    /// Whether it has signs that no text has.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self.encoding, Encoding::Utf8 | Encoding::Windows1252)
            && self.bytes.iter().take(SAMPLE).any(|byte| *byte == 0)
    }

    /// Its first characters, at most this many bytes of it.
    pub(crate) fn beginning(self, bytes: usize) -> String {
        let mut text = String::new();
        let end = self.boundary(0, bytes);
        decode(&self.bytes[..end], self.encoding, &mut text);
        text
    }

    /// Its lines, from the first.
    pub(crate) fn lines(self) -> Lines<'a> {
        Lines { text: self, at: 0, number: 0 }
    }

    /// It as UTF-8, to be read from.
    pub(crate) fn reader(self) -> Utf8Reader<'a> {
        Utf8Reader { text: self, at: 0, decoded: String::new(), given: 0 }
    }

    /// Where a piece of about this length ends that begins at `start`: never within a character.
    fn boundary(self, start: usize, length: usize) -> usize {
        let mut end = (start + length).min(self.bytes.len());
        let unit = |at: usize| u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]);
        match self.encoding {
            Encoding::Utf8 => {
                let is_inner =
                    |end: usize| self.bytes.get(end).is_some_and(|byte| byte & 0xc0 == 0x80);
                let whole = end;
                while end > start && whole - end < 4 && is_inner(end) {
                    end -= 1;
                }
                if end == start { whole } else { end }
            }
            Encoding::Utf16Be | Encoding::Utf16Le => {
                end -= (end - start) % 2;
                // A pair of surrogates stays together.
                let high = if self.encoding == Encoding::Utf16Le { 0xd800 } else { 0x00d8 };
                let mask = if self.encoding == Encoding::Utf16Le { 0xfc00 } else { 0x00fc };
                if end < self.bytes.len() && end >= start + 4 && unit(end - 2) & mask == high {
                    end -= 2;
                }
                if end == start { self.bytes.len() } else { end }
            }
            Encoding::Windows1252 => end,
        }
    }
}

/// The lines of a text, which end as on any system.
pub(crate) struct Lines<'a> {
    text: Text<'a>,
    at: usize,
    number: usize,
}

impl Lines<'_> {
    /// Replaces `line` by the next one, without its end; false after the last. Of a very long line only
    /// the beginning is given.
    pub(crate) fn next_into(&mut self, line: &mut String) -> bool {
        line.clear();
        let Text { bytes, encoding } = self.text;
        let rest = bytes.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return false;
        }
        self.number += 1;
        let (length, end) = match encoding {
            Encoding::Utf8 | Encoding::Windows1252 => {
                let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                let length = length.unwrap_or(rest.len());
                let end = match rest.get(length..) {
                    Some([b'\r', b'\n', ..]) => 2,
                    Some([_, ..]) => 1,
                    _ => 0,
                };
                (length, end)
            }
            Encoding::Utf16Be | Encoding::Utf16Le => {
                let unit = |pair: &[u8]| encoding.unit(pair);
                let units = || rest.chunks_exact(2);
                let is_end = |pair: &[u8]| matches!(unit(pair), 0x0a | 0x0d);
                let length = units().position(is_end).map_or(rest.len(), |at| at * 2);
                let after = rest.get(length..).unwrap_or_default();
                let ends: Vec<u16> = after.chunks_exact(2).take(2).map(unit).collect();
                let end = match ends.as_slice() {
                    [0x0d, 0x0a] => 4,
                    [_, ..] => 2,
                    _ => 0,
                };
                (length, end)
            }
        };
        let shown = Text { bytes: &rest[..length], encoding }.boundary(0, length.min(MAXIMUM_LINE));
        decode(&rest[..shown], encoding, line);
        self.at += length + end;
        true
    }

    /// The number of the line that was given last, from 1.
    pub(crate) fn number(&self) -> usize {
        self.number
    }
}

/// Reads a text as UTF-8.
pub(crate) struct Utf8Reader<'a> {
    text: Text<'a>,
    at: usize,
    decoded: String,
    given: usize,
}

impl Read for Utf8Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.decoded.len() && self.at < self.text.bytes.len() {
            let end = self.text.boundary(self.at, PIECE);
            self.decoded.clear();
            self.given = 0;
            decode(&self.text.bytes[self.at..end], self.text.encoding, &mut self.decoded);
            self.at = end;
        }
        let left = &self.decoded.as_bytes()[self.given..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.given += count;
        Ok(count)
    }
}

impl Encoding {
    fn unit(self, pair: &[u8]) -> u16 {
        let pair =
            [pair.first().copied().unwrap_or_default(), pair.get(1).copied().unwrap_or_default()];
        if self == Self::Utf16Be { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    }
}

/// The encoding of bytes that have no mark.
fn guess(bytes: &[u8]) -> Encoding {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let zeros =
        |first: usize| sample.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (high_first, low_first, pairs) = (zeros(0), zeros(1), sample.len() / 2);
    // Western text has a zero in nearly every pair, and always in the same half of it.
    if pairs >= 2 && low_first * 2 > pairs && high_first * 8 < pairs {
        return Encoding::Utf16Le;
    }
    if pairs >= 2 && high_first * 2 > pairs && low_first * 8 < pairs {
        return Encoding::Utf16Be;
    }
    // A file that was cut off, or holds one foreign name, is still UTF-8; in Windows-1252 an accent is
    // hardly ever followed by what UTF-8 asks for.
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if bad > good { Encoding::Windows1252 } else { Encoding::Utf8 }
}

/// Appends what these bytes stand for; what stands for nothing becomes U+FFFD.
fn decode(bytes: &[u8], encoding: Encoding, text: &mut String) {
    match encoding {
        Encoding::Utf8 => text.push_str(&String::from_utf8_lossy(bytes)),
        Encoding::Utf16Be | Encoding::Utf16Le => {
            let units = bytes.chunks(2).map(|pair| encoding.unit(pair));
            let decoded = char::decode_utf16(units);
            text.extend(decoded.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        Encoding::Windows1252 => text.extend(bytes.iter().map(|byte| match byte {
            0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
            byte => char::from(*byte),
        })),
    }
}

/// What Windows-1252 has at 0x80 to 0x9f, where Latin-1 has control characters.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž',
    '\u{fffd}', '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{fffd}',
    'ž', 'Ÿ',
];

/// How many bytes are looked at to guess an encoding.
const SAMPLE: usize = 4096;

/// How many bytes are decoded at a time.
const PIECE: usize = 8192;

/// How much of a line is read, in bytes.
const MAXIMUM_LINE: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    use super::{Encoding, Text};

    fn lines(bytes: &[u8]) -> Vec<String> {
        let mut lines = Text::of(bytes).lines();
        let mut all = Vec::new();
        let mut line = String::new();
        while lines.next_into(&mut line) {
            all.push(line.clone());
        }
        assert_eq!(lines.number(), all.len());
        all
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn every_encoding_is_known_with_a_mark_and_without() {
        let text = "Nom;Début\r\nAdèle;1\r\n";
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let marked = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", text.as_bytes().to_vec()),
            utf16(text, false),
            utf16(text, true),
            marked(b"\xff\xfe", utf16(text, false)),
            marked(b"\xfe\xff", utf16(text, true)),
            latin,
        ] {
            assert_eq!(lines(&bytes), ["Nom;Début", "Adèle;1"], "{bytes:?}");
            let mut read = String::new();
            Text::of(&bytes).reader().read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
        assert_eq!(lines(b"\x80uro \x93x\x94"), ["€uro “x”"]);
    }

    #[test]
    fn utf_8_with_one_broken_character_is_still_utf_8() {
        assert_eq!(Text::of("é\u{e9}é\u{e8}".as_bytes()).encoding, Encoding::Utf8);
        assert_eq!(lines(b"\xc3\xa9t\xc3\xa9 \xff \xc3"), ["été \u{fffd} \u{fffd}"]);
    }

    #[test]
    fn lines_end_as_on_any_system() {
        assert_eq!(lines(b"a\r\nb\rc\n\nd"), ["a", "b", "c", "", "d"]);
        assert_eq!(lines(b""), Vec::<String>::new());
    }

    #[test]
    fn blanks_alone_are_no_text() {
        for bytes in [&b""[..], b" \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe \0"] {
            assert!(Text::of(bytes).is_blank(), "{bytes:?}");
        }
        assert!(!Text::of(b"\n x").is_blank());
    }

    proptest! {
        #[test]
        fn a_text_of_any_length_is_read_back(text in "\\PC{0,40}", times in 0..800_usize) {
            let text = text.repeat(times);
            for bytes in [
                [b"\xef\xbb\xbf", text.as_bytes()].concat(),
                [b"\xff\xfe".to_vec(), utf16(&text, false)].concat(),
                [b"\xfe\xff".to_vec(), utf16(&text, true)].concat(),
            ] {
                let mut read = String::new();
                Text::of(&bytes).reader().read_to_string(&mut read).unwrap();
                prop_assert_eq!(&read, &text);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), mark in 0..4) {
            let marks: [&[u8]; 4] = [b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"];
            let bytes = [marks[usize::try_from(mark).unwrap()], &bytes].concat();
            let _ = (lines(&bytes), Text::of(&bytes).beginning(7), Text::of(&bytes).is_blank());
            let mut read = String::new();
            Text::of(&bytes).reader().read_to_string(&mut read).unwrap();
        }
    }
}
