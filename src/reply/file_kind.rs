use crate::encoding::Text;

/// A file that holds no table as text, which people have and give instead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FileKind {
    /// Packed files: ZIP, gzip, 7z and the like.
    Archive,
    /// No text, and nothing that is known.
    Binary,
    /// A text document: DOCX, ODT, RTF.
    Document,
    /// A web page.
    Html,
    /// A picture.
    Image,
    /// A PDF.
    Pdf,
    /// A spreadsheet: XLSX, ODS, or XLS, whose form old text documents share.
    Spreadsheet,
    /// The statements that fill a database.
    Sql,
    /// XML.
    Xml,
}

impl FileKind {
    /// What the first bytes say it is; `None` for a text that may hold a table or JSON.
    pub(crate) fn of(bytes: &[u8], text: Text<'_>) -> Option<Self> {
        let begins = |mark: &[u8]| bytes.starts_with(mark);
        if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") {
            return Some(packed(bytes));
        }
        for (mark, kind) in [
            (b"\xd0\xcf\x11\xe0".as_slice(), Self::Spreadsheet),
            // Excel 2 to 4.
            (b"\x09\x00\x04\x00", Self::Spreadsheet),
            (b"\x09\x02\x06\x00", Self::Spreadsheet),
            (b"\x09\x04\x06\x00", Self::Spreadsheet),
            (b"{\\rtf", Self::Document),
            (b"\x1f\x8b", Self::Archive),
            (b"7z\xbc\xaf", Self::Archive),
            (b"BZh", Self::Archive),
            (b"\xfd7zXZ", Self::Archive),
            (b"\x28\xb5\x2f\xfd", Self::Archive),
            (b"Rar!", Self::Archive),
            (b"\x89PNG", Self::Image),
            (b"\xff\xd8\xff", Self::Image),
            (b"GIF8", Self::Image),
            (b"II*\0", Self::Image),
            (b"MM\0*", Self::Image),
            (b"RIFF", Self::Image),
        ] {
            if begins(mark) {
                return Some(kind);
            }
        }
        // A few bytes may stand before it (ISO 32000-1, annex H).
        let start = &bytes[..bytes.len().min(1024)];
        if start.windows(5).any(|five| five == b"%PDF-") {
            return Some(Self::Pdf);
        }
        if text.is_binary() {
            return Some(Self::Binary);
        }
        let start = text.beginning(4096).trim_start().to_lowercase();
        if let Some(element) = start.strip_prefix('<') {
            let is_page = ["<html", "<!doctype html", "<table", "<body", "<head"];
            let is_page = is_page.iter().any(|mark| start.contains(mark));
            let is_element = element.starts_with(|c: char| c.is_alphabetic() || "!?".contains(c));
            return match (is_page, is_element) {
                (true, _) => Some(Self::Html),
                (false, true) if start.contains("</") || start.starts_with("<?xml") => {
                    Some(Self::Xml)
                }
                _ => None,
            };
        }
        let is_statement = |line: &str| {
            ["create table", "insert into", "copy public.", "drop table", "set names", "/*!40"]
                .iter()
                .any(|statement| line.starts_with(statement))
        };
        start.lines().any(is_statement).then_some(Self::Sql)
    }
}

/// What a ZIP file is: the names of its members say it, which are not packed.
fn packed(bytes: &[u8]) -> FileKind {
    let has = |name: &str| {
        // The first member is at the start, the list of all at the end.
        let (start, end) =
            (&bytes[..bytes.len().min(4096)], &bytes[bytes.len().saturating_sub(65_536)..]);
        [start, end].iter().any(|part| part.windows(name.len()).any(|own| own == name.as_bytes()))
    };
    if has("xl/workbook") || has("opendocument.spreadsheet") || has("Index/Tables") {
        FileKind::Spreadsheet
    } else if has("word/document") || has("opendocument.text") {
        FileKind::Document
    } else {
        FileKind::Archive
    }
}

#[cfg(test)]
mod tests {
    use super::{FileKind, Text};

    fn kind(bytes: &[u8]) -> Option<FileKind> {
        FileKind::of(bytes, Text::of(bytes))
    }

    #[test]
    fn files_that_people_give_instead_are_known_by_their_first_bytes() {
        for (bytes, expected) in [
            (&b"PK\x03\x04....[Content_Types].xml...xl/workbook.xml"[..], FileKind::Spreadsheet),
            (
                b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK",
                FileKind::Spreadsheet,
            ),
            (b"PK\x03\x04....word/document.xml", FileKind::Document),
            (b"PK\x03\x04....sessions.csv", FileKind::Archive),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind::Spreadsheet),
            (b"\n%PDF-1.7\n%\xe2\xe3", FileKind::Pdf),
            (b"<!DOCTYPE html>\n<html>", FileKind::Html),
            (b"\xff\xfe<\0h\0t\0m\0l\0>\0", FileKind::Html),
            (b"  <table><tr><td>", FileKind::Html),
            (b"<?xml version=\"1.0\"?><sessions/>", FileKind::Xml),
            (b"{\\rtf1\\ansi", FileKind::Document),
            (b"\x1f\x8b\x08\x00", FileKind::Archive),
            (b"\x89PNG\r\n", FileKind::Image),
            (b"-- MariaDB dump 10.19\nCREATE TABLE `radacct` (", FileKind::Sql),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0", FileKind::Binary),
        ] {
            assert_eq!(kind(bytes), Some(expected), "{bytes:?}");
        }
    }

    #[test]
    fn tables_and_json_are_nothing_else() {
        for bytes in [
            &b"a;b\n1;2"[..],
            b"{\"a\": 1}",
            b"[]",
            b"s\0t\0a\0r\0t\0",
            b"<1 h;start\n",
            b"-- export\nstart;end\n",
        ] {
            assert_eq!(kind(bytes), None, "{bytes:?}");
        }
    }
}
