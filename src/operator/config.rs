//! The operator's configuration: `/etc/temoin-operator/operator.toml`. Absent keys have
//! their defaults. The shipped file, `operator.toml` beside this one, lists every key.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use serde::{Deserialize, Serialize};

use super::{Endpoint, Location, RetentionPolicy, SessionRecord};
use temoin_core::law::{Jurisdiction, Law, NamedEnum, Period};
use temoin_core::session::{Field, Gateway, Zone};
use temoin_protocol::FieldSet;

/// The default path of the configuration.
pub(super) const DEFAULT_PATH: &str = "/etc/temoin-operator/operator.toml";

/// The file as it ships.
pub(super) const SHIPPED: &str = include_str!("operator.toml");

/// The configuration, ready to use.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the record is.
    pub store: Location,
    /// The name of this machine among the gateways; `None` for its host name.
    pub name: Option<String>,
    /// What OpenVPN's hooks need.
    pub hook: HookSettings,
    /// The user that OpenVPN runs its hooks as, if not root or the one who serves.
    pub openvpn_user: Option<String>,
    /// The address and port that boxes connect to; `None` for what OpenVPN says.
    pub gateway: Option<Gateway>,
    /// Days without a sign of life after which a gateway counts as lost.
    pub lost_after_days: u32,
    /// What is kept of a session.
    pub fields: FieldSet,
    /// How long it is kept.
    pub policy: RetentionPolicy,
    /// Where the responder listens.
    pub endpoint: Endpoint,
    /// The file of the key that signs what they are told.
    pub signing_key: PathBuf,
}

impl Config {
    /// Reads the configuration at `path`.
    ///
    /// # Errors
    /// [`ConfigError`] if the file cannot be read or has an invalid value.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(ConfigProblem::Unreadable);
        text.and_then(|text| Self::parse(&text)).map_err(|problem| problem.of(path))
    }

    /// The name of this machine among the gateways.
    pub fn gateway_name(&self) -> String {
        let host = || nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
        self.name.clone().or_else(host).unwrap_or_else(|| "gateway".to_owned())
    }

    /// How long a gateway gives no sign of life before it counts as lost, in seconds.
    pub(super) fn lost_after(&self) -> u64 {
        u64::from(self.lost_after_days) * 86_400
    }

    pub(super) fn parse(text: &str) -> Result<Self, ConfigProblem> {
        let raw = RawConfig::parse(text)?;
        let hook = HookSettings::new(&raw)?;
        let RawGateway { name, address, lost_after_days, openvpn_user, .. } = raw.gateway;
        let gateway = match address.filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => {
                let why = "it is an address and a port, such as \"198.51.100.1:1194\"";
                let address: SocketAddr =
                    text.parse().map_err(|_| ConfigProblem::value("gateway.address", why))?;
                Some(Gateway { address: address.ip().to_canonical(), port: Some(address.port()) })
            }
        };
        let store = raw.store.location.unwrap_or_else(|| STORE.to_owned());
        let location =
            store.parse().map_err(|error| ConfigProblem::value("store.location", error))?;
        let name = name.filter(|name| !name.is_empty());
        if let Some(name) = &name {
            format!("{name}/tun0")
                .parse::<super::ServerName>()
                .map_err(|error| ConfigProblem::value("gateway.name", error))?;
        }
        Ok(Self {
            store: location,
            name,
            hook,
            openvpn_user: openvpn_user.filter(|name| !name.is_empty()),
            gateway,
            lost_after_days: lost_after_days.unwrap_or(7).max(1),
            fields: fields(raw.record.fields)?,
            policy: policy(raw.retention)?,
            signing_key: absolute("serve.signing_key", raw.serve.signing_key.clone())?
                .unwrap_or_else(|| SIGNING_KEY.into()),
            endpoint: endpoint(raw.serve)?,
        })
    }
}

/// The part of the configuration that a hook needs. It is read at each of them, so nothing is reckoned.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct HookSettings {
    /// Where events wait until the store has them.
    pub spool: PathBuf,
    /// Where `serve` takes events from hooks.
    pub socket: PathBuf,
    /// OpenVPN's client-config-dir.
    pub client_config_dir: Option<PathBuf>,
    /// Whether boxes are told their origin.
    pub push_origin: bool,
}

