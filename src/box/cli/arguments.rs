//! What can be typed. What it is for stands in the catalogues, in the table `help`: see
//! [`Texts`](temoin_command_line::Texts) for the keys.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use temoin_config::settings::Setting;
use temoin_core::law::Slug;
use temoin_core::session::{IdPrefix, Timestamp};
use temoin_core::text::Language;
use temoin_protocol::PublicKey;

#[derive(Debug, Parser)]
#[command(name = "temoin", version)]
pub(super) struct Arguments {
    #[arg(long, global = true, value_name = "DIR", default_value = "/var/lib/temoin")]
    pub(super) state_dir: PathBuf,
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub(super) lang: Option<Language>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Status(JsonArgs),
    Sessions(SessionsArgs),
    Show(ShowArgs),
    Held(JsonArgs),
    Compare(CompareArgs),
    #[command(subcommand)]
    Letter(LetterCommand),
    Erase(EraseArgs),
    Sync(SyncArgs),
    #[command(subcommand)]
    Profile(ProfileCommand),
    #[command(subcommand)]
    Settings(SettingsCommand),
    #[command(subcommand)]
    Rules(RulesCommand),
    Export(ExportArgs),
    Backup(BackupArgs),
    Ledger(LedgerArgs),
    Verify(VerifyArgs),
    #[command(subcommand)]
    Receipts(ReceiptsCommand),
    Doctor(DoctorArgs),
    #[command(subcommand)]
    Hook(HookCommand),
    Daemon(DaemonArgs),
    #[command(hide = true)]
    Clock,
}

