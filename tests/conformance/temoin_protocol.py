"""The structures of src/protocol/PROTOCOL.md, version 2, and how they are verified.

Names and order follow the document. Every structure is bytes with a table of offsets, so what reads
one returns slices of it.
"""

from __future__ import annotations

import hmac
import ipaddress
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

import ed25519

FIELDS = (
    "origin_address origin_port assigned_ipv4 assigned_ipv6 delegated_prefix assigned_at "
    "session_start session_end gateway transport end_reason member_identity client_version "
    "client_platform hardware_address bytes_in bytes_out content"
).split()
CHECKABLE = 10
LATEST_TIME = 253402300799
REQUEST_SIZE, ANSWER_SIZE, ENTRY_SIZE, ENTRIES = 2080, 19658, 266, 64
ENTRIES_AT = 2634
NOT_STATED = 0xFFFFFFFF
CLOCK_TOLERANCE = 300
MOST_ROTATIONS = 8
RELIED_ON_AFTER = 604800
EARLIEST_YEAR = 1970


class Malformed(Exception):
    """A value that the document does not allow."""


class NotAuthentic(Exception):
    """Not what the operator signed."""


class Backdated(Exception):
    """A rotation that would make a receipt void."""


class TwoSuccessors(Exception):
    """A key that signed two different rotations."""


def _require(allowed: bool, what: str) -> None:
    if not allowed:
        raise Malformed(what)


def _time(encoded: bytes) -> int:
    value = int.from_bytes(encoded, "big")
    _require(value <= LATEST_TIME, "a time after the year 9999")
    return value


def session_id(secret: bytes) -> bytes:
    """The ID of the session with this secret."""
    return sha256(b"temoin/2 session" + secret).digest()


# Canonical values.


def address(text: str) -> bytes:
    """An address in network order; a mapped one as IPv4, and without its zone."""
    ip = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).packed


def prefix(text: str) -> bytes:
    """A prefix: its first address, then its length."""
    network = ipaddress.IPv6Network(text, strict=False)
    return network.network_address.packed + bytes([network.prefixlen])


def time(seconds: int) -> bytes:
    """A time."""
    _require(0 <= seconds <= LATEST_TIME, "a time outside 1970 to 9999")
    return struct.pack(">Q", seconds)


def gateway(text: str) -> bytes:
    """An address and a port, as in 192.0.2.1:1194 or [2001:db8::1]:1194."""
    host, _, port = text.rpartition(":")
    return address(host.strip("[]")) + struct.pack(">H", int(port))


def transport(text: str) -> bytes:
    """The IANA protocol number of udp or tcp."""
    return bytes([{"tcp": 6, "udp": 17}[text]])


def digest(identifier: bytes, salt: bytes, code: int, value: bytes) -> bytes:
    """The digest of a checkable field's canonical value."""
    return hmac.digest(identifier + salt, bytes([code]) + value, "sha256")[:16]


def field_names(fields: int) -> list[str]:
    """The fields of a set."""
    return [name for code, name in enumerate(FIELDS) if fields >> code & 1]


def field_set(names: Iterable[str]) -> int:
    """The set of these fields."""
    return sum(1 << FIELDS.index(name) for name in set(names))


# Requests.


def read_register(body: bytes) -> bytes:
    """The ID in a register request."""
    _require(len(body) == 32, "a register request has 32 bytes")
    return body


def write_request(identifiers: Iterable[bytes], end: bytes) -> bytes:
    """A status request about 64 IDs, which are sorted."""
    body = b"".join(sorted(identifiers)) + end
    read_request(body)
    return body


def read_request(body: bytes) -> list[bytes]:
    """The IDs of a status request."""
    _require(len(body) == REQUEST_SIZE, "a status request has 2080 bytes")
    identifiers = [body[32 * n : 32 * n + 32] for n in range(ENTRIES)]
    ascending = all(a < b for a, b in zip(identifiers, identifiers[1:]))
    _require(ascending, "the IDs must be in strictly ascending order")
    return identifiers


# Statements.


def erase_by(day: date | None) -> bytes:
    """A day, or zeros for one that is not determined."""
    return bytes(4) if day is None else struct.pack(">HBB", day.year, day.month, day.day)


