use crate::domain::Coverage;
use crate::i18n::Message;
use crate::messages::record::coverage as msg;

/// How closely a session could be watched and what that means, in a sentence or two.
pub fn coverage(coverage: Coverage) -> &'static Message {
    match coverage {
        Coverage::Complete => &msg::COMPLETE,
        Coverage::Hooks => &msg::HOOKS,
        Coverage::Interface => &msg::INTERFACE,
    }
}
