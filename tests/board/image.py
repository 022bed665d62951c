#!/usr/bin/env -S python3 -B
"""image.py PROGRAM BOARD CARD: what board/image makes of PROGRAM for each board, and what it refuses to
make. CARD is what it has made of it for BOARD before."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "board"))

from emulator.card import LOADER, PARTITION, Card, CardError

IMAGE = ROOT / "board/image"
LOADERS = {"lime": "A20-OLinuXino-Lime", "lime2": "A20-OLinuXino-Lime2"}
# Where sshd is begun from, on a board that has it on.
SSH_WANTED = "/etc/systemd/system/multi-user.target.wants/ssh.service"


class Image(unittest.TestCase):
    program = None
    board = None
    card = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def make(self, board, **environment):
        image = self.directory / "image"
        result = subprocess.run(
            [IMAGE, board, self.program, image], text=True, capture_output=True,
            env=os.environ | environment)
        return image, result

    def made(self, board, **environment):
        image, result = self.make(board, **environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        return image

    def opened(self, image):
        return Card(image, self.directory / "card")

    def test_made_again_for_the_other_board_only_its_boot_loader_differs(self):
        other, = LOADERS.keys() - {self.board}
        cards = []
        for board, image in (self.board, Path(self.card)), (other, self.made(other)):
            content, loader = image.read_bytes(), LOADERS[board]
            own = self.opened(image).read(f"/usr/lib/u-boot/{loader}/u-boot-sunxi-with-spl.bin")
            self.assertEqual(own[4:12], b"eGON.BT0", "what the board's ROM looks for")
            self.assertTrue(
                content[LOADER:PARTITION] == own.ljust(PARTITION - LOADER, b"\0"), f"not {loader}")
            cards.append(content[:LOADER] + content[PARTITION:])
        self.assertTrue(cards[0] == cards[1], "more than the boot loader differs")

    def test_ssh_is_on_for_the_holder_of_a_key_only(self):
        card = self.opened(self.made("lime", SSH_KEY=""))
        self.assertRaises(CardError, card.read, "/root/.ssh/authorized_keys")
        self.assertRaises(CardError, card.read_link, SSH_WANTED)
        key = self.directory / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        public = key.with_name("key.pub")
        card = self.opened(self.made("lime", SSH_KEY=str(public)))
        self.assertEqual(card.read("/root/.ssh/authorized_keys"), public.read_bytes())
        self.assertEqual(card.read_link(SSH_WANTED), "/lib/systemd/system/ssh.service")

    def test_only_a_public_key_is_put_on_a_card(self):
        key = self.directory / "key"
        key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
        self.refuses(f"{key} is no public key of ssh's", "lime", SSH_KEY=str(key))

    def test_it_names_the_boards_that_it_knows(self):
        self.refuses("'lime3' is no board that is known: BOARD=lime or BOARD=lime2", "lime3")

    def refuses(self, text, board, **environment):
        image, result = self.make(board, **environment)
        self.assertEqual(result.returncode, 1, result)
        self.assertIn(text, result.stderr)
        self.assertFalse(image.exists())


if __name__ == "__main__":
    Image.card, Image.board, Image.program = sys.argv.pop(), sys.argv.pop(), sys.argv.pop()
    unittest.main()
