#!/usr/bin/env -S python3 -B
"""The reader of QEMU's log of writes, on logs made here."""

import io
import random
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "board"))

from emulator import write_log
from emulator.write_log import DISCARD, FLUSH, FUA, HEADER, MAGIC, SECTOR, SUPERBLOCK, Flush, Write


def log(*entries):
    """A log of entries: first sector, data, flags."""
    text = SUPERBLOCK.pack(MAGIC, 1, 0, SECTOR).ljust(SECTOR, b"\0")
    for sector, data, flags in entries:
        header = HEADER.pack(sector, len(data) // SECTOR, flags, 0)
        text += header.ljust(SECTOR, b"\0") + (b"" if flags & DISCARD else data)
    return text


def sectors(letters):
    return b"".join(letter.encode() * SECTOR for letter in letters)


class WriteLog(unittest.TestCase):
    def read(self, content):
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            return write_log.read(file.name)

    def test_writes_and_flushes_are_read_in_order(self):
        entries = self.read(log((2, sectors("ab"), 0), (0, b"", FLUSH), (9, sectors("c"), FUA)))
        self.assertEqual(
            [entry.what for entry in entries],
            [Write(2 * SECTOR, sectors("ab")), Flush(), Write(9 * SECTOR, sectors("c")), Flush()])
        self.assertEqual([entry.end // SECTOR for entry in entries], [4, 5, 7, 7])

    def test_a_flush_before_a_write_does_not_cover_it(self):
        entries = self.read(log((1, sectors("a"), FLUSH)))
        self.assertEqual([entry.what for entry in entries], [Flush(), Write(SECTOR, sectors("a"))])

    def test_what_was_discarded_has_no_data(self):
        entries = self.read(log((1, sectors("a"), DISCARD), (2, sectors("b"), 0)))
        self.assertEqual([entry.what for entry in entries], [Write(2 * SECTOR, sectors("b"))])

    def test_a_log_that_was_cut_off_ends_before_the_cut(self):
        whole = log((1, sectors("a"), 0), (2, sectors("bc"), 0))
        self.assertEqual(len(self.read(whole[:-SECTOR])), 1)

    def test_another_file_is_no_log(self):
        with self.assertRaises(ValueError):
            self.read(bytes(4 * SECTOR))

    def test_what_was_flushed_is_never_lost_and_what_comes_later_never_there(self):
        entries = self.read(log(
            (0, sectors("a"), 0), (0, b"", FLUSH),
            (1, sectors("bb"), 0), (3, sectors("c"), 0), (0, b"", FLUSH),
            (4, sectors("d"), 0), (0, b"", FLUSH)))
        seen = set()
        for seed in range(50):
            for cut in write_log.cut_offs(entries, random.Random(seed)):
                disk = io.BytesIO(sectors("....."))
                flushed = [e.what for e in entries[:cut.flushed] if isinstance(e.what, Write)]
                write_log.apply([*flushed, *cut.arrived], disk)
                seen.add(bytes(disk.getvalue()[::SECTOR]).decode())
                for entry in entries[:cut.flushed]:
                    self.assertLessEqual(entry.end, cut.log_end)
        self.assertLessEqual(
            {".....", "a....", "abbc.", "abbcd", "ab...", "a..c.", "abb.."}, seen)
        for disk in seen:
            # Each is between two flushes: nothing of the next, all of the one before.
            self.assertTrue(disk[0] == "a" or disk == ".....", disk)
            self.assertTrue(disk[4] == "." or disk == "abbcd", disk)


if __name__ == "__main__":
    unittest.main()
