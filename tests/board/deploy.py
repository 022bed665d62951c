#!/usr/bin/env -S python3 -B
"""board/deploy, with a stand-in for ssh that runs the board's commands here, where systemctl and
journalctl are stand-ins too. Over a real ssh, onto an emulated board: tests/board/check."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "board/deploy"


class Deploy(unittest.TestCase):
    def setUp(self):
        self.board = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.board)
        self.installed = self.board / "temoin"
        self.script(self.installed, "echo temoin old")
        self.fresh = self.board / "fresh"
        self.script(self.fresh, "echo temoin new")
        self.script(
            self.board / "systemctl",
            f'case $1 in show) echo "{{ path={self.installed} ; argv[]={self.installed} daemon }}" ;; '
            f'*) echo "$*" >>{self.board}/asked ;; esac')
        self.script(self.board / "journalctl", "echo restarted")
        self.script(
            self.board / "ssh",
            f'echo "$1" >>{self.board}/hosts; shift; PATH={self.board}:$PATH; exec sh -c "$*"')

    def script(self, path, text):
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def deploy(self, *arguments):
        return subprocess.run(
            [DEPLOY, *arguments], text=True, capture_output=True,
            env=os.environ | {"SSH": str(self.board / "ssh")})

    def test_a_fresh_build_takes_the_place_of_the_services_program(self):
        result = self.deploy("brique.local", self.fresh)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.installed.read_bytes(), self.fresh.read_bytes())
        self.assertTrue(os.access(self.installed, os.X_OK))
        self.assertIn("brique.local runs temoin new", result.stdout)
        self.assertIn("restarted", result.stdout)
        self.assertEqual((self.board / "asked").read_text(), "restart temoin\n")
        self.assertEqual(set((self.board / "hosts").read_text().split()), {"root@brique.local"})

    def test_a_connection_that_breaks_leaves_the_old_one_whole(self):
        self.script(self.board / "chmod", "exit 1")
        self.assertNotEqual(self.deploy("brique.local", self.fresh).returncode, 0)
        self.assertIn("old", self.installed.read_text())
        self.assertFalse((self.board / "asked").exists())

    def test_a_board_without_the_service_is_refused(self):
        self.script(self.board / "systemctl", "exit 0")
        result = self.deploy("brique.local", self.fresh)
        self.assertEqual(result.returncode, 1)
        self.assertIn("no temoin.service on brique.local", result.stderr)

    def test_without_a_host_it_asks_which_board(self):
        result = self.deploy("", self.fresh)
        self.assertEqual(result.returncode, 2)
        self.assertIn("which board?", result.stderr)


if __name__ == "__main__":
    unittest.main()
