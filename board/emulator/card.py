"""A card: a copy of an image, with files put on it before a board starts from it."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

# Where board/image lets the partition begin, and where an Allwinner's ROM looks for a boot loader, in
# bytes.
PARTITION = 4 * 1024 * 1024
LOADER = 8 * 1024


class CardError(Exception):
    """The file system is not as it should be; the text is its tools'."""


class Card:
    def __init__(self, image, path, megabytes=1024):
        self.path = Path(path)
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", image, path], check=True)
        os.truncate(path, megabytes * 1024 * 1024)

    def put(self, files, mode=0o100644):
        """Writes root's files of that mode: paths to contents. What was there before goes."""
        with tempfile.TemporaryDirectory() as directory:
            commands = []
            for number, (path, content) in enumerate(files.items()):
                source = Path(directory, str(number))
                source.write_bytes(content)
                commands += [
                    f"rm {path}", f"write {source} {path}", f"sif {path} mode 0{mode:o}",
                    f"sif {path} uid 0", f"sif {path} gid 0",
                ]
            self._debugfs(commands)
        for path, content in files.items():
            if self.read(path) != content:
                raise CardError(f"{path} was not written")

    def link(self, path, target):
        """Makes a symbolic link."""
        self._debugfs([f"symlink {path} {target}"])

    def remove(self, path):
        """Takes a file away."""
        self._debugfs([f"rm {path}"])

    def read(self, path):
        """The content of a file."""
        with tempfile.TemporaryDirectory() as directory:
            target = Path(directory, "content")
            self._debugfs([f"dump {path} {target}"])
            if not target.exists():
                raise CardError(f"{path} is not on the card")
            return target.read_bytes()

    def read_link(self, path):
        """Where a symbolic link leads."""
        shown = subprocess.run(
            ["debugfs", "-R", f"stat {path}", f"{self.path}?offset={PARTITION}"],
            check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ).stdout
        link = re.search(r'^Fast link dest: "(.*)"$', shown, re.M)
        if not link:
            raise CardError(f"{path} is no link on the card")
        return link.group(1)

    def start_as(self, board):
        """Puts the boot loader of another board before the partition, out of the card's own U-Boots."""
        loader = self.read(f"/usr/lib/u-boot/{board}/u-boot-sunxi-with-spl.bin")
        with self.path.open("r+b") as file:
            file.seek(LOADER)
            file.write(loader)

    def must_be_sound(self):
        """Of a board that switched itself off: its file system has nothing left to repair."""
        result = subprocess.run(
            ["e2fsck", "-fn", f"{self.path}?offset={PARTITION}"], text=True, capture_output=True)
        if result.returncode:
            raise CardError(result.stdout)

    def _debugfs(self, commands):
        with tempfile.NamedTemporaryFile("w") as script:
            script.write("\n".join(commands) + "\n")
            script.flush()
            # It says on standard error what it could not do, and goes on.
            subprocess.run(
                ["debugfs", "-w", "-f", script.name, f"{self.path}?offset={PARTITION}"],
                check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
