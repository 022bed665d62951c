use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::app::settings::Setting;
use crate::gdpr;
use temoin_core::law::Slug;
use temoin_core::session::{IdPrefix, Timestamp};
use temoin_core::text::Language;
use temoin_protocol::PublicKey;

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
    Status(JsonArgs),
    /// List the recorded sessions, the newest first.
    Sessions(SessionsArgs),
    /// Show all that is known of one session, and how.
    Show(ShowArgs),
    /// Sum up how many records your operator should hold today, the oldest and the next to go.
    Held(JsonArgs),
    /// Hold your operator's answer to a request for access against the record.
    Compare(CompareArgs),
    /// Write a letter that you can complete, sign and send: nothing is sent by temoin.
    #[command(subcommand)]
    Letter(LetterCommand),
    /// Erase sessions whose time is over, or those that you name. The daemon does the former by
    /// itself, daily.
    Erase(EraseArgs),
    /// Ask your operator what it holds, by the opaque IDs of sessions alone. Where that is switched
    /// on, the daemon does it by itself, daily.
    Sync(SyncArgs),
    /// Say who your operator is, by a file of what it has stated.
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Look at the settings, or change one; the daemon and the page heed it at once.
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Look at the files that say what the law has operators keep.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Write the recorded sessions out, for a spreadsheet or another program.
    Export(ExportArgs),
    /// Copy the record into a file, as it is at one moment, also while the daemon runs. What is erased
    /// here stays in the copy.
    Backup(BackupArgs),
    /// Read what left this box: each request to the operator, byte for byte, and what came of it.
    Ledger(LedgerArgs),
    /// Check receipts: whether the operator signed them, and what they say. Asks nobody, and works on
    /// any machine.
    Verify(VerifyArgs),
    /// Hand on what the operator has signed.
    #[command(subcommand)]
    Receipts(ReceiptsCommand),
    /// Check that everything works, and say what to do where it does not.
    Doctor(DoctorArgs),
    /// Put the hooks beside OpenVPN's, or take them away.
    #[command(subcommand)]
    Hook(HookCommand),
    /// Keep the record and serve the page. The service runs this.
    Daemon(DaemonArgs),
    /// Print whether the kernel holds its clock to be right. A unit of the package runs this for the
    /// daemon.
    #[command(hide = true)]
    Clock,
}

#[derive(Args, Debug)]
pub(super) struct JsonArgs {
    /// Print JSON, for other programs.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct RangeArgs {
    /// Only sessions that lasted past this: a day such as 2026-11-24, or an instant such as
    /// 2026-11-24T08:00:00Z.
    #[arg(long, value_name = "WHEN")]
    pub(super) since: Option<TimeBound>,
    /// Only sessions that began before the end of this day, or before this instant.
    #[arg(long, value_name = "WHEN")]
    pub(super) until: Option<TimeBound>,
}

#[derive(Args, Debug)]
pub(super) struct SessionsArgs {
    #[command(flatten)]
    pub(super) range: RangeArgs,
    /// Print JSON, for other programs (format: temoin.sessions/1).
    #[arg(long)]
    pub(super) json: bool,
    /// How many to print at most [default: 50; with --json all].
    #[arg(long, value_name = "COUNT")]
    pub(super) limit: Option<u32>,
}

#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// The session ID, or how it begins: at least four of its digits.
    pub(super) id: IdPrefix,
    /// Print JSON, for other programs.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    pub(super) range: RangeArgs,
    /// What to write.
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
    pub(super) format: ExportFormat,
    /// Write to this file, readable by you alone, and not to the terminal. It must not exist yet.
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum ExportFormat {
    /// Comma-separated values.
    Csv,
    /// JSON (format: temoin.sessions/1).
    Json,
}

