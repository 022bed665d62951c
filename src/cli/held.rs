use crate::holding::Tally;
use crate::journal::Filter;

use super::arguments::Json;
use super::context::{Context, for_each};
use super::exit::CliError;
use super::print;

/// How wide a terminal is taken to be, in columns.
const WIDTH: usize = 80;

/// `temoin held`
pub(super) fn run(context: &Context, output: &Json) -> Result<(), CliError> {
    let book = context.lawbook()?;
    let mut tally = Tally::new(book.rulebook(), None);
    let reader = context.reader()?;
    for_each(reader.as_ref(), &Filter::all(context.now), None, |session| {
        tally.add(session);
        Ok(())
    })?;
    drop(reader);
    let summary = tally.summary(book.rulebook(), context.now);
    if output.json {
        return print(&format!("{}\n", serde_json::to_string(&summary.to_json())?));
    }
    print(&summary.to_text(context.when(), WIDTH))
}
