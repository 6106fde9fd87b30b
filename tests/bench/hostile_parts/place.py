"""Where the attacks happen: a network namespace of their own that has only a loopback device. So
addresses of the open Internet can be used, of which the gate thinks as it would outside, and
nothing can leave."""

import contextlib
import os
import pathlib
import resource
import subprocess
import sys

from processes import BenchError

GATE, GATE6 = "45.33.0.1", "2a00:1450:4001::1"
GOOD_PEER = "45.33.9.1"        # every name below good.example
WELL_BEHAVED = [f"45.33.8.{n}" for n in range(1, 250)]
OUTBOUND = "127.0.0.2"         # the gate's listener for the backend
BACKEND = "127.0.0.1"
DNS = "127.0.0.53"
ADMIN_PORT = 9270
DESCRIPTORS = 65536

ONE_ADDRESS = ["45.33.1.1"]
FIFTY_ADDRESSES = [f"45.33.1.{n}" for n in range(1, 51)]
MANY_ADDRESSES = [f"45.33.{net}.{n}" for net in (2, 3) for n in range(1, 101)]
# A hundred /64 of one /56.
ONE_56 = [f"2a00:1450:4001:aa{n:02x}::1" for n in range(1, 101)]

_INSIDE = "PORTCULLIS_HOSTILE_INSIDE"
_NETWORK = [
    ["ip", "link", "set", "lo", "up"],
    ["ip", "route", "add", "local", "45.33.0.0/16", "dev", "lo"],
    ["ip", "-6", "route", "add", "local", "2a00:1450:4001::/48", "dev", "lo"],
]


def enter():
    """Starts this program again inside of such a namespace; returns when it is inside."""
    if os.environ.get(_INSIDE) == "1":
        _come_first()
        return _prepare()
    unshare = ["unshare", "--net"]
    unshare += ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    tried = subprocess.run([*unshare, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise BenchError("cannot make a network namespace: " + tried.stderr.strip() + "\n"
                         "Run it as root, or where users may make namespaces.")
    os.environ[_INSIDE] = "1"
    return os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def _come_first():
    """Where we may: a session of our own, which the scheduler prefers to whatever else the machine
    does, or a ping would measure that; and enough descriptors."""
    with contextlib.suppress(OSError):
        os.setsid()
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/autogroup").write_text("-15")
    with contextlib.suppress(ValueError, OSError):  # two for each client of 10,000, and more
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


def _prepare():
    commands = list(_NETWORK)
    if os.geteuid() == 0 and os.statvfs("/proc/sys").f_flag & os.ST_RDONLY:
        commands.insert(0, ["mount", "-t", "proc", "proc", "/proc"])  # here only
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BenchError(f"{' '.join(command)}: {done.stderr.strip()}")
    # Any address of a local route may be bound to, IPv6 too.
    pathlib.Path("/proc/sys/net/ipv6/ip_nonlocal_bind").write_text("1")
    pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("10000 65000")
