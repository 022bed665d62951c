use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::columns::ColumnMeaning;
use crate::encoding::Text;
use crate::json_walk::{JsonTaker, walk};
use crate::mapping::Mapping;
use crate::record::{is_nothing, session_id};
use crate::reply_error::ReplyError;
use crate::table_layout::{MAXIMUM_NAME, names};
use crate::time_text::TimeText;

/// Where in a JSON text the sessions lie.
///
/// A place is written as its keys, `result.rows[]`: `[]` stands for each element of a list, `*` for each
/// value of an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum JsonShape {
    /// Nowhere: there is a list of them, and it is empty.
    Empty,
    /// Each object at one of these places is a session.
    Entries(BTreeSet<String>),
    /// Each list at this place is the row of a table; the names of the columns stand in the first where they
    /// are not given.
    Rows(String, Option<Vec<String>>),
}

impl JsonShape {
    /// Finds the sessions: what has times or IDs of sessions under names that are known, wherever it lies;
    /// else the only list there is.
    pub(crate) fn find(text: Text<'_>, mapping: &Mapping) -> Result<Self, ReplyError> {
        let mut survey = Survey { mapping, ..Survey::new(mapping) };
        walk(text.reader(), &mut survey)?;
        match mapping.list() {
            Some(list) => survey.named(list),
            None => survey.shape(),
        }
    }
}

/// What is found on one walk.
struct Survey<'m> {
    mapping: &'m Mapping,
    stack: Vec<Frame>,
    /// The place of the innermost list or object.
    path: String,
    /// Whether a path of keys is known and dated.
    known: HashMap<String, Option<ColumnMeaning>>,
    documents: usize,
    /// How many whole texts are one session each.
    whole: usize,
    /// The places of objects that are sessions.
    entries: BTreeSet<String>,
    /// The places of all lists of objects, and of objects of objects.
    objects: BTreeSet<String>,
    keyed: BTreeSet<String>,
    /// The places of lists of lists, with the first row of each.
    tables: BTreeMap<String, Vec<String>>,
    /// Lists of texts, which may be names of columns, by the place around them.
    headings: BTreeMap<String, Vec<Vec<String>>>,
    empty: BTreeSet<String>,
    keys: Vec<String>,
    has_error: bool,
}

/// A list or object that is being walked through.
#[derive(Default)]
struct Frame {
    is_list: bool,
    /// How long the path was before it.
    outer: usize,
    key: String,
    /// Whether it says itself when a session was.
    is_dated: bool,
    dated_children: usize,
    objects: usize,
    lists: usize,
    scalars: usize,
    /// The texts in a list, or the names of the objects in it.
    texts: Vec<String>,
    named: Option<String>,
    first_row: Option<Vec<String>>,
}

impl<'m> Survey<'m> {
    fn new(mapping: &'m Mapping) -> Self {
        Self {
            mapping,
            stack: Vec::new(),
            path: String::new(),
            known: HashMap::new(),
            documents: 0,
            whole: 0,
            entries: BTreeSet::new(),
            objects: BTreeSet::new(),
            keyed: BTreeSet::new(),
            tables: BTreeMap::new(),
            headings: BTreeMap::new(),
            empty: BTreeSet::new(),
            keys: Vec::new(),
            has_error: false,
        }
    }

