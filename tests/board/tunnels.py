"""Tunnels that come and go in a lab, and what was acknowledged of them."""

import json
import time

from expected import Expected, Session, Step

COMPLETED = "Initialization Sequence Completed"

# After so many seconds OpenVPN no longer waits for temoin's script: `HOOK_TIMEOUT` in src/capture/openvpn/hook.rs.
HOOK_PATIENCE = 5


class Tunnels:
    def __init__(self, lab, log, dice):
        self.lab, self.log, self.dice = lab, log, dice
        self.expected = Expected()

    def record(self, count):
        self.lab("daemon", "start")
        for number in range(count):
            self.connect()
            time.sleep(self.dice.random())
            self.close()
            if self.dice.random() < 0.5:
                self.erase(self.dice.choice(
                    [session for session in self.expected.sessions if not session.erased]))
            if number % 4 == 3:
                # Next time it finds events that nobody has taken yet.
                self.lab("daemon", "kill")
                self.connect()
                self.lab("daemon", "start")
                self.await_end(lambda: self.own(self.expected.sessions[-1]))
                self.close()
        self.erase_all()
        self.lab("daemon", "stop")

    def connect(self):
        step, before = self.begin(), len(self.lab.truth())
        log = self.lab.state / "client.log"
        completed = log.read_text().count(COMPLETED) if log.exists() else 0
        self.lab("client", "start")
        # OpenVPN says so once its scripts have returned, and temoin's does when the event is safe.
        self.await_end(lambda: log.exists() and log.read_text().count(COMPLETED) > completed)
        assert time.time() - step.began_at < HOOK_PATIENCE, "too slow to tell what is acknowledged"
        self.end(step)
        seen = self.lab.truth()[before]
        session = Session(int(seen["port"]), step)
        self.expected.sessions.append(session)
        self.expected.addresses |= {seen["address"], seen["ipv4"], seen["ipv6"]}

    def close(self):
        session = self.expected.sessions[-1]
        self.await_end(lambda: self.own(session))
        session.id = self.own(session)["id"]
        session.closed = step = self.begin()
        if self.dice.random() < 0.7:
            session.reason = "stopped-with-notice"
            self.lab("client", "stop")
        else:
            session.reason = "interface-gone"
            self.lab("client", "kill")
            # Nobody acknowledges this but the record itself.
            self.await_end(lambda: self.own(session)["end"])
        self.end(step)
        self.await_end(lambda: self.own(session)["end"])

    def erase(self, session):
        session.erased = step = self.begin()
        self.lab("temoin", "erase", "--session", session.id, "--yes")
        self.end(step)

    def erase_all(self):
        step = self.begin()
        for session in self.expected.sessions:
            session.erased = session.erased or step
        self.lab("temoin", "erase", "--all", "--yes")
        self.end(step)

    def begin(self):
        return Step(self.position(), time.time())

    def end(self, step):
        step.done, step.done_at = self.position(), time.time()

    def position(self):
        """How much has been noted of what was written."""
        return self.log.stat().st_size

    def own(self, session):
        """What the record says of a session."""
        record = json.loads(self.lab("temoin", "sessions", "--json"))["sessions"]
        return next((own for own in record if own["origin_port"]
                     and own["origin_port"]["value"] == session.port), None)

    def await_end(self, look, seconds=60):
        deadline = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(0.05)
