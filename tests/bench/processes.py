"""Child processes, what they cost, and how they end."""

import os
import pathlib
import resource
import select
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 15  # seconds for a child to start or to stop
QUIET = 500_000  # nanoseconds of CPU in 50 ms of who has nothing to do


class BenchError(Exception):
    pass


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Child:
    """One process with its descendants, bound to one CPU, with all descriptors it may have."""

    def __init__(self, name, command, folder, cpu=None, pipes=False):
        self.name = name
        # Not beside the certificates: Portcullis watches their folder, and each line of a log in it
        # would be a change there.
        self.log = pathlib.Path(folder, "logs", f"{name}.log")
        self.log.parent.mkdir(exist_ok=True)
        self._command = [str(part) for part in command]
        self._cpu = cpu
        self._pipe = subprocess.PIPE if pipes else None
        self.process = self._started()

    def _started(self):
        def prepare():
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            if self._cpu is not None:
                os.sched_setaffinity(0, {self._cpu})

        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                stdin=self._pipe or subprocess.DEVNULL,
                stdout=self._pipe or log,
                stderr=log,
                preexec_fn=prepare,
            )

    def restart(self):
        """When its workers are gone, too: until then they may take connections that are not theirs."""
        pids = self.tree()
        self.stop()
        deadline = time.monotonic() + PATIENCE
        while left := running(pids):
            if time.monotonic() > deadline:
                raise self.fail(f"left processes behind: {left}")
            time.sleep(0.02)
        self.process = self._started()

    def fail(self, what):
        tail = self.log.read_text(errors="replace")[-2000:]
        return BenchError(f"{self.name}: {what}\n{tail}")

    def check_alive(self):
        if self.process.poll() is not None:
            raise self.fail(f"ended with status {self.process.returncode}")

    def await_port(self, port, address="127.0.0.1"):
        deadline = time.monotonic() + PATIENCE
        while True:
            self.check_alive()
            with socket.socket() as probe:
                if probe.connect_ex((address, port)) == 0:
                    return
            if time.monotonic() > deadline:
                raise self.fail(f"does not listen on port {port}")
            time.sleep(0.02)

    def read_line(self, limit):
        """A line of its standard output; children write whole lines and flush them."""
        ready, _, _ = select.select([self.process.stdout], [], [], limit)
        line = self.process.stdout.readline().decode() if ready else ""
        if not line:
            raise self.fail("said nothing" if not ready else "ended early")
        return line.split()

    def write_line(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def stop(self):
        if self.process.stdin:
            self.process.stdin.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def tree(self):
        parents = {}
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                fields = stat_fields(entry.name)
                if fields:
                    parents[int(entry.name)] = int(fields[1])
        pids = {self.process.pid}
        while more := {p for p, parent in parents.items() if parent in pids} - pids:
            pids |= more
        return pids

    def cpu_seconds(self):
        """User and system time of the whole tree, all threads, read when it has come to rest."""
        pids = self.tree()
        deadline = time.monotonic() + 1
        before = ticks(pids)
        while True:
            time.sleep(0.03)
            now = ticks(pids)
            if now == before or time.monotonic() > deadline:
                return now / TICKS
            before = now

    def exact_cpu_seconds(self):
        """The same by the scheduler's account, which has no ticks; for what takes little."""
        pids = self.tree()
        deadline = time.monotonic() + 1
        before = on_cpu(pids)
        while True:
            time.sleep(0.05)
            now = on_cpu(pids)
            if now - before < QUIET or time.monotonic() > deadline:
                return now / 1e9
            before = now

    def pss_kb(self):
        total = 0
        for pid in self.tree():
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:")
        return total


def stat_fields(pid):
    """The fields of /proc/PID/stat behind the command's name; None when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def running(pids):
    """Those of them that are there and do not merely wait for who asks how they ended."""
    return {pid for pid in pids if (fields := stat_fields(pid)) and fields[0] not in "ZX"}


def ticks(pids):
    return sum(int(f[11]) + int(f[12]) for f in map(stat_fields, pids) if f)


def on_cpu(pids):
    """Nanoseconds that all threads of these have run."""
    total = 0
    for pid in pids:
        for thread in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(thread.read_text().split()[0])
            except OSError:
                continue  # it has ended
    return total
