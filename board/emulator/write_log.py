"""What QEMU's `blklogwrites` driver notes of a disk: each write and each flush, in order. From it, the
disk as a power cut at any moment could have left it.

The format is that of Linux's dm-log-writes (admin-guide/device-mapper/log-writes.rst): a superblock,
then for each entry a header in one sector, with the data behind it.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
MAGIC = 0x6A73_6677_7368_72
SUPERBLOCK = struct.Struct("<QQQI")
HEADER = struct.Struct("<QQQQ")
FLUSH, FUA, DISCARD = 1, 2, 4


@dataclass
class Write:
    """Bytes that went to a place on the disk."""

    offset: int
    data: bytes

    def torn(self, sectors):
        """The same write, of which only the first sectors arrived."""
        return Write(self.offset, self.data[:sectors * SECTOR])

    @property
    def sectors(self):
        return len(self.data) // SECTOR


@dataclass
class Flush:
    """What was written before is on the disk for good."""


@dataclass
class Entry:
    """One thing that the disk was told, and where its note ends in the log, in bytes."""

    what: Write | Flush
    end: int


def read(path):
    """All entries of a log, of a machine that was switched off or was not."""
    log = Path(path).read_bytes()
    magic, version, _, sector = SUPERBLOCK.unpack_from(log)
    if (magic, version, sector) != (MAGIC, 1, SECTOR):
        raise ValueError(f"{path} is no log of writes")
    entries = []
    at = SECTOR
    # The superblock's count lags behind; a header that was never written is all zeros.
    while at + SECTOR <= len(log):
        start, count, flags, _ = HEADER.unpack_from(log, at)
        at += SECTOR
        length = 0 if flags & DISCARD else count * SECTOR
        if at + length > len(log):
            break
        if flags & FLUSH:
            entries.append(Entry(Flush(), at))
        if length:
            entries.append(Entry(Write(start * SECTOR, log[at:at + length]), at + length))
        at += length
        if flags & FUA:
            entries.append(Entry(Flush(), at))
    return entries


@dataclass
class CutOff:
    """A disk as a power cut leaves it: what had been flushed, then what else happened to arrive."""

    # How many of the log's entries belong to what is there for good.
    flushed: int
    arrived: list[Write]
    # Where in the log it happened, in bytes: what was noted before had been told to the disk.
    log_end: int


def cut_offs(entries, dice):
    """Power cuts after each flush and before the next one: everything in between is lost; it arrived
    but for the last write, which is torn; only some of it arrived, in no order. `dice` chooses."""
    windows = []
    start = 0
    for number, entry in enumerate(entries):
        if isinstance(entry.what, Flush):
            windows.append((start, number))
            start = number + 1
    for first, after in windows:
        pending = [entry for entry in entries[first:after] if isinstance(entry.what, Write)]
        if not pending:
            continue
        at = entries[after - 1].end
        writes = [entry.what for entry in pending]
        yield CutOff(first, [], at)
        last = writes[-1]
        yield CutOff(first, [*writes[:-1], last.torn(dice.randrange(last.sectors))], at)
        some = [write for write in writes if dice.random() < 0.5]
        dice.shuffle(some)
        if some:
            some[-1] = some[-1].torn(dice.randint(1, some[-1].sectors))
        yield CutOff(first, some, at)
        # In the middle of it, in order.
        cut = dice.randrange(1, len(writes) + 1)
        yield CutOff(first, writes[:cut], pending[cut - 1].end)


def apply(writes, disk):
    """Writes to a disk that is a file, open for writing."""
    for write in writes:
        disk.seek(write.offset)
        disk.write(write.data)
