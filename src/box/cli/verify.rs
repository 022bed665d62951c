use std::fmt::Display;
use std::fs::{self, File};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use serde::Serialize;

use crate::messages::cli::{error, verify as msg};
use temoin_core::law::Profile;
use temoin_core::session::{Field, IdPrefix};
use temoin_page::words;
use temoin_page::{ReceiptBundle, receipt_json};
use temoin_protocol::{ProtocolError, PublicKey, Receipt, TrustedKeys};

use super::arguments::VerifyArgs;
use super::context::Context;
use super::exit::{CliError, Failure};
use super::table::wrapped;
use super::terminal::{print, print_json};

/// Maximum size of a bundle: a quarter of a million receipts.
const MAX_BUNDLE_BYTES: u64 = 256 * 1024 * 1024;

/// Assumed terminal width, in columns.
const WIDTH: usize = 80;

/// `temoin verify`
pub(super) fn run(context: &Context, arguments: &VerifyArgs) -> Result<(), CliError> {
    let (receipts, rotations) = match arguments.receipt.as_deref() {
        Some(name) if Path::new(name).exists() || name.parse::<IdPrefix>().is_err() => {
            let bundle = read(Path::new(name))?;
            (bundle.receipts, bundle.rotations)
        }
        name => (of_the_journal(context, name)?, Vec::new()),
    };
    let keys = keys(context, arguments)?.restricted(rotations);
    if keys.is_empty() {
        return Err(CliError::said(Failure::Failed, msg::NO_KEY, &[]));
    }
    let checked: Vec<(Option<Receipt>, Option<ProtocolError>)> = receipts
        .into_iter()
        .map(|receipt| match receipt {
            Ok(receipt) => {
                let problem = receipt.verify(&keys).err();
                (Some(receipt), problem)
            }
            Err(refused) => (None, Some(refused)),
        })
        .collect();
    if arguments.json {
        let receipts = checked.iter().map(|(receipt, problem)| CheckedReceipt {
            verified: problem.is_none(),
            problem: problem.map(|problem| match problem {
                ProtocolError::Malformed => "malformed",
                _ => "not-authentic",
            }),
            receipt: receipt.as_ref().map(receipt_json),
        });
        let report = VerifyReport { format: "temoin.verify/1", receipts: receipts.collect() };
        print_json(&report)?;
    } else {
        for (place, (receipt, problem)) in checked.iter().enumerate() {
            print(&text(context, place + 1, receipt.as_ref(), *problem))?;
        }
    }
    let bad = checked.iter().filter(|(_, problem)| problem.is_some()).count();
    if bad == 0 { Ok(()) } else { Err(CliError::new(Failure::NotAuthentic, "")) }
}

/// The operator's keys as given, else those of the configured profile and of the record; never from the
/// file to verify. Rotations that the box was shown restrict them in any case.
fn keys(context: &Context, arguments: &VerifyArgs) -> Result<TrustedKeys, CliError> {
    let given = given(arguments)?;
    let pinned = match &given {
        Some(_) => None,
        None => pinned(context.lawbook()?.profile())?,
    };
    let mut known = TrustedKeys::new(pinned);
    if let Some(reader) = context.reader()? {
        for key in pinned.into_iter().chain(reader.pinned_keys()?) {
            known = known.and(reader.keys(key)?.trusted());
        }
    }
    Ok(match given {
        Some(given) => TrustedKeys::new(given).restricted(known.rotations().iter().copied()),
        None => known,
    })
}

fn given(arguments: &VerifyArgs) -> Result<Option<Vec<PublicKey>>, CliError> {
    if !arguments.key.is_empty() {
        return Ok(Some(arguments.key.clone()));
    }
    let Some(path) = &arguments.profile else { return Ok(None) };
    let text = fs::read_to_string(path).map_err(|error| failed(path, &error))?;
    let profile = Profile::parse(&path.display().to_string(), &text)?;
    let Some(key) = pinned(Some(&profile))? else {
        let values: [(_, &dyn Display); 1] = [("path", &path.display())];
        return Err(CliError::said(Failure::Failed, error::PROFILE_WITHOUT_KEY, &values));
    };
    Ok(Some(vec![key]))
}

