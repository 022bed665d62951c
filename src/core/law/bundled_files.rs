use std::iter;

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::file_problem::RuleFileError;

/// The size limit for the files of one folder, in bytes: ten times their actual size.
const LIMIT: usize = 2 << 20;

/// The files of one folder that ship with temoin, inflated while they are read (`build.rs` deflates
/// them).
pub(super) struct BundledFiles {
    /// Of each file its name and its text, a NUL behind either.
    joined: String,
}

impl BundledFiles {
    /// The files of the folder `rules`.
    ///
    /// # Errors
    /// [`RuleFileError`] never in a release: a test reads them all.
    pub(super) fn rules() -> Result<Self, RuleFileError> {
        Self::inflate("rules", include_bytes!(concat!(env!("OUT_DIR"), "/rules")))
    }

    /// The files of the folder `profiles`, without the template that is only there to be copied.
    ///
    /// # Errors
    /// As [`rules`](Self::rules).
    pub(super) fn profiles() -> Result<Self, RuleFileError> {
        Self::inflate("profiles", include_bytes!(concat!(env!("OUT_DIR"), "/profiles")))
    }

    fn inflate(folder: &str, deflated: &[u8]) -> Result<Self, RuleFileError> {
        decompress_to_vec_with_limit(deflated, LIMIT)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(|joined| Self { joined })
            .ok_or_else(|| RuleFileError::incomplete(folder))
    }

    /// Name and text of each file, by name.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut parts = self.joined.split_terminator('\0');
        iter::from_fn(move || Some((parts.next()?, parts.next()?)))
    }
}
