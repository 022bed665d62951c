use chrono::NaiveDate;

use super::bundled_files::BundledFiles;
use super::day_arithmetic;
use super::edition::{Edition, Jurisdiction, Track};
use super::file_problem::{FileProblem, RuleFileError};
use super::slug::Slug;

/// All editions of law that temoin knows, consistent with each other.
#[derive(Clone, Debug)]
pub struct Law {
    /// By jurisdiction, track and first day.
    editions: Vec<Edition>,
}

impl Law {
    /// The editions that ship with temoin.
    ///
    /// # Errors
    /// [`RuleFileError`] never in a release: a test reads them all.
    pub fn compiled_in() -> Result<Self, RuleFileError> {
        let mut editions = Vec::new();
        let mut problems = Vec::new();
        for (file, text) in BundledFiles::rules()?.files() {
            match Edition::parse(file, text) {
                Ok(edition) => editions.push(edition),
                Err(error) => problems.extend(error.into_problems()),
            }
        }
        RuleFileError::unless_empty(problems)?;
        Self::assemble(editions)
    }

    /// Puts editions together.
    ///
    /// # Errors
    /// [`RuleFileError`] where two have the same id, overlap within a track, or count days in
    /// different zones, and where one names a predecessor that is not there.
    pub fn assemble(mut editions: Vec<Edition>) -> Result<Self, RuleFileError> {
        editions.sort_by(|one, two| {
            let key = |it: &Edition| (it.jurisdiction, it.track, it.effective_from);
            key(one).cmp(&key(two)).then_with(|| one.id.cmp(&two.id))
        });
        let mut problems = Vec::new();
        for (place, edition) in editions.iter().enumerate() {
            for earlier in &editions[..place] {
                problems.extend(contradiction(earlier, edition));
            }
            problems.extend(wrong_predecessor(edition, &editions));
        }
        RuleFileError::unless_empty(problems)?;
        Ok(Self { editions })
    }

    /// Every edition, by jurisdiction, track and first day.
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    /// The edition of this id.
    pub fn edition(&self, id: &Slug) -> Option<&Edition> {
        self.editions.iter().find(|edition| edition.id == *id)
    }

    /// The editions of one track, by first day.
    pub fn track(
        &self,
        jurisdiction: Jurisdiction,
        track: Track,
    ) -> impl Iterator<Item = &Edition> + Clone {
        self.editions.iter().filter(move |it| it.jurisdiction == jurisdiction && it.track == track)
    }

    /// The edition of one track that applies on a day; `None` where there is a gap.
    pub fn on(&self, day: NaiveDate, jurisdiction: Jurisdiction, track: Track) -> Option<&Edition> {
        self.track(jurisdiction, track).find(|edition| edition.covers(day))
    }

    /// The stretches from `first` to `last` in which a track has no edition, each with its first
    /// and last day. A track of injunctions begins with its first edition: before that, what it
    /// regulates was regulated elsewhere.
    pub(super) fn gaps(
        &self,
        first: NaiveDate,
        last: NaiveDate,
        jurisdiction: Jurisdiction,
        track: Track,
    ) -> Vec<(NaiveDate, NaiveDate)> {
        let mut editions = self.track(jurisdiction, track).peekable();
        let mut open = match (track, editions.peek()) {
            (Track::General, _) => first,
            (Track::Injunction, Some(edition)) => first.max(edition.effective_from),
            (Track::Injunction, None) => return Vec::new(),
        };
        let mut gaps = Vec::new();
        for edition in editions {
            if open > last {
                break;
            }
            let before = edition.effective_from.pred_opt().unwrap_or(NaiveDate::MIN).min(last);
            if open <= before {
                gaps.push((open, before));
            }
            let Some(end) = edition.effective_to else { return gaps };
            open = open.max(day_arithmetic::after(end, 1));
        }
        if open <= last {
            gaps.push((open, last));
        }
        gaps
    }
}

/// How two editions contradict each other, if they do.
fn contradiction(earlier: &Edition, later: &Edition) -> Option<FileProblem> {
    let problem = |key: &str, what: String, remedy: &str| FileProblem {
        file: later.file.clone(),
        line: later.line_of(key),
        key: format!("ruleset.{key}"),
        what,
        remedy: remedy.to_owned(),
    };
    if earlier.id == later.id {
        let what = format!("{} has the id {} too", earlier.file, later.id);
        return Some(problem("id", what, "give each edition its own"));
    }
    if (earlier.jurisdiction, earlier.track) != (later.jurisdiction, later.track) {
        return None;
    }
    if earlier.effective_to.is_none_or(|last| last >= later.effective_from) {
        let what = format!(
            "overlaps with {}, which applies from {} {}",
            earlier.file,
            earlier.effective_from,
            earlier
                .effective_to
                .map_or_else(|| "without end".to_owned(), |last| format!("to {last}"))
        );
        let remedy = "set effective_to of the earlier edition to the day before this one begins";
        return Some(problem("effective_from", what, remedy));
    }
    (earlier.zone != later.zone).then(|| {
        let what = format!("{} counts days in {}", earlier.file, earlier.zone);
        problem(
            "timezone",
            what,
            "use one time zone in a track, or days would fall between editions",
        )
    })
}