def read_erase_by(encoded: bytes) -> date | None:
    """A day of the calendar since 1970, or None."""
    if encoded == bytes(4):
        return None
    year, month, day = struct.unpack(">HBB", encoded)
    try:
        read = date(year, month, day)
    except ValueError as wrong:
        raise Malformed(f"no day: {wrong}") from None
    _require(year >= EARLIEST_YEAR, "a day before 1970")
    return read


def _check_stated(stated: bytes) -> None:
    """State, erase-by, fields and overlaps: 10 bytes of an entry or a statement."""
    _require(stated[0] in (0, 1), "an unknown state")
    if stated[0] == 0:
        _require(stated == bytes(10), "a record that is not held has no values")
        return
    read_erase_by(stated[1:5])
    fields = int.from_bytes(stated[5:9], "big")
    _require(fields != 0, "a record without fields")
    _require(fields >> len(FIELDS) == 0, "an unknown field")


def _check_values(stated: bytes, values: bytes) -> None:
    """Salt and digests, 192 bytes, of an entry or a receipt."""
    if stated[0] == 0:
        _require(values == bytes(192), "a record that is not held has no salt or digests")
        return
    _require(values[:32] != bytes(32), "a salt of zeros")
    fields = int.from_bytes(stated[5:9], "big")
    for code in range(CHECKABLE):
        value = values[32 + 16 * code : 48 + 16 * code]
        _require(fields >> code & 1 == 1 or value == bytes(16), "a digest of a field not held")


def statement(request_hash: bytes, stated_at: int, identifier: bytes, entry: bytes) -> bytes:
    """The statement put together from the request, the time and an entry."""
    commitment = sha256(entry[10:202]).digest()
    return request_hash + time(stated_at) + identifier + entry[:10] + commitment


def statement_message(stated: bytes) -> bytes:
    """What is signed of a statement."""
    return b"temoin/2 statement" + stated


def read_statement(stated: bytes) -> int:
    """Checks a statement, and returns its time of stating."""
    _require(len(stated) == 114, "a statement has 114 bytes")
    _check_stated(stated[72:82])
    nothing = sha256(bytes(192)).digest()
    _require(stated[72] == 1 or stated[82:] == nothing, "a commitment to a record not held")
    return _time(stated[32:40])


# Rotations.


@dataclass(frozen=True)
class Rotation:
    """A change of the operator's key."""

    encoded: bytes

    def __post_init__(self) -> None:
        _require(len(self.encoded) == 200, "a rotation has 200 bytes")
        _time(self.encoded[64:72])
        _require(self.old != self.new, "a rotation to the same key")
        valid = ed25519.valid_public_key(self.old) and ed25519.valid_public_key(self.new)
        _require(valid, "a rotation with an invalid key")

    @property
    def old(self) -> bytes:
        return self.encoded[:32]

    @property
    def new(self) -> bytes:
        return self.encoded[32:64]

    @property
    def start(self) -> int:
        return int.from_bytes(self.encoded[64:72], "big")

    def is_authentic(self) -> bool:
        """Whether both keys signed it."""
        message = b"temoin/2 key rotation" + self.encoded[:72]
        return ed25519.verify(self.old, message, self.encoded[72:136]) and ed25519.verify(
            self.new, message, self.encoded[136:]
        )


def write_rotation(old_seed: bytes, new_seed: bytes, start: int) -> Rotation:
    """A rotation signed by both keys."""
    keys = ed25519.public_key(old_seed) + ed25519.public_key(new_seed)
    body = keys + time(start)
    message = b"temoin/2 key rotation" + body
    return Rotation(body + ed25519.sign(old_seed, message) + ed25519.sign(new_seed, message))


