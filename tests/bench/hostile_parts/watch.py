"""What a process spends, read from /proc."""

import pathlib
import threading
import time

KIB = 1024
PAGE = 4096


def cpu_ms(pids):
    """All threads of these processes. The kernel counts it in ns; a thread that has ended is lost,
    and the gate's live as long as it."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text().split()[0])
            except OSError:
                continue
    return total / 1e6


def resident_kib(pids):
    total = 0
    for pid in pids:
        try:
            total += int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return total * PAGE / KIB


def descriptors(pids):
    total = 0
    for pid in pids:
        try:
            total += sum(1 for _ in pathlib.Path(f"/proc/{pid}/fd").iterdir())
        except OSError:
            continue
    return total


class Watch:
    """Looks at the processes every few milliseconds until it is closed."""

    def __init__(self, pids):
        self._pids = sorted(pids)
        self._stop = threading.Event()
        self._cpu_before = cpu_ms(self._pids)
        self.kib_before = resident_kib(self._pids)
        self.descriptors_before = descriptors(self._pids)
        self.most_kib = self.kib_before
        self.most_descriptors = self.descriptors_before
        self.began = time.monotonic()
        self.ended = self.closed = None
        self.cpu_ms = 0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self):
        turn = 0
        while not self._stop.wait(0.02):
            self.most_kib = max(self.most_kib, resident_kib(self._pids))
            if turn % 10 == 0:
                self.most_descriptors = max(self.most_descriptors, descriptors(self._pids))
            turn += 1

    def mark_end(self):
        """What is watched is over, but not yet what it caused."""
        self.ended = time.monotonic()

    def close(self):
        self._stop.set()
        self._thread.join()
        self.closed = time.monotonic()
        self.ended = self.ended or self.closed
        self.cpu_ms = cpu_ms(self._pids) - self._cpu_before

    @property
    def seconds(self):
        return self.ended - self.began

    @property
    def cpu_ms_a_second(self):
        return self.cpu_ms / (self.closed - self.began)

    def cpu_ms_above(self, idle):
        """More than it would have spent in the same time."""
        return max(0, self.cpu_ms - idle.cpu_ms_a_second * (self.closed - self.began))

    @property
    def grown_kib(self):
        return self.most_kib - self.kib_before
