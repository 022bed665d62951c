"""A disk as power cuts between two writes leave it, and what temoin makes of the record on it."""

import json
import shutil
import signal
import sqlite3
import subprocess
import time
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

from emulator import write_log


class CutOffs:
    def __init__(self, before, log, program, expected, dice):
        self.before, self.program, self.expected, self.dice = before, program, expected, dice
        self.entries = write_log.read(log)
        self.directory = Path(log).with_name("cut-off")
        # As the lab has it: a virtual machine's kernel often calls its clock unsynchronised.
        self.config = Path(log).with_name("temoin.toml")
        self.config.write_text('[clock]\ntrust = "always"\n')
        # Disks on which every session had been erased.
        self.erased = 0

    def check(self, least):
        """Checks at least so many power cuts. Returns what they were, in words."""
        cut_offs = list(write_log.cut_offs(self.entries, self.dice))
        assert len(cut_offs) >= least, f"{len(cut_offs)} power cuts are too few"
        # Evenly over the whole log, and not only its beginning.
        chosen = {round(number * (len(cut_offs) - 1) / (least - 1)) for number in range(least)}
        flushed = 0
        recorded = 0
        with self.before.open("r+b") as durable:
            for number, cut in enumerate(cut_offs):
                write_log.apply(
                    (entry.what for entry in self.entries[flushed:cut.flushed]
                     if isinstance(entry.what, write_log.Write)), durable)
                flushed = cut.flushed
                if number in chosen:
                    durable.flush()
                    recorded += self.check_one(cut)
        assert self.erased, "no disk in which everything was erased"
        flushes = sum(isinstance(entry.what, write_log.Flush) for entry in self.entries)
        return (f"{len(chosen)} disks, of {len(self.entries) - flushes} writes and {flushes} flushes; "
                f"{recorded} sessions read in them, {self.erased} empty after an erasure")

    def check_one(self, cut):
        disk = self.before.with_name("cut-off-disk")
        subprocess.run(["cp", "--sparse=always", self.before, disk], check=True)
        with disk.open("r+b") as file:
            write_log.apply(cut.arrived, file)
        return self.check_disk(disk, cut.log_end)

    def check_disk(self, disk, position):
        """Checks one disk, and repairs it. Returns how many sessions are on it."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        # As at the next start: the file system's journal is replayed, and nothing else is to repair.
        repaired = subprocess.run(["e2fsck", "-p", disk], text=True, capture_output=True)
        assert repaired.returncode in (0, 1), repaired.stdout
        sound = subprocess.run(["e2fsck", "-fn", disk], text=True, capture_output=True)
        assert sound.returncode == 0, sound.stdout
        state = self.directory / "state"
        state.mkdir()
        subprocess.run(
            ["debugfs", "-R", f"rdump / {state}", disk], check=True, capture_output=True)
        self.start_once(state)
        record = self.sessions(state)
        gone = self.expected.check(record, position=position)
        self.must_be_sound(state)
        if gone and not record:
            self.erased += 1
            self.must_be_gone(state)
        return len(record)

    def start_once(self, state):
        """Lets temoin's daemon find what the power cut left, and end."""
        socket = self.directory / "page"
        boot = self.directory / "boot"
        boot.write_text(f"{uuid4()}\n")
        # Without a network: nothing may leave this machine. And in another boot than that of the cut.
        apart = ["unshare", "--net", "--mount", "sh", "-c",
                 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"', boot]
        with subprocess.Popen(
            [*apart, *self.temoin(state), "daemon", "--socket", socket],
            stderr=subprocess.PIPE, text=True,
        ) as daemon:
            deadline = time.monotonic() + 30
            while not socket.exists() and daemon.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            assert socket.exists(), f"the daemon does not start: {daemon.stderr.read()}"
            daemon.send_signal(signal.SIGTERM)
            daemon.communicate(timeout=30)
        assert daemon.returncode == 0, f"the daemon ended with {daemon.returncode}"

    def sessions(self, state):
        shown = subprocess.run(
            [*self.temoin(state), "sessions", "--json"], check=True, text=True,
            stdout=subprocess.PIPE).stdout
        return json.loads(shown)["sessions"]

    def temoin(self, state):
        return [self.program, "--config", self.config, "--state-dir", state]

    def must_be_sound(self, state):
        assert not list(state.glob("journal.damaged-*")), "the journal was set aside as damaged"
        for database in state.glob("*.db"):
            with sqlite3.connect(database) as connection:
                found = connection.execute("PRAGMA integrity_check").fetchall()
            connection.close()
            assert found == [("ok",)], found

    def must_be_gone(self, state):
        """Not a byte is left of the addresses once the last session is erased, however far the
        erasure had come."""
        for path in state.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            for address in self.expected.addresses:
                for form in ip_address(address).packed, address.encode():
                    assert form not in content, f"{address} is still in {path}"
