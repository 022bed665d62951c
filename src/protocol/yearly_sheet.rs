use super::statement::take;
use super::{ProtocolError, PublicKey, Signature, SigningKey, UnixSeconds};

/// How many requests an operator received in a year and what became of them: signed, and the same for
/// all members.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct YearlySheet {
    year: u16,
    published_at: UnixSeconds,
    figures: [[u32; Self::COLUMNS]; Self::ROWS],
    signature: Signature,
}

impl YearlySheet {
    /// How many classes of requests it has: PROTOCOL.md, "The yearly sheet".
    pub const ROWS: usize = 16;

    /// How many figures each class has: received, answered with data, refused, members concerned.
    pub const COLUMNS: usize = 4;

    /// The figure that stands for one that is not stated.
    pub const NOT_STATED: u32 = u32::MAX;

    /// How many bytes it takes.
    pub const SIZE: usize =
        2 + UnixSeconds::SIZE + 4 * Self::COLUMNS * Self::ROWS + Signature::SIZE;

    /// Signs the figures of a year, with the key that signs the answers which carry them. `None` for the
    /// year 0, which stands for no sheet.
    pub fn sign(
        key: &SigningKey,
        year: u16,
        published_at: UnixSeconds,
        figures: [[u32; Self::COLUMNS]; Self::ROWS],
    ) -> Option<Self> {
        let signature = key.sign(&message(year, published_at, &figures));
        (year != 0).then_some(Self { year, published_at, figures, signature })
    }

    /// Of which year, in the operator's time zone.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// When the figures were published.
    pub fn published_at(&self) -> UnixSeconds {
        self.published_at
    }

    /// The figures, by class; [`Self::NOT_STATED`] where the operator does not say.
    pub fn figures(&self) -> &[[u32; Self::COLUMNS]; Self::ROWS] {
        &self.figures
    }

    /// All zeros for none.
    pub(super) fn to_bytes(sheet: Option<&Self>) -> Vec<u8> {
        let Some(sheet) = sheet else { return vec![0; Self::SIZE] };
        let mut bytes = content(sheet.year, sheet.published_at, &sheet.figures);
        bytes.extend_from_slice(sheet.signature.as_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; Self::SIZE]) -> Result<Option<Self>, ProtocolError> {
        if *bytes == [0; Self::SIZE] {
            return Ok(None);
        }
        let mut rest = bytes.as_slice();
        let year = u16::from_be_bytes(*take(&mut rest)?);
        let published_at = UnixSeconds::from_bytes(*take(&mut rest)?);
        let published_at = published_at.ok_or(ProtocolError::Malformed)?;
        let mut figures = [[0; Self::COLUMNS]; Self::ROWS];
        for figure in figures.as_flattened_mut() {
            *figure = u32::from_be_bytes(*take(&mut rest)?);
        }
        let signature = Signature(*take(&mut rest)?);
        if year == 0 {
            return Err(ProtocolError::Malformed);
        }
        Ok(Some(Self { year, published_at, figures, signature }))
    }

    pub(super) fn verify(&self, key: &PublicKey) -> Result<(), ProtocolError> {
        key.verify(&message(self.year, self.published_at, &self.figures), &self.signature)
    }
}

type Figures = [[u32; YearlySheet::COLUMNS]; YearlySheet::ROWS];

fn message(year: u16, published_at: UnixSeconds, figures: &Figures) -> Vec<u8> {
    [DOMAIN, &content(year, published_at, figures)].concat()
}

fn content(year: u16, published_at: UnixSeconds, figures: &Figures) -> Vec<u8> {
    let mut bytes = year.to_be_bytes().to_vec();
    bytes.extend_from_slice(&published_at.to_bytes());
    bytes.extend(figures.as_flattened().iter().flat_map(|figure| figure.to_be_bytes()));
    bytes
}

/// Domain separation: no other message signed by an operator's key starts like this.
const DOMAIN: &[u8] = b"temoin/2 yearly sheet";
