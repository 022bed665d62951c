"""Ed25519 of RFC 8032 in plain integers, with the strict verification that the protocol wants.

Not constant in time: a test's keys are public anyhow.
"""

from __future__ import annotations

from hashlib import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

# Extended coordinates (X, Y, Z, T) of section 5.1.4.
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _multiply(scalar: int, point: Point) -> Point:
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _decode(encoded: bytes) -> Point | None:
    """The point, or None where there is none, or the encoding is not the only one of it."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def _encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _small_order(point: Point) -> bool:
    return _encode(_multiply(8, point)) == _encode(NEUTRAL)


BASE = _decode((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or NEUTRAL


def valid_public_key(key: bytes) -> bool:
    """Whether the key decodes to a point that has not small order."""
    point = _decode(key) if len(key) == 32 else None
    return point is not None and not _small_order(point)


def _hash(*parts: bytes) -> int:
    return int.from_bytes(sha512(b"".join(parts)).digest(), "little") % L


def _secret(seed: bytes) -> tuple[int, bytes]:
    digest = sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    return scalar, digest[32:]


def public_key(seed: bytes) -> bytes:
    """The public key of a secret seed."""
    return _encode(_multiply(_secret(seed)[0], BASE))


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature of a message."""
    scalar, prefix = _secret(seed)
    key = public_key(seed)
    nonce = _hash(prefix, message)
    r = _encode(_multiply(nonce, BASE))
    return r + ((nonce + _hash(r, key, message) * scalar) % L).to_bytes(32, "little")


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Strictly: S below L, no point of small order, R compared as bytes, no cofactor."""
    if len(key) != 32 or len(signature) != 64:
        return False
    encoded_r, s = signature[:32], int.from_bytes(signature[32:], "little")
    a, r = _decode(key), _decode(encoded_r)
    if s >= L or a is None or r is None or _small_order(a) or _small_order(r):
        return False
    minus_a = (P - a[0], a[1], 1, P - a[3])
    k = _hash(encoded_r, key, message)
    return _encode(_add(_multiply(s, BASE), _multiply(k, minus_a))) == encoded_r
