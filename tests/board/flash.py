#!/usr/bin/env -S python3 -B
"""board/flash, on loop devices. The kernel does not call these removable: a stand-in for its sysfs says
so, and says what a card reader would say of itself."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

FLASH = Path(__file__).resolve().parents[2] / "board/flash"
MEBIBYTE = 1024 * 1024


class Flash(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        self.card = self.directory / "card"
        self.card.write_bytes(os.urandom(8 * MEBIBYTE))
        self.image = self.directory / "image"
        self.image.write_bytes(os.urandom(6 * MEBIBYTE + 512))

    def loop(self, *options, file=None):
        """A loop device for the card, and what the kernel would say of it in a card reader."""
        device = subprocess.run(
            ["losetup", "--find", "--show", *options, file or self.card],
            check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
        self.addCleanup(subprocess.run, ["losetup", "--detach", device], check=True)
        self.describe(device, removable="1")
        return device

    def partitioned_loop(self):
        """The same with one partition. Not every kernel looks for partitions by itself."""
        subprocess.run(["sfdisk", "--quiet", self.card], input="2048\n", text=True, check=True)
        device = self.loop()
        subprocess.run(["partx", "--add", device], check=True)
        self.addCleanup(subprocess.run, ["partx", "--delete", device], check=True)
        self.describe(device, removable="1")
        return device

    def describe(self, device, removable, kind=None):
        name = Path(device).name
        real = Path("/sys/class/block", name)
        stand_in = self.directory / "sys/devices" / name
        shutil.rmtree(stand_in, ignore_errors=True)
        (stand_in / "device").mkdir(parents=True)
        (stand_in / "removable").write_text(removable + "\n")
        (stand_in / "device/model").write_text("SD Card Reader \n")
        (stand_in / "device/vendor").write_text("Testware\n")
        if kind:
            (stand_in / "device/type").write_text(kind + "\n")
        for part in "dev", "holders":
            (stand_in / part).symlink_to(real / part)
        names = self.directory / "sys/class/block"
        names.mkdir(parents=True, exist_ok=True)
        for partition in real.glob("*/partition"):
            (stand_in / partition.parent.name).mkdir()
            for part in "dev", "partition":
                (stand_in / partition.parent.name / part).symlink_to(partition.parent / part)
            self.name(partition.parent.name, stand_in / partition.parent.name)
        self.name(name, stand_in)

    def name(self, name, target):
        link = self.directory / "sys/class/block" / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)

    def flash(self, device, *options, typed=None, around=()):
        return subprocess.run(
            [*around, FLASH, device, self.image, *options], text=True, capture_output=True,
            input=(typed if typed is not None else device) + "\n",
            env=os.environ | {"FLASH_SYSFS": str(self.directory / "sys")})

    def refuses(self, text, device, *options, **how):
        before = self.card.read_bytes()
        result = self.flash(device, *options, **how)
        self.assertEqual(result.returncode, 1, result)
        self.assertIn(text, result.stderr)
        self.assertEqual(self.card.read_bytes(), before)

    def test_an_image_is_written_and_read_back(self):
        device = self.loop()
        result = self.flash(device)
        self.assertEqual(result.returncode, 0, result.stderr)
        content = self.image.read_bytes()
        self.assertEqual(self.card.read_bytes()[:len(content)], content)
        for text in "Testware SD Card Reader", "0.0 GB", "writing: 6,291,968 bytes", "reading back":
            self.assertIn(text, result.stdout)

    def test_what_is_on_the_card_is_shown_first(self):
        subprocess.run(["mke2fs", "-q", "-L", "holidays", self.card], check=True)
        device = self.loop()
        self.assertIn("holidays", self.flash(device, typed="no").stdout)

    def test_a_card_in_a_slot_of_its_own_is_removable(self):
        device = self.loop()
        self.describe(device, removable="0", kind="SD")
        self.assertEqual(self.flash(device).returncode, 0)

    def test_a_card_that_gives_back_something_else_is_found_out(self):
        # Its first bytes are somebody else's by the time they are read back.
        device = self.loop()
        broken = self.directory / "broken"
        broken.write_text(FLASH.read_text().replace(
            "    progress.end()\n\n\ndef verify",
            "    disk.path.open('r+b').write(b'lost')\n    progress.end()\n\n\ndef verify"))
        self.assertIn("b'lost'", broken.read_text())
        broken.chmod(0o755)
        result = subprocess.run(
            [broken, device, self.image], text=True, capture_output=True, input=device + "\n",
            env=os.environ | {"FLASH_SYSFS": str(self.directory / "sys")})
        self.assertEqual(result.returncode, 1)
        self.assertIn("does not give back what was written, from byte 0 on", result.stderr)

    def test_another_name_typed_is_refused(self):
        device = self.loop()
        for typed in "", "yes", device[:-1], Path(device).name:
            self.refuses("that is another name", device, typed=typed)

    def test_yes_without_an_id_is_refused(self):
        self.refuses("--yes wants the device by its id", self.loop(), "--yes")

    def test_what_is_built_in_is_refused(self):
        device = self.loop()
        self.describe(device, removable="0")
        self.refuses("is no removable disk", device)

    def test_a_built_in_chip_is_refused(self):
        device = self.loop()
        self.describe(device, removable="0", kind="MMC")
        self.refuses("is no removable disk", device)

    def test_a_partition_is_refused(self):
        device = self.partitioned_loop()
        self.refuses(f"is a partition: give the whole disk, {device}", f"{device}p1")

    def test_a_mounted_card_is_refused(self):
        subprocess.run(["mke2fs", "-q", self.card], check=True)
        device, place = self.loop(), self.directory / "place with a space"
        place.mkdir()
        subprocess.run(["mount", "-o", "ro", device, place], check=True)
        try:
            self.refuses(f"is in use, on {place}: `umount` that first", device)
        finally:
            subprocess.run(["umount", place], check=True)

    def test_a_card_with_a_mounted_partition_is_refused(self):
        device, place = self.partitioned_loop(), self.directory / "place"
        subprocess.run(["mke2fs", "-q", f"{device}p1"], check=True)
        place.mkdir()
        subprocess.run(["mount", "-o", "ro", f"{device}p1", place], check=True)
        try:
            self.refuses(f"is in use, on {place}", device)
        finally:
            subprocess.run(["umount", place], check=True)

    def test_the_running_system_is_refused(self):
        # For this one process, and for nobody else, the card is mounted as the system's root.
        subprocess.run(["mke2fs", "-q", self.card], check=True)
        device = self.loop()
        script = 'mount -o ro "$1" / && shift && exec "$@"'
        around = ["unshare", "--mount", "sh", "-c", script, "sh", device]
        self.refuses("holds the running system", device, around=around)

    def test_a_card_that_somebody_else_writes_is_refused(self):
        device = self.loop()
        with open(os.open(device, os.O_RDWR | os.O_EXCL), "rb"):
            self.refuses("cannot be opened: Device or resource busy", device)

    def test_a_write_protected_card_is_refused(self):
        self.refuses("is write-protected", self.loop("--read-only"))

    def test_a_card_that_is_too_small_is_refused(self):
        os.truncate(self.card, 6 * MEBIBYTE)
        self.refuses("is too small: 6,291,456 bytes, and the image has 6,291,968", self.loop())

    def test_what_is_no_disk_is_refused(self):
        self.refuses("is no disk", str(self.card))
        self.refuses("cannot be looked at: No such file", "/dev/nothing-of-that-name")

    def test_what_is_no_image_is_refused(self):
        device = self.loop()
        self.image.write_bytes(b"half a sector")
        self.refuses("are no whole sectors", device)
        self.image.unlink()
        self.refuses("is no image", device)


if __name__ == "__main__":
    unittest.main()
