"""The log is for the operator; that nobody reads it is no reason to stop."""

import contextlib
import fcntl
import os
import re
import signal

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
                                                rank="important") >= 10,
                   10, "lines to be counted as dropped")
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()
        assert gate.get("/livez")[0] == 200