    fn shape(self) -> Result<JsonShape, ReplyError> {
        let rows = |(path, first): (&String, &Vec<String>)| {
            let found = self.heading(path, first.len());
            let dated = |names: &[String]| {
                let meanings = names.iter().filter_map(|name| self.mapping.column_meaning(name));
                meanings.into_iter().any(ColumnMeaning::is_dated)
            };
            let is_dated = dated(found.as_deref().unwrap_or(first));
            (JsonShape::Rows(format!("{path}[]"), found), is_dated)
        };
        let tables: Vec<(JsonShape, bool)> = self.tables.iter().map(rows).collect();
        let dated = tables.iter().filter(|(_, is_dated)| *is_dated);
        let mut dated: Vec<&JsonShape> = dated.map(|(shape, _)| shape).collect();
        let is_within = |outer: &String, inner: &String| {
            let rest = inner.strip_prefix(outer.strip_suffix('*').unwrap_or(outer));
            outer != inner
                && rest.is_some_and(|rest| outer.ends_with('*') || rest.starts_with(['.', '[']))
        };
        let nested = self
            .entries
            .iter()
            .any(|outer| self.entries.iter().any(|inner| is_within(outer, inner)));
        let is_unclear = nested || self.whole > 0 && self.documents > 1 && !self.entries.is_empty();
        if is_unclear || dated.len() + usize::from(!self.entries.is_empty()) > 1 {
            return Err(self.several());
        }
        if let Some(table) = dated.pop() {
            return Ok(table.clone());
        }
        if !self.entries.is_empty() {
            return Ok(JsonShape::Entries(self.entries));
        }
        if self.whole > 0 {
            return Ok(JsonShape::Entries([String::new()].into()));
        }
        // No name is known: the innermost lists may be meant.
        let all: Vec<&String> =
            self.objects.iter().chain(self.tables.keys()).chain(&self.empty).collect();
        let is_innermost = |own: &&String| !all.iter().any(|other| is_within(own, other));
        let mut lists: Vec<&String> = self.objects.iter().filter(is_innermost).collect();
        if lists.is_empty() && tables.is_empty() {
            let collections = |path: &&String| is_collection(path);
            if !self.has_error
                && self.empty.iter().any(|path| path.is_empty() || collections(&path))
            {
                return Ok(JsonShape::Empty);
            }
            lists.extend(
                self.keyed
                    .iter()
                    .filter(|own| !self.keyed.iter().any(|other| is_within(own, other))),
            );
        }
        match (lists.as_slice(), tables.as_slice()) {
            ([only], []) => Ok(JsonShape::Entries([(*only).clone()].into())),
            ([], [(table, _)]) => Ok(table.clone()),
            ([], []) => Err(self.nothing()),
            _ => Err(self.several()),
        }
    }

    /// The sessions that lie where the mapping says it.
    fn named(self, list: &str) -> Result<JsonShape, ReplyError> {
        let list = list.trim_end_matches("[]").trim_end_matches(".*").trim_matches('.');
        let list = if list == "*" { "" } else { list };
        if let Some(first) = self.tables.get(list) {
            return Ok(JsonShape::Rows(format!("{list}[]"), self.heading(list, first.len())));
        }
        if self.empty.contains(list) {
            return Ok(JsonShape::Empty);
        }
        let every = joined(list, "*");
        let places = [format!("{list}[]"), every];
        let found = places.into_iter().find(|place| {
            self.objects.contains(place)
                || self.entries.contains(place)
                || self.keyed.contains(place)
        });
        match found {
            Some(place) => Ok(JsonShape::Entries([place].into())),
            None => Err(self.several()),
        }
    }

    /// The names of the columns beside the rows: in a list of texts, or of objects that have a name.
    fn heading(&self, path: &str, width: usize) -> Option<Vec<String>> {
        let around = path.rfind(['.', '[']).map_or("", |end| &path[..end]);
        // Rows at the very top have nothing beside them.
        let beside = self.headings.get(around).filter(|_| !path.is_empty())?;
        let found = beside.iter().find(|texts| texts.len() == width)?;
        Some(names(found))
    }

    fn several(&self) -> ReplyError {
        let bare = |path: &String| path.strip_suffix("[]").unwrap_or(path).to_owned();
        let paths: BTreeSet<String> = self
            .entries
            .iter()
            .chain(&self.objects)
            .map(bare)
            .chain(self.tables.keys().cloned())
            .chain(self.empty.iter().cloned())
            .chain(self.keyed.iter().cloned())
            .map(|path| if path.is_empty() { "[]".to_owned() } else { path })
            .collect();
        ReplyError::SeveralLists(paths.into_iter().collect())
    }

