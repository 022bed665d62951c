#!/usr/bin/env python3
"""A responder over TLS 1.3, to test a box against, with the records of a JSON file.

    {"seed": HEX, "sessions": {"127.0.0.77": {"erase_by": "2027-11-24", "overlaps": 2,
        "fields": ["member_identity"], "values": {"assigned_ipv4": HEX}}}}

A session is named by the address it is assigned. Its set of fields is that of `values`, which are
canonical, and those of `fields`. IDs are bound in memory: a test's responder has nothing to keep.
"""

from __future__ import annotations

import argparse
import json
import secrets
import socket
import ssl
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import ed25519
import temoin_protocol as p

REQUEST_SECONDS = 10
MOST_HEAD = 16384
SIZES = {"/temoin/2/register": 32, "/temoin/2/status": p.REQUEST_SIZE}
REASONS = {
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    411: "Length Required",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    431: "Request Header Fields Too Large",
}


class Refused(Exception):
    """A request that is answered with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Responder:
    """The records, and the IDs bound to them."""

    def __init__(self, records: dict[str, Any]) -> None:
        self.seed = bytes.fromhex(records["seed"])
        self.sessions: dict[bytes, Any] = {
            p.address(text): record for text, record in records["sessions"].items()
        }
        self.bound: dict[bytes, bytes] = {}

    def register(self, body: bytes, source: bytes) -> int:
        """Binds an ID to the session of the source address."""
        identifier = p.read_register(body)
        if source not in self.sessions:
            return 404
        # The first ID of a session wins, and an ID is of one session only.
        if identifier not in self.bound and source not in self.bound.values():
            self.bound[identifier] = source
        return 204 if self.bound.get(identifier) == source else 409

    def status(self, body: bytes) -> bytes:
        """The answer about 64 IDs."""
        identifiers = p.read_request(body)
        held = {i: self._entry(i) for i in identifiers if i in self.bound}
        return p.write_answer(self.seed, body, int(time.time()), held)

    def _entry(self, identifier: bytes) -> bytes:
        record = self.sessions[self.bound[identifier]]
        values = {name: bytes.fromhex(value) for name, value in record["values"].items()}
        fields = p.field_set([*values, *record.get("fields", [])])
        day = date.fromisoformat(record["erase_by"]) if record.get("erase_by") else None
        digests = {p.FIELDS.index(name): value for name, value in values.items()}
        salt = secrets.token_bytes(32)
        return p.write_entry(identifier, day, fields, record.get("overlaps", 255), salt, digests)

    def answer(self, path: str, body: bytes, source: bytes) -> tuple[int, bytes]:
        """The status and body for a request of the right size."""
        try:
            if path.endswith("register"):
                return self.register(body, source), b""
            return 200, self.status(body)
        except p.Malformed:
            return 400, b""


def read_head(stream: ssl.SSLSocket) -> tuple[bytes, bytes]:
    """The head of a request, and what came behind it."""
    received = b""
    while b"\r\n\r\n" not in received:
        if len(received) > MOST_HEAD:
            raise Refused(431)
        part = stream.recv(4096)
        if not part:
            raise Refused(400)
        received += part
    head, _, rest = received.partition(b"\r\n\r\n")
    return head, rest


def check_head(head: bytes) -> tuple[str, int]:
    """The path and the body's size; refuses in the order of the document."""
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refused(400)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or name.lower() in headers:
            raise Refused(400)
        headers[name.lower()] = value.strip()
    method, path, _ = words
    if path not in SIZES:
        raise Refused(404)
    if method != "POST":
        raise Refused(405)
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers or not length:
        raise Refused(411)
    if not (length.isascii() and length.isdigit()):
        raise Refused(400)
    if int(length) != SIZES[path]:
        raise Refused(413 if int(length) > SIZES[path] else 400)
    if headers.get("content-type") != "application/octet-stream":
        raise Refused(415)
    return path, int(length)


def serve_one(responder: Responder, stream: ssl.SSLSocket, source: str) -> None:
    """Answers the one request of a connection."""
    stream.settimeout(REQUEST_SECONDS)
    status, body, path = 400, b"", ""
    try:
        head, received = read_head(stream)
        path, length = check_head(head)
        while len(received) < length:
            part = stream.recv(length - len(received))
            if not part:
                raise Refused(400)
            received += part
        status, body = responder.answer(path, received[:length], p.address(source))
    except Refused as refused:
        status = refused.status
    answer = f"HTTP/1.1 {status} {REASONS[status]}\r\nConnection: close\r\n"
    if status == 200:
        answer += "Content-Type: application/octet-stream\r\n"
    if status != 204:
        answer += f"Content-Length: {len(body)}\r\n"
    stream.sendall(answer.encode() + b"\r\n" + body)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", required=True, type=Path, help="the JSON file")
    parser.add_argument("--certificate", required=True, help="PEM")
    parser.add_argument("--certificate-key", required=True, help="PEM")
    parser.add_argument("--listen", default="127.0.0.1", help="an address")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    responder = Responder(json.loads(options.records.read_text()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.load_cert_chain(options.certificate, options.certificate_key)
    print("public key", ed25519.public_key(responder.seed).hex(), flush=True)
    with socket.create_server((options.listen, options.port)) as listener:
        while True:
            plain, peer = listener.accept()
            plain.settimeout(REQUEST_SECONDS)
            try:
                with plain, context.wrap_socket(plain, server_side=True) as stream:
                    serve_one(responder, stream, peer[0])
            except OSError as error:
                # A client that went away, or that was no client of TLS.
                print(f"{type(error).__name__}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
