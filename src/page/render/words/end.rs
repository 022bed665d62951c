use crate::messages::record::end as msg;
use temoin_core::session::{EndReason, OperatorEnd};
use temoin_core::text::Message;

/// Why a session ended as the box saw it, in a sentence.
pub fn end_reason(reason: EndReason) -> &'static Message {
    match reason {
        EndReason::StoppedWithNotice => &msg::END_REASON_STOPPED_WITH_NOTICE,
        EndReason::Stopped => &msg::END_REASON_STOPPED,
        EndReason::Restarted => &msg::END_REASON_RESTARTED,
        EndReason::Reloaded => &msg::END_REASON_RELOADED,
        EndReason::ServerSilent => &msg::END_REASON_SERVER_SILENT,
        EndReason::ServerStopped => &msg::END_REASON_SERVER_STOPPED,
        EndReason::ConnectionLost => &msg::END_REASON_CONNECTION_LOST,
        EndReason::TlsError => &msg::END_REASON_TLS_ERROR,
        EndReason::SettingsChanged => &msg::END_REASON_SETTINGS_CHANGED,
        EndReason::InterfaceGone => &msg::END_REASON_INTERFACE_GONE,
        EndReason::ProcessGone => &msg::END_REASON_PROCESS_GONE,
        EndReason::Unseen => &msg::END_REASON_UNSEEN,
        EndReason::Superseded => &msg::END_REASON_SUPERSEDED,
        EndReason::Other => &msg::END_REASON_OTHER,
    }
}

/// What the operator most likely saw of a session's end, in a sentence. An inference: it is worded
/// as one, and is to be shown beside what the box saw, never in its place.
pub fn operator_end(end: OperatorEnd) -> &'static Message {
    match end {
        OperatorEnd::Notice => &msg::OPERATOR_END_NOTICE,
        OperatorEnd::OwnStop => &msg::OPERATOR_END_OWN_STOP,
        OperatorEnd::Replaced => &msg::OPERATOR_END_REPLACED,
        OperatorEnd::Timeout => &msg::OPERATOR_END_TIMEOUT,
        OperatorEnd::Unknown => &msg::OPERATOR_END_UNKNOWN,
    }
}
