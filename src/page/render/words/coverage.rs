use crate::messages::record::coverage as msg;
use temoin_core::session::Coverage;
use temoin_core::text::Message;

/// How closely a session could be watched and what that means, in a sentence or two.
pub fn coverage(coverage: Coverage) -> &'static Message {
    match coverage {
        Coverage::Complete => &msg::COMPLETE,
        Coverage::Hooks => &msg::HOOKS,
        Coverage::Interface => &msg::INTERFACE,
    }
}
