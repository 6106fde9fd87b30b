"""What is measured, and the mark for each."""

import dataclasses

from processes import Child
from targets import LOAD_CPU

MEGABYTE = 1000 * 1000
LIMIT = 60  # seconds for one load


@dataclasses.dataclass(frozen=True)
class Case:
    key: str
    title: str
    load: tuple
    unit: str
    # Up to which ratio of cost to that of the best peer it is good; None: for information.
    mark: float | None
    starttls: bool = False
    rsa: bool = False
    compared_with: str | None = None  # another case, where the peers cannot do this one

    def cost(self, cpu_seconds, units):
        return cpu_seconds / units

    def shown(self, cost):
        """Micro-seconds of CPU for each unit, or MB for each second of CPU."""
        return 1 / cost / MEGABYTE if self.unit == "MB/CPU-s" else cost * 1e6


def setup(*more):
    return ("setup", "--connections", "16", *more)


def echo(window, count, size="200", connections="100"):
    return ("echo", "--connections", connections, "--size", size, "--window", window, "--count", count)


def bulk(size, megabytes, *more):
    return ("bulk", "--size", size, "--bytes", str(megabytes * MEGABYTE), *more)


# At least 0.6 of the best's throughput for each CPU second.
BULK = 1 / 0.6

CASES = (
    Case("setup-ecdsa", "Set-up, direct TLS, ECDSA", setup("--count", "900"), "CPU-us", 1.3),
    Case("setup-12", "Set-up, direct TLS 1.2, ECDSA", setup("--tls12", "--count", "900"), "CPU-us", 1.3),
    Case("setup-rsa", "Set-up, direct TLS, RSA-2048", setup("--rsa", "--count", "500"), "CPU-us", 1.3,
         rsa=True),
    Case("resumed-13", "Set-up, direct TLS 1.3, resumed", setup("--resume", "--count", "900"),
         "CPU-us", 1.3),
    Case("resumed-12", "Set-up, direct TLS 1.2, resumed",
         setup("--resume", "--tls12", "--count", "1800"), "CPU-us", 1.3),
    Case("setup-starttls", "Set-up, STARTTLS, ECDSA (peers: direct)", setup("--starttls", "--count", "900"),
         "CPU-us", None, starttls=True, compared_with="setup-ecdsa"),
    Case("echo-1", "Echo of 200 B, window 1, 100 connections", echo("1", "15000"), "CPU-us", 1.3),
    Case("echo-32", "Echo of 200 B, window 32, 100 connections", echo("32", "150000"), "CPU-us", 1.3),
    Case("echo-1k-1", "Echo of 1000 B, window 1, 100 connections", echo("1", "15000", "1000"),
         "CPU-us", 1.3),
    Case("echo-1k-32", "Echo of 1000 B, window 32, 100 connections", echo("32", "150000", "1000"),
         "CPU-us", 1.3),
    Case("many-1000", "Echo of 200 B, window 1, 1000 connections",
         echo("1", "30000", connections="1000"), "CPU-us", 1.3),
    Case("many-9000", "Echo of 200 B, window 1, 9000 connections",
         echo("1", "30000", connections="9000"), "CPU-us", 1.3),
    Case("up-16k", "Bulk to the backend, 16 kB", bulk("16384", 400), "MB/CPU-s", BULK),
    Case("up-1400", "Bulk to the backend, 1400 B", bulk("1400", 120), "MB/CPU-s", BULK),
    Case("down-16k", "Bulk to the client, 16 kB", bulk("16384", 500, "--down"), "MB/CPU-s", BULK),
    Case("down-1400", "Bulk to the client, 1400 B", bulk("1400", 300, "--down"), "MB/CPU-s", BULK),
)

IDLE_CONNECTIONS = 5000
IDLE_MARK_KB = 25.0


class Bench:
    """Runs loads against targets; needs the folder of logs and the program of the load."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder

    def _load(self, arguments):
        command = [self.program, *arguments, "--limit", str(LIMIT)]
        return Child("load", command, self.folder, cpu=LOAD_CPU, pipes=True)

    def _run(self, arguments, gauge):
        """gauge() before the work and behind it, with the connections still there."""
        load = self._load(arguments)
        try:
            load.read_line(LIMIT)
            before = gauge()
            load.write_line()
            units = int(load.read_line(LIMIT)[1])
            after = gauge()
            load.write_line()
            load.process.wait(LIMIT)
            return after - before, units
        finally:
            load.stop()

    def cost(self, case, target):
        port = target.starttls if case.starttls else target.direct_rsa if case.rsa else target.direct
        spent, units = self._run((*case.load, "--port", str(port)), target.child.cpu_seconds)
        target.child.check_alive()
        return case.cost(spent, units)

    def warm_up(self, target):
        self._run((*setup("--count", "200"), "--port", str(target.direct)), lambda: 0)

    def idle_kb(self, target):
        arguments = ("idle", "--count", str(IDLE_CONNECTIONS), "--connections", "64")
        grown, units = self._run((*arguments, "--port", str(target.direct)), target.child.pss_kb)
        return grown / units
