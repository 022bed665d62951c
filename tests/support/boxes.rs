//! A box's requests to the operator's end over its socket, and the verification of the answers.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a part of several test programs, each of which uses its own share"
)]

use std::io::{ErrorKind, Read};
use std::time::{SystemTime, UNIX_EPOCH};

use temoin_core::session::{SessionId, Timestamp};
use temoin_protocol::{Freshness, KeyChain, PublicKey, Receipt, StatusAnswer, StatusRequest};

/// What came back.
pub struct HttpAnswer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

/// A request with these IDs in it.
pub fn request(ids: &[SessionId]) -> StatusRequest {
    StatusRequest::new(ids, &random()).unwrap()
}

pub fn random() -> [[u8; 32]; StatusRequest::RANDOM] {
    let mut bytes = [[0; 32]; StatusRequest::RANDOM];
    getrandom::fill(bytes.as_flattened_mut()).unwrap();
    bytes
}

/// What an answer states, by this key.
pub fn verify(body: &[u8], request: &StatusRequest, key: PublicKey) -> Vec<Receipt> {
    let keys = KeyChain::pinned(key);
    let fresh = Freshness::Between { sent: now(), received: now() };
    StatusAnswer::from_bytes(body).unwrap().verify(request, &keys, fresh).unwrap().receipts
}

/// A request as boxes send it, with these fields besides.
pub fn post(path: &str, fields: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let fields: String =
        fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: vpn.example.org\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {}\r\n\
         Connection: close\r\n{fields}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

pub fn receive(mut stream: impl Read) -> HttpAnswer {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        // A connection that was closed.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("no answer");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    HttpAnswer { status, head, body: bytes[end + 4..].to_vec() }
}

pub fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_milliseconds(elapsed.as_millis().try_into().unwrap()).unwrap()
}
