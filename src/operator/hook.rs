//! The script that OpenVPN's server runs when a client connects or disconnects. It never refuses a
//! client, and holds the server up for [`TIMEOUT`] at most: it reports errors in OpenVPN's log, and exits
//! with success.
//!
//! It gives the event to `temoin-operator serve`, which answers once it is on disk. Where nobody serves,
//! it writes the event to the spool itself and tries to deliver it in the time that is left. As root it
//! first becomes the owner of what it will touch. An event that cannot be written is noted as a lost
//! hook.

use std::collections::HashMap;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fmt};

use nix::fcntl::OFlag;

use super::config::{ConfigProblem, HookSettings};
use super::event::{Event, EventKind};
use super::hook_socket::{Answer, HookClient};
use super::privileges::drop_to_owner;
use super::spool::Spool;
use super::{Config, delivery};
use temoin_core::session::Timestamp;

/// How long OpenVPN waits at most.
pub const TIMEOUT: Duration = Duration::from_secs(2);

/// How much of that the program that serves is given.
const SERVE_TIMEOUT: Duration = Duration::from_secs(1);

/// Reports what OpenVPN's environment says of a client. `dynamic` is the file that OpenVPN names on the
/// command line of `client-connect`.
///
/// # Errors
/// For OpenVPN's log: the session may be missing from the record, or the box was not told its
/// origin.
pub fn run(kind: EventKind, path: &Path, dynamic: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let environment: HashMap<String, String> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let dynamic = dynamic
        .map(Path::to_owned)
        .or_else(|| environment.get("client_connect_config_file").map(PathBuf::from))
        .filter(|_| kind == EventKind::Connect);
    // OpenVPN's own, so it is opened as the user that OpenVPN has.
    let mut dynamic = dynamic.map(|path| ClientFile::open(&path)).transpose();
    let lines = match &mut dynamic {
        Ok(Some(file)) => std::mem::take(&mut file.lines),
        _ => String::new(),
    };
    drop_to_owner(path).map_err(CannotDrop)?;
    let text = fs::read_to_string(path).map_err(ConfigProblem::Unreadable);
    let (text, settings) = match text {
        Ok(text) => (Some(text.clone()), HookSettings::parse(&text)),
        Err(problem) => (None, Err(problem)),
    };
    // What serves may know all that is needed where this user may not read it.
    let known = match &settings {
        Ok(settings) => settings.clone(),
        Err(_) => HookSettings::parse("").map_err(|problem| problem.of(path))?,
    };
    drop_to_owner(&known.spool).map_err(CannotDrop)?;
    let mut client = HookClient::connect(&known.socket, began + SERVE_TIMEOUT).ok();
    let told = client.as_ref().map(|client| client.settings().clone());
    let settings = match told {
        Some(told) => told,
        None => settings.map_err(|problem| problem.of(path))?,
    };
    let overrides = Event::overrides(&environment, settings.client_config_dir.as_deref(), lines);
    let event = match Event::read(kind, &environment, &overrides, now()) {
        Ok(event) => event,
        Err(error) => {
            let noted = match &mut client {
                Some(client) => client.report_lost().is_ok(),
                None => Spool::at(&reachable(&settings.spool)).series().note_lost(1).is_ok(),
            };
            let noted = if noted { "" } else { "; it could not even be noted" };
            return Err(format!("{error}{noted}").into());
        }
    };
    if let (Ok(Some(file)), true) = (&mut dynamic, settings.push_origin) {
        file.file.write_all(event.push_lines().as_bytes())?;
    }
    let recorded = match client.map(|client| client.report(&event)) {
        Some(Ok(Answer::Durable)) => Ok(()),
        Some(Ok(Answer::Lost)) => Err(NotRecorded(settings.spool.clone(), None).into()),
        Some(Err(_)) => write_to_spool(event, &settings, None, began + TIMEOUT),
        None => write_to_spool(event, &settings, text, began + TIMEOUT),
    };
    dynamic?;
    recorded
}

