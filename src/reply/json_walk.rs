use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use crate::reply_error::{Problem, ReplyError};

/// Takes what is found in JSON, in its order: nothing of it is kept, so it takes no memory.
pub(crate) trait JsonTaker {
    /// A list or an object begins.
    fn begin(&mut self, is_list: bool) -> Result<(), ReplyError>;
    /// It ends.
    fn end(&mut self) -> Result<(), ReplyError>;
    /// A key of the object: what comes next belongs to it.
    fn key(&mut self, name: &str) -> Result<(), ReplyError>;
    /// A plain value; empty for null.
    fn value(&mut self, text: &str, is_text: bool) -> Result<(), ReplyError>;
    /// Whether it wants no more.
    fn is_done(&self) -> bool {
        false
    }
}

/// Walks through one JSON text after another, until the end or until it is done.
pub(crate) fn walk(reader: impl Read, taker: &mut dyn JsonTaker) -> Result<(), ReplyError> {
    let mut documents = serde_json::Deserializer::from_reader(std::io::BufReader::new(reader));
    let mut walker = Walker { taker, problem: None };
    loop {
        if let Err(error) = (Node { walker: &mut walker }).deserialize(&mut documents) {
            if walker.taker.is_done() {
                return Ok(());
            }
            return Err(walker.problem.take().unwrap_or_else(|| ReplyError::Malformed {
                line: error.line(),
                problem: match error.classify() {
                    Category::Eof => Problem::EndsEarly,
                    _ if error.to_string().starts_with("recursion") => Problem::Nested,
                    _ => Problem::Syntax,
                },
            }));
        }
        if documents.end().is_ok() {
            return Ok(());
        }
    }
}

struct Walker<'t> {
    taker: &'t mut dyn JsonTaker,
    problem: Option<ReplyError>,
}

impl Walker<'_> {
    /// Passes something on, and stops the walk where that fails or is enough.
    fn give<E: Error>(
        &mut self,
        give: impl FnOnce(&mut dyn JsonTaker) -> Result<(), ReplyError>,
    ) -> Result<(), E> {
        if let Err(problem) = give(self.taker) {
            self.problem = Some(problem);
            return Err(E::custom(""));
        }
        if self.taker.is_done() { Err(E::custom("")) } else { Ok(()) }
    }
}

struct Node<'w, 't> {
    walker: &'w mut Walker<'t>,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.walker.give(|taker| taker.begin(true))?;
        while list.next_element_seed(Node { walker: &mut *self.walker })?.is_some() {}
        self.walker.give(|taker| taker.end())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.walker.give(|taker| taker.begin(false))?;
        while map.next_key_seed(Key { walker: &mut *self.walker })?.is_some() {
            map.next_value_seed(Node { walker: &mut *self.walker })?;
        }
        self.walker.give(|taker| taker.end())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.walker.give(|taker| taker.value(text, true))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.walker.give(|taker| taker.value(if value { "true" } else { "false" }, false))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.walker.give(|taker| taker.value(&value.to_string(), false))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.walker.give(|taker| taker.value(&value.to_string(), false))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.walker.give(|taker| taker.value(&value.to_string(), false))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.walker.give(|taker| taker.value("", false))
    }
}

struct Key<'w, 't> {
    walker: &'w mut Walker<'t>,
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<(), E> {
        self.walker.give(|taker| taker.key(name))
    }
}
