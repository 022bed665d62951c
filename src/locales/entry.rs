use toml::Value;

/// A text of a catalogue, in one language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Entry {
    /// One text.
    Message(String),
    /// One for the singular, one for every other count.
    Plural { one: String, other: String },
    /// Several that belong together, in order.
    List(Vec<String>),
}

impl Entry {
    /// Reads a value; `None` where it has another shape.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Message(text.clone())),
            Value::Array(list) => {
                let texts: Option<Vec<String>> =
                    list.iter().map(|it| it.as_str().map(str::to_owned)).collect();
                Some(Self::List(texts.filter(|texts| !texts.is_empty())?))
            }
            Value::Table(table) if is_plural(value) => Some(Self::Plural {
                one: table.get("one")?.as_str()?.to_owned(),
                other: table.get("other")?.as_str()?.to_owned(),
            }),
            _ => None,
        }
    }

    /// Its texts, in an order that is the same in every language.
    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Message(text) => vec![text],
            Self::Plural { one, other } => vec![one, other],
            Self::List(texts) => texts.iter().map(String::as_str).collect(),
        }
    }

    /// Whether another has the same shape.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(other)) => one.len() == other.len(),
            (Self::Message(_), Self::Message(_)) | (Self::Plural { .. }, Self::Plural { .. }) => {
                true
            }
            _ => false,
        }
    }
}

/// Whether a table is an entry and not a table of entries.
pub(crate) fn is_plural(value: &Value) -> bool {
    value.as_table().is_some_and(|table| {
        table.len() == 2
            && ["one", "other"].iter().all(|key| table.get(*key).is_some_and(Value::is_str))
    })
}
