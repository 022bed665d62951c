use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

use crate::export::ReceiptsWriter;
use crate::i18n::Message;
use crate::journal::{Dealing, Presence, Reader, Standing};
use crate::protocol::KeyChain;

use super::arguments::{Receipts, ReceiptsExport};
use super::context::Context;
use super::exit::{CliError, Failure};
use super::output::new_file;

/// `temoin receipts`
pub(super) fn run(context: &Context, arguments: &Receipts) -> Result<(), CliError> {
    let Receipts::Export(arguments) = arguments;
    let zone = context.lawbook()?.zone();
    let Some(reader) = context.reader()? else {
        return Err(CliError::new(Failure::NotFound, NONE.text(context.language)));
    };
    let mut known = 0_usize;
    let mut sensitive = false;
    reader.for_each_dealing(|dealing| {
        known += usize::from(dealing.last().is_some());
        sensitive |= dealing.last().is_some()
            && (dealing.presence != Presence::Erased
                || !matches!(dealing.standing(zone, context.now), Standing::Confirmed { .. }));
        ControlFlow::<()>::Continue(())
    })?;
    if known == 0 {
        return Err(CliError::new(Failure::NotFound, NONE.text(context.language)));
    }
    match &arguments.output {
        None => write(&reader, arguments, io::stdout().lock())?,
        Some(path) => {
            let file = new_file(path)?;
            write(&reader, arguments, &file)?;
            file.sync_all()?;
        }
    }
    if sensitive {
        let text = SENSITIVE.text(context.language);
        let _ = writeln!(io::stderr(), "temoin: {text}");
    }
    Ok(())
}

fn write(reader: &Reader, arguments: &ReceiptsExport, out: impl Write) -> Result<(), CliError> {
    let pinned = reader.pinned_keys()?;
    let chains = pinned.into_iter().map(|key| reader.keys(key));
    let chains = chains.collect::<Result<Vec<KeyChain>, _>>()?;
    let mut writer = ReceiptsWriter::begin(BufWriter::new(out), &chains)?;
    let mut one = |dealing: Dealing| -> io::Result<()> {
        for receipt in [dealing.held, dealing.not_held].into_iter().flatten() {
            let receipt = if arguments.with_digests { receipt } else { receipt.forget() };
            writer.receipt(&receipt)?;
        }
        Ok(())
    };
    let failed = reader.for_each_dealing(|dealing| match one(dealing) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    })?;
    failed.map_or(Ok(()), Err)?;
    Ok(writer.end()?.flush()?)
}

const NONE: Message = Message {
    fr: "l’opérateur n’a encore rien signé : il n’y a pas de reçu",
    nl: "de operator tekende nog niets: er is geen bewijs",
    en: "the operator has signed nothing yet: there is no receipt",
    de: "der Betreiber hat noch nichts signiert: Es gibt keinen Beleg",
};

const SENSITIVE: Message = Message {
    fr: "attention : le reçu d’une session que l’opérateur n’a pas encore effacée est aussi confidentiel que l’enregistrement lui-même, car avec l’identifiant qu’il contient n’importe qui peut interroger l’opérateur. Ne le confiez qu’à qui pourrait tout savoir.",
    nl: "let op: het bewijs van een sessie die de operator nog niet gewist heeft, is even vertrouwelijk als de registratie zelf, want met de ID die erin staat kan iedereen de operator bevragen. Geef het alleen aan wie alles mag weten.",
    en: "careful: the receipt of a session that the operator has not erased yet is as confidential as the record itself, since with the ID in it anybody can ask the operator. Give it only to those who may know everything.",
    de: "Vorsicht: Der Beleg einer Sitzung, die der Betreiber noch nicht gelöscht hat, ist so vertraulich wie der Eintrag selbst, denn mit der ID darin kann jeder den Betreiber befragen. Geben Sie ihn nur weiter, wo alles bekannt sein darf.",
};
