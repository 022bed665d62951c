use crate::messages::record::failure as msg;
use temoin_core::text::Message;

/// Why a request to the operator failed, by the stable name in the ledger; `None` for an unknown
/// name, which is shown as it is.
pub fn failure(name: &str) -> Option<&'static Message> {
    Some(match name {
        "backdated" => &msg::BACKDATED,
        "made-up" => &msg::MADE_UP,
        "malformed" | "not-understood" => &msg::MALFORMED_NOT_UNDERSTOOD,
        "no-tunnel" | "not-through-tunnel" => &msg::NO_TUNNEL_NOT_THROUGH_TUNNEL,
        "not-authentic" => &msg::NOT_AUTHENTIC,
        "not-fresh" => &msg::NOT_FRESH,
        "not-now" => &msg::NOT_NOW,
        "proxy" => &msg::PROXY,
        "recalled" => &msg::RECALLED,
        "rejected" => &msg::REJECTED,
        "timed-out" => &msg::TIMED_OUT,
        "two-successors" => &msg::TWO_SUCCESSORS,
        "unreachable" => &msg::UNREACHABLE,
        "unresolved" => &msg::UNRESOLVED,
        "untrusted" => &msg::UNTRUSTED,
        _ => return None,
    })
}
