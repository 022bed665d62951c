use std::ops::ControlFlow;

use serde::Serialize;

use temoin_core::assessment::SessionTally;
use temoin_core::record::Filter;
use temoin_journal::Reader;
use temoin_page::SignedCounts;
use temoin_page::{summary_json, summary_text};

use super::arguments::JsonArgs;
use super::context::{Context, damaged, damaged_note, for_each};
use super::exit::CliError;
use super::terminal::{print, print_json};

/// Assumed terminal width, in columns.
const WIDTH: usize = 80;

/// `temoin held`
pub(super) fn run(context: &Context, output: &JsonArgs) -> Result<(), CliError> {
    let ruleset = context.lawbook()?;
    let reader = context.reader()?;
    let counts = reader.as_ref().map_or(Ok(None), Reader::session_counts)?;
    let tally = match counts
        .and_then(|counts| SessionTally::of(&counts, ruleset.applicable_rules(), None))
    {
        Some(tally) => tally,
        None => {
            let mut tally = SessionTally::new(ruleset.applicable_rules(), None);
            for_each(reader.as_ref(), &Filter::all(context.now), None, |session| {
                tally.add(session);
                Ok(())
            })?;
            tally
        }
    };
    let erased = reader.as_ref().map_or_else(|| Ok(Vec::new()), Reader::erased_by_day)?;
    let tally = tally.with_erased(erased);
    let mut signed = SignedCounts::default();
    if let Some(reader) = &reader {
        reader.for_each_sync_state(|sync_state| {
            signed.add(&sync_state, ruleset.applicable_rules(), context.now);
            ControlFlow::<()>::Continue(())
        })?;
    }
    // Earlier results stay useful after sync is switched off.
    let signed = Some(signed).filter(|it| context.config.sync || *it != SignedCounts::default());
    let damaged = damaged(context, reader.as_ref())?.len();
    drop(reader);
    let summary = tally.summary(ruleset.applicable_rules(), context.now);
    if output.json {
        let held = HeldOutput { summary: summary_json(&summary), signed, damaged };
        return print_json(&held);
    }
    print(&summary_text(&summary, context.when(), WIDTH))?;
    // They are in none of the counts.
    print(&damaged_note(context, damaged))?;
    let signed = signed.map_or_else(String::new, |signed| signed.to_text(context.when(), WIDTH));
    print(&(signed + &context.zone_note()))
}

/// The summary, extended by the operator's statements.
#[derive(Serialize)]
struct HeldOutput<S> {
    #[serde(flatten)]
    summary: S,
    signed: Option<SignedCounts>,
    damaged: usize,
}