/// What is wrong with the edition that another one says it supersedes, if there is anything.
fn wrong_predecessor(edition: &Edition, editions: &[Edition]) -> Option<FileProblem> {
    let id = edition.supersedes.as_ref()?;
    let problem = |what: String, remedy: &str| FileProblem {
        file: edition.file.clone(),
        line: edition.line_of("supersedes"),
        key: "ruleset.supersedes".to_owned(),
        what,
        remedy: remedy.to_owned(),
    };
    let Some(predecessor) = editions.iter().find(|it| it.id == *id) else {
        let what = format!("there is no edition {id}");
        return Some(problem(what, "add its file, or remove the key"));
    };
    let same = predecessor.jurisdiction == edition.jurisdiction
        && predecessor.track == edition.track
        && predecessor.effective_from < edition.effective_from;
    (!same).then(|| {
        let what = format!(
            "{} is no earlier edition of jurisdiction {} and track {}",
            predecessor.file, edition.jurisdiction, edition.track
        );
        problem(what, "name the edition before this one, or remove the key")
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{day, edition, law, rule};
    use super::Law;
    use crate::law::{Edition, Jurisdiction, RuleFileError, Track};

    const BE: Jurisdiction = Jurisdiction::Belgium;

    /// An edition in a file of its own name.
    fn file(id: &str, track: &str, dates: (&str, &str), more: &str) -> Edition {
        let applies = if track == "injunction" { "applies_to = \"injunction\"" } else { "" };
        let text = edition(id, "BE", track, dates, &[rule("r", "[\"gateway\"]", applies)])
            .replace("track =", &format!("{more}\ntrack ="));
        Edition::parse(&format!("{id}.toml"), &text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refused(editions: Vec<Edition>) -> String {
        Law::assemble(editions)
            .map(drop)
            .map_err(|error: RuleFileError| error.to_string())
            .unwrap_err()
    }

    #[test]
    fn editions_that_overlap_are_refused_and_both_named() {
        let one = || file("one", "general", ("2020-01-01", "2021-01-01"), "");
        let two = file("two", "general", ("2021-01-01", ""), "");
        let error = refused(vec![two.clone(), one()]);
        assert!(error.contains("two.toml:") && error.contains("one.toml"), "{error}");
        assert!(error.contains("overlaps") && error.contains("effective_to"), "{error}");
        // Three at once: the longest of the earlier ones may lie further back.
        let long = file("long", "general", ("2019-01-01", ""), "");
        let error = refused(vec![one(), long, two]);
        assert!(error.contains("one.toml:") && error.contains("two.toml:"), "{error}");
    }

    #[test]
    fn an_injunction_may_stand_beside_the_general_law() {
        let general = file("one", "general", ("2020-01-01", ""), "");
        let injunction = file("two", "injunction", ("2021-01-01", "2021-12-31"), "");
        let law = Law::assemble(vec![injunction, general]).unwrap();
        let on = |date: &str, track| law.on(day(date), BE, track).map(|it| it.id.to_string());
        assert_eq!(on("2021-12-31", Track::Injunction), Some("two".to_owned()));
        assert_eq!(on("2022-01-01", Track::Injunction), None);
        assert_eq!(on("2022-01-01", Track::General), Some("one".to_owned()));
        assert_eq!(on("2019-12-31", Track::General), None);
    }

    #[test]
    fn a_predecessor_must_be_there_and_be_one() {
        let error =
            refused(vec![file("two", "general", ("2021-01-01", ""), "supersedes = \"one\"")]);
        assert!(error.contains("two.toml:") && error.contains("no edition one"), "{error}");
        let other = file("one", "injunction", ("2020-01-01", "2020-12-31"), "");
        let two = file("two", "general", ("2021-01-01", ""), "supersedes = \"one\"");
        let error = refused(vec![other, two.clone()]);
        assert!(error.contains("one.toml is no earlier edition"), "{error}");
        let one = file("one", "general", ("2020-01-01", "2020-12-31"), "");
        assert!(Law::assemble(vec![one, two]).is_ok());
    }

    #[test]
    fn two_editions_of_one_id_are_refused() {
        let mut twin = file("one", "injunction", ("2020-01-01", ""), "");
        twin.file = "twin.toml".to_owned();
        let error = refused(vec![file("one", "general", ("2020-01-01", ""), ""), twin]);
        assert!(error.contains("twin.toml:") && error.contains("one.toml has the id"), "{error}");
    }

    #[test]
    fn the_days_without_an_edition_are_found() {
        let of = |id: &str, track: &str, dates: (&str, &str)| {
            let applies = if track == "injunction" { "applies_to = \"injunction\"" } else { "" };
            edition(id, "BE", track, dates, &[rule("r", "[\"gateway\"]", applies)])
        };
        let law = law(&[
            of("a", "general", ("2020-01-01", "2020-06-30")),
            of("b", "general", ("2020-08-01", "2020-12-31")),
            of("c", "injunction", ("2020-03-01", "2020-03-31")),
        ]);
        let gaps = |first: &str, last: &str, track| {
            law.gaps(day(first), day(last), BE, track)
                .iter()
                .map(|(from, to)| format!("{from}/{to}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(gaps("2020-01-01", "2020-06-30", Track::General), [""; 0]);
        assert_eq!(
            gaps("2019-12-01", "2021-01-05", Track::General),
            ["2019-12-01/2019-12-31", "2020-07-01/2020-07-31", "2021-01-01/2021-01-05"]
        );
        assert_eq!(gaps("2020-07-03", "2020-07-03", Track::General), ["2020-07-03/2020-07-03"]);
        assert_eq!(gaps("2020-01-01", "2020-04-02", Track::Injunction), ["2020-04-01/2020-04-02"]);
        assert_eq!(gaps("2020-01-01", "2020-02-02", Track::Injunction), [""; 0]);
    }
}
