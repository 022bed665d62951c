use std::sync::Arc;

use crate::domain::{Timestamp, Zone};
use crate::holding::Rulebook;
use crate::retention::Profile;

use super::{Compared, Office, Records, TokenKey, Trouble, Unreadable};

/// What the pages are made from.
pub struct Site {
    /// Opens the record, once for each page that is asked for, or for each piece of a file: in between
    /// nothing is held.
    pub records: Arc<dyn Fn() -> Result<Box<dyn Records>, Unreadable> + Send + Sync>,
    /// Opens the book of law and operators, as they are chosen at present.
    pub book: Box<dyn Fn() -> Result<Box<dyn Book>, Unreadable> + Send>,
    /// Looks for what does not work as it should, worst first.
    pub troubles: Box<dyn Fn() -> Vec<Trouble> + Send>,
    /// Does what a page asks for beyond reading.
    pub office: Box<dyn Office + Send>,
    /// Knows the forms of these pages again.
    pub forms: TokenKey,
    /// What was compared with the operator's statements for earlier pages; none of it at first.
    pub compared: Compared,
    /// Tells the time.
    pub clock: Box<dyn Fn() -> Timestamp + Send>,
    /// The time zone in which times are shown.
    pub zone: Zone,
}

/// Law and operator, as this box has them.
pub trait Book {
    /// What a session is held against.
    fn rulebook(&self) -> Rulebook<'_>;

    /// Whether the member lets the operator be asked.
    fn asks_operator(&self) -> bool;

    /// Every operator's profile.
    fn profiles(&self) -> &[Profile];

    /// What of the member's own files, or of the choice of an operator, cannot be used, and what to
    /// do, in English.
    fn complaints(&self) -> Vec<String>;
}
