use std::fmt::Write;

use serde::Serialize;

use crate::messages::cli::show as msg;
use temoin_core::assessment::{Assessment, SignedStatus};
use temoin_core::session::Session;
use temoin_core::text::Message;
use temoin_page::words;
use temoin_page::{assessment_json, assessment_text};

use super::arguments::ShowArgs;
use super::context::Context;
use super::exit::CliError;
use super::table::wrapped;
use super::terminal::{print, print_json};

/// Assumed terminal width, in columns.
const WIDTH: usize = 80;

/// `temoin show`
pub(super) fn run(context: &Context, arguments: &ShowArgs) -> Result<(), CliError> {
    let session = &context.session(&arguments.id)?;
    let ruleset = context.lawbook()?;
    let applicable_rules = ruleset.applicable_rules();
    let mut holding = Assessment::of(session, applicable_rules, context.now);
    if let Some(reader) = context.reader()? {
        let sync_state = reader.sync_state(&session.id)?;
        let signed = SignedStatus::new(
            session,
            sync_state.as_ref(),
            applicable_rules,
            context.config.sync,
            context.now,
        );
        holding = holding.with_signed(signed);
    }
    if arguments.json {
        let shown = SessionOutput {
            session: temoin_page::session(session),
            holding: assessment_json(&holding),
        };
        return print_json(&shown);
    }
    let title = format!("{} {}", msg::SESSION.text(context.language), session.id);
    let holding = assessment_text(&holding, context.when(), WIDTH);
    let watched = watched(session, context);
    print(&format!("{title}\n\n{holding}{watched}{}", context.zone_note()))
}

/// The session, extended by its holding.
#[derive(Serialize)]
struct SessionOutput<S, H> {
    #[serde(flatten)]
    session: S,
    holding: H,
}

/// Details beyond the holding: how start and end are known, how the operator most likely saw the end, and
/// the coverage of the session.
fn watched(own: &Session, context: &Context) -> String {
    let language = context.language;
    let mut text = String::new();
    let mut part = |title: &Message, body: &Message| {
        let _ = write!(text, "\n{}\n", title.text(language));
        text.push_str(&wrapped(body.text(language), WIDTH, "  "));
    };
    part(&msg::BEGAN, words::source_explained(own.start.source));
    if let Some(end) = &own.end {
        part(&msg::ENDED, words::source_explained(end.moment.source));
        part(&msg::OPERATOR, words::operator_end(end.reason.operator_view()));
    }
    part(&msg::WATCHED, words::coverage(own.coverage));
    text
}
