use std::sync::OnceLock;

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::Language;

/// How many languages there are.
const LANGUAGES: usize = Language::ALL.len();

/// What the texts of one language may come to, in bytes: ten times what they do.
const LIMIT: usize = 1 << 20;

/// What stands behind each text.
const SEPARATOR: char = '\u{1f}';

/// The texts of one crate, deflated: as text they would make the program a tenth larger. A language is
/// inflated when its first text is asked for, and stays.
#[derive(Debug)]
pub struct PackedTexts {
    deflated: [&'static [u8]; LANGUAGES],
    inflated: [OnceLock<InflatedTexts>; LANGUAGES],
}

impl PackedTexts {
    /// Texts as the build script of the crate packs them, in the order of [`Language::ALL`].
    #[must_use]
    pub const fn new(deflated: [&'static [u8]; LANGUAGES]) -> Self {
        Self { deflated, inflated: [const { OnceLock::new() }; LANGUAGES] }
    }

    /// The text of a number; empty where there is none.
    pub(super) fn text(&self, number: u16, language: Language) -> &str {
        let place = language as usize;
        self.inflated[place].get_or_init(|| InflatedTexts::of(self.deflated[place])).text(number)
    }
}

#[derive(Debug, Default)]
struct InflatedTexts {
    joined: String,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl InflatedTexts {
    fn of(deflated: &[u8]) -> Self {
        let bytes = decompress_to_vec_with_limit(deflated, LIMIT).unwrap_or_default();
        let joined = String::from_utf8(bytes).unwrap_or_default();
        let ends = joined.match_indices(SEPARATOR).map(|(end, _)| end).collect();
        Self { joined, ends }
    }

    fn text(&self, number: u16) -> &str {
        let number = usize::from(number);
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = start.map_or(0, |end| end + SEPARATOR.len_utf8());
        self.ends.get(number).and_then(|end| self.joined.get(start..*end)).unwrap_or_default()
    }
}
