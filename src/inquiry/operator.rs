use std::fmt;

use crate::config::Config;
use crate::domain::Zone;
use crate::lawbook::Lawbook;
use crate::protocol::PublicKey;
use crate::retention::Id;
use crate::sync::{Base, Proxy, Trust};

/// Who is asked, as the member's configuration and the operator's profile say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Operator {
    /// Where its responder is.
    pub base: Base,
    /// What shows that it is its responder.
    pub trust: Trust,
    /// The key that the profile pins for its statements.
    pub key: PublicKey,
    /// In which its days are counted.
    pub zone: Zone,
    /// The proxy by which a status request goes out, if not through the tunnel.
    pub proxy: Option<Proxy>,
}

impl Operator {
    /// The operator to ask.
    ///
    /// # Errors
    /// [`NotAsked`] where none is.
    pub fn of(config: &Config, book: &Lawbook) -> Result<Self, NotAsked> {
        if !config.sync {
            return Err(NotAsked::Off);
        }
        let profile = book.profile().ok_or(NotAsked::NoProfile)?;
        let unfit = |key| NotAsked::Unfit { profile: profile.id.clone(), key };
        let sync = profile.sync.as_ref().ok_or_else(|| NotAsked::NoAddress(profile.id.clone()))?;
        Ok(Self {
            base: sync.url.parse().map_err(|_| unfit("sync.url"))?,
            trust: sync.certificate_key.map_or(Trust::System, |key| Trust::Pinned(*key.as_bytes())),
            key: PublicKey::from_bytes(*sync.public_key.as_bytes())
                .map_err(|_| unfit("sync.public_key"))?,
            zone: profile.zone,
            proxy: config.proxy,
        })
    }
}

/// Why no operator is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NotAsked {
    /// The operator's profile does not say where: it has to offer it.
    NoAddress(Id),
    /// The configuration does not say who the operator is: choose a profile.
    NoProfile,
    /// The member has not switched it on.
    Off,
    /// The profile says something with which nobody can be asked: mend it.
    Unfit {
        /// Which profile.
        profile: Id,
        /// Which of its keys.
        key: &'static str,
    },
}

impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress(profile) => write!(
                f,
                "the profile {profile} does not say where the operator answers checks; ask the \
                 operator whether it offers them"
            ),
            Self::NoProfile => f.write_str(
                "nobody said who your operator is; choose a profile: temoin profile list, then temoin \
                 profile use",
            ),
            Self::Off => f.write_str(
                "asking the operator is off; to switch it on, set sync.enabled = true in the \
                 configuration",
            ),
            Self::Unfit { profile, key } => write!(
                f,
                "the profile {profile} cannot be used to ask the operator: {key} is not what it should \
                 be; see temoin profile check, or ask the operator for a new profile"
            ),
        }
    }
}

impl std::error::Error for NotAsked {}