#[derive(Args, Debug)]
pub(super) struct JsonArgs {
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct RangeArgs {
    #[arg(long, value_name = "WHEN")]
    pub(super) since: Option<TimeBound>,
    #[arg(long, value_name = "WHEN")]
    pub(super) until: Option<TimeBound>,
}

#[derive(Args, Debug)]
pub(super) struct SessionsArgs {
    #[command(flatten)]
    pub(super) range: RangeArgs,
    #[arg(long)]
    pub(super) json: bool,
    #[arg(long, value_name = "COUNT")]
    pub(super) limit: Option<u32>,
}

#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    pub(super) id: IdPrefix,
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    pub(super) range: RangeArgs,
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
    pub(super) format: ExportFormat,
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum ExportFormat {
    Csv,
    Json,
}

#[derive(Args, Debug)]
pub(super) struct CompareArgs {
    #[arg(value_name = "FILE")]
    pub(super) reply: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub(super) mapping: Option<PathBuf>,
    #[arg(long, value_name = "ZONE")]
    pub(super) time_zone: Option<temoin_reply::ReplyZone>,
    #[arg(long, value_name = "ORDER")]
    pub(super) dates: Option<temoin_reply::DateOrder>,
    #[arg(long, value_name = "COLUMN")]
    pub(super) column: Vec<String>,
    #[arg(long, value_name = "PLACE")]
    pub(super) list: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub(super) write_mapping: Option<PathBuf>,
    #[command(flatten)]
    pub(super) range: RangeArgs,
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum LetterCommand {
    Access(AccessArgs),
    Complaint(ComplaintArgs),
    Erasure(ErasureArgs),
}

#[derive(Args, Debug)]
pub(super) struct AccessArgs {
    #[arg(long, value_name = "DAY", requires = "until")]
    pub(super) since: Option<chrono::NaiveDate>,
    #[arg(long, value_name = "DAY", requires = "since")]
    pub(super) until: Option<chrono::NaiveDate>,
    #[command(flatten)]
    pub(super) reminder: ReminderArgs,
    #[command(flatten)]
    pub(super) form: LetterArgs,
}

#[derive(Args, Debug)]
pub(super) struct ComplaintArgs {
    #[arg(long, value_enum, value_name = "REASON", default_value_t = GrievanceArg::NoAnswer)]
    pub(super) about: GrievanceArg,
    #[arg(long, value_name = "DAY")]
    pub(super) asked: Option<chrono::NaiveDate>,
    #[arg(long, value_name = "DAY")]
    pub(super) received: Option<chrono::NaiveDate>,
    #[arg(long, value_name = "DAY")]
    pub(super) answered: Option<chrono::NaiveDate>,
    #[command(flatten)]
    pub(super) form: LetterArgs,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum GrievanceArg {
    NoAnswer,
    Incomplete,
    NotErased,
}

#[derive(Args, Debug)]
pub(super) struct ErasureArgs {
    #[arg(long, value_name = "ID", required = true)]
    pub(super) session: Vec<IdPrefix>,
    #[arg(long, value_name = "DAY")]
    pub(super) held: Option<chrono::NaiveDate>,
    #[command(flatten)]
    pub(super) reminder: ReminderArgs,
    #[command(flatten)]
    pub(super) form: LetterArgs,
}

#[derive(Args, Debug)]
pub(super) struct ReminderArgs {
    #[arg(long, conflicts_with = "html")]
    pub(super) ics: bool,
    #[arg(long, value_name = "DAY", requires = "ics")]
    pub(super) received: Option<chrono::NaiveDate>,
}

#[derive(Args, Debug)]
pub(super) struct LetterArgs {
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    #[arg(long, value_name = "LINE")]
    pub(super) address: Vec<String>,
    #[arg(long, value_name = "TEXT")]
    pub(super) reference: Option<String>,
    #[arg(long)]
    pub(super) html: bool,
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct EraseArgs {
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    pub(super) session: Vec<IdPrefix>,
    #[arg(long)]
    pub(super) all: bool,
    #[arg(long, conflicts_with_all = ["all", "session"])]
    pub(super) damaged: bool,
    #[arg(long)]
    pub(super) yes: bool,
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Args, Debug)]
pub(super) struct SyncArgs {
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ProfileCommand {
    List(JsonArgs),
    Use {
        #[arg(value_name = "PROFILE")]
        id: Slug,
    },
    Check {
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum SettingsCommand {
    Check,
    Get {
        key: Option<Setting>,
    },
    Set {
        key: Setting,
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    List,
    Check { file: PathBuf },
}

#[derive(Args, Debug)]
pub(super) struct BackupArgs {
    pub(super) file: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct LedgerArgs {
    #[arg(long, value_name = "COUNT")]
    pub(super) limit: Option<u32>,
    #[arg(long)]
    pub(super) full: bool,
    #[arg(long, conflicts_with = "full")]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    #[arg(value_name = "RECEIPT")]
    pub(super) receipt: Option<String>,
    #[arg(long, value_name = "HEX")]
    pub(super) key: Vec<PublicKey>,
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub(super) profile: Option<PathBuf>,
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ReceiptsCommand {
    Export(ReceiptsExportArgs),
}

#[derive(Args, Debug)]
pub(super) struct ReceiptsExportArgs {
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    #[arg(long)]
    pub(super) with_digests: bool,
}

#[derive(Args, Debug)]
pub(super) struct DoctorArgs {
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) scripts: ScriptsArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum HookCommand {
    RouteUp(HookRunArgs),
    RouteDown(HookRunArgs),
    Install(ScriptsArgs),
    Uninstall(ScriptsArgs),
}

#[derive(Args, Debug)]
pub(super) struct HookRunArgs {
    #[arg(long, hide = true)]
    pub(super) unsupervised: bool,
}

#[derive(Args, Debug)]
pub(super) struct ScriptsArgs {
    #[arg(long, value_name = "DIR", default_value = "/etc/openvpn/scripts")]
    pub(super) scripts_dir: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct DaemonArgs {
    #[arg(long, value_name = "PATH", conflicts_with = "listen")]
    pub(super) socket: Option<PathBuf>,
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<SocketAddr>,
    #[arg(long, value_name = "FILE")]
    pub(super) status_file: Option<PathBuf>,
}

/// A limit in time as it is typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TimeBound {
    Day(chrono::NaiveDate),
    Instant(Timestamp),
}

impl std::str::FromStr for TimeBound {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let instant = text.parse().map(Self::Instant);
        instant.or_else(|_| text.parse().map(Self::Day))
    }
}
