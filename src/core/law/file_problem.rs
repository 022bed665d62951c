use std::fmt;

/// One thing that is wrong in a rule file or a profile.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct FileProblem {
    /// The file's name, as passed in.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, with the tables it stands in, such as `rule[content].period`; empty where the text
    /// is no TOML.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        let mut remedy = self.remedy.chars();
        let first = remedy.next().into_iter().flat_map(char::to_uppercase);
        write!(f, "{}. {}{}.", self.what, first.collect::<String>(), remedy.as_str())
    }
}

/// A rejected rule file or profile, or several that are inconsistent: at least one problem, those
/// of one file in line order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleFileError {
    problems: Vec<FileProblem>,
}

impl RuleFileError {
    /// Nothing when there is no problem.
    pub(super) fn unless_empty(mut problems: Vec<FileProblem>) -> Result<(), Self> {
        problems.sort();
        problems.dedup();
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    /// A file that was not read whole, though nothing in it was reported.
    pub(super) fn incomplete(file: &str) -> Self {
        let problem = FileProblem {
            file: file.to_owned(),
            line: 1,
            key: String::new(),
            what: "could not be read whole".to_owned(),
            remedy: "compare it with a file that ships with temoin".to_owned(),
        };
        Self { problems: vec![problem] }
    }

    /// What is wrong, at least one thing.
    pub fn problems(&self) -> &[FileProblem] {
        &self.problems
    }

    /// What is wrong, to keep.
    pub fn into_problems(self) -> Vec<FileProblem> {
        self.problems
    }
}

impl fmt::Display for RuleFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for RuleFileError {}
