//! What an operator signs, without a network in between: statements about sessions, stored as the
//! daemon stores them.

use std::path::Path;

use temoin_core::record::{Call, CallResult, ResponseSummary, RouteKind, SentRequest};
use temoin_core::session::{SessionId, Timestamp, Zone};
use temoin_journal::{Journal, Reader, SyncUpdate};
use temoin_protocol::{
    CanonicalValue, Day, FieldSet, Freshness, Held, Receipt, Rotation, Salt, SigningKey,
    StatusAnswer, StatusRequest, StoredRecord, UnixSeconds,
};

/// The zone of the operator.
pub fn brussels() -> Zone {
    "Europe/Brussels".parse().expect("a zone")
}

/// An operator of a responder, as far as its signed answers go.
pub struct SigningOperator {
    /// The key that its profile pins.
    pub key: SigningKey,
    /// The key that took over, and the statement of that.
    pub successor: Option<(SigningKey, Rotation)>,
}

impl Default for SigningOperator {
    fn default() -> Self {
        Self { key: SigningKey::from_seed(&[0x33; 32]), successor: None }
    }
}

impl SigningOperator {
    /// Writes its profile and a configuration into a directory, which chooses it, with checks switched
    /// on.
    pub fn choose(&self, directory: &Path) {
        let profiles = directory.join("profiles.d");
        std::fs::create_dir_all(&profiles).expect("a directory");
        std::fs::write(profiles.join("witnessed.toml"), self.profile()).expect("a profile");
        let configuration = "[tunnel]\ndevices = [\"tun9\"]\n[clock]\ntrust = \"always\"\n[origin]\nmethods = []\n\
             [operator]\nprofile = \"witnessed\"\n[sync]\nenabled = true\n";
        std::fs::write(directory.join("temoin.toml"), configuration).expect("the configuration");
    }

    /// Its profile.
    pub fn profile(&self) -> String {
        let paris = include_str!("../fixtures/holding/paris-operator.toml");
        let begins = paris.find("[[statement]]").expect("a statement");
        let (head, statements) = paris.split_at(begins);
        let id = head.lines().find(|line| line.starts_with("id = ")).expect("an id");
        let zone = head.lines().find(|line| line.starts_with("timezone = ")).expect("a zone");
        let jurisdiction =
            head.lines().find(|line| line.starts_with("jurisdiction = ")).expect("a jurisdiction");
        let head = head
            .replace(id, "id = \"witnessed\"")
            .replace(zone, "timezone = \"Europe/Brussels\"")
            .replace(jurisdiction, "jurisdiction = \"BE\"");
        format!(
            "{head}\n[sync]\nurl = \"https://vpn.example.org\"\npublic_key = \"{}\"\n\n{statements}",
            self.key.public()
        )
    }

    /// Notes in a record that it bound the ID of a session.
    pub fn bind(&self, journal: &mut Journal, id: SessionId, at: Timestamp) {
        let sent = sent(Call::Register, id.as_bytes().to_vec(), at);
        let entry = journal.note_request(&sent, &[id], None).expect("noted");
        let answer = Some(ResponseSummary { status: 204, size: 0, digest: [0; 32] });
        let outcome = CallResult { at, answer, failure: None };
        journal.note_answer(entry, &outcome, &SyncUpdate::Bound(id)).expect("noted");
    }

    /// Notes in a record what it states of one session at an instant: that it holds these values
    /// until a day, or nothing. Returns the receipt as it was received.
    pub fn state(
        &self,
        journal: &mut Journal,
        reader: &Reader,
        id: SessionId,
        at: Timestamp,
        record: Option<(&str, &[CanonicalValue])>,
    ) -> Receipt {
        let mut random = [[0; 32]; StatusRequest::RANDOM];
        let mut salt = [0; 32];
        for bytes in random.iter_mut().chain([&mut salt]) {
            getrandom::fill(bytes).expect("random bytes");
        }
        let request = StatusRequest::new(&[id], &random).expect("a request");
        let stated = UnixSeconds::containing(at).expect("a second");
        let successor = self.successor.as_ref();
        let rotation = successor.map(|(_, rotation)| *rotation);
        let key = match successor {
            Some((key, rotation)) if rotation.from() <= stated => key,
            _ => &self.key,
        };
        let answer = StatusAnswer::new(&request, stated, key, rotation, |asked| {
            let (day, values) = record.filter(|_| *asked == id)?;
            let fields: FieldSet = values.iter().map(|value| value.field().field()).collect();
            let held = Held::new(Day::new(day.parse().ok()?), fields)?;
            Some(StoredRecord { held, values, salt: Salt::from_random(salt)? })
        });
        let bytes = answer.to_bytes();
        let keys = reader.keys(self.key.public()).expect("keys");
        let sent = sent(Call::Status, request.to_bytes().to_vec(), at);
        let entry = journal.note_request(&sent, &[id], None).expect("noted");
        let verified = StatusAnswer::from_bytes(&bytes)
            .and_then(|answer| answer.verify(&request, &keys, Freshness::ClockNotTrusted))
            .expect("a good answer");
        let size = u64::try_from(bytes.len()).expect("a size");
        let answer = Some(ResponseSummary { status: 200, size, digest: digest(&bytes) });
        let outcome = CallResult { at, answer, failure: None };
        let learnt = SyncUpdate::Statements {
            receipts: &verified.receipts,
            keys: &verified.keys,
            zone: brussels(),
        };
        journal.note_answer(entry, &outcome, &learnt).expect("noted");
        verified.receipts[0].clone()
    }
}

fn sent(call: Call, body: Vec<u8>, at: Timestamp) -> SentRequest {
    let head = format!(
        "POST /temoin/2/{} HTTP/1.1\r\nHost: vpn.example.org\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        call.name(),
        body.len()
    );
    SentRequest {
        at,
        call,
        route: RouteKind::Tunnel,
        is_manual: false,
        head: head.into_bytes(),
        body,
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).into()
}
