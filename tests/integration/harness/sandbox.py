"""A machine of its own as far as the packaged defaults go: an empty /etc/portcullis,
/var/lib/portcullis and /run/portcullis, and a loopback network where every port is free."""

import ctypes
import os
import pathlib
import shutil
import subprocess
import threading

from .gate import Gate, binary
from .process import Daemon

_KINDS = {"mnt": 0x00020000, "net": 0x40000000}  # CLONE_NEWNS and CLONE_NEWNET of setns(2)
_libc = ctypes.CDLL(None, use_errno=True)

FOLDERS = ("/etc/portcullis", "/var/lib/portcullis", "/run/portcullis")


class _Namespaces(Daemon):
    """Holds a mount and a network namespace. Each of FOLDERS is a folder of `directory` there."""

    def __init__(self, directory):
        binds = "".join(f"mount --bind {directory}{folder} {folder} && " for folder in FOLDERS)
        super().__init__("namespaces", directory, [
            "unshare", "--mount", "--net", "--propagation", "private", "sh", "-ec",
            f"{binds} ip link set lo up && echo ready && exec sleep infinity"])

    def wait_ready(self):
        self.wait_log("^ready$")


class Sandbox:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        for folder in FOLDERS:
            self.path(folder).mkdir(parents=True)
            # A place to mount it at. It stays: another sandbox may be about to use it.
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        self._namespaces = _Namespaces(self.directory)
        self._daemons = [self._namespaces]
        self._namespaces.start()

    def path(self, path):
        """Where a file of the sandbox is outside of it."""
        return pathlib.Path(f"{self.directory}{path}")

    def write(self, path, content, mode=0o644):
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        target.chmod(mode)
        return target

    def _entering(self, argv):
        return ["nsenter", f"--target={self._namespaces.pid}", "--mount", "--net", "--",
                *map(str, argv)]

    def run(self, *arguments, environment=None, timeout=20, user=None):
        """A command of the gate, inside; `user`: the number of a user and a group."""
        program = [binary()]
        if user is not None:
            own = self.directory / "portcullis"
            if not own.exists():
                shutil.copy(binary(), own)  # where that user may enter
            program = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", own]
        return subprocess.run(self._entering([*program, *arguments]), capture_output=True,
                              text=True, timeout=timeout, check=False,
                              env={**os.environ, **(environment or {})})

    def _enter(self, *kinds):
        """Takes this thread or process into namespaces of the sandbox."""
        descriptors = [(os.open(f"/proc/{self._namespaces.pid}/ns/{kind}", os.O_RDONLY), kind)
                       for kind in kinds]
        for descriptor, kind in descriptors:
            if _libc.setns(descriptor, _KINDS[kind]) != 0:
                raise OSError(ctypes.get_errno(), f"setns to {kind}")
            os.close(descriptor)

    def started(self, daemon):
        """Starts a daemon inside."""
        daemon.in_child = lambda: self._enter("mnt", "net")
        self._daemons.append(daemon)
        return daemon.start()

    def gate(self, environment=None, start_with=()):
        return self.started(_DefaultGate(self, environment, start_with))

    def inside(self, function):
        """What function() returns, called with the network of the sandbox. Sockets that it opens
        stay there."""
        result = []

        def enter():
            self._enter("net")
            result.append(function())

        failure = []
        thread = threading.Thread(target=lambda: _keep_failure(enter, failure))
        thread.start()
        thread.join()
        if failure:
            raise failure[0]
        return result[0]

    def close(self):
        for daemon in reversed(self._daemons):
            daemon.stop()


def _keep_failure(function, failure):
    try:
        function()
    except BaseException as error:  # handed to the thread that waits
        failure.append(error)


class _DefaultGate(Gate):
    """Started without a word about its configuration."""

    def __init__(self, sandbox, environment, start_with):
        self._sandbox = sandbox
        super().__init__(sandbox.directory / "gate", "", "127.0.0.1")
        self.config_path.unlink()
        self.argv = [*start_with, str(binary()), "run", "--log-format", "text"]
        self.environment |= environment or {}

    def get(self, path):
        return self._sandbox.inside(lambda: super(_DefaultGate, self).get(path))
