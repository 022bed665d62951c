#!/usr/bin/env python3
"""Runs every test vector; names each that does not come out as its file says."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import ed25519
import temoin_protocol as p

FOLDER = Path(__file__).parent.parent / "fixtures" / "protocol"
KINDS = (p.Malformed, p.NotAuthentic, p.Backdated, p.TwoSuccessors)


class Run:
    """The checks that were made, and those that failed."""

    def __init__(self) -> None:
        self.made = 0
        self.failed: list[str] = []

    def equal(self, what: str, found: object, expected: object) -> None:
        self.made += 1
        if found != expected:
            self.failed.append(f"{what}: {found!r} instead of {expected!r}")


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def data(text: str) -> bytes:
    return bytes.fromhex(text)


def named(name: str) -> bytes:
    """The key or random bytes of this name."""
    return sha256(b"temoin/2 test vector: " + name.encode()).digest()


def outcome(call: Callable[[], object]) -> str:
    """The name of the error that a call raises, or nothing."""
    try:
        call()
    except KINDS as refused:
        return type(refused).__name__
    return ""


def canonical(name: str, value: str) -> bytes:
    if name in ("assigned_at", "session_start", "session_end"):
        return p.time(int(datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()))
    if name == "origin_port":
        return int(value).to_bytes(2, "big")
    special = {"delegated_prefix": p.prefix, "gateway": p.gateway, "transport": p.transport}
    return special.get(name, p.address)(value)


def fields(run: Run) -> None:
    run.equal("fields", {name: code for code, name in enumerate(p.FIELDS)}, load("fields"))


def register(run: Run) -> None:
    vector = load("register")
    run.equal("secret", vector["secret"], named("secret 0").hex())
    run.equal("ID", p.session_id(data(vector["secret"])).hex(), vector["id"])
    run.equal("register", p.read_register(data(vector["request"])).hex(), vector["id"])


def digests(run: Run) -> None:
    vector = load("digests")
    for case in vector["values"]:
        value = canonical(case["field"], case["value"])
        run.equal(f"value {case['value']}", value.hex(), case["canonical"])
        found = p.digest(data(vector["id"]), data(vector["salt"]), case["code"], value)
        run.equal(f"digest {case['value']}", found.hex(), case["digest"])


def status_request(run: Run) -> None:
    vector = load("status-request")
    secrets = [named("secret 0"), named("secret 1")]
    sessions = [p.session_id(secret) for secret in secrets]
    random = [named(f"filler {n}") for n in range(2, 64)]
    run.equal("sessions", sorted(i.hex() for i in sessions), sorted(vector["sessions"]))
    run.equal("random", sorted(i.hex() for i in random), sorted(vector["random"]))
    request = p.write_request(sessions + random, named("filler 64"))
    run.equal("request", request.hex(), vector["request"])
    run.equal("hash", sha256(request).hexdigest(), vector["hash"])


def answer_parts() -> tuple[bytes, bytes, set[bytes], dict[bytes, bytes]]:
    """The answer and its request, the sessions, and the entries of records."""
    vector, sessions = load("status-answer"), load("status-request")["sessions"]
    body, request = data(vector["answer"]), data(vector["request"])
    entries = zip(p.read_request(request), p.Answer(body).entries)
    held = {identifier: entry[:202] for identifier, entry in entries if entry[0] == 1}
    return body, request, {data(i) for i in sessions}, held


def statements(run: Run) -> None:
    vector = load("statements")
    key, seed = data(vector["public_key"]), data(vector["seed"])
    run.equal("key", ed25519.public_key(seed), key)
    for case in vector["statements"]:
        stated, message = data(case["statement"]), data(case["message"])
        run.equal("time", p.read_statement(stated), case["stated_at"])
        run.equal("message", p.statement_message(stated), message)
        day = case["erase_by"] and date.fromisoformat(case["erase_by"])
        run.equal("erase-by", p.read_erase_by(stated[73:77]), day)
        names = ", ".join(p.field_names(int.from_bytes(stated[77:81], "big")))
        run.equal("fields", names, case["fields"] or "")
        run.equal("hash", stated[:32].hex(), case["request_hash"])
        run.equal("ID", stated[40:72].hex(), case["id"])
        run.equal("held", stated[72] == 1, case["held"])
        unsaid = 255 if case["held"] else 0
        wanted = unsaid if case["overlaps"] is None else case["overlaps"]
        run.equal("overlaps", stated[81], wanted)
        run.equal("commitment", stated[82:].hex(), case["commitment"])
        run.equal("signature", ed25519.sign(seed, message).hex(), case["signature"])
        run.equal("verifies", ed25519.verify(key, message, data(case["signature"])), True)


def status_answer(run: Run) -> None:
    body, request, sessions, held = answer_parts()
    chain = p.KeyChain(data(load("status-answer")["public_key"]))
    answer = p.verify_answer(body, request, chain, sessions)
    written = p.write_answer(named("key 0"), request, answer.stated_at, held)
    run.equal("answer", written.hex(), body.hex())
    cheated = outcome(lambda: p.verify_answer(body, request, chain, set()))
    run.equal("a record of a random ID", cheated, "NotAuthentic")


def receipts(run: Run) -> None:
    vector = load("receipts")
    body, request, sessions, _ = answer_parts()
    key = data(vector["public_key"])
    answer = p.verify_answer(body, request, p.KeyChain(key), sessions)
    written = []
    for identifier, entry in zip(p.read_request(request), answer.entries):
        if identifier in sessions:
            stated = p.statement(sha256(request).digest(), answer.stated_at, identifier, entry)
            written.append(p.write_receipt(key, stated, entry))
    expected = [data(vector["held"]), data(vector["not_held"])]
    run.equal("receipts", sorted(written), sorted(expected))
    run.equal("forgotten", p.forget(expected[0]).hex(), vector["held_and_forgotten"])
    for name in ("held", "held_and_forgotten", "not_held"):
        p.verify_receipt(data(vector[name]), {key}, [])


def sheet(run: Run) -> None:
    vector = load("sheet")
    body, request, sessions, held = answer_parts()
    written = p.write_sheet(
        named("key 0"), vector["year"], vector["published_at"], vector["figures"]
    )
    run.equal("sheet", written.hex(), vector["sheet"])
    stated_at = p.Answer(body).stated_at
    carrier = p.write_answer(named("key 0"), request, stated_at, held, sheet=written)
    run.equal("answer with a sheet", sha256(carrier).hexdigest(), vector["answer_hash"])
    p.verify_answer(carrier, request, p.KeyChain(ed25519.public_key(named("key 0"))), sessions)


def rotation(run: Run) -> None:
    vector = load("rotation")
    body, request, sessions, held = answer_parts()
    old, new = data(vector["old_seed"]), data(vector["new_seed"])
    written = p.write_rotation(old, new, vector["from"]).encoded
    run.equal("rotation", written.hex(), vector["rotation"])
    carrier = p.write_answer(new, request, p.Answer(body).stated_at, held, written)
    run.equal("answer with a rotation", sha256(carrier).hexdigest(), vector["answer_hash"])
    chain = p.KeyChain(ed25519.public_key(old))
    p.verify_answer(carrier, request, chain, sessions)
    run.equal("keys", chain.keys(), [ed25519.public_key(old), ed25519.public_key(new)])


def key_chain(run: Run) -> None:
    vector = load("key-chain")
    last = vector["last_statement"]
    chain = p.KeyChain(data(vector["pinned"]))
    chain.last_statements[data(last["key"])] = last["stated_at"]
    for number, case in enumerate(vector["shown"]):
        try:
            shown = p.Rotation(data(case["rotation"]))
            result = "changes nothing"
            if chain.fits(shown):
                chain.append(shown, case["at"])
                result = "new"
        except KINDS as refused:
            result = type(refused).__name__
        run.equal(f"rotation {number}", result, case["result"])
    for case in vector["in_force"]:
        run.equal(f"key at {case['at']}", chain.in_force(case["at"]).hex(), case["key"])


def trusted_keys(run: Run) -> None:
    vector = load("trusted-keys")
    receipt = data(vector["receipt"])
    for number, case in enumerate(vector["cases"]):
        keys = {data(key) for key in case["keys"]}
        rotations = [p.Rotation(data(encoded)) for encoded in case["rotations"]]
        refused = outcome(lambda: p.verify_receipt(receipt, keys, rotations))
        run.equal(f"keys {number}", refused, "" if case["verifies"] else "NotAuthentic")


def signatures(run: Run) -> None:
    vector = load("signatures")
    key, message = data(vector["public_key"]), data(vector["message"])
    for number, case in enumerate(vector["signatures"]):
        good = ed25519.verify(key, message, data(case["signature"]))
        run.equal(f"signature {number}", good, case["verifies"])
    for case in vector["public_keys"]:
        run.equal(case["key"], ed25519.valid_public_key(data(case["key"])), case["valid"])


def freshness(run: Run) -> None:
    for number, case in enumerate(load("freshness")):
        fresh = p.is_fresh(case["stated_at"], case["sent"], case["received"])
        run.equal(f"time {number}", fresh, case["is_fresh"])


def changed(original: bytes, change: dict[str, int]) -> bytes:
    body = bytearray(original)
    if "xor" in change:
        body[change["offset"]] ^= change["xor"]
    if "zeros" in change:
        body[change["offset"] : change["offset"] + change["zeros"]] = bytes(change["zeros"])
    length = change.get("length", len(body))
    return bytes(body[:length].ljust(length, b"\0"))


def refused(run: Run) -> None:
    answer, request, sessions, held = answer_parts()
    key = ed25519.public_key(named("key 0"))
    originals = {
        "register": sorted(sessions)[1],
        "status-request": request,
        "status-answer": answer,
        "receipt": data(load("receipts")["held"]),
        "rotation": data(load("rotation")["rotation"]),
    }
    readers: dict[str, Callable[[bytes], object]] = {
        "register": p.read_register,
        "status-request": p.read_request,
        "status-answer": lambda body: p.verify_answer(body, request, p.KeyChain(key), sessions),
        "receipt": lambda body: p.verify_receipt(body, {key}, []),
        "rotation": lambda body: p.KeyChain(key).fits(p.Rotation(body)),
    }
    for number, case in enumerate(load("refused")):
        structure = case["structure"]
        body = changed(originals[structure], case["change"])
        why = outcome(lambda: readers[structure](body))
        run.equal(f"{number} {structure} {case['change']}", why, case["refused"])


def repeated_salt(run: Run) -> None:
    case = load("repeated-salt")
    why = outcome(lambda: p.Answer(data(case["answer"])))
    run.equal("two records under one salt", why, case["refused"])


VECTORS: dict[str, Callable[[Run], None]] = {
    "fields": fields,
    "register": register,
    "digests": digests,
    "status-request": status_request,
    "statements": statements,
    "status-answer": status_answer,
    "receipts": receipts,
    "sheet": sheet,
    "rotation": rotation,
    "key-chain": key_chain,
    "trusted-keys": trusted_keys,
    "signatures": signatures,
    "freshness": freshness,
    "refused": refused,
    "repeated-salt": repeated_salt,
}


def main() -> int:
    run = Run()
    present = {path.stem for path in FOLDER.glob("*.json")}
    # A file that nothing here runs is a failure: else a new one would go unnoticed.
    run.equal("files of vectors", sorted(present), sorted(VECTORS))
    for name in sorted(present & VECTORS.keys()):
        before = len(run.failed)
        try:
            VECTORS[name](run)
        except (*KINDS, KeyError, ValueError) as wrong:
            run.failed.append(f"{type(wrong).__name__}: {wrong}")
        print(f"{name}: {'ok' if len(run.failed) == before else 'FAILED'}")
    for failure in run.failed:
        print(failure, file=sys.stderr)
    print(f"{run.made} checks, {len(run.failed)} failed")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