/// The spool as the current user reaches it, who may have become its owner in it.
fn reachable(spool: &Path) -> PathBuf {
    let here = fs::symlink_metadata(spool).is_err() && Path::new("series").exists();
    if here { PathBuf::from(".") } else { spool.to_owned() }
}

/// Writes the event to the spool, and with the text of the configuration tries to deliver it; waits for
/// both until the deadline.
fn write_to_spool(
    event: Event,
    settings: &HookSettings,
    text: Option<String>,
    deadline: Instant,
) -> Result<(), Box<dyn Error>> {
    let (said, steps) = channel();
    let spool = Spool::at(&reachable(&settings.spool));
    let put = |spool: &Spool, event: Event| {
        spool.put(&[event]).map_err(|error| (error, spool.series().note_lost(1).is_ok()))
    };
    let (own, again) = (spool.clone(), event.clone());
    let work = move || {
        let is_put = put(&own, event);
        let is_over = is_put.is_err();
        let _ = said.send(is_put.map(|()| None));
        if is_over {
            return;
        }
        if let Some(Ok(config)) = text.map(|text| Config::parse(&text)) {
            let delivered = delivery::deliver(&own, &config);
            let _ = said.send(Ok(delivered.err().filter(|error| !error.is_transient())));
        }
    };
    if Builder::new().spawn(work).is_err() {
        // OpenVPN's unit bounds the threads of the user, who has others: nothing bounds the time then.
        let not_recorded = |why| NotRecorded(settings.spool.clone(), Some(why)).into();
        return put(&spool, again).map_err(not_recorded);
    }
    let left = || deadline.saturating_duration_since(Instant::now());
    match steps.recv_timeout(left()) {
        Ok(Ok(_)) => {}
        Ok(Err((error, is_noted))) => {
            return Err(NotRecorded(settings.spool.clone(), Some((error, is_noted))).into());
        }
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            return Err(Box::new(TooSlow));
        }
    }
    match steps.recv_timeout(left()) {
        Ok(Ok(Some(error))) => Err(error.into()),
        _ => Ok(()),
    }
}

/// The present moment.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::EPOCH.shifted(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The file in which a script leaves configuration for one client.
struct ClientFile {
    file: File,
    /// What scripts wrote before.
    lines: String,
}

impl ClientFile {
    fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let mut file = options.custom_flags(OFlag::O_NOFOLLOW.bits()).open(path)?;
        let mut lines = String::new();
        file.read_to_string(&mut lines)?;
        Ok(Self { file, lines })
    }
}

/// This process stays root, so it must not touch what belongs to another user.
#[derive(Debug)]
struct CannotDrop(io::Error);

impl fmt::Display for CannotDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the session is missing from the record: root cannot become the owner of the spool: {}. \
             OpenVPN's unit must leave it CAP_SETUID and CAP_SETGID.",
            self.0
        )
    }
}

impl Error for CannotDrop {}

/// The event may still be recorded.
#[derive(Debug)]
struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "recording takes long, as on a disk that hangs: whether it was done is not known",
        )
    }
}

impl Error for TooSlow {}

/// With the spool and, where this process tried, why and whether the loss is noted.
#[derive(Debug)]
struct NotRecorded(PathBuf, Option<(io::Error, bool)>);

impl fmt::Display for NotRecorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(spool, own) = self;
        let spool = spool.display();
        write!(f, "the session is missing from the record: {spool}: ")?;
        match own {
            None => f.write_str("'temoin-operator serve' cannot write there, see its log"),
            Some((error, is_noted)) => {
                write!(f, "{error}.")?;
                if error.kind() == io::ErrorKind::PermissionDenied {
                    f.write_str(
                        " OpenVPN's user may not write there: start 'temoin-operator serve', with \
                         gateway.openvpn_user in the configuration.",
                    )?;
                }
                let noted = if *is_noted { " The loss is noted" } else { " Nor can that be noted" };
                write!(f, "{noted}.")
            }
        }
    }
}

impl Error for NotRecorded {}
