use std::fmt;

use crate::messages::sync::unavailable as msg;
use temoin_config::Config;
use temoin_config::ruleset::Ruleset;
use temoin_core::law::Slug;
use temoin_core::session::Zone;
use temoin_core::text::{Language, Localized};
use temoin_protocol::PublicKey;
use temoin_sync::{Proxy, ResponderUrl, ServerTrust};

/// The operator to ask, from the member's configuration and the operator's profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyncTarget {
    /// The URL of its responder.
    pub base: ResponderUrl,
    /// How the responder is authenticated.
    pub trust: ServerTrust,
    /// The key that the profile pins for its statements.
    pub key: PublicKey,
    /// Its time zone, in which days are counted.
    pub zone: Zone,
    /// The proxy for status requests, if not through the tunnel.
    pub proxy: Option<Proxy>,
}

impl SyncTarget {
    /// The operator to ask.
    ///
    /// # Errors
    /// [`SyncUnavailable`] if there is none.
    pub fn of(config: &Config, book: &Ruleset) -> Result<Self, SyncUnavailable> {
        if !config.sync {
            return Err(SyncUnavailable::Off);
        }
        let profile = book.profile().ok_or(SyncUnavailable::NoProfile)?;
        let unfit = |key| SyncUnavailable::Unfit { profile: profile.id.clone(), key };
        let sync =
            profile.sync.as_ref().ok_or_else(|| SyncUnavailable::NoAddress(profile.id.clone()))?;
        Ok(Self {
            base: sync.url.parse().map_err(|_| unfit("sync.url"))?,
            trust: sync
                .certificate_key
                .map_or(ServerTrust::System, |key| ServerTrust::Pinned(*key.as_bytes())),
            key: PublicKey::from_bytes(*sync.public_key.as_bytes())
                .map_err(|_| unfit("sync.public_key"))?,
            zone: profile.zone,
            proxy: config.proxy,
        })
    }
}

/// Why the sync is unavailable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SyncUnavailable {
    /// The operator's profile has no sync URL: the operator does not offer it.
    NoAddress(Slug),
    /// No operator is configured: choose a profile.
    NoProfile,
    /// The member has not enabled it.
    Off,
    /// The profile has an unusable value: fix it.
    Unfit {
        /// Which profile.
        profile: Slug,
        /// Which of its keys.
        key: &'static str,
    },
}

impl Localized for SyncUnavailable {
    fn text(&self, language: Language) -> String {
        match self {
            Self::NoAddress(profile) => {
                msg::NO_ADDRESS.fill(language, &[("profile", &profile.to_string())])
            }
            Self::NoProfile => msg::NO_PROFILE.text(language).to_owned(),
            Self::Off => msg::OFF.text(language).to_owned(),
            Self::Unfit { profile, key } => {
                msg::UNFIT.fill(language, &[("profile", &profile.to_string()), ("key", key)])
            }
        }
    }
}

/// In English, for the log.
impl fmt::Display for SyncUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl std::error::Error for SyncUnavailable {}
