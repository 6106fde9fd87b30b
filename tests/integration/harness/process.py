"""Programs under test, and waiting for what they say. Nothing here sleeps for a fixed time: every
wait has a condition and a deadline."""

import ctypes
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import time

POLL_SECONDS = (0.001, 0.02)  # at first, and at most

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _end_with_parent():
    """A test run that is killed must not leave servers behind. Forgotten by the kernel when the
    program changes its user, so as_user() asks again."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Timeout(AssertionError):
    pass


def wait_until(condition, timeout, what):
    """Polls until condition() is truthy and returns its value."""
    deadline = time.monotonic() + timeout
    pause, longest = POLL_SECONDS
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout(f"not within {timeout} s: {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(2 * pause, longest)


def family(pid):
    """The process and all that it has started, itself first."""
    found = [pid]
    for parent in found:
        with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as children:
            found += [int(child) for child in children.read().split()]
    return found


def as_user(user, argv):
    """Servers refuse to run as root; when we are root, become the package's user."""
    if os.geteuid() != 0:
        return list(argv)
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups",
            "--pdeathsig=TERM", "--", *map(str, argv)]


def make_directory(path, user=None):
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o755)
    if user and os.geteuid() == 0:
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
    return path


class Daemon:
    """One running program whose standard output and error go to a file that tests read.
    Subclasses say in wait_ready() when it serves."""

    def __init__(self, name, directory, argv, environment=None, in_child=None):
        self.name = name
        self.directory = pathlib.Path(directory)
        self.argv = [str(a) for a in argv]
        self.environment = {**os.environ, **(environment or {})}
        self.in_child = in_child
        self.log_path = self.directory / f"{name}.log"
        self.process = None
        self.launched_at = 0

    def launch(self):
        """To be called in the main thread: the kernel takes the thread for the parent."""
        self.launched_at = self.mark()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.argv, env=self.environment, cwd=self.directory, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, preexec_fn=self._in_child)

    def _in_child(self):
        _end_with_parent()
        if self.in_child:
            self.in_child()

    def wait_ready(self):
        raise NotImplementedError

    def start(self):
        self.launch()
        self.wait_ready()
        return self

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def log(self, since=0):
        """As Latin-1, so that a position in it is an offset in the file."""
        try:
            with open(self.log_path, "rb") as file:
                file.seek(since)
                return file.read().decode("latin-1")
        except FileNotFoundError:
            return ""

    def mark(self):
        """A position in the log, for `since`."""
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def wait_log(self, pattern, timeout=10, since=0):
        """For a pattern that matches in one line."""
        start = since

        def found():
            nonlocal start
            running, text = self.running(), self.log(start)
            match = re.search(pattern, text, re.MULTILINE)
            if match is None and not running:
                raise AssertionError(f"{self.name} ended:\n{self.tail()}")
            start += text.rfind("\n") + 1  # whole lines need not be looked at again
            return match
        return wait_until(found, timeout, f"{pattern!r} in the log of {self.name}")

    def count_log(self, pattern, since=0):
        return len(re.findall(pattern, self.log(since), re.MULTILINE))

    def tail(self, lines=60):
        return "\n".join(self.log().splitlines()[-lines:])

    def ask_to_stop(self):
        if self.running():
            self.process.send_signal(signal.SIGTERM)

    def stop(self, timeout=10):
        """SIGTERM and wait; returns the exit status. SIGKILL, and -9, when it does not end."""
        if self.process is None:
            return None
        if self.running():
            self.ask_to_stop()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait()
