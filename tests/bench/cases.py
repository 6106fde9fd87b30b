"""What is measured, and the marks for each: what must be, and what should be."""

import dataclasses

MEGABYTE = 1000 * 1000


@dataclasses.dataclass(frozen=True)
class Case:
    """`must` and `should`: up to which ratio of cost to that of the best peer, or of what it is
    compared with. Without `must` the row is for information."""

    key: str
    title: str
    load: tuple
    unit: str
    must: float | None = None
    should: float | None = None
    starttls: bool = False
    rsa: bool = False
    server: str | None = None  # beside this server, which terminates TLS itself, and nothing else
    workers: int = 1           # of Portcullis
    compared_with: str | None = None  # another case, in which each target is its own measure

    @property
    def resumes(self):
        return "--resume" in self.load

    def load_of(self, part):
        """The load, with a part of what is sent to the backend in bulk."""
        if self.load[0] != "bulk" or "--down" in self.load:
            return self.load
        at = self.load.index("--bytes") + 1
        return (*self.load[:at], str(int(self.load[at]) // part), *self.load[at + 1:])

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
# As hitch grows from one worker to two, where these and the load share two CPUs. Such a machine
# says too little about workers for more than information.
TWO_WORKERS = {"workers": 2, "should": 1.35}

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
         setup("--count", "900"), "CPU-us", compared_with="setup-ecdsa", **TWO_WORKERS),
    Case("workers-echo", "Echo of 200 B, window 1, two workers beside one", echo("1", "15000"),
         "CPU-us", compared_with="echo-1", **TWO_WORKERS),
)

IDLE_CONNECTIONS = 5000
IDLE_MUST_KB = 17.3
IDLE_SHOULD_KB = 16.4


def chosen(wanted, two_builds=False):
    """Those that `wanted` says yes to, and those with which they are compared. Two builds are
    compared with each other only, so that each load is there once."""
    cases = [case for case in CASES if wanted(case.key)]
    if two_builds:
        loads = {}
        for case in cases:
            if case.workers == 1:
                loads.setdefault(case.load + (case.rsa,), case)
        return list(loads.values())
    needed = {case.key for case in cases} | {case.compared_with for case in cases}
    return [case for case in CASES if case.key in needed]
