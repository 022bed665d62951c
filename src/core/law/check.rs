use super::edition::Edition;
use super::file_problem::FileProblem;
use super::profile::Profile;
use super::toml_reader::ProblemReport;

/// Everything that is wrong in the text of a rule file or a profile, told apart by their tables.
/// [`super::Law::assemble`] checks whether editions are consistent with each other.
pub fn check(file_name: &str, text: &str) -> Vec<FileProblem> {
    let report = ProblemReport::new(file_name, text);
    let Some(root) = report.parse() else {
        return report.finish().err().map_or_else(Vec::new, super::RuleFileError::into_problems);
    };
    let result = match (root.contains_key("ruleset"), root.contains_key("operator")) {
        (true, false) => Edition::parse(file_name, text).map(drop),
        (false, true) => Profile::parse(file_name, text).map(drop),
        (both, _) => {
            report.add(
                0,
                "",
                if both { "both a rule file and a profile" } else { "no rule file and no profile" },
                "a rule file has the table [ruleset], a profile the table [operator]",
            );
            report.finish()
        }
    };
    result.err().map_or_else(Vec::new, super::RuleFileError::into_problems)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};
    use proptest::sample::Index;

    use super::super::bundled_files::BundledFiles;
    use super::check;
    use crate::law::{Edition, Nature, Profile};

    fn one_of(shipped: &BundledFiles, file: Index) -> &str {
        let texts: Vec<&str> = shipped.files().map(|(_, text)| text).collect();
        file.get::<&str>(&texts)
    }

    /// One of the shipped files with some of its lines left out, doubled or exchanged, or a few
    /// characters replaced.
    fn damaged(text: &str, damage: &[(Index, Index, u8)]) -> String {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (one, other, kind) in damage {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            match kind % 5 {
                0 => drop(lines.remove(one)),
                1 => lines.insert(other, lines[one].clone()),
                2 => lines.swap(one, other),
                3 => lines[one] = lines[one].chars().rev().collect(),
                _ => lines[one] = lines[one].chars().filter(|c| *c != '"').collect(),
            }
            if lines.is_empty() {
                lines.push(String::new());
            }
        }
        lines.join("\n")
    }

    proptest! {
        // The files are long, and each case reads one twice.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_text_makes_it_panic(text in ".*|[a-z=\"\\[\\].\n{} 0-9#-]{0,200}") {
            prop_assert!(!check("any.toml", &text).is_empty());
        }

        #[test]
        fn a_damaged_rule_file_is_refused_or_still_holds_together(
            file in any::<Index>(),
            damage in proptest::collection::vec(any::<(Index, Index, u8)>(), 1..4),
        ) {
            let text = damaged(one_of(&BundledFiles::rules().unwrap(), file), &damage);
            let problems = check("damaged.toml", &text);
            let lines = text.lines().count();
            prop_assert!(problems.iter().all(|it| it.line >= 1 && it.line <= lines.max(1)));
            let Ok(edition) = Edition::parse("damaged.toml", &text) else {
                prop_assert!(!problems.is_empty());
                return Ok(());
            };
            prop_assert!(problems.is_empty());
            prop_assert!(edition.effective_to.is_none_or(|last| edition.effective_from <= last));
            for rule in &edition.rules {
                prop_assert!(rule.basis.len() == edition.sources_of(&rule.basis).len());
                prop_assert!(rule.nature == Nature::May || !rule.basis.is_empty());
                prop_assert!(rule.retention.is_none() || rule.start_event.is_some());
                prop_assert!(rule.nature != Nature::MustNot || rule.retention.is_none());
                prop_assert!(rule.recipients.is_none() == edition.recipients_of(rule).is_none());
                prop_assert!(!rule.fields.is_empty());
            }
        }

        #[test]
        fn a_damaged_profile_is_refused_or_still_holds_together(
            file in any::<Index>(),
            damage in proptest::collection::vec(any::<(Index, Index, u8)>(), 1..4),
        ) {
            let text = damaged(one_of(&BundledFiles::profiles().unwrap(), file), &damage);
            let problems = check("damaged.toml", &text);
            let Ok(profile) = Profile::parse("damaged.toml", &text) else {
                prop_assert!(!problems.is_empty());
                return Ok(());
            };
            prop_assert!(!profile.statements.is_empty());
            for statement in &profile.statements {
                for stores in &statement.stores {
                    let same = statement.stores.iter().filter(|it| it.field == stores.field);
                    prop_assert!(same.count() == 1);
                    prop_assert!(stores.stored || stores.erase_after.is_none());
                }
            }
        }
    }
}