    fn nothing(self) -> ReplyError {
        ReplyError::NothingFound(self.keys)
    }

    /// What is known of the last key, as the objects around it name it.
    fn note(&mut self, text: &str) {
        let mut path = String::new();
        for index in (0..self.stack.len()).rev().take(LEVELS) {
            if self.stack[index].is_list {
                break;
            }
            let key = &self.stack[index].key;
            path = if path.is_empty() { key.clone() } else { format!("{key}.{path}") };
            let meaning = match self.known.get(&path) {
                Some(meaning) => *meaning,
                None => {
                    let meaning = self.mapping.column_meaning(&path);
                    if self.known.len() < MAXIMUM_KNOWN {
                        self.known.insert(path.clone(), meaning);
                    }
                    meaning
                }
            };
            let is_dated = match meaning {
                Some(ColumnMeaning::Session) => session_id(text).is_some(),
                Some(meaning) if meaning.is_dated() => {
                    is_nothing(text) || TimeText::parse(text).is_some() || self.mapping.names(&path)
                }
                _ => false,
            };
            self.stack[index].is_dated |= is_dated;
        }
    }

    fn add(set: &mut BTreeSet<String>, place: String) {
        if set.len() < MAXIMUM_PLACES && place.len() < MAXIMUM_PATH {
            set.insert(place);
        }
    }

    fn end_list(&mut self, frame: &mut Frame) {
        let path = self.path.clone();
        let around = &path[..frame.outer];
        let parent_is_list = self.stack.last().is_some_and(|parent| parent.is_list);
        if frame.scalars + frame.objects + frame.lists == 0 {
            Self::add(&mut self.empty, path.clone());
        }
        if frame.objects > 0 {
            Self::add(&mut self.objects, format!("{path}[]"));
        }
        if frame.lists > 0 && frame.objects == 0 && frame.scalars == 0 {
            if let Some(first) = frame.first_row.take().filter(|first| !first.is_empty()) {
                if self.tables.len() < MAXIMUM_PLACES && path.len() < MAXIMUM_PATH {
                    self.tables.insert(path.clone(), first);
                }
            }
        }
        let is_heading = !frame.texts.is_empty() && frame.lists == 0;
        if parent_is_list {
            let row =
                if frame.objects == 0 { std::mem::take(&mut frame.texts) } else { Vec::new() };
            if let Some(parent) = self.stack.last_mut() {
                parent.first_row.get_or_insert(row);
            }
        } else if is_heading && self.headings.len() < MAXIMUM_PLACES {
            let beside = self.headings.entry(around.to_owned()).or_default();
            if beside.len() < MAXIMUM_HEADINGS {
                beside.push(std::mem::take(&mut frame.texts));
            }
        }
        if let Some(parent) = self.stack.last_mut() {
            parent.lists += 1;
        }
    }

    fn end_object(&mut self, frame: &mut Frame) {
        let path = self.path.clone();
        let is_session = frame.is_dated && frame.dated_children < 2;
        if frame.dated_children > 1 || frame.dated_children == 1 && !frame.is_dated {
            Self::add(&mut self.entries, joined(&path, "*"));
        }
        if frame.objects > 0 && frame.scalars + frame.lists == 0 {
            Self::add(&mut self.keyed, joined(&path, "*"));
        }
        let is_empty = frame.objects + frame.lists + frame.scalars == 0;
        match self.stack.last_mut() {
            // Says as little as null does.
            Some(parent) if is_empty => parent.scalars += 1,
            Some(parent) => {
                parent.objects += 1;
                if parent.is_list {
                    parent
                        .texts
                        .extend(frame.named.take().filter(|_| parent.texts.len() < MAXIMUM_WIDTH));
                    if is_session {
                        Self::add(&mut self.entries, path);
                    }
                } else {
                    parent.dated_children += usize::from(is_session);
                }
            }
            None => self.whole += usize::from(is_session),
        }
    }
}