fn pinned(profile: Option<&Profile>) -> Result<Option<PublicKey>, CliError> {
    let key = profile.and_then(|profile| profile.sync.as_ref()).map(|sync| sync.public_key);
    key.map(|key| {
        PublicKey::from_bytes(*key.as_bytes())
            .map_err(|error| CliError::new(Failure::Failed, error))
    })
    .transpose()
}

fn read(path: &Path) -> Result<ReceiptBundle, CliError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    file.take(MAX_BUNDLE_BYTES).read_to_end(&mut bytes).map_err(|error| failed(path, &error))?;
    ReceiptBundle::parse(&bytes).map_err(|error| failed(path, &error))
}

/// The receipts of the sessions with this ID prefix, or all.
fn of_the_journal(
    context: &Context,
    id: Option<&str>,
) -> Result<Vec<Result<Receipt, ProtocolError>>, CliError> {
    let mut receipts = Vec::new();
    if let Some(reader) = context.reader()? {
        match id.and_then(|id| id.parse::<IdPrefix>().ok()) {
            Some(prefix) => {
                for sync_state in reader.sync_states(&prefix)? {
                    receipts.extend(sync_state.statements().cloned());
                }
            }
            None => {
                reader.for_each_sync_state(|sync_state| {
                    receipts.extend(sync_state.statements().cloned());
                    ControlFlow::<()>::Continue(())
                })?;
            }
        }
    }
    if receipts.is_empty() {
        return Err(CliError::said(Failure::NotFound, msg::NO_RECEIPT, &[]));
    }
    Ok(receipts.into_iter().map(Ok).collect())
}

fn text(
    context: &Context,
    place: usize,
    receipt: Option<&Receipt>,
    problem: Option<ProtocolError>,
) -> String {
    let language = context.language;
    let Some(receipt) = receipt else {
        let message = match problem {
            Some(ProtocolError::NotAuthentic) => &msg::CHANGED,
            _ => &msg::MALFORMED,
        };
        let text = message.fill(language, &[("number", &place.to_string())]);
        return format!("✗ {}", wrapped(&text, WIDTH, "  ").trim_start());
    };
    let statement = receipt.statement();
    let when = context.when();
    let held = statement.held();
    let day = held.and_then(|held| held.erase_by());
    let states = match (held, day) {
        (Some(_), Some(_)) => &msg::HELD,
        (Some(_), None) => &msg::HELD_UNDETERMINED,
        (None, _) => &msg::NOT_HELD,
    };
    let day = day.map(|day| when.date_without_weekday(day.date())).unwrap_or_default();
    let (id, at) = (statement.id().to_string(), when.date_time(statement.at().to_timestamp()));
    let mut text = states.fill(language, &[("id", &id), ("at", &at), ("day", &day)]);
    if let Some(held) = held {
        let fields: Vec<Field> = held.fields().iter().collect();
        let fields = words::fields(&fields, language);
        text.push(' ');
        text.push_str(&msg::FIELDS.fill(language, &[("fields", &fields)]));
    }
    let verdict = if problem.is_none() { &msg::AUTHENTIC } else { &msg::NOT_AUTHENTIC };
    text.push(' ');
    text.push_str(&verdict.fill(language, &[("key", &receipt.key().to_string())]));
    let mark = if problem.is_none() { '✓' } else { '✗' };
    format!("{mark} {}", wrapped(&text, WIDTH, "  ").trim_start())
}

fn failed(path: &Path, why: &dyn Display) -> CliError {
    CliError::new(Failure::Failed, format!("{}: {why}", path.display()))
}

#[derive(Serialize)]
struct VerifyReport<R> {
    format: &'static str,
    receipts: Vec<CheckedReceipt<R>>,
}

#[derive(Serialize)]
struct CheckedReceipt<R> {
    verified: bool,
    problem: Option<&'static str>,
    receipt: Option<R>,
}
