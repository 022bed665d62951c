"""temoin and its tunnel on an emulated board, asked over the board's serial line."""

import json
import time
from types import SimpleNamespace

from emulator.machine import MachineError
from expected import Step, seconds
from tunnels import COMPLETED, HOOK_PATIENCE

# What a clock chip says that lost its power.
FIRST_SECOND = "1970-01-01T00:00:00"

CLIENT_LOG = "/var/log/vpnclient/openvpn-client.log"


class Guest:
    def __init__(self, board):
        self.board = board

    def await_daemon(self, seconds=300):
        """Until the first start has done its work and temoin runs."""
        self.board.await_success(
            "test -e /var/lib/board/started && systemctl is-active temoin", seconds)

    def await_clock(self, seconds=300):
        """Until a time service has set the clock. It is restarted: one that found nobody, as before the
        network came up, makes ever longer pauses."""
        self.board.run("systemctl restart systemd-timesyncd")
        self.board.await_success("test -e /run/systemd/timesync/synchronized", seconds)

    def sessions(self):
        return json.loads(self.board.run("temoin sessions --json"))["sessions"]

    def connect(self, seconds=120):
        """Starts the tunnel. When this returns, temoin's script has kept the session."""
        began = time.monotonic()
        self.board.run(
            f"(completed() {{ grep --no-messages --text '{COMPLETED}' {CLIENT_LOG} | wc -l; }}\n"
            "before=$(completed)\n"
            "systemctl start openvpn@client || exit\n"
            f"for _ in $(seq {seconds * 5}); do\n"
            '    [ "$(completed)" = "$before" ] || exit 0\n'
            "    sleep 0.2\n"
            "done\n"
            "exit 1)", seconds + 60)
        self._must_not_be_late(began)

    def disconnect(self):
        """Stops the tunnel. When this returns, temoin's script has kept why."""
        began = time.monotonic()
        self.board.run("systemctl stop openvpn@client", 120)
        self._must_not_be_late(began)

    def kill_client(self):
        self.board.run("systemctl kill --signal KILL openvpn@client")

    def live_a_session(self, patience=120):
        """Opens a session and ends it, and waits for the record of both. Returns when: `opened` and
        `closed`."""
        before = len(self.sessions())
        opened = Step(0, time.time())
        self.connect(patience)
        opened.done, opened.done_at = 0, time.time()
        self.until(lambda: len(self.sessions()) > before, 60, "the session")
        closed = Step(0, time.time())
        self.disconnect()
        closed.done, closed.done_at = 0, time.time()
        self.until(lambda: self.sessions()[0]["end"], 60, "the session's end")
        return SimpleNamespace(opened=opened, closed=closed)

    def findings(self):
        """What `temoin doctor` found wrong, and the state of the clock."""
        found = json.loads(self.board.run("temoin --lang en doctor --json", check=False))["findings"]
        wrong = [finding for finding in found if finding["health"] == "wrong"]
        clock = next(finding for finding in found if finding["check"] == "clock")
        return wrong, clock["health"]

    def until(self, look, seconds, what):
        """What `look` returns once that is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.5)
        raise MachineError(f"not within {seconds} s: {what}; recorded: {self.sessions()}")

    def _must_not_be_late(self, began):
        """OpenVPN does not wait for a script of temoin's that takes too long; nothing is acknowledged
        then."""
        if time.monotonic() - began > HOOK_PATIENCE:
            late = self.board.run(
                "journalctl --boot --quiet --no-pager --grep 'recording the tunnel takes long'",
                check=False)
            assert not late, f"the machine is too slow to tell what is acknowledged: {late}"


def kept(moment):
    """A moment, in seconds since 1970, as fake-hwclock keeps it."""
    return time.strftime("%Y-%m-%d %H:%M:%S\n", time.gmtime(moment)).encode()


def must_be_claimed(moment):
    """Only the board's own clock speaks of it, and nothing is made of that."""
    assert moment["claimed"] and not (moment["at"] or moment["earliest"] or moment["latest"]), moment


def must_be_exact(moment, step):
    at = seconds(moment["at"])
    assert at and step.holds(at), (moment, step)
