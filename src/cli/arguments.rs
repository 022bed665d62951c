use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::domain::{IdPrefix, Timestamp};
use crate::i18n::Language;

use super::exit::Failure;

/// Witnesses the record that the law makes your VPN operator keep of your sessions.
///
/// temoin notes on this box when your VPN tunnel was up and which addresses it had:
/// the same few facts that your operator keeps, and nothing else. Begin with
/// `temoin status`; when something seems wrong, `temoin doctor` says what it is and
/// what to do.
#[derive(Debug, Parser)]
#[command(name = "temoin", version, verbatim_doc_comment, after_help = Failure::HELP)]
pub(super) struct Arguments {
    /// Where the record is kept.
    #[arg(long, global = true, value_name = "DIR", default_value = "/var/lib/temoin")]
    pub(super) state_dir: PathBuf,
    /// The configuration [default: /etc/temoin/temoin.toml, where it exists].
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The language to speak: fr, nl, en or de [default: as configured, else the system's].
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub(super) lang: Option<Language>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tell whether the tunnel is up and how many sessions are recorded.
    Status(Json),
    /// List the recorded sessions, the newest first.
    Sessions(Sessions),
    /// Show all that is known of one session, and how.
    Show(Show),
    /// Write the recorded sessions out, for a spreadsheet or another program.
    Export(Export),
    /// Check that everything works, and say what to do where it does not.
    Doctor(Doctor),
    /// Put the hooks beside OpenVPN's, or take them away.
    #[command(subcommand)]
    Hook(Hook),
    /// Keep the record and serve the page. The service runs this.
    Daemon(Daemon),
}

#[derive(Args, Debug)]
pub(super) struct Json {
    /// Print JSON, for other programs.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct Range {
    /// Only sessions that lasted past this: a day such as 2026-11-24, or an instant such as
    /// 2026-11-24T08:00:00Z.
    #[arg(long, value_name = "WHEN")]
    pub(super) since: Option<Limit>,
    /// Only sessions that began before the end of this day, or before this instant.
    #[arg(long, value_name = "WHEN")]
    pub(super) until: Option<Limit>,
}

#[derive(Args, Debug)]
pub(super) struct Sessions {
    #[command(flatten)]
    pub(super) range: Range,
    /// Print JSON, for other programs (format: temoin.sessions/1).
    #[arg(long)]
    pub(super) json: bool,
    /// How many to print at most [default: 50; with --json all].
    #[arg(long, value_name = "COUNT")]
    pub(super) limit: Option<u32>,
}

#[derive(Args, Debug)]
pub(super) struct Show {
    /// The session ID, or how it begins: at least four of its digits.
    pub(super) id: IdPrefix,
    /// Print JSON, for other programs.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct Export {
    #[command(flatten)]
    pub(super) range: Range,
    /// What to write.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub(super) format: Format,
    /// Write to this file, readable by you alone, and not to the terminal. It must not exist yet.
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated values.
    Csv,
    /// JSON (format: temoin.sessions/1).
    Json,
}

#[derive(Args, Debug)]
pub(super) struct Doctor {
    /// Print JSON, for other programs (format: temoin.doctor/1).
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) scripts: Scripts,
}

#[derive(Debug, Subcommand)]
pub(super) enum Hook {
    /// Note that the tunnel came up. OpenVPN runs this.
    RouteUp(Run),
    /// Note that the tunnel goes down. OpenVPN runs this.
    RouteDown(Run),
    /// Put `80-temoin` into OpenVPN's route-up.d and route-down.d.
    Install(Scripts),
    /// Take `80-temoin` away again; the record stays.
    Uninstall(Scripts),
}

#[derive(Args, Debug)]
pub(super) struct Run {
    /// Do the work itself; without it, a second process does it and is waited for only so long.
    #[arg(long, hide = true)]
    pub(super) unsupervised: bool,
}

#[derive(Args, Debug)]
pub(super) struct Scripts {
    /// The directory that holds route-up.d and route-down.d.
    #[arg(long, value_name = "DIR", default_value = "/etc/openvpn/scripts")]
    pub(super) scripts_dir: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct Daemon {
    /// Serve the page on this Unix socket.
    #[arg(long, value_name = "PATH", conflicts_with = "listen")]
    pub(super) socket: Option<PathBuf>,
    /// Serve the page on this address of this machine, such as 127.0.0.1:8470.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<SocketAddr>,
}

/// A limit in time as it is typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Limit {
    Day(chrono::NaiveDate),
    Instant(Timestamp),
}

impl std::str::FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .map(Self::Day)
            .or_else(|_| text.parse().map(Self::Instant))
            .map_err(|_| "a day such as 2026-11-24 or an instant such as 2026-11-24T08:00:00Z")
    }
}
