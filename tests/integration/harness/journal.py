"""The journal of systemd: the real one, in a mount namespace of its own, and a socket in its place."""

import contextlib
import ctypes
import json
import os
import pathlib
import socket
import subprocess

from .process import Daemon, wait_until

_CLONE_NEWNS = 0x00020000
_libc = ctypes.CDLL(None, use_errno=True)

JOURNALD = pathlib.Path("/lib/systemd/systemd-journald")


class Namespace(Daemon):
    """Holds a mount namespace with a /run/systemd/journal of its own, and runs a command in it."""

    def __init__(self, directory, command="echo ready; exec sleep infinity"):
        super().__init__("namespace", directory, [
            "unshare", "--mount", "--propagation", "private", "sh", "-ec",
            "mount -t tmpfs none /run; mount -t tmpfs none /var/log; "
            f"mkdir -p /run/systemd/journal /var/log/journal; {command}"])

    def wait_ready(self):
        self.wait_log("^ready$")

    def path(self, path):
        """Where a file of the namespace is outside of it."""
        return f"/proc/{self.pid}/root{path}"

    def enter(self):
        """Takes this process into it."""
        descriptor = os.open(f"/proc/{self.pid}/ns/mnt", os.O_RDONLY)
        if _libc.setns(descriptor, _CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(descriptor)


class Journal(Namespace):
    """systemd-journald."""

    def __init__(self, directory):
        super().__init__(directory, f"exec {JOURNALD}")

    def wait_ready(self):
        sockets = [self.path(f"/run/systemd/journal/{name}") for name in ("socket", "stdout")]
        wait_until(lambda: all(map(os.path.exists, sockets)), 10,
                   lambda: f"the journal's sockets\n{self.tail()}")

    def stream(self):
        """What systemd gives to a service as its standard error, and JOURNAL_STREAM for it."""
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.connect(self.path("/run/systemd/journal/stdout"))
        # Identifier, unit, priority, whether "<4>" is read, and three places to forward to.
        stream.sendall(b"portcullis\nportcullis.service\n6\n1\n0\n0\n0\n")
        return stream, identity(stream.fileno())

    def journalctl(self, *options):
        return subprocess.run(
            ["nsenter", f"--target={self.pid}", "--mount", "--", "journalctl", "--all", *options],
            capture_output=True, text=True, timeout=20, check=False).stdout

    def entries(self):
        return [json.loads(line) for line in self.journalctl("-o", "json").splitlines()]


def identity(descriptor):
    status = os.fstat(descriptor)
    return f"{status.st_dev}:{status.st_ino}"


class FakeJournal:
    """A socket that tests read, or do not."""

    def __init__(self, namespace):
        self._path = namespace.path("/run/systemd/journal/socket")
        self._socket = None
        self.open()

    def open(self):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._path)
        os.chmod(self._path, 0o666)
        self._socket.setblocking(False)

    def entries(self):
        """What has come since the last call, each as a dict."""
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                datagram = self._socket.recv(65536).decode()
                found.append(dict(line.split("=", 1) for line in datagram.splitlines()))
        return found

    def close(self):
        self._socket.close()
        pathlib.Path(self._path).unlink()