@dataclass
class KeyChain:
    """The keys that a box knows: the pinned one, and what rotations led to."""

    pinned: bytes
    rotations: list[Rotation] = field(default_factory=list)
    shown_at: list[int] = field(default_factory=list)
    # The latest statement of each key that the box keeps.
    last_statements: dict[bytes, int] = field(default_factory=dict)

    def keys(self) -> list[bytes]:
        return [self.pinned, *(rotation.new for rotation in self.rotations)]

    def in_force(self, at: int) -> bytes:
        """The key that signs what is stated at this time."""
        begun = [rotation.new for rotation in self.rotations if rotation.start <= at]
        return begun[-1] if begun else self.pinned

    def fits(self, rotation: Rotation) -> bool:
        """Whether an authentic rotation is new to the chain; raises where it contradicts it."""
        if not rotation.is_authentic():
            raise NotAuthentic("a rotation that its keys did not sign")
        if rotation.encoded in (known.encoded for known in self.rotations):
            return False
        if rotation.old not in self.keys():
            # A profile that pins the newer key knows nothing of the older ones.
            if rotation.new == self.pinned:
                return False
            raise NotAuthentic("a rotation of an unknown key")
        if rotation.old != self.keys()[-1]:
            raise TwoSuccessors("a key in the chain signed two rotations")
        _require(rotation.new not in self.keys(), "a rotation to a key of the chain")
        _require(len(self.rotations) < MOST_ROTATIONS, "a chain that is too long")
        if self.rotations:
            _require(rotation.start > self.rotations[-1].start, "a rotation before the last one")
        if rotation.start <= self.last_statements.get(rotation.old, -1):
            raise Backdated("a rotation before a statement of its old key")
        return True

    def append(self, rotation: Rotation, at: int) -> None:
        """Adds a rotation that fits, first shown at this time."""
        self.rotations.append(rotation)
        self.shown_at.append(at)

    def relied_on_from(self, key: bytes) -> int:
        """When the box may rely on a key: seven days after it was shown first."""
        place = self.keys().index(key)
        return 0 if place == 0 else self.shown_at[place - 1] + RELIED_ON_AFTER


# The yearly sheet.


def write_sheet(seed: bytes, year: int, published_at: int, figures: list[list[int]]) -> bytes:
    """A signed sheet of 16 classes with four figures each."""
    body = struct.pack(">H", year) + time(published_at)
    body += b"".join(struct.pack(">4I", *row) for row in figures)
    return body + ed25519.sign(seed, b"temoin/2 yearly sheet" + body)


def check_sheet(sheet: bytes) -> None:
    """Checks a sheet's values, not its signature."""
    _require(len(sheet) == 330, "a sheet has 330 bytes")
    _require(sheet[:2] != bytes(2), "a sheet of the year 0")
    _time(sheet[2:10])


# Answers.


def write_entry(
    identifier: bytes,
    day: date | None,
    fields: int,
    overlaps: int,
    salt: bytes,
    values: dict[int, bytes],
) -> bytes:
    """The first 202 bytes of an entry of a held record, from canonical values by code."""
    digests = b"".join(
        digest(identifier, salt, code, values[code]) if code in values else bytes(16)
        for code in range(CHECKABLE)
    )
    return b"\x01" + erase_by(day) + struct.pack(">IB", fields, overlaps) + salt + digests


def write_answer(
    seed: bytes,
    request: bytes,
    stated_at: int,
    held: dict[bytes, bytes],
    rotation: bytes = bytes(200),
    sheet: bytes = bytes(330),
) -> bytes:
    """A signed answer; `held` has the entries of records by ID."""
    request_hash = sha256(request).digest()
    body = time(stated_at) + rotation + sheet + bytes(2096)
    for identifier in read_request(request):
        entry = held.get(identifier, bytes(202))
        stated = statement(request_hash, stated_at, identifier, entry)
        body += entry + ed25519.sign(seed, statement_message(stated))
    return body


@dataclass(frozen=True)
class Answer:
    """An answer whose values are allowed."""

    body: bytes

    def __post_init__(self) -> None:
        _require(len(self.body) == ANSWER_SIZE, "a status answer has 19658 bytes")
        _time(self.body[:8])
        if self.sheet is not None:
            check_sheet(self.sheet)
        # Reading it checks its keys and its time.
        self.rotation  # noqa: B018
        salts = []
        for entry in self.entries:
            _check_stated(entry[:10])
            _check_values(entry[:10], entry[10:202])
            if entry[0] == 1:
                salts.append(entry[10:42])
        _require(len(set(salts)) == len(salts), "two records with one salt")

    @property
    def stated_at(self) -> int:
        return int.from_bytes(self.body[:8], "big")

    @property
    def rotation(self) -> Rotation | None:
        encoded = self.body[8:208]
        return None if encoded == bytes(200) else Rotation(encoded)

    @property
    def sheet(self) -> bytes | None:
        return None if self.body[208:538] == bytes(330) else self.body[208:538]

    @property
    def entries(self) -> list[bytes]:
        starts = range(ENTRIES_AT, ANSWER_SIZE, ENTRY_SIZE)
        return [self.body[start : start + ENTRY_SIZE] for start in starts]


