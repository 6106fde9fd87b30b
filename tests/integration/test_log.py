"""The log is for the operator; that nobody reads it is no reason to stop."""

import contextlib
import fcntl
import os
import pathlib
import re
import signal
import subprocess

import pytest

from harness.environment import RAW
from harness.process import wait_until
from harness.raw_peer import RawClient

CONNECTIONS = 300
F_SETPIPE_SZ = 1031


@pytest.fixture
def pipe():
    """The smallest there is, for the gate's standard error."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    fcntl.fcntl(writing, F_SETPIPE_SZ, 4096)
    yield reading, writing
    os.close(reading)
    os.close(writing)


def refuse_many(env, gate, count):
    """From many addresses, so that it is not a limit that answers."""
    for number in range(count):
        with RawClient((gate.wan, 5269), RAW, "unknown.example",
                       source=env.net.address(200 + number % 50)) as peer:
            peer.open()
            assert peer.stream_error().condition == "host-unknown"


def test_log_that_nobody_reads(prosody_env, pipe):
    env, (reading, writing) = prosody_env, pipe
    seen = bytearray()

    def decisions():
        with contextlib.suppress(BlockingIOError):
            while part := os.read(reading, 65536):
                seen.extend(part)
        whole = seen[:seen.rfind(b"\n") + 1].decode()
        return re.findall(r"event=decision .*reason=host_unknown", whole)

    with env.extra_gate(in_child=lambda: os.dup2(writing, 2), limits={"drain": "1s"}) as gate:
        refuse_many(env, gate, CONNECTIONS)
        gate.wait_metric(CONNECTIONS, "portcullis_streams_rejected_total", reason="host_unknown")
        assert gate.get("/livez")[0] == 200
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()
            # Once it is read all of it is there, each line whole.
            wait_until(lambda: len(decisions()) == CONNECTIONS, 10,
                       lambda: f"{CONNECTIONS} decisions, not {len(decisions())}")
        assert gate.metrics().total("portcullis_log_lines_dropped_total") == 0
        # It ends although nobody reads its last lines.
        refuse_many(env, gate, 30)
        gate.wait_quiet("s2s_in")
        gate.process.send_signal(signal.SIGTERM)
        assert gate.process.wait(timeout=6) == 0
        gate.process = None


def test_reader_that_is_gone(prosody_env):
    """SIGPIPE and EPIPE: the lines are counted, and the gate goes on."""
    env = prosody_env
    reading, writing = os.pipe()
    with env.extra_gate(in_child=lambda: os.dup2(writing, 2)) as gate:
        os.close(writing)
        os.close(reading)
        refuse_many(env, gate, 10)
        wait_until(lambda: gate.metrics().total("portcullis_log_lines_dropped_total",
                                                rank="refusal") >= 10,
                   10, "lines to be counted as dropped")
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()
        assert gate.get("/livez")[0] == 200


@pytest.fixture
def small_disk():
    """A file system of 64 KiB, in a mount namespace of its own; its folder, seen from here."""
    with subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c",
             "mount -t tmpfs -o size=64k none /mnt && echo mounted && exec sleep 600"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as owner:
        try:
            if owner.stdout.readline() != "mounted\n":
                owner.kill()
                pytest.skip(f"no file system can be mounted here: {owner.stderr.read().strip()}")
            yield pathlib.Path(f"/proc/{owner.pid}/root/mnt")
        finally:
            owner.kill()


def test_disk_that_is_full_for_a_while(prosody_env, small_disk):
    """ENOSPC: the lines are counted, and once there is room the log says how many are missing, even
    if nothing else is said."""
    env, log, filler = prosody_env, small_disk / "gate.log", small_disk / "filler"
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    dropped = "portcullis_log_lines_dropped_total"
    with env.extra_gate(in_child=lambda: os.dup2(descriptor, 2)) as gate:
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 1024)
        # The last page of the log may have room for some lines still.
        refuse_many(env, gate, 60)
        wait_until(lambda: gate.metrics().total(dropped, rank="refusal") >= 10, 10,
                   "lines to be counted as dropped")
        gate.wait_quiet("s2s_in")
        assert "dropped=" not in log.read_text()
        filler.unlink()
        wait_until(lambda: "dropped=" in log.read_text(), 10, "the log to say what is missing")
        said = sum(int(number) for number in re.findall(r"dropped=(\d+)", log.read_text()))
        assert said == gate.metrics().total(dropped)
        refuse_many(env, gate, 1)
        wait_until(lambda: "reason=host_unknown" in log.read_text().rpartition("dropped=")[2], 10,
                   "the log to go on")
    os.close(descriptor)
