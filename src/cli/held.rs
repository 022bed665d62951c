use serde::Serialize;

use crate::holding::{SignedTally, Tally};
use crate::journal::{Filter, Reader};

use super::arguments::Json;
use super::context::{Context, for_each};
use super::exit::CliError;
use super::print;

/// How wide a terminal is taken to be, in columns.
const WIDTH: usize = 80;

/// `temoin held`
pub(super) fn run(context: &Context, output: &Json) -> Result<(), CliError> {
    let book = context.lawbook()?;
    let reader = context.reader()?;
    let census = reader.as_ref().map_or(Ok(None), Reader::census)?;
    let tally = match census.and_then(|census| Tally::of(&census, book.rulebook(), None)) {
        Some(tally) => tally,
        None => {
            let mut tally = Tally::new(book.rulebook(), None);
            for_each(reader.as_ref(), &Filter::all(context.now), None, |session| {
                tally.add(session);
                Ok(())
            })?;
            tally
        }
    };
    let signed = match &reader {
        Some(reader) => SignedTally::read(reader, book.rulebook(), context.now)?,
        None => SignedTally::default(),
    };
    // What came of checks stays of value when they are switched off.
    let signed = Some(signed).filter(|it| context.config.sync || *it != SignedTally::default());
    drop(reader);
    let summary = tally.summary(book.rulebook(), context.now);
    if output.json {
        let held = Held { summary: summary.to_json(), signed };
        return print(&format!("{}\n", serde_json::to_string(&held)?));
    }
    print(&summary.to_text(context.when(), WIDTH))?;
    signed.map_or(Ok(()), |signed| print(&signed.to_text(context.when(), WIDTH)))
}

/// The summary as it always was, with the operator's own word as one more member.
#[derive(Serialize)]
struct Held<S> {
    #[serde(flatten)]
    summary: S,
    signed: Option<SignedTally>,
}
