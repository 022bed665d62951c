"""A board in QEMU, and the shell on its serial console."""

import secrets
import subprocess
import threading
import time
from pathlib import Path

# The kernel's line, as on the card but for the console; quiet, since the console is a shell's too.
KERNEL_LINE = (
    "root=LABEL=brique ro rootwait console=ttyAMA0 net.ifnames=0 quiet loglevel=3 "
    "systemd.show_status=no"
)

# Units that a tunnel does without, and whose start an emulated processor takes long about.
DISPENSABLE = [
    "apt-daily-upgrade.timer", "apt-daily.timer", "dev-mqueue.mount", "dpkg-db-backup.timer",
    "fstrim.timer", "getty@tty1.service", "modprobe@configfs.service", "modprobe@dm_mod.service",
    "modprobe@drm.service", "modprobe@efi_pstore.service", "modprobe@fuse.service",
    "modprobe@loop.service", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
    "systemd-logind.service", "systemd-update-utmp-runlevel.service", "systemd-update-utmp.service",
]

# At what rate U-Boot tells the kernel that an Allwinner's timer counts, in Hz. QEMU's own would count
# faster, and all the board's time with it.
U_BOOT_TIMER = 24_000_000

# Where the page is found on the board once `page_files` are on its card, and in the box's namespace.
PAGE_PORT = 8470
# Where the board takes it in from its network, to hand it on to the page on its loopback.
PAGE_DOOR = 8471
# Where its ssh, once that is on, is found in the box's namespace.
SSH_PORT = 2222


class MachineError(Exception):
    """The board did not do what was asked in time, or not as asked."""


