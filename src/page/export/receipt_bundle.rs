use std::fmt;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use temoin_protocol::{KeyChain, ProtocolError, Receipt, Rotation, SeenRotation};

/// The name and version of the format, its first member.
pub(super) const RECEIPTS_FORMAT: &str = "temoin.receipts/1";

/// Writes receipts as one JSON object that stands alone, a line each.
pub struct ReceiptsWriter<W: Write> {
    out: W,
    is_first: bool,
}

impl<W: Write> ReceiptsWriter<W> {
    /// Begins the object with the keys by which its receipts were verified.
    ///
    /// # Errors
    /// What the output gives.
    pub fn begin(mut out: W, chains: &[KeyChain]) -> io::Result<Self> {
        let keys: Vec<JsonChain> = chains.iter().map(JsonChain::of).collect();
        write!(out, "{{\"format\":\"{RECEIPTS_FORMAT}\",\"verify\":\"{VERIFY}\",\n\"keys\":")?;
        serde_json::to_writer(&mut out, &keys)?;
        out.write_all(b",\n\"receipts\":[")?;
        Ok(Self { out, is_first: true })
    }

    /// Writes one receipt.
    ///
    /// # Errors
    /// What the output gives.
    pub fn receipt(&mut self, receipt: &Receipt) -> io::Result<()> {
        self.out.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        Ok(serde_json::to_writer(&mut self.out, &receipt_json(receipt))?)
    }

    /// Ends the object and gives the output back.
    ///
    /// # Errors
    /// What the output gives.
    pub fn end(mut self) -> io::Result<W> {
        self.out.write_all(if self.is_first { b"]}\n" } else { b"\n]}\n" })?;
        Ok(self.out)
    }
}

/// One receipt as it stands in the list, for a document of its own.
pub fn receipt_json(receipt: &Receipt) -> impl Serialize {
    let statement = receipt.statement();
    let held = statement.held();
    JsonReceipt {
        id: statement.id().to_string(),
        stated_at: statement.at().to_string(),
        state: if held.is_some() { "held" } else { "not-held" },
        erase_by: held.and_then(|held| held.erase_by()).map(|day| day.to_string()),
        fields: held.map_or_else(Vec::new, |held| {
            held.fields().iter().map(|field| field.to_string()).collect()
        }),
        key: receipt.key().to_string(),
        receipt: hexadecimal(&receipt.to_bytes()),
    }
}

/// Receipts read from a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceiptBundle {
    /// Each receipt, or why it is invalid.
    pub receipts: Vec<Result<Receipt, ProtocolError>>,
    /// Rotations of the operator's key that came with them: they restrict when its keys are good.
    pub rotations: Vec<Rotation>,
}

impl ReceiptBundle {
    /// Reads a receipt as it is stored, the same in hexadecimal digits, or a bundle written by
    /// [`ReceiptsWriter`].
    ///
    /// # Errors
    /// `InvalidReceipts` where it is none of these.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidReceipts> {
        if bytes.starts_with(LABEL) {
            return Ok(Self { receipts: vec![Receipt::from_bytes(bytes)], rotations: Vec::new() });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| InvalidReceipts)?.trim();
        if let Some(bytes) = bytes_of(text) {
            return Ok(Self { receipts: vec![Receipt::from_bytes(&bytes)], rotations: Vec::new() });
        }
        let bundle: ReceiptFile = serde_json::from_str(text).map_err(|_| InvalidReceipts)?;
        if bundle.format != RECEIPTS_FORMAT {
            return Err(InvalidReceipts);
        }
        let read = |own: &BundledReceipt| {
            bytes_of(&own.receipt)
                .ok_or(ProtocolError::Malformed)
                .and_then(|bytes| Receipt::from_bytes(&bytes))
        };
        let rotations = bundle.keys.iter().flat_map(|chain| &chain.rotations);
        Ok(Self {
            receipts: bundle.receipts.iter().map(read).collect(),
            rotations: rotations
                .filter_map(|text| Rotation::from_bytes(&bytes_of(text)?).ok())
                .collect(),
        })
    }
}

/// Neither a receipt nor a bundle of receipts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidReceipts;

impl fmt::Display for InvalidReceipts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this is no receipt of temoin's: give a receipt as it is stored (227 or 419 bytes), the \
             same in hexadecimal digits, or a bundle ({RECEIPTS_FORMAT}) that `temoin receipts \
             export` wrote"
        )
    }
}

impl std::error::Error for InvalidReceipts {}

#[derive(Serialize)]
struct JsonChain {
    pinned: String,
    rotations: Vec<JsonRotation>,
}

impl JsonChain {
    fn of(chain: &KeyChain) -> Self {
        let rotations =
            chain.rotations().iter().map(|SeenRotation { rotation, .. }| JsonRotation {
                new_key: rotation.new_key().to_string(),
                from: rotation.from().to_string(),
                rotation: hexadecimal(&rotation.to_bytes()),
            });
        Self { pinned: chain.pinned_key().to_string(), rotations: rotations.collect() }
    }
}

#[derive(Serialize)]
struct JsonRotation {
    new_key: String,
    from: String,
    rotation: String,
}

#[derive(Serialize)]
struct JsonReceipt {
    id: String,
    stated_at: String,
    state: &'static str,
    erase_by: Option<String>,
    fields: Vec<String>,
    key: String,
    receipt: String,
}

/// Only what is signed is read back; the rest is for people.
#[derive(Deserialize)]
struct ReceiptFile {
    format: String,
    keys: Vec<BundledChain>,
    receipts: Vec<BundledReceipt>,
}

#[derive(Deserialize)]
struct BundledChain {
    #[serde(deserialize_with = "rotations")]
    rotations: Vec<String>,
}

#[derive(Deserialize)]
struct BundledRotation {
    rotation: String,
}

#[derive(Deserialize)]
struct BundledReceipt {
    receipt: String,
}

fn rotations<'de, D: serde::Deserializer<'de>>(own: D) -> Result<Vec<String>, D::Error> {
    let rotations = Vec::<BundledRotation>::deserialize(own)?;
    Ok(rotations.into_iter().map(|own| own.rotation).collect())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || text.len() % 2 != 0 || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// What every receipt begins with (PROTOCOL.md).
const LABEL: &[u8] = b"temoin/2 receipt";

/// How to verify, for whoever has nothing but the bundle.
const VERIFY: &str = "Each receipt is a signed statement in the form of PROTOCOL.md, Receipts \
    (temoin, protocol version 2). Take the operator's keys from the operator, never from here, and run: \
    temoin verify --key KEY FILE, with --key again for each earlier key";
