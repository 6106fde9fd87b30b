"""What is measured, and the marks for each: what must be, and what should be."""

import dataclasses

from processes import Child
from targets import LOAD_CPU

MEGABYTE = 1000 * 1000
LIMIT = 60  # seconds for one load


@dataclasses.dataclass(frozen=True)
class Case:
    """`must` and `should`: up to which ratio of cost to that of the best peer, or of what it is
    compared with. None: for information."""

    key: str
    title: str
    load: tuple
    unit: str
    must: float | None = None
    should: float | None = None
    starttls: bool = False
    rsa: bool = False
    server: str | None = None  # beside this server, which terminates TLS itself, and nothing else
    workers: int = 1           # of Portcullis, beside itself with one
    compared_with: str | None = None  # another case, in which Portcullis is the measure

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


ECDSA = {"must": 1.05, "should": 0.95}
RSA = {"must": 1.05, "should": 1.0}
RESUMED = {"must": 1.1, "should": 1.0}
ECHO = {"must": 1.0, "should": 0.9}
# Throughput for each CPU second: at least that of the best, or a tenth more.
BULK = {"must": 1.0, "should": 1 / 1.1}
# For each stanza as much as with 100 connections.
FLAT = {"must": 1.15, "should": 1.05, "compared_with": "echo-1"}

CASES = (
    Case("setup-ecdsa", "Set-up, direct TLS, ECDSA", setup("--count", "900"), "CPU-us", **ECDSA),
    Case("setup-12", "Set-up, direct TLS 1.2, ECDSA", setup("--tls12", "--count", "900"), "CPU-us",
         **ECDSA),
    Case("setup-rsa", "Set-up, direct TLS, RSA-2048", setup("--rsa", "--count", "500"), "CPU-us",
         rsa=True, **RSA),
    Case("resumed-13", "Set-up, direct TLS 1.3, resumed", setup("--resume", "--count", "900"),
         "CPU-us", **RESUMED),
    Case("resumed-12", "Set-up, direct TLS 1.2, resumed",
         setup("--resume", "--tls12", "--count", "1800"), "CPU-us", **RESUMED),
    Case("starttls-ejabberd", "Set-up, STARTTLS, ECDSA, beside ejabberd",
         setup("--starttls", "--count", "500"), "CPU-us", 0.6, 0.5, starttls=True, server="ejabberd"),
    Case("starttls-prosody", "Set-up, STARTTLS, ECDSA, beside Prosody",
         setup("--starttls", "--count", "500"), "CPU-us", 0.4, 0.3, starttls=True, server="prosody"),
    Case("echo-1", "Echo of 200 B, window 1, 100 connections", echo("1", "15000"), "CPU-us", **ECHO),
    Case("echo-32", "Echo of 200 B, window 32, 100 connections", echo("32", "150000"), "CPU-us",
         **ECHO),
    Case("echo-1k-1", "Echo of 1000 B, window 1, 100 connections", echo("1", "15000", "1000"),
         "CPU-us", **ECHO),
    Case("echo-1k-32", "Echo of 1000 B, window 32, 100 connections", echo("32", "150000", "1000"),
         "CPU-us", **ECHO),
    Case("many-1000", "Echo of 200 B, window 1, 1000 connections, beside 100",
         echo("1", "30000", connections="1000"), "CPU-us", **FLAT),
    Case("many-9000", "Echo of 200 B, window 1, 9000 connections, beside 100",
         echo("1", "30000", connections="9000"), "CPU-us", **FLAT),
    Case("up-16k", "Bulk to the backend, 16 kB", bulk("16384", 400), "MB/CPU-s", **BULK),
    Case("up-1400", "Bulk to the backend, 1400 B", bulk("1400", 120), "MB/CPU-s", **BULK),
    Case("down-16k", "Bulk to the client, 16 kB", bulk("16384", 500, "--down"), "MB/CPU-s", **BULK),
    Case("down-1400", "Bulk to the client, 1400 B", bulk("1400", 300, "--down"), "MB/CPU-s", **BULK),
    Case("workers-setup", "Set-up, direct TLS, ECDSA, two workers beside one",
         setup("--count", "900"), "CPU-us", workers=2, compared_with="setup-ecdsa"),
    Case("workers-echo", "Echo of 200 B, window 1, two workers beside one", echo("1", "15000"),
         "CPU-us", workers=2, compared_with="echo-1"),
)

IDLE_CONNECTIONS = 5000
IDLE_MUST_KB = 17.3
IDLE_SHOULD_KB = 16.4


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
        port = str(target.port(case))
        spent, units = self._run((*case.load, "--port", port), target.child.cpu_seconds)
        target.child.check_alive()
        return case.cost(spent, units)

    def warm_up(self, target):
        self._run((*setup("--count", "200"), "--port", str(target.direct)), lambda: 0)

    def idle_kb(self, target):
        arguments = ("idle", "--count", str(IDLE_CONNECTIONS), "--connections", "64")
        grown, units = self._run((*arguments, "--port", str(target.direct)), target.child.pss_kb)
        return grown / units
