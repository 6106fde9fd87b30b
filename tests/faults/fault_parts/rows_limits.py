"""Memory, descriptors and disk space are at their end."""

import contextlib
import os
import pathlib
import re
import resource
import socket
import subprocess

from harness import gate as gate_module
from harness.environment import DOMAIN
from harness.process import as_user, wait_until

from .peers import establish, log_in
from .stream import Stream
from .workload import Load, settle

MEBIBYTE = 1024 * 1024
HEADROOM = 64 * MEBIBYTE   # of memory, beyond what the process has before the attack
UNFINISHED = 133
UNFINISHED_OCTETS = 500_000
HALF_HELLOS = 4000
KEPT = 32 * MEBIBYTE       # that may stay with a gate when an attack is over


def _status(pid, field):
    """A size of /proc/PID/status, in octets."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)[1])


def _limit_memory(daemon, octets):
    """Root may not everywhere change a limit of another user's process; that user may lower it."""
    if os.stat(f"/proc/{daemon.pid}").st_uid == os.geteuid():
        resource.prlimit(daemon.pid, resource.RLIMIT_DATA, (octets, resource.RLIM_INFINITY))
        return
    user = pathlib.Path(f"/proc/{daemon.pid}").owner()
    done = subprocess.run(as_user(user, ["prlimit", "--pid", str(daemon.pid), f"--data={octets}:"]),
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"prlimit: {done.stderr}"


def unfinished_stanzas(arm):
    """Authenticated servers begin big stanzas and never finish them; whoever faces them, the gate
    or the backend alone, has little memory left."""
    load = Load(arm)
    attackers = []
    for _ in range(UNFINISHED):
        domain = arm.fresh_domain()
        wire = establish(arm.place("s2s"), domain, DOMAIN, arm.world.resources.credential,
                         arm.world.net.raw_peer)
        attackers.append((arm.traffic.add(Stream("attacker", wire, arm.log)), domain))
    victim = arm.gate if arm.gated else arm.backend
    _limit_memory(victim, _status(victim.pid, "VmData") + HEADROOM)
    for stream, domain in attackers:
        stream.send(f"<message from='a@{domain}' to='alice@{DOMAIN}'><body>"
                    + "x" * UNFINISHED_OCTETS)
    with contextlib.suppress(AssertionError):  # those who are held back cannot send all
        wait_until(lambda: not any(stream.waiting for stream, _ in attackers), 10, "the attack")
    load.go_on(2)
    alive = victim.running()
    ended = sum(stream.ended.is_set() for stream in load.streams())
    for stream, _ in attackers:
        stream.abandon()
    load.stop()
    settle(arm.log, 3, 30)
    arm.counted_before_end = arm.counted()
    victim.stop()  # a new one has no limit
    victim.start()
    arm.recover()
    if arm.gated:
        arm.check(alive, "the gate lives" if alive else "the gate died")
        arm.check(ended == 0, f"{ended} of {len(load.streams())} innocent streams ended")


def memory_kept(arm):
    """Thousands of strangers send half of a ClientHello and leave; without the gate nobody does."""
    load = Load(arm, pairs=2)
    load.go_on(1)
    if arm.gated:
        before = _status(arm.gate.pid, "VmRSS")
        strangers = []
        for _ in range(HALF_HELLOS):
            stranger = socket.create_connection((arm.gate.wan, 5223), 5)
            # A TLS record that announces 16 KiB of handshake, and most of it.
            stranger.sendall(b"\x16\x03\x01\x3f\xff\x01\x00\x3f\xfb\x03\x03" + b"h" * 12_000)
            strangers.append(stranger)
        load.go_on(1)
        most = _status(arm.gate.pid, "VmRSS")
        for stranger in strangers:
            stranger.close()
        arm.gate.wait_metric(2, "portcullis_streams_active", 30, kind="c2s")
        load.go_on(2)
        kept = _status(arm.gate.pid, "VmRSS") - before
        arm.check(kept <= KEPT, f"memory: {before // MEBIBYTE} MiB before, {most // MEBIBYTE} MiB "
                                f"at most, {(kept + before) // MEBIBYTE} MiB afterwards")
    load.stop()
    settle(arm.log, 3, 20)


def _how_refused(address, secure):
    """Why a newcomer is not served: a condition, or what else happened; "" if it is."""
    try:
        wire, _ = log_in(address, DOMAIN, "alice", secure, timeout=5)
        wire.close()
        return ""
    except AssertionError as fault:
        found = re.search(r"condition='([a-z-]+)'", str(fault))
        return found[1] if found else "closed without words"
    except OSError as fault:
        return type(fault).__name__


def descriptors_exhausted(arm):
    """The gate may open hardly more, and idle strangers take what is left."""
    load = Load(arm)
    if arm.gated:
        before = resource.prlimit(arm.gate.pid, resource.RLIMIT_NOFILE)
        limit = arm.gate.descriptors() + 40
        resource.prlimit(arm.gate.pid, resource.RLIMIT_NOFILE, (limit, before[1]))
        strangers = []
        for _ in range(120):
            with contextlib.suppress(OSError):
                strangers.append(socket.create_connection((arm.gate.wan, 5222), 2))
        load.go_on(1)
        arm.check(arm.gate.get("/metrics")[0] == 200, "/metrics answers meanwhile")
        told = gate_module.run_command("reload", "-c", arm.gate.config_path)
        arm.check(told.returncode == 0, f"the control socket answers meanwhile; reload: exit code "
                                        f"{told.returncode} {told.stdout[-200:]}".strip())
        refusals = {_how_refused(arm.place("c2s"), True) for _ in range(5)} - {""}
        arm.check(refusals <= {"resource-constraint"},
                  f"newcomers read: {', '.join(sorted(refusals)) or 'nothing bad'}")
        for stranger in strangers:
            stranger.close()
        resource.prlimit(arm.gate.pid, resource.RLIMIT_NOFILE, before)
    load.go_on(1)
    ended = sum(stream.ended.is_set() for stream in load.streams())
    arm.check(ended == 0, f"{ended} of {len(load.streams())} established streams ended")
    load.stop()
    settle(arm.log, 3, 20)
    arm.recover()


def stderr_is_full():
    """For the child: each write of its log fails with ENOSPC, as on a full disk."""
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, 2)
    os.dup2(full, 1)


def disk_full(arm):
    """Not one line of the gate's log can be written."""
    load = Load(arm)
    load.go_on(2)
    load.stop()
    settle(arm.log, 3, 20)
    if arm.gated:
        dropped = arm.gate.metrics().total("portcullis_log_lines_dropped_total")
        # Each stream of the load has its decision, and more is written at the start.
        arm.check(dropped >= len(load.streams()), f"{dropped:.0f} lost lines are counted")