impl JsonTaker for Survey<'_> {
    fn begin(&mut self, is_list: bool) -> Result<(), ReplyError> {
        let outer = self.path.len();
        match self.stack.last() {
            Some(parent) if parent.is_list => self.path.push_str("[]"),
            Some(parent) => {
                if !self.path.is_empty() {
                    self.path.push('.');
                }
                self.path.push_str(&parent.key);
                self.has_error |= self.stack.len() == 1 && is_error(&parent.key);
            }
            None => self.documents += 1,
        }
        self.stack.push(Frame { is_list, outer, ..Frame::default() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), ReplyError> {
        let Some(mut frame) = self.stack.pop() else { return Ok(()) };
        if frame.is_list {
            self.end_list(&mut frame);
        } else {
            self.end_object(&mut frame);
        }
        self.path.truncate(frame.outer);
        Ok(())
    }

    fn key(&mut self, name: &str) -> Result<(), ReplyError> {
        let depth = self.stack.len();
        if let Some(frame) = self.stack.last_mut() {
            frame.key.clear();
            frame.key.extend(name.chars().take(MAXIMUM_NAME));
            if depth == 1 && self.keys.len() < MAXIMUM_PLACES && !self.keys.contains(&frame.key) {
                self.keys.push(frame.key.clone());
            }
        }
        Ok(())
    }

    fn value(&mut self, text: &str, is_text: bool) -> Result<(), ReplyError> {
        let depth = self.stack.len();
        let Some(frame) = self.stack.last_mut() else { return Ok(()) };
        frame.scalars += 1;
        let short = || text.chars().take(MAXIMUM_NAME).collect::<String>();
        if frame.is_list {
            if frame.texts.len() < MAXIMUM_WIDTH {
                frame.texts.push(short());
            }
            return Ok(());
        }
        if is_text
            && ["name", "field", "title", "column", "column_name"].contains(&frame.key.as_str())
        {
            frame.named.get_or_insert_with(short);
        }
        let says_nothing = is_nothing(text) || matches!(text, "false" | "0");
        self.has_error |= depth == 1 && is_error(&frame.key) && !says_nothing;
        self.note(text);
        Ok(())
    }
}

pub(crate) fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn is_error(key: &str) -> bool {
    let key = key.to_lowercase();
    ["error", "exception", "erreur", "fout", "fehler", "problem"]
        .iter()
        .any(|own| key.starts_with(own))
}

/// Whether a list at this place is one of sessions by its name: an empty list of anything else says nothing
/// of them.
fn is_collection(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path).to_lowercase();
    let names = [
        "data",
        "rows",
        "items",
        "records",
        "result",
        "results",
        "entries",
        "list",
        "values",
        "hits",
        "content",
        "session",
        "connexion",
        "connection",
        "verbinding",
        "sessie",
        "sitzung",
        "verbindung",
        "radacct",
        "accounting",
        "log",
        "vpn",
        "enregistrement",
        "donnee",
    ];
    names.iter().any(|name| last == *name || name.len() > 6 && last.starts_with(name))
        || last.contains("session")
}

/// How many objects within each other make one name.
const LEVELS: usize = 5;

/// How many columns a table may have.
const MAXIMUM_WIDTH: usize = 256;

/// How many places of a kind are noted.
const MAXIMUM_PLACES: usize = 64;

/// How many lists beside each other are noted.
const MAXIMUM_HEADINGS: usize = 8;

/// How long the place of a list may be.
const MAXIMUM_PATH: usize = 500;

