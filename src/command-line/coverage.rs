use std::collections::BTreeSet;

use clap::{Command, CommandFactory};

use super::texts::{Texts, is_help, key, name_in_code};
use super::{built, with_own_help};

/// The keys of texts that a program's help lacks, and of those that nothing in it uses: for the tests
/// of the programs.
pub fn missing_and_unused<A: CommandFactory>(texts: Texts) -> (Vec<String>, Vec<&'static str>) {
    let mut used = BTreeSet::from(["details".to_owned(), "exit_codes".to_owned()]);
    collect(&built(with_own_help(A::command())), &mut Vec::new(), texts, &mut used);
    let known = |key: &str| texts.find(key).is_some();
    let missing = used.iter().filter(|key| !known(key)).cloned().collect();
    let is_unused = |key: &&str| {
        let of_value = key.strip_prefix("expected.").map(|name| format!("value_name.{name}"));
        !used.contains(&of_value.unwrap_or_else(|| (*key).to_owned()))
    };
    (missing, texts.0.iter().map(|(key, _)| *key).filter(is_unused).collect())
}

fn collect(command: &Command, path: &mut Vec<String>, texts: Texts, used: &mut BTreeSet<String>) {
    used.insert(key(path, "summary"));
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        let own = key(path, id);
        if matches!(id, "help" | "version") {
            continue;
        }
        let shared = format!("shared.{id}");
        let is_own = texts.find(&own).is_some() || texts.find(&shared).is_none();
        used.insert(if is_own { own } else { shared });
        if arg.get_action().takes_values() {
            let name = name_in_code(arg).unwrap_or(id);
            used.insert(format!("value_name.{}", name.to_ascii_lowercase()));
            for value in arg.get_possible_values() {
                used.insert(key(path, &format!("{id}_{}", value.get_name())));
            }
        }
    }
    for below in command.get_subcommands().filter(|below| !is_help(below)) {
        path.push(below.get_name().to_owned());
        collect(below, path, texts, used);
        path.pop();
    }
}
