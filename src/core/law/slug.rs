use std::fmt;
use std::str::FromStr;

/// What names an edition, a source, a rule, an operator or a statement: lower-case ASCII letters,
/// digits and single hyphens between them.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Slug(String);

impl Slug {
    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        (text.len() <= 64 && text.split('-').all(plain))
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidSlug)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not an id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidSlug;

impl fmt::Display for InvalidSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an id has at most 64 lower-case letters a to z, digits, and single hyphens between \
             them, such as lce-126-1",
        )
    }
}

impl std::error::Error for InvalidSlug {}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::Slug;

    proptest! {
        #[test]
        fn an_id_is_kept_as_it_is_or_refused(text in "[a-c0-2A-]{0,6}|.*") {
            if let Ok(id) = text.parse::<Slug>() {
                prop_assert_eq!(id.as_str(), &text);
                prop_assert!(!text.contains("--") && !text.starts_with('-') && !text.ends_with('-'));
                prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
            }
        }
    }
}
