use std::fmt;

use crate::domain::{IdPrefix, Session};

/// What the page asks of the record. Nothing in it can write.
pub trait Records {
    /// How many sessions there are.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn count(&self) -> Result<u64, Unreadable>;

    /// At most `limit` sessions, newest first, after the first `offset`.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn newest(&self, offset: u32, limit: u32) -> Result<Vec<Session>, Unreadable>;

    /// The sessions that last.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn open(&self) -> Result<Vec<Session>, Unreadable>;

    /// The sessions whose ID begins so; where there are several, any two of them are enough.
    ///
    /// # Errors
    /// [`Unreadable`] when the record cannot be read; whoever returns it has logged why.
    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, Unreadable>;
}

/// A record that was not begun yet holds nothing.
impl<R: Records> Records for Option<R> {
    fn count(&self) -> Result<u64, Unreadable> {
        self.as_ref().map_or(Ok(0), Records::count)
    }

    fn newest(&self, offset: u32, limit: u32) -> Result<Vec<Session>, Unreadable> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.newest(offset, limit))
    }

    fn open(&self) -> Result<Vec<Session>, Unreadable> {
        self.as_ref().map_or(Ok(Vec::new()), Records::open)
    }

    fn find(&self, prefix: &IdPrefix) -> Result<Vec<Session>, Unreadable> {
        self.as_ref().map_or(Ok(Vec::new()), |records| records.find(prefix))
    }
}

/// The record cannot be read. Why is in the log already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the record cannot be read; the log says why")
    }
}

impl std::error::Error for Unreadable {}