def verify_answer(body: bytes, request: bytes, chain: KeyChain, sessions: set[bytes]) -> Answer:
    """Steps 1, 2, 3 and 5 of the document; a rotation that is new is appended to the chain."""
    answer = Answer(body)
    rotation = answer.rotation
    known = KeyChain(chain.pinned, list(chain.rotations), [], chain.last_statements)
    is_new = rotation is not None and known.fits(rotation)
    if rotation is not None and is_new:
        known.rotations.append(rotation)
    key = known.in_force(answer.stated_at)
    if answer.sheet is not None:
        message = b"temoin/2 yearly sheet" + answer.sheet[:266]
        if not ed25519.verify(key, message, answer.sheet[266:]):
            raise NotAuthentic("the signature of the sheet")
    request_hash = sha256(request).digest()
    identifiers = read_request(request)
    for identifier, entry in zip(identifiers, answer.entries):
        stated = statement(request_hash, answer.stated_at, identifier, entry)
        if not ed25519.verify(key, statement_message(stated), entry[202:]):
            raise NotAuthentic("the signature of an entry")
    for identifier, entry in zip(identifiers, answer.entries):
        if entry[0] == 1 and identifier not in sessions:
            raise NotAuthentic("a record of a random ID")
    if rotation is not None and is_new:
        chain.append(rotation, answer.stated_at)
    return answer


def is_fresh(stated_at: int, sent: int, received: int) -> bool:
    """Step 4: whether an answer is of this moment."""
    return sent - CLOCK_TOLERANCE <= stated_at <= received + CLOCK_TOLERANCE


# Receipts.


def write_receipt(key: bytes, stated: bytes, entry: bytes) -> bytes:
    """The receipt of an entry: in form 1 where a record is held."""
    form = b"\x01" if entry[0] == 1 else b"\x02"
    values = entry[10:202] if entry[0] == 1 else b""
    return b"temoin/2 receipt" + form + key + stated + entry[202:] + values


def forget(receipt: bytes) -> bytes:
    """A receipt without salt and digests."""
    return receipt[:16] + b"\x02" + receipt[17:227]


def read_receipt(receipt: bytes) -> int:
    """Checks a receipt's values, and returns the time of stating."""
    _require(receipt[:16] == b"temoin/2 receipt", "no receipt of this version")
    _require(receipt[16:17] in (b"\x01", b"\x02"), "an unknown form")
    form = receipt[16]
    _require(len(receipt) == (419 if form == 1 else 227), "a receipt of another size")
    _require(ed25519.valid_public_key(receipt[17:49]), "an invalid key")
    stated = receipt[49:163]
    stated_at = read_statement(stated)
    if form == 1:
        _require(stated[72] == 1, "form 1 of a record that is not held")
        _check_values(stated[72:82], receipt[227:])
    return stated_at


def verify_receipt(receipt: bytes, trusted: set[bytes], rotations: list[Rotation]) -> None:
    """Raises unless the receipt is what one of these keys signed in its time."""
    stated_at, key = read_receipt(receipt), receipt[17:49]
    if receipt[16] == 1 and sha256(receipt[227:]).digest() != receipt[131:163]:
        raise NotAuthentic("salt and digests are not those of the statement")
    if key not in trusted:
        raise NotAuthentic("a key that is not trusted")
    for rotation in filter(Rotation.is_authentic, rotations):
        if rotation.old == key and rotation.start <= stated_at:
            raise NotAuthentic("a key that had ended")
        if rotation.new == key and rotation.start > stated_at:
            raise NotAuthentic("a key that had not begun")
    if not ed25519.verify(key, statement_message(receipt[49:163]), receipt[163:227]):
        raise NotAuthentic("the signature")
