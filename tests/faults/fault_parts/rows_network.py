"""Streams that are being opened, partitions, resets, and clocks that jump."""

import datetime
import os
import pathlib
import re
import subprocess
import time

from harness.process import wait_until

from .workload import Load, settle, wait_sent

CLOCK_FILE = pathlib.Path(f"/tmp/portcullis-faults-clock-{os.getpid()}")


def partition(seconds):
    """The link is silent for a while; where it is, the row says."""
    def play(arm):
        load = Load(arm)
        load.go_on(1)
        for link in arm.links.values():
            link.partition()
        load.go_on(seconds)
        for link in arm.links.values():
            link.heal()
        healed = time.monotonic()
        load.stop(60)
        settle(arm.log, 8, 60)
        arm.recovery = time.monotonic() - healed
        ended = sum(stream.ended.is_set() for stream in load.streams())
        arm.check(ended == 0, f"{ended} of {len(load.streams())} streams ended")
    return play


def _reset_connections(places):
    """Ends every connection to these (address, port) on both of its sides, as a firewall does that
    tells both. The kernel does it: a program in between would take what it had read with it, and
    the busier the machine is, the more that is."""
    ends = [f"{side} {address}:{port}" for address, port in places for side in ("src", "dst")]
    told = subprocess.run(["ss", "--kill", "-tnH", " or ".join(ends)], capture_output=True,
                          text=True, check=False)
    assert told.returncode == 0 and not told.stderr, f"ss --kill: {told.stderr}"
    assert told.stdout, "no connection was reset; it takes root, and CONFIG_INET_DIAG_DESTROY"


def reset(to):
    """Every connection to the backend, or to what clients and servers connect to, is reset under
    load."""
    def play(arm):
        load = Load(arm)
        load.go_on_to_any_moment(2)
        arm.log.note_fault()
        _reset_connections(arm.backend_places() if to == "backend" else arm.front_places())
        _all_come_back(arm, load)
    return play


def _all_come_back(arm, load):
    wait_until(lambda: all(stream.ended.is_set() for stream in load.streams()), 30,
               "all streams to end")
    load.stop()
    arm.counted_before_end = arm.counted()
    arm.recover()
    settle(arm.log, 3, 20)


def first_burst(arm, domains=8, burst=40):
    """Clients write to servers that the backend has no stream to yet."""
    flows = []
    for number in range(domains):
        client, _ = arm.client(number)
        flows.append(arm.traffic.flow(arm.fresh_key("out"), client, f"peer@{arm.fresh_domain()}",
                                      rate=200, count=burst))
    wait_sent(flows, 30)
    settle(arm.log, 6, 40)


def clock_environment():
    """The gate's wall clock is read from CLOCK_FILE; its monotonic clock is the machine's, as when
    an operator or NTP sets the time."""
    library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    assert library, "faketime is not installed; deploy/install-packages test brings it"
    CLOCK_FILE.write_text("+0\n")
    return {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(CLOCK_FILE),
            "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}


def _latest_time(gate):
    """What the gate's clock said when it wrote the last line of its log."""
    times = re.findall(r"time=(\S+?)\.\d+Z ", gate.log())
    return datetime.datetime.fromisoformat(times[-1] + "+00:00").timestamp()


def clock_jumps(arm):
    """The gate's wall clock jumps an hour forward, two hours back, and home again."""
    load = Load(arm)
    seen = set()
    for jump in (3600, -3600, 0):
        if arm.gated:
            CLOCK_FILE.write_text(f"{jump:+}\n")
        arm.client()  # who logs in is told in the log
        load.go_on(2)
        if arm.gated:
            seen.add(round((_latest_time(arm.gate) - time.time()) / 3600))
    ended = sum(stream.ended.is_set() for stream in load.streams())
    arm.check(ended == 0, f"{ended} of {len(load.streams())} streams ended")
    arm.check(not arm.gated or seen == {1, -1, 0}, f"hours that the gate's clock was wrong: "
                                                   f"{sorted(seen)}")
    load.stop()
    settle(arm.log, 3, 20)
    arm.recover()
    CLOCK_FILE.unlink(missing_ok=True)
