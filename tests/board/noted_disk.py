"""A disk that is a file, of which QEMU notes every write and every flush, mounted where a record is
kept."""

import contextlib
import os
import shutil
import subprocess
import time


class NotedDisk:
    """Mounted as long as the `with` that it is used in. In `directory`: the disk as it is (`disk`) and
    as it was (`before`), and the log."""

    def __init__(self, directory, place):
        self.disk, self.before, self.log, self._exported = (
            directory / name for name in ("disk", "before", "log", "exported"))
        self._place = place
        self._undo = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            self._enter(undo)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_):
        self._undo.close()

    def die(self):
        """From now on whatever is read from it or written to it is an error."""
        self._storage.kill()
        self._storage.wait()

    def _enter(self, undo):
        with self.disk.open("wb") as file:
            file.truncate(32 * 1024 * 1024)
        # With the blocks that a card's file system has.
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", self.disk], check=True)
        shutil.copyfile(self.disk, self.before)
        self.log.touch()
        self._exported.touch()
        self._storage = subprocess.Popen([
            "qemu-storage-daemon",
            "--blockdev", f"driver=file,node-name=plain,filename={self.disk}",
            "--blockdev", f"driver=file,node-name=log,filename={self.log}",
            "--blockdev", "driver=blklogwrites,node-name=noted,file=plain,log=log",
            "--export", "type=fuse,id=noted,node-name=noted,writable=on,"
            f"mountpoint={self._exported}",
        ])
        # One that died leaves its mount behind.
        undo.callback(subprocess.run, ["umount", "--lazy", self._exported], stderr=subprocess.DEVNULL)
        undo.callback(self._storage.wait)
        undo.callback(self._storage.terminate)
        deadline = time.monotonic() + 30
        while not os.path.ismount(self._exported):
            assert self._storage.poll() is None and time.monotonic() < deadline, "no disk"
            time.sleep(0.05)
        loop = subprocess.run(
            ["losetup", "--find", "--show", self._exported], check=True, text=True,
            stdout=subprocess.PIPE).stdout.strip()
        undo.callback(subprocess.run, ["losetup", "--detach", loop], check=True)
        self._place.mkdir(exist_ok=True)
        # As a card's root file system is mounted.
        subprocess.run(
            ["mount", "-o", "noatime,errors=remount-ro", loop, self._place], check=True)
        undo.callback(subprocess.run, ["umount", self._place], check=True)
