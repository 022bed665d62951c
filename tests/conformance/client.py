#!/usr/bin/env python3
"""A box: registers a session and asks for its status, and verifies all of the answer."""

from __future__ import annotations

import argparse
import secrets
import socket
import ssl
import sys
import time
from urllib.parse import urlsplit

import ed25519
import temoin_protocol as p

CALL_SECONDS = 30
MOST_HEAD = 16384


class NoResponder(Exception):
    """What answers is not what the document says a responder is."""


class Connection:
    """Where a responder is, and from which address it is called."""

    def __init__(self, base: str, authority: str, source: str | None) -> None:
        url = urlsplit(base)
        if url.scheme != "https" or url.query or base.endswith("/") or not url.hostname:
            raise ValueError(f"no base address: {base}")
        self.netloc, self.path, self.host = url.netloc, url.path, url.hostname
        self.port, self.source = url.port or 443, source
        self.context = ssl.create_default_context(cafile=authority)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3

    def post(self, call: str, body: bytes, expected: int) -> tuple[int, bytes]:
        """The status and body of an answer of at most the expected size."""
        request = (
            f"POST {self.path}/temoin/2/{call} HTTP/1.1\r\nHost: {self.netloc}\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        ).encode()
        deadline = time.monotonic() + CALL_SECONDS
        source = (self.source, 0) if self.source else None
        target = (self.host, self.port)
        with socket.create_connection(target, CALL_SECONDS, source) as plain:
            with self.context.wrap_socket(plain, server_hostname=self.host) as stream:
                stream.sendall(request + body)
                received = b""
                while len(received) <= MOST_HEAD + expected:
                    stream.settimeout(max(deadline - time.monotonic(), 0.001))
                    if not (part := stream.recv(65536)):
                        break
                    received += part
        return self._parse(received, expected)

    @staticmethod
    def _parse(received: bytes, expected: int) -> tuple[int, bytes]:
        head, end, body = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ", 2)
        if not end or len(head) > MOST_HEAD or words[0] != "HTTP/1.1" or not words[1].isdigit():
            raise NoResponder("no HTTP/1.1")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        status = int(words[1])
        if headers.get("connection", "").lower() != "close":
            raise NoResponder("no Connection: close")
        if "transfer-encoding" in headers or "content-encoding" in headers:
            raise NoResponder("a coded body")
        length = headers.get("content-length", "0" if status == 204 else "")
        if length != str(len(body)):
            raise NoResponder(f"Content-Length {length!r} and {len(body)} bytes")
        if status == 200 and headers.get("content-type") != "application/octet-stream":
            raise NoResponder("another media type")
        if len(body) > expected:
            raise NoResponder("a body that is too long")
        return status, body


def register(connection: Connection, identifier: bytes, patience: float) -> int:
    """Registers, again for so many seconds where the hook may be late; returns the status."""
    deadline = time.monotonic() + patience
    while True:
        status, _ = connection.post("register", identifier, 0)
        if status not in (404, 429, 503) or time.monotonic() > deadline:
            return status
        time.sleep(0.2)


def ask(connection: Connection, chain: p.KeyChain, sessions: set[bytes]) -> dict[bytes, bytes]:
    """The verified entries of these sessions."""
    random = [secrets.token_bytes(32) for _ in range(p.ENTRIES - len(sessions))]
    request = p.write_request([*sessions, *random], secrets.token_bytes(32))
    sent = int(time.time())
    status, body = connection.post("status", request, p.ANSWER_SIZE)
    received = int(time.time())
    if status != 200:
        raise NoResponder(f"status {status}")
    answer = p.verify_answer(body, request, chain, sessions)
    if not p.is_fresh(answer.stated_at, sent, received):
        raise p.NotAuthentic("an answer of another moment")
    entries = zip(p.read_request(request), answer.entries)
    return {identifier: entry for identifier, entry in entries if identifier in sessions}


def compare(identifier: bytes, entry: bytes, name: str, value: bytes) -> str:
    """Whether the record has this canonical value."""
    code = p.FIELDS.index(name)
    stated = entry[42 + 16 * code : 58 + 16 * code]
    if stated == bytes(16):
        return "cannot tell"
    own = p.digest(identifier, entry[10:42], code, value)
    return "same" if own == stated else "differ"


def refused_requests(connection: Connection, identifier: bytes) -> list[str]:
    """What the responder does not answer as the document says."""
    descending = bytes(p.REQUEST_SIZE)
    wrong = []
    for call, body, expected in (
        ("register", identifier[:31], 400),
        ("register", identifier + b"\0", 413),
        ("status", descending, 400),
        ("status", descending[1:], 400),
        ("status", descending + b"\0", 413),
        ("nothing", identifier, 404),
    ):
        status, _ = connection.post(call, body, 0)
        if status != expected:
            wrong.append(f"{call} of {len(body)} bytes: {status} instead of {expected}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--responder", required=True, help="the base address, https://…")
    parser.add_argument("--authority", help="certificates to trust, instead of the system's")
    parser.add_argument("--key", required=True, help="the operator's public key, hexadecimal")
    parser.add_argument("--source", help="the address in the tunnel to call from")
    parser.add_argument("--assigned-ipv4", help="what the record must have as assigned_ipv4")
    parser.add_argument("--patience", type=float, default=10, help="seconds for registering")
    options = parser.parse_args()
    key = bytes.fromhex(options.key)
    if not ed25519.valid_public_key(key):
        parser.error("--key is no public key")
    connection = Connection(options.responder, options.authority, options.source)
    identifier, other = (p.session_id(secrets.token_bytes(32)) for _ in range(2))
    chain, wrong = p.KeyChain(key), []

    def expect(what: str, found: object, expected: object) -> None:
        print(f"{what}: {found}")
        if found != expected:
            wrong.append(f"{what}: {found} instead of {expected}")

    expect("register", register(connection, identifier, options.patience), 204)
    expect("register again", register(connection, identifier, 0), 204)
    expect("register another", register(connection, other, 0), 409)
    entries = ask(connection, chain, {identifier, other})
    entry = entries[identifier]
    expect("held", entry[0], 1)
    expect("another held", entries[other][0], 0)
    print("fields:", ", ".join(p.field_names(int.from_bytes(entry[5:9], "big"))))
    print("erase-by:", p.read_erase_by(entry[1:5]))
    if options.assigned_ipv4:
        value = p.address(options.assigned_ipv4)
        expect("assigned_ipv4", compare(identifier, entry, "assigned_ipv4", value), "same")
        value = p.address("192.0.2.255")
        expect("another one", compare(identifier, entry, "assigned_ipv4", value), "differ")
    wrong += refused_requests(connection, identifier)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (NoResponder, OSError, p.Malformed, p.NotAuthentic, p.TwoSuccessors) as error:
        sys.exit(f"{type(error).__name__}: {error}")