#[derive(Args, Debug)]
pub(super) struct CompareArgs {
    /// The answer: a table (CSV) or JSON, as the operator sent it; 8 MiB at most.
    pub(super) reply: PathBuf,
    /// A file that says which column holds which fact; names of RADIUS and OpenVPN are known.
    #[arg(long, value_name = "FILE")]
    pub(super) mapping: Option<PathBuf>,
    /// The time zone of times that do not say theirs: such as Europe/Brussels, UTC or +01:00.
    #[arg(long, value_name = "ZONE")]
    pub(super) time_zone: Option<gdpr::ReplyZone>,
    /// The period that the answer is meant to cover [default: from its first to its last session].
    #[command(flatten)]
    pub(super) range: RangeArgs,
    /// Print JSON, for other programs (format: temoin.comparison/1).
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum LetterCommand {
    /// To the operator: what do you hold of me? (GDPR, article 15)
    Access(AccessArgs),
    /// To the supervisory authority: a complaint about the operator.
    Complaint(ComplaintArgs),
    /// To the operator: these records should be gone.
    Erasure(ErasureArgs),
}

#[derive(Args, Debug)]
pub(super) struct AccessArgs {
    /// The first day that it is about [default: all sessions].
    #[arg(long, value_name = "DAY", requires = "until")]
    pub(super) since: Option<chrono::NaiveDate>,
    /// The last day that it is about.
    #[arg(long, value_name = "DAY", requires = "since")]
    pub(super) until: Option<chrono::NaiveDate>,
    #[command(flatten)]
    pub(super) reminder: ReminderArgs,
    #[command(flatten)]
    pub(super) form: LetterArgs,
}

#[derive(Args, Debug)]
pub(super) struct ComplaintArgs {
    /// What it is about.
    #[arg(long, value_enum, default_value_t = GrievanceArg::NoAnswer)]
    pub(super) about: GrievanceArg,
    /// The day on which you first turned to the operator.
    #[arg(long, value_name = "DAY")]
    pub(super) asked: Option<chrono::NaiveDate>,
    /// The day on which the operator received your request (no-answer).
    #[arg(long, value_name = "DAY")]
    pub(super) received: Option<chrono::NaiveDate>,
    /// The day on which the operator answered (incomplete), or last said that it still holds the
    /// records (not-erased).
    #[arg(long, value_name = "DAY")]
    pub(super) answered: Option<chrono::NaiveDate>,
    #[command(flatten)]
    pub(super) form: LetterArgs,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum GrievanceArg {
    /// A request for access was not answered within a month.
    NoAnswer,
    /// The answer lacks something.
    Incomplete,
    /// Records are still held that should be gone.
    NotErased,
}

#[derive(Args, Debug)]
pub(super) struct ErasureArgs {
    /// A session whose record should be gone at the operator's: its ID, or how it begins. It may be
    /// erased here already.
    #[arg(long, value_name = "ID", required = true)]
    pub(super) session: Vec<IdPrefix>,
    /// The day on which the operator last said that it still holds them.
    #[arg(long, value_name = "DAY")]
    pub(super) held: Option<chrono::NaiveDate>,
    #[command(flatten)]
    pub(super) reminder: ReminderArgs,
    #[command(flatten)]
    pub(super) form: LetterArgs,
}

#[derive(Args, Debug)]
pub(super) struct ReminderArgs {
    /// Write, instead of the letter, an entry for your calendar: the last day on which the operator
    /// may answer.
    #[arg(long, conflicts_with = "html")]
    pub(super) ics: bool,
    /// The day on which the operator receives the letter [default: today].
    #[arg(long, value_name = "DAY", requires = "ics")]
    pub(super) received: Option<chrono::NaiveDate>,
}

#[derive(Args, Debug)]
pub(super) struct LetterArgs {
    /// Your name. What you do not give is left in brackets, to be filled in by hand.
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// A line of your postal address; once for each line.
    #[arg(long, value_name = "LINE")]
    pub(super) address: Vec<String>,
    /// What the operator knows you by: a member number, the name of your certificate.
    #[arg(long, value_name = "TEXT")]
    pub(super) reference: Option<String>,
    /// Write a page that can be printed, not text.
    #[arg(long)]
    pub(super) html: bool,
    /// Write to this file, readable by you alone, and not to the terminal. It must not exist yet.
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct EraseArgs {
    /// Erase this session, due or not: its ID, or how it begins. One that lasts is not erased.
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    pub(super) session: Vec<IdPrefix>,
    /// Erase every session that has ended, and every file that may hold something of one.
    #[arg(long)]
    pub(super) all: bool,
    /// Do not ask.
    #[arg(long)]
    pub(super) yes: bool,
    /// Only say what would go, and why.
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Args, Debug)]
pub(super) struct SyncArgs {
    /// Only show what would be sent, byte for byte, and why.
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ProfileCommand {
    /// List the profiles: those that ship, and your own in profiles.d beside the configuration.
    List(JsonArgs),
    /// Write into the configuration that this is your operator.
    Use {
        /// The profile's id.
        id: Slug,
    },
    /// Say all that is wrong in a profile, with what to do about it.
    Check {
        /// The profile's file.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum SettingsCommand {
    /// Say what is wrong in the configuration, if anything is, and in the files of law and of operators
    /// beside it. What does not work though it is configured well: doctor.
    Check,
    /// Print the value of a setting, or every setting with its value.
    Get {
        /// Which, such as page.language [default: all].
        key: Option<Setting>,
    },
    /// Give a setting another value. All else in the configuration stays as it is.
    Set {
        /// Which, such as page.language.
        key: Setting,
        /// The value; an empty one leaves the setting open. Several logins are separated by commas.
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List the editions of law: those that ship, and your own in rules.d beside the configuration.
    List,
    /// Say all that is wrong in a rule file or a profile, with what to do about it.
    Check {
        /// The file.
        file: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(super) struct BackupArgs {
    /// Where to: to restore it, stop the daemon and let this replace `journal.db` in the state
    /// directory. It must not exist yet, and is readable by you alone.
    pub(super) file: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct LedgerArgs {
    /// How many to print at most, the newest first [default: 20; with --json all].
    #[arg(long, value_name = "COUNT")]
    pub(super) limit: Option<u32>,
    /// Print every byte: the head as text, the body in hexadecimal digits, an ID a line.
    #[arg(long)]
    pub(super) full: bool,
    /// Print JSON, for other programs (format: temoin.ledger/1).
    #[arg(long, conflicts_with = "full")]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    /// A file with a receipt or a bundle of them, or the beginning of a session ID whose receipts
    /// are in the record [default: all receipts in the record].
    #[arg(value_name = "RECEIPT")]
    pub(super) receipt: Option<String>,
    /// The operator's public key, 64 hexadecimal digits, as the operator publishes it [default: that
    /// of the configured profile].
    #[arg(long, value_name = "HEX")]
    pub(super) key: Option<PublicKey>,
    /// The operator's profile, a file, whose key counts.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub(super) profile: Option<PathBuf>,
    /// Print JSON, for other programs (format: temoin.verify/1).
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ReceiptsCommand {
    /// Write all receipts and the keys that they hang on as one bundle, that anybody can verify.
    Export(ReceiptsExportArgs),
}

#[derive(Args, Debug)]
pub(super) struct ReceiptsExportArgs {
    /// Write to this file, readable by you alone, and not to the terminal. It must not exist yet.
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// With the salts and digests of sessions that are not erased yet: from these, addresses can be
    /// found by trying.
    #[arg(long)]
    pub(super) with_digests: bool,
}

#[derive(Args, Debug)]
pub(super) struct DoctorArgs {
    /// Print JSON, for other programs (format: temoin.doctor/1).
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) scripts: ScriptsArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum HookCommand {
    /// Note that the tunnel came up. OpenVPN runs this.
    RouteUp(HookRunArgs),
    /// Note that the tunnel goes down. OpenVPN runs this.
    RouteDown(HookRunArgs),
    /// Put `80-temoin` into OpenVPN's route-up.d and route-down.d.
    Install(ScriptsArgs),
    /// Take `80-temoin` away again; the record stays.
    Uninstall(ScriptsArgs),
}

#[derive(Args, Debug)]
pub(super) struct HookRunArgs {
    /// Do the work itself; without it, a second process does it and is waited for only so long.
    #[arg(long, hide = true)]
    pub(super) unsupervised: bool,
}

#[derive(Args, Debug)]
pub(super) struct ScriptsArgs {
    /// The directory that holds route-up.d and route-down.d.
    #[arg(long, value_name = "DIR", default_value = "/etc/openvpn/scripts")]
    pub(super) scripts_dir: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct DaemonArgs {
    /// Serve the page on this Unix socket.
    #[arg(long, value_name = "PATH", conflicts_with = "listen")]
    pub(super) socket: Option<PathBuf>,
    /// Serve the page on this address of this machine, such as 127.0.0.1:8470.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<SocketAddr>,
    /// Where the time of OpenVPN's status file can be seen, for a service that may not look where
    /// `tunnel.status_file` says.
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
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .map(Self::Day)
            .or_else(|_| text.parse().map(Self::Instant))
            .map_err(|_| "a day such as 2026-11-24 or an instant such as 2026-11-24T08:00:00Z")
    }
}
