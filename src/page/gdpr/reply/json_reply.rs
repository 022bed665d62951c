use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::{ReplyBuilder, ReplyCell, ReplyError, ReplyPosition};

/// Reads a list of objects, an object that holds one, or one object after another; each is
/// dropped before the next is read, so a long reply takes little memory.
pub(super) fn read(text: &str, builder: &mut ReplyBuilder<'_>) -> Result<(), ReplyError> {
    let mut documents = serde_json::Deserializer::from_str(text);
    let mut sink = RecordSink { builder, entry: 0, problem: None };
    loop {
        if let Err(error) = ReplyDocument(&mut sink).deserialize(&mut documents) {
            let (line, column) = (error.line(), error.column());
            return Err(match sink.problem.take() {
                Some(problem) => problem.at(line, column),
                None => ReplyError::malformed(line, column, text_of(error.classify())),
            });
        }
        if documents.end().is_ok() {
            return Ok(());
        }
    }
}

fn text_of(category: Category) -> &'static str {
    match category {
        Category::Eof => "the JSON text ends too early",
        Category::Data => "a list of objects is expected in the JSON text",
        Category::Io | Category::Syntax => "the JSON text has a sign that does not belong there",
    }
}

/// Receives the objects.
struct RecordSink<'a, 'm> {
    builder: &'a mut ReplyBuilder<'m>,
    entry: usize,
    problem: Option<ReplyError>,
}

impl RecordSink<'_, '_> {
    fn add<E: Error>(&mut self, object: Map<String, Value>) -> Result<(), E> {
        self.entry += 1;
        let mut cells = Vec::new();
        flatten(String::new(), Value::Object(object), &mut cells);
        self.builder.add(ReplyPosition::Entry(self.entry), cells).map_err(|problem| {
            self.problem = Some(problem);
            E::custom("")
        })
    }

    fn add_all<'de, A: SeqAccess<'de>>(&mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element()? {
            if let Value::Object(object) = value {
                self.add(object)?;
            }
        }
        Ok(())
    }
}

/// Adds the plain values in `value` under their path: `gateway.value.port`.
fn flatten(path: String, value: Value, cells: &mut Vec<ReplyCell>) {
    let text = match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                flatten(path, value, cells);
            }
            return;
        }
        Value::Array(_) | Value::Null => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(value) => value,
    };
    cells.push(ReplyCell { line: 0, column: 0, name: path, text });
}

/// A whole text: a list, or an object.
struct ReplyDocument<'s, 'a, 'm>(&'s mut RecordSink<'a, 'm>);

impl<'de> DeserializeSeed<'de> for ReplyDocument<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReplyDocument<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.add_all(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut own = Map::new();
        let mut wraps = false;
        while let Some(key) = map.next_key::<String>()? {
            match map.next_value_seed(ReplyMember(self.0))? {
                Some(value) => {
                    own.insert(key, value);
                }
                None => wraps = true,
            }
        }
        if wraps { Ok(()) } else { self.0.add(own) }
    }
}

/// A value in the outermost object: a list, whose objects are added, or anything else, which is
/// returned.
struct ReplyMember<'s, 'a, 'm>(&'s mut RecordSink<'a, 'm>);

impl<'de> DeserializeSeed<'de> for ReplyMember<'_, '_, '_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReplyMember<'_, '_, '_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        self.0.add_all(list).map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some(Value::Null))
    }
}
