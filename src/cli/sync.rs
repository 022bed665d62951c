use std::fmt::Write;

use crate::capture::clock;
use crate::i18n::Message;
use crate::inquiry::{Inquiry, InquiryError, Operator, Report, draw, tunnel_of};
use crate::journal::Standing;
use crate::messages::cli::sync as msg;
use crate::protocol::StatusRequest;
use crate::sync::{PATIENCE, Plan, Post, Reason, Way};

use super::arguments::Sync;
use super::context::Context;
use super::exit::CliError;
use super::print;
use super::table::{table, wrapped};

/// `temoin sync`
pub(super) fn run(context: &Context, arguments: &Sync) -> Result<(), CliError> {
    let operator = Operator::of(&context.config, &context.lawbook()?)?;
    let inquiry = Inquiry {
        directory: &context.state_dir,
        operator: &operator,
        clock: &|| clock::read(context.config.trust),
        patience: PATIENCE,
        recall: None,
    };
    let plan = inquiry.plan(&draw()?)?;
    let way = way(context)?;
    if arguments.dry_run {
        return print(&preview(context, &operator, &plan, way.as_ref()));
    }
    let report = inquiry.ask(plan, &way.ok_or(InquiryError::NoTunnel)?, None)?;
    print(&learnt(context, &operator, &report)?)
}

/// The way that a request takes now, if there is one.
fn way(context: &Context) -> Result<Option<Way>, CliError> {
    if let Some(proxy) = context.config.proxy {
        return Ok(Some(Way::Proxy(proxy)));
    }
    let open = context.reader()?.map_or_else(|| Ok(Vec::new()), |reader| reader.open_sessions())?;
    Ok(open.iter().find_map(tunnel_of).map(Way::Tunnel))
}

/// What would be sent, decoded and byte for byte.
fn preview(context: &Context, operator: &Operator, plan: &Plan, way: Option<&Way>) -> String {
    let language = context.language;
    let post = Post::status(plan.request(), &operator.base);
    let to = operator.base.to_string();
    let sentence = match way {
        Some(Way::Tunnel(tunnel)) => {
            msg::BY_TUNNEL.fill(language, &[("to", &to), ("device", tunnel.device.as_str())])
        }
        Some(Way::Proxy(proxy)) => {
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
    text
}

/// What an answer has brought.
fn learnt(context: &Context, operator: &Operator, report: &Report) -> Result<String, CliError> {
    let language = context.language;
    let mut text = String::new();
    let reader = context.reader()?;
    let mut rows = Vec::new();
    for receipt in &report.receipts {
        let id = receipt.statement().id();
        let dealing = reader.as_ref().map_or(Ok(None), |reader| reader.dealing(id))?;
        let states =
            dealing.map_or(Standing::Unstated, |it| it.standing(operator.zone, context.now));
        rows.push(vec![id.short(), in_words(context, states)]);
    }
    if rows.is_empty() {
        text.push_str(&wrapped(msg::NOTHING.text(language), 80, ""));
    } else {
        text.push_str(&table(&HEAD.map(|message| message.text(language)), &rows));
    }
    for rotation in &report.rotations {
        let (key, from) =
            (rotation.new_key().to_string(), context.when().date_time(rotation.from().begins()));
        let values = [("key", key.as_str()), ("from", from.as_str())];
        text.push_str(&wrapped(&msg::NEW_KEY.fill(language, &values), 80, ""));
    }
    Ok(text)
}

fn in_words(context: &Context, standing: Standing) -> String {
    let language = context.language;
    let on = |message: &Message, day: chrono::NaiveDate| {
        message.fill(language, &[("day", &context.when().short_date(day))])
    };
    match standing {
        Standing::Confirmed { .. } => msg::ERASED.text(language).to_owned(),
        Standing::Contradicted { .. } => msg::CONTRADICTED.text(language).to_owned(),
        Standing::Due { since } => on(&msg::DUE, since.date()),
        Standing::GoneEarly { .. } => msg::GONE_EARLY.text(language).to_owned(),
        Standing::Held { erase_by: Some(day) } => on(&msg::HELD_UNTIL, day.date()),
        Standing::Held { erase_by: None } => msg::HELD.text(language).to_owned(),
        Standing::Overdue { since } => on(&msg::OVERDUE, since.date()),
        Standing::Unregistered { .. } | Standing::Unstated => {
            msg::UNREGISTERED.text(language).to_owned()
        }
    }
}

fn why(reason: Reason) -> &'static Message {
    match reason {
        Reason::Unconfirmed => &msg::UNCONFIRMED,
        Reason::Due => &msg::IS_IT_GONE,
        Reason::Undetermined => &msg::UNTIL_WHEN,
        Reason::Sample => &msg::SAMPLE,
    }
}

const HEAD: [&Message; 2] = [&msg::HEAD_SESSION, &msg::HEAD_WHAT_THE_OPERATOR_STATES];
