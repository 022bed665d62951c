use std::fmt::Write;

use crate::app::sync::{StatusReport, SyncError, SyncRun, SyncTarget, draw_randomness, tunnel_of};
use crate::messages::cli::sync as msg;
use temoin_capture::clock;
use temoin_core::assessment::SyncVerdict;
use temoin_core::text::Message;
use temoin_protocol::{StatusRequest, UnixSeconds};
use temoin_sync::{CALL_TIMEOUT, HttpRequest, Plan, PlanReason, Route};

use super::arguments::SyncArgs;
use super::context::Context;
use super::exit::CliError;
use super::ledger::hex;
use super::table::{table, wrapped};
use super::terminal::print;

/// `temoin sync`
pub(super) fn run(context: &Context, arguments: &SyncArgs) -> Result<(), CliError> {
    let operator = SyncTarget::of(&context.config, &context.lawbook()?)?;
    let inquiry = SyncRun {
        directory: &context.state_dir,
        target: &operator,
        clock: &|| clock::read(context.config.trust),
        timeout: CALL_TIMEOUT,
        cancel: None,
    };
    let plan = inquiry.plan(&draw_randomness()?)?;
    let route = route(context)?;
    if arguments.dry_run {
        return print(&preview(context, &operator, &plan, route.as_ref()));
    }
    let report = inquiry.ask(plan, &route.ok_or(SyncError::NoTunnel)?, None)?;
    print(&learnt(context, &operator, &report)?)
}

/// The route for a request, if there is one now.
fn route(context: &Context) -> Result<Option<Route>, CliError> {
    if let Some(proxy) = context.config.proxy {
        return Ok(Some(Route::Proxy(proxy)));
    }
    let open = context.reader()?.map_or_else(|| Ok(Vec::new()), |reader| reader.open_sessions())?;
    Ok(open.iter().find_map(tunnel_of).map(Route::Tunnel))
}

/// The request that would be sent, decoded and byte for byte.
fn preview(context: &Context, operator: &SyncTarget, plan: &Plan, route: Option<&Route>) -> String {
    let language = context.language;
    let post = HttpRequest::status(plan.request(), &operator.base);
    let to = operator.base.to_string();
    let sentence = match route {
        Some(Route::Tunnel(tunnel)) => {
            msg::BY_TUNNEL.fill(language, &[("to", &to), ("device", tunnel.device.as_str())])
        }
        Some(Route::Proxy(proxy)) => {
            msg::BY_PROXY.fill(language, &[("to", &to), ("proxy", &proxy.to_string())])
        }
        None => msg::NO_WAY.fill(language, &[("to", &to)]),
    };
    let mut text = wrapped(&sentence, 80, "");
    let real = plan.asked().len();
    let random = u64::try_from(StatusRequest::IDS - real).unwrap_or_default();
    let count = u64::try_from(real).unwrap_or_default();
    text.push_str(&wrapped(&msg::NAMED.fill(language, count, &[]), 80, ""));
    text.push_str(&wrapped(&msg::FILLED.fill(language, random, &[]), 80, ""));
    text.push('\n');
    for line in post.head().lines() {
        let _ = writeln!(text, "  {line}");
    }
    for id in plan.request().ids() {
        let reason = plan.asked().iter().find(|(asked, _)| asked == id).map(|(_, reason)| *reason);
        let why = reason.map_or(&msg::RANDOM, why).text(language);
        let _ = writeln!(text, "  {id}  {why}");
    }
    let ending = &plan.request().to_bytes()[32 * StatusRequest::IDS..];
    let _ = writeln!(text, "  {}  {}", hex(ending), msg::ENDING.text(language));
    text
}

/// The results of an answer.
fn learnt(
    context: &Context,
    operator: &SyncTarget,
    report: &StatusReport,
) -> Result<String, CliError> {
    let language = context.language;
    let mut text = String::new();
    let reader = context.reader()?;
    let mut rows = Vec::new();
    for receipt in &report.receipts {
        let id = receipt.statement().id();
        let sync_state = reader.as_ref().map_or(Ok(None), |reader| reader.sync_state(id))?;
        let states =
            sync_state.map_or(SyncVerdict::Unstated, |it| it.verdict(operator.zone, context.now));
        rows.push(vec![id.short(), in_words(context, states)]);
    }
    if report.waits_until.is_none() && rows.is_empty() {
        text.push_str(&wrapped(msg::NOTHING.text(language), 80, ""));
    } else if !rows.is_empty() {
        text.push_str(&table(&HEAD.map(|message| message.text(language)), &rows));
    }
    let mut add = |message: &Message, key: &str, from: UnixSeconds| {
        let from = context.when().date_time(from.to_timestamp());
        let values = [("key", key), ("from", from.as_str())];
        text.push_str(&wrapped(&message.fill(language, &values), 80, ""));
    };
    for rotation in &report.rotations {
        add(&msg::NEW_KEY, &rotation.new_key().to_string(), rotation.from());
    }
    if let Some(from) = report.waits_until {
        add(&msg::NEW_KEY_LATER, "", from);
    }
    if let Some(rotation) = report.withdrawn {
        add(&msg::OLD_KEY_GOES_ON, &rotation.new_key().to_string(), rotation.from());
    }
    Ok(text)
}

fn in_words(context: &Context, standing: SyncVerdict) -> String {
    let language = context.language;
    let on = |message: &Message, day: chrono::NaiveDate| {
        message.fill(language, &[("day", &context.when().short_date(day))])
    };
    match standing {
        SyncVerdict::Confirmed { .. } => msg::ERASED.text(language).to_owned(),
        SyncVerdict::Contradicted { .. } => msg::CONTRADICTED.text(language).to_owned(),
        SyncVerdict::Due { since } => on(&msg::DUE, since.date()),
        SyncVerdict::GoneEarly { .. } => msg::GONE_EARLY.text(language).to_owned(),
        SyncVerdict::Held { erase_by: Some(day) } => on(&msg::HELD_UNTIL, day.date()),
        SyncVerdict::Held { erase_by: None } => msg::HELD.text(language).to_owned(),
        SyncVerdict::Overdue { since } => on(&msg::OVERDUE, since.date()),
        SyncVerdict::Unregistered { .. } | SyncVerdict::Unstated => {
            msg::UNREGISTERED.text(language).to_owned()
        }
    }
}

fn why(reason: PlanReason) -> &'static Message {
    match reason {
        PlanReason::Unconfirmed => &msg::UNCONFIRMED,
        PlanReason::Due => &msg::IS_IT_GONE,
        PlanReason::Undetermined => &msg::UNTIL_WHEN,
        PlanReason::Sample => &msg::SAMPLE,
    }
}

const HEAD: [&Message; 2] = [&msg::HEAD_SESSION, &msg::HEAD_WHAT_THE_OPERATOR_STATES];