class Machine:
    """A running board. It is killed at the end of the `with` that it is used in."""

    def __init__(self, command, log):
        self._log_path = Path(log)
        self._log = self._log_path.open("ab")
        self._output = bytearray()
        self._changed = threading.Condition()
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        """Pulls the plug: not a byte is written after this."""
        self._process.kill()
        self._process.wait()

    def wait(self, seconds):
        """Until the board has switched itself off."""
        self._process.wait(seconds)

    @property
    def is_off(self):
        """Whether it was switched off, or its plug pulled."""
        return self._process.poll() is not None

    @property
    def uptime(self):
        """Seconds since the machine was switched on, here."""
        return time.monotonic() - self._began

    def heard(self):
        """All that came over the serial line."""
        with self._changed:
            return self._output.decode(errors="replace")

    def await_text(self, text, seconds, start=0):
        """Until `text` has come, from that offset on. Returns the offset behind it."""
        text = text.encode()
        deadline = time.monotonic() + seconds
        with self._changed:
            while (at := self._output.find(text, start)) < 0:
                left = deadline - time.monotonic()
                if left <= 0 or self._process.poll() is not None:
                    raise MachineError(
                        f"no {text.decode()!r} within {seconds} s; {self._log_path} ends with:\n"
                        + self._output[-2000:].decode(errors="replace")
                    )
                self._changed.wait(min(left, 1))
            return at + len(text)

    def log_in(self, seconds=600):
        """Waits for the console's shell, and makes it one for programs."""
        self.await_text("root@brique", seconds)
        # A shell that echoes nothing and prompts for nothing.
        self._send("exec sh\n")
        time.sleep(1)
        self._send("stty -echo; PS1=; PS2=; export LC_ALL=C.UTF-8\n")
        self.run("true")

    def run(self, command, seconds=120, check=True):
        """Runs a command line on the board and returns what it printed."""
        mark = secrets.token_hex(8)
        with self._changed:
            start = len(self._output)
        # Split, so that the line itself can never be taken for the answer.
        self._send(f"{{ {command}\n}} </dev/null 2>&1; echo '{mark[:8]}''{mark[8:]}' $?\n")
        at = self.await_text(mark + " ", seconds, start)
        end = self.await_text("\n", 60, at)
        with self._changed:
            text = self._output[start:at - len(mark) - 1].decode(errors="replace")
            status = int(self._output[at:end])
        if check and status:
            raise MachineError(f"{command!r} ended with {status}: {text}")
        return text.replace("\r\n", "\n")

    def begin(self, command):
        """Runs a command line whose end is not waited for."""
        self._send(command + "\n")

    def await_success(self, command, seconds):
        """Runs a command line until it succeeds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                return self.run(command)
            except MachineError as error:
                last = error
                time.sleep(0.5)
        raise MachineError(f"not within {seconds} s: {last}")

    def power_off(self):
        """Switches the board off properly."""
        self._send("systemctl poweroff\n")
        self.wait(300)

    def _send(self, text):
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
        except OSError as error:
            raise MachineError(f"the board is off: {error}") from error

    def _listen(self):
        while piece := self._process.stdout.read1(65536):
            self._log.write(piece)
            self._log.flush()
            with self._changed:
                self._output += piece
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


def virtual(card, directory, *, rtc="utc", without=(), serial="stdio"):
    """The command line of QEMU's virtual machine, with the processor of the Limes and their memory,
    that runs the card's kernel. `directory` is for what is taken off the card, `without` names units
    that are not started."""
    kernel, initrd = Path(directory, "vmlinuz"), Path(directory, "initrd.img")
    for path in kernel, initrd:
        if not path.exists():
            target = card.read_link(f"/boot/{path.name}")
            path.write_bytes(card.read(f"/boot/{target}"))
    return [
        "qemu-system-arm", "-M", "virt,highmem=off", "-cpu", "cortex-a7", "-smp", "2", "-m", "512",
        "-kernel", kernel, "-initrd", initrd,
        "-append", f"{KERNEL_LINE} {masks(without)}",
        "-drive", f"if=none,id=card,format=raw,file={card.path}",
        "-device", "virtio-blk-device,drive=card",
        "-netdev", network(), "-device", "virtio-net-device,netdev=net",
        "-device", "virtio-rng-device", "-rtc", f"base={rtc}",
        "-no-reboot", "-display", "none", "-monitor", "none", "-serial", serial,
    ]


def orange_pi(card, *, serial="stdio"):
    """The command line of the machine that is nearest to the Limes in QEMU: an Orange Pi PC, whose ROM,
    boot loader and U-Boot start the kernel off the card as theirs do. Prepares the card for it."""
    card.start_as("orangepi_zero")
    extlinux = "/boot/extlinux/extlinux.conf"
    # Its four processors, emulated, keep each other waiting beyond what the kernel puts up with; and one
    # takes longer to find its console than systemd waits.
    more = f"maxcpus=1 systemd.default_device_timeout_sec=900 {masks(DISPENSABLE)}"
    card.put({extlinux: card.read(extlinux).rstrip() + f" {more}\n".encode()})
    return [
        "qemu-system-arm", "-M", "orangepi-pc", "-global", f"cortex-a7-arm-cpu.cntfrq={U_BOOT_TIMER}",
        "-drive", f"if=sd,format=raw,file={card.path}",
        "-nic", network(), "-no-reboot", "-display", "none", "-monitor", "none", "-serial", serial,
    ]


def masks(units):
    """What tells systemd, on the kernel's line, not to start units."""
    return " ".join(f"systemd.mask={unit}" for unit in units)


def network():
    """QEMU's own little network: the board's address by DHCP; from outside the ports of its page and its
    ssh."""
    return (
        f"user,id=net,hostfwd=tcp:127.0.0.1:{PAGE_PORT}-:{PAGE_DOOR}"
        f",hostfwd=tcp:127.0.0.1:{SSH_PORT}-:22"
    )


def quick_files():
    """The file that lets a board look for no other hardware than what a tunnel and its console need."""
    return {
        "/etc/systemd/system/systemd-udev-trigger.service": (
            b"[Unit]\n"
            b"DefaultDependencies=no\n"
            b"Wants=systemd-udevd.service\n"
            b"After=systemd-udevd-kernel.socket systemd-udevd-control.socket\n"
            b"Before=sysinit.target\n"
            b"[Service]\n"
            b"Type=oneshot\n"
            b"RemainAfterExit=yes\n"
            b"ExecStart=-udevadm trigger --action=add --subsystem-match=block --subsystem-match=net\n"
            b"ExecStart=-udevadm trigger --action=add --sysname-match=ttyAMA0\n"
        ),
    }


def page_files():
    """The files that open the board's page to QEMU's network. No card has them by itself."""
    return {
        "/etc/systemd/system/page.socket": f"[Socket]\nListenStream={PAGE_DOOR}\n".encode(),
        "/etc/systemd/system/page.service": (
            "[Service]\n"
            f"ExecStart=/lib/systemd/systemd-socket-proxyd 127.0.0.1:{PAGE_PORT}\n".encode()
        ),
    }