/// How many names are looked up once only.
const MAXIMUM_KNOWN: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::{JsonShape, Mapping, ReplyError, Text};

    fn find(text: &str) -> Result<JsonShape, ReplyError> {
        JsonShape::find(Text::of(text.as_bytes()), &Mapping::default())
    }

    #[test]
    fn a_list_of_sessions_is_found_wherever_it_lies() {
        let one = r#"{"acctstarttime": 1795507200, "x": {"y": 1}}"#;
        for (text, place) in [
            (format!("[{one}]"), "[]"),
            (one.to_owned(), ""),
            (format!("{one}\n{one}"), ""),
            (format!("{{\"sessions\": {{\"total\": 1, \"items\": [{one}]}}}}"), "sessions.items[]"),
            (
                format!("{{\"username\": \"ada\", \"result\": {{\"rows\": [{one}]}}}}"),
                "result.rows[]",
            ),
            (format!("{{\"17\": {one}, \"18\": {one}}}"), "*"),
            (format!("{{\"a\": {{\"17\": {one}, \"18\": {one}}}}}"), "a.*"),
            (
                format!("[{{\"type\": \"header\"}}, {{\"type\": \"table\", \"data\": [{one}]}}]"),
                "[].data[]",
            ),
            (
                format!("{{\"hits\": {{\"hits\": [{{\"_id\": 1, \"_source\": {one}}}]}}}}"),
                "hits.hits[]",
            ),
            (format!("[[[[{one}]]]]"), "[][][][]"),
            ("{\"17\": {\"start\": 1795507200}}".to_owned(), "*"),
            (format!("{{\"start\": \"2020-01-01\", \"sessions\": [{one}]}}"), "sessions[]"),
            ("[{\"heure\": 1}]".to_owned(), "[]"),
        ] {
            assert_eq!(find(&text), Ok(JsonShape::Entries([place.to_owned()].into())), "{text}");
        }
    }

    #[test]
    fn rows_are_found_with_their_columns() {
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        for (text, place, expected) in [
            ("[[\"acctstarttime\", \"x\"], [1795507200, 1]]", "[]", None),
            (
                "{\"columns\": [\"start\", \"x\"], \"rows\": [[1795507200, 1]]}",
                "rows[]",
                names(&["start", "x"]),
            ),
            (
                "{\"r\": {\"meta\": [{\"name\": \"start\", \"type\": 1}], \"data\": [[1795507200]]}}",
                "r.data[]",
                names(&["start"]),
            ),
        ] {
            assert_eq!(find(text), Ok(JsonShape::Rows(place.to_owned(), expected)), "{text}");
        }
    }

    #[test]
    fn only_a_list_of_sessions_that_is_empty_holds_nothing() {
        for text in [
            "[]",
            "{\"sessions\": []}",
            "{\"sessions\": {\"total\": 0, \"items\": []}}",
            "{\"columns\": [\"start\"], \"rows\": []}",
            "{\"error\": null, \"data\": []}",
            "[{\"type\": \"header\"}, {\"type\": \"table\", \"data\": []}]",
        ] {
            assert_eq!(find(text), Ok(JsonShape::Empty), "{text}");
        }
        for text in [
            "{}",
            "null",
            "[null]",
            "[{}]",
            "[[]]",
            "{\"error\": \"no such user\"}",
            "{\"error\": \"no such user\", \"data\": []}",
            "{\"username\": \"ada\", \"roles\": []}",
            "{\"errors\": []}",
            "{\"sessions\": {}}",
            "[1, 2]",
            "{\"sessions\": null}",
            "[[[[[[]]]]]]",
        ] {
            assert!(!matches!(find(text), Ok(JsonShape::Empty)), "{text}: {:?}", find(text));
        }
    }

    #[test]
    fn where_several_lists_may_be_meant_they_are_named() {
        let text = "[{\"start\": 1795507200, \"updates\": [{\"start\": 1795507200}]}]";
        assert_eq!(
            find(text),
            Err(ReplyError::SeveralLists(vec!["[]".to_owned(), "[].updates".to_owned()]))
        );
        let mapping = Mapping::default().with_list("[].updates".to_owned());
        let found = JsonShape::find(Text::of(text.as_bytes()), &mapping);
        assert_eq!(found, Ok(JsonShape::Entries(["[].updates[]".to_owned()].into())));
    }
}
