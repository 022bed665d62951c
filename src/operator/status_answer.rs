use std::collections::HashMap;

use super::HeldRecord;
use temoin_core::session::SessionId;
use temoin_protocol::{
    CanonicalValue, Held, Rotation, Salt, SigningKey, StatusAnswer, StatusRequest, StoredRecord,
    UnixSeconds,
};

/// The media type of requests and answers.
pub(super) const OCTETS: &str = "application/octet-stream";

/// Builds the answer to a request: for each ID what `look_up` has, under a salt of its own.
pub fn answer_status<'a>(
    request: &StatusRequest,
    at: UnixSeconds,
    key: &SigningKey,
    rotation: Option<Rotation>,
    salts: &[Salt; StatusRequest::IDS],
    look_up: impl Fn(&SessionId) -> Option<&'a HeldRecord>,
) -> StatusAnswer {
    let found = request.ids().iter().zip(salts).filter_map(|(id, salt)| {
        let entry = look_up(id)?;
        Some((id, (entry.held()?, entry.record.values(), *salt)))
    });
    let found: HashMap<&SessionId, (Held, Vec<CanonicalValue>, Salt)> = found.collect();
    StatusAnswer::new(request, at, key, rotation, |id| {
        let (held, values, salt) = found.get(id)?;
        Some(StoredRecord { held: *held, values, salt: *salt })
    })
}