impl HookSettings {
    /// Reads them from the text of the configuration.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigProblem> {
        Self::new(&RawConfig::parse(text)?)
    }

    fn new(raw: &RawConfig) -> Result<Self, ConfigProblem> {
        let gateway = &raw.gateway;
        // Beside the socket for boxes, so that both are moved at once.
        let beside = raw.serve.listen.as_deref().filter(|listen| listen.starts_with('/'));
        let beside = Path::new(beside.unwrap_or(LISTEN)).with_file_name(HOOK_SOCKET);
        Ok(Self {
            spool: absolute("gateway.spool", gateway.spool.clone())?
                .unwrap_or_else(|| SPOOL.into()),
            socket: absolute("gateway.hook_socket", gateway.hook_socket.clone())?.unwrap_or(beside),
            client_config_dir: absolute(
                "gateway.client_config_dir",
                gateway.client_config_dir.clone(),
            )?,
            push_origin: gateway.push_origin.unwrap_or(true),
        })
    }
}

/// An absolute path, or none where the text is empty.
fn absolute(key: &'static str, text: Option<String>) -> Result<Option<PathBuf>, ConfigProblem> {
    let path = text.filter(|text| !text.is_empty()).map(PathBuf::from);
    if path.as_ref().is_some_and(|path| !path.is_absolute()) {
        return Err(ConfigProblem::value(key, "the path must begin with /"));
    }
    Ok(path)
}

fn fields(names: Option<Vec<String>>) -> Result<FieldSet, ConfigProblem> {
    const KEY: &str = "record.fields";
    let Some(names) = names else {
        let by_default = |field: &Field| field.is_recorded();
        return Ok(SessionRecord::FIELDS.into_iter().filter(by_default).collect());
    };
    let indispensable: FieldSet = SessionRecord::ALWAYS_KEPT.into_iter().collect();
    names.iter().try_fold(indispensable, |fields, name| {
        let field: Field = name.parse().map_err(|error| ConfigProblem::value(KEY, error))?;
        if SessionRecord::FIELDS.contains(&field) {
            Ok(fields.with(field))
        } else {
            Err(ConfigProblem::value(KEY, format!("{field} is never recorded: leave it out")))
        }
    })
}

fn endpoint(raw: RawServe) -> Result<Endpoint, ConfigProblem> {
    let listen = raw.listen.filter(|text| !text.is_empty()).unwrap_or_else(|| LISTEN.to_owned());
    if listen.starts_with('/') {
        return Ok(Endpoint::Socket(listen.into()));
    }
    let address = listen.parse().map_err(|_| {
        let why = "it is the path of a socket, or an address and a port, such as \"10.8.0.1:443\"";
        ConfigProblem::value("serve.listen", why)
    })?;
    let needed = |key, text| {
        let path = absolute(key, text)?;
        path.ok_or_else(|| {
            ConfigProblem::value(key, "an address is served by TLS only: name the file")
        })
    };
    Ok(Endpoint::Tls {
        address,
        certificate: needed("serve.certificate", raw.certificate)?,
        key: needed("serve.certificate_key", raw.certificate_key)?,
    })
}

fn policy(raw: RawRetention) -> Result<RetentionPolicy, ConfigProblem> {
    let zone = raw.time_zone.unwrap_or_else(|| ZONE.to_owned());
    let zone: Zone =
        zone.parse().map_err(|error| ConfigProblem::value("retention.time_zone", error))?;
    let from_end = match raw.counted_from.as_deref() {
        None | Some("session_end") => true,
        Some("session_start") => false,
        Some(_) => {
            let why = "it is \"session_end\" or \"session_start\"";
            return Err(ConfigProblem::value("retention.counted_from", why));
        }
    };
    let period = match (raw.months.unwrap_or(0), raw.days.unwrap_or(0)) {
        (0, 0) => {
            let name = raw.jurisdiction.unwrap_or_else(|| JURISDICTION.to_owned());
            let known = Jurisdiction::ALL.iter().find(|it| it.name() == name);
            let jurisdiction = *known.ok_or_else(|| {
                ConfigProblem::value("retention.jurisdiction", "it is \"BE\" or \"FR\"")
            })?;
            let law = Law::compiled_in()
                .map_err(|error| ConfigProblem::value("retention.jurisdiction", error))?;
            return Ok(RetentionPolicy::by_law(law, jurisdiction, zone));
        }
        (months, 0) if months <= MAX_MONTHS => Period::Months(months),
        (0, days) if days <= 31 * MAX_MONTHS => Period::Days(days),
        (_, 0) | (0, _) => {
            let why = format!("a period longer than {MAX_MONTHS} months is not one of retention");
            return Err(ConfigProblem::value("retention.months", why));
        }
        _ => return Err(ConfigProblem::value("retention.days", "give months or days, not both")),
    };
    let from = if from_end { RetentionPolicy::from_end } else { RetentionPolicy::from_start };
    Ok(from(period, zone))
}

/// A configuration that cannot be used. Nothing was changed.
#[derive(Debug)]
pub struct ConfigError {
    path: PathBuf,
    problem: ConfigProblem,
}

