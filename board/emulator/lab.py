"""The network around an emulated board: the lab's home router and operator."""

import json
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "tests/lab/lab"
CLOCK_SERVER = Path(__file__).with_name("clock_server.py")

# Where OpenVPN's server, and beside it the time service, answer.
OPERATOR = "198.51.100.1"


class NetworkLab:
    """Stands as long as the `with` that it is used in."""

    def __init__(self, state, *options):
        self.state = Path(state)
        self._options = options
        self._clock = None

    def __enter__(self):
        subprocess.run([LAB, "sweep"], check=True)
        # OpenVPN's keepalive leaves an emulated processor the time to answer.
        self("up", "--owner", str(os.getpid()), "--push", "origin,prefix", "--keepalive", "5,30",
             *self._options)
        names = dict(re.findall(r'^(\w+)="(.*)"$', (self.state / "lab.env").read_text(), re.M))
        self.box, self.operator = names["BOX"], names["OPERATOR"]
        self.start_clock()
        return self

    def __exit__(self, *_):
        # All that runs in its namespaces goes with it: the machine, the time service.
        self("down")

    def __call__(self, *arguments):
        """Runs a command of the lab's and returns what it prints."""
        return subprocess.run(
            self.command(*arguments), check=True, text=True, stdout=subprocess.PIPE).stdout

    def command(self, *arguments):
        """The command line of a command of the lab's."""
        return [LAB, "--state", self.state, *arguments]

    def in_box(self, *command):
        """The command line that runs `command` where the board is plugged in."""
        return ["ip", "netns", "exec", self.box, *command]

    def start_clock(self):
        """Lets the board's time service find an answer at the operator's."""
        self._clock = subprocess.Popen(
            ["ip", "netns", "exec", self.operator, "python3", CLOCK_SERVER, OPERATOR]
        )

    def stop_clock(self):
        """From now on nobody tells the board the time."""
        self._clock.kill()
        self._clock.wait()

    def truth(self):
        """What the operator's server saw: a list of connections."""
        return json.loads(self("truth"))

    def connect_to(self, card):
        """Makes a card's OpenVPN a client of this operator's, and lets it ask the time here."""
        keys = self.state / "pki"
        card.put({
            f"/etc/openvpn/keys/{name}": (keys / source).read_bytes()
            for name, source in [
                ("ca-server.crt", "ca.crt"), ("user.crt", "box.crt"), ("user.key", "box.key")
            ]
        }, mode=0o100600)
        example = ROOT / "board/overlay/etc/openvpn/client.conf.example"
        configuration = (
            example.read_text()
            .replace("remote vpn.example.net", f"remote {OPERATOR}")
            .replace("keepalive 10 30", "keepalive 5 30")
        )
        card.put({
            "/etc/openvpn/client.conf": configuration.encode(),
            "/etc/systemd/timesyncd.conf": f"[Time]\nNTP={OPERATOR}\n".encode(),
        })
