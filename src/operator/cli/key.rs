use std::error::Error;

use chrono::NaiveDate;
use clap::Subcommand;

use crate::{Config, Endpoint, KeyFile, certificate_key, hook};
use temoin_protocol::UnixSeconds;

use super::output::print;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    Show,
    Rotate {
        #[arg(long, value_name = "DAY")]
        from: NaiveDate,
    },
}

/// `temoin-operator key …`
pub(super) fn run(config: &Config, command: &KeyCommand) -> Result<(), Box<dyn Error>> {
    let file = KeyFile::at(&config.signing_key);
    let now = UnixSeconds::containing(hook::now()).ok_or("the clock is before 1970: set it")?;
    match command {
        KeyCommand::Show => {
            let keys = file.read()?;
            let signing = keys.at(now)?.public();
            print(&format!(
                "# In the profile that members' boxes have of this operator:\n\
                 [sync]\nurl = \"https://…\"\npublic_key = \"{signing}\"\n"
            ))?;
            if let Endpoint::Tls { certificate, .. } = &config.endpoint {
                let digits = hex(&certificate_key(certificate)?);
                print(&format!(
                    "# Only if the certificate is not one that browsers know:\n\
                     certificate_key = \"{digits}\"\n"
                ))?;
            }
            match keys.rotation().filter(|rotation| rotation.from() > now) {
                Some(rotation) => print(&format!(
                    "# From {} on, its key is\n# {}\n",
                    rotation.from().to_timestamp(),
                    rotation.new_key()
                )),
                None => Ok(()),
            }
        }
        KeyCommand::Rotate { from } => {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed)?;
            let midnight = config.policy.zone().first_instant(*from);
            let from = UnixSeconds::containing(midnight).ok_or("that day is before 1970")?;
            let rotation = file.rotate(seed, from, now)?;
            print(&format!(
                "From {} on, the key is\n  {}\nBoxes that ask before or after follow by themselves. \
                 Publish both keys where members find the profile: a box that misses two rotations \
                 needs it anew. 'temoin-operator serve' erases the old secret key on that day; \
                 remove it from your backups.\n",
                from.to_timestamp(),
                rotation.new_key()
            ))
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