#[derive(Debug)]
pub(super) enum ConfigProblem {
    Syntax(String),
    Unreadable(io::Error),
    Value { key: &'static str, why: String },
}

impl ConfigProblem {
    fn value(key: &'static str, why: impl fmt::Display) -> Self {
        Self::Value { key, why: why.to_string() }
    }

    /// The error, for the file that has the problem.
    pub(super) fn of(self, path: &Path) -> ConfigError {
        ConfigError { path: path.to_owned(), problem: self }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            ConfigProblem::Unreadable(error) => write!(
                f,
                "{path} cannot be read: {error}. 'temoin-operator init' makes it; else check the \
                 path and its permissions."
            ),
            ConfigProblem::Syntax(error) => write!(f, "{path}: {}", error.trim_end()),
            ConfigProblem::Value { key, why } => write!(f, "{path}: {key}: {why}."),
        }
    }
}

impl std::error::Error for ConfigError {}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawConfig {
    store: RawStore,
    gateway: RawGateway,
    record: RawRecord,
    retention: RawRetention,
    serve: RawServe,
}

impl RawConfig {
    fn parse(text: &str) -> Result<Self, ConfigProblem> {
        toml::from_str(text).map_err(|error| ConfigProblem::Syntax(error.to_string()))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawStore {
    location: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawGateway {
    name: Option<String>,
    spool: Option<String>,
    hook_socket: Option<String>,
    openvpn_user: Option<String>,
    address: Option<String>,
    client_config_dir: Option<String>,
    push_origin: Option<bool>,
    lost_after_days: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawRecord {
    fields: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawRetention {
    time_zone: Option<String>,
    jurisdiction: Option<String>,
    months: Option<u32>,
    days: Option<u32>,
    counted_from: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawServe {
    listen: Option<String>,
    certificate: Option<String>,
    certificate_key: Option<String>,
    signing_key: Option<String>,
}

const STORE: &str = "/var/lib/temoin-operator/record.db";
const SPOOL: &str = "/var/spool/temoin-operator";
const HOOK_SOCKET: &str = "hook.sock";
const LISTEN: &str = "/run/temoin-operator/serve.sock";
const SIGNING_KEY: &str = "/var/lib/temoin-operator/signing.key";
const ZONE: &str = "Europe/Brussels";
const JURISDICTION: &str = "BE";

/// Ten years, in months.
const MAX_MONTHS: u32 = 120;

#[cfg(test)]
mod tests {
    use super::{Config, ConfigError, SHIPPED};

    #[test]
    fn the_shipped_file_names_every_default_as_it_is() {
        let uncommented: String = SHIPPED
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(key) if !key.starts_with(' ') => format!("{key}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        assert_eq!(uncommented.lines().filter(|line| line.contains(" = ")).count(), 19);
        let default = format!("{:?}", Config::parse("").unwrap());
        for text in [SHIPPED, &uncommented] {
            assert_eq!(format!("{:?}", Config::parse(text).unwrap()), default);
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_key() {
        for (text, names) in [
            ("[store]\nlocation = \"record.db\"", "store.location"),
            ("[gateway]\nname = \"a b\"", "gateway.name"),
            ("[gateway]\nspool = \"spool\"", "gateway.spool"),
            ("[gateway]\nhook_socket = \"hook\"", "gateway.hook_socket"),
            ("[gateway]\naddress = \"198.51.100.1\"", "gateway.address"),
            ("[record]\nfields = [\"colour\"]", "record.fields"),
            ("[record]\nfields = [\"content\"]", "content is never recorded"),
            ("[record]\nfields = [\"bytes_in\"]", "bytes_in is never recorded"),
            ("[retention]\ntime_zone = \"Brussels\"", "retention.time_zone"),
            ("[retention]\njurisdiction = \"DE\"", "retention.jurisdiction"),
            ("[retention]\ncounted_from = \"now\"", "retention.counted_from"),
            ("[retention]\nmonths = 1\ndays = 1", "retention.days"),
            ("[retention]\nmonths = 999", "retention.months"),
            ("[retention]\nmonth = 1", "month"),
            ("[serve]\nlisten = \"localhost\"", "serve.listen"),
            ("[serve]\nlisten = \"10.8.0.1:443\"", "serve.certificate"),
            ("[serve]\nsigning_key = \"key\"", "serve.signing_key"),
        ] {
            let problem = Config::parse(text).map(|_| ()).unwrap_err();
            let error = ConfigError { path: "/etc/o.toml".into(), problem }.to_string();
            assert!(error.contains(names) && error.contains("/etc/o.toml"), "{text}: {error}");
        }
    }
}
