use std::fmt;
use std::str::FromStr;

/// The login of somebody in YunoHost.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UserName(String);

impl UserName {
    /// The login as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = InvalidUserName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        ((1..=64).contains(&text.len()) && text.bytes().all(is_plain))
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidUserName)
    }
}

/// Not a login.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidUserName;

impl fmt::Display for InvalidUserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a login has at most 64 letters a to z, digits, dots, hyphens and underscores, such as \
             camille",
        )
    }
}

impl std::error::Error for InvalidUserName {}

#[cfg(test)]
mod tests {
    use super::UserName;

    #[test]
    fn a_login_is_plain_and_never_empty() {
        for text in ["camille", "a", "zoe_2.b-c", "Ada"] {
            assert_eq!(text.parse::<UserName>().unwrap().as_str(), text);
        }
        let long = "a".repeat(65);
        for text in ["", "a b", "zoé", "a:b", "a\n", "a,b", "<a>", &long] {
            assert!(text.parse::<UserName>().is_err(), "{text:?}");
        }
    }
}
