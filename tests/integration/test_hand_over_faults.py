"""A hand-over that cannot be whole does not happen; and what becomes of the listeners when the
successor dies after it has them."""

import contextlib
import functools
import itertools
import os
import resource
import signal
import socket
import time

import pytest
from harness.client import Client
from harness.environment import DOMAIN
from harness.process import wait_until
from harness.successor import Scripted, Successor

RAW = "raw.example"

_serial = itertools.count(1)


@pytest.fixture
def control(tmp_path):
    return tmp_path / "control.sock"


def _end_at_once(gate):
    """Two signals, one after the other: the kernel would make one of two that wait."""
    if not gate.running():
        return
    mark = gate.mark()
    gate.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not gate.running()
               or any(event["event"] == "draining" for event in gate.events(mark)), 5, "its end")
    if gate.running():
        gate.process.send_signal(signal.SIGTERM)


@pytest.fixture
def running(prosody_env, control):
    with prosody_env.extra_gate(listen={"control": str(control)},
                                limits={"hand_over": "1h", "drain": "1h"}) as gate:
        gate.ask_to_stop = functools.partial(_end_at_once, gate)
        yield gate
        if not gate.running():
            gate.process = None


@pytest.fixture
def start(running):
    """Another process with the configuration of the one that runs, as successor or from anew."""
    started = []

    def make(*options):
        one = Successor(running, f"process-{len(started)}")
        one.argv = [word for word in one.argv if word != "--take-over"]
        one.argv[2:2] = options
        started.append(one)
        return one.start()
    yield make
    for one in started:
        if one.running():
            one.process.send_signal(signal.SIGTERM)
            one.process.send_signal(signal.SIGTERM)
        one.stop()


def _client(env, gate):
    return Client(f"alice@{DOMAIN}/f{next(_serial)}", (gate.wan, 5222), env.pki.roots).login()


def _serves(env, gate):
    with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
        peer.establish()


def _leave_free(gate, number):
    """So many descriptors may be opened, and no more. Returns the limit from before."""
    before, highest = resource.prlimit(gate.pid, resource.RLIMIT_NOFILE)
    opened = set(map(int, os.listdir(f"/proc/{gate.pid}/fd")))
    free = (n for n in itertools.count() if n not in opened)
    most = next(itertools.islice(free, number, None))
    resource.prlimit(gate.pid, resource.RLIMIT_NOFILE, (most, highest))
    return before, highest


def test_all_descriptors_are_given_or_none(prosody_env, running, control):
    """One for the connection, one to go on with it, and twelve to give: wherever they run out, the
    successor reads why, and the gate serves on."""
    client, mark = _client(prosody_env, running), running.mark()
    for number in range(1, 14):
        before = _leave_free(running, number)
        try:
            one = Scripted(control).ask()
            answer = one.answer()
            one.close()
        finally:
            resource.prlimit(running.pid, resource.RLIMIT_NOFILE, before)
        assert "descriptors have run out" in answer and answer.endswith("\nfailed\n"), \
            f"{number} free: {answer}"
        assert "portcullis-hand-over" not in answer, f"{number} free: {answer}"
    assert not any(event["event"] == "draining" for event in running.events(mark))
    _serves(prosody_env, running)
    assert client.ping(DOMAIN)
    client.close()
    again = Scripted(control).ask()
    again.receive()
    assert len(again.descriptors) == 12
    again.close()


def _refused(gate):
    with socket.socket() as newcomer:
        return newcomer.connect_ex((gate.wan, 5269)) != 0


def test_a_start_after_the_successor_has_died(prosody_env, running, control, start):
    """Its sockets died with it: nobody listens. A new start does not wait for the process from
    before, which still has its streams."""
    client = _client(prosody_env, running)
    start("--take-over").kill()
    wait_until(lambda: _refused(running), 10, "nobody to listen")
    assert running.running() and client.ping(DOMAIN), "its streams go on"
    began = time.monotonic()
    fresh = start()
    took = time.monotonic() - began
    print(f"a start took {took:.2f} s")
    _serves(prosody_env, fresh)
    assert control.exists()
    assert not any(event["event"] == "listen" for event in fresh.events()), fresh.tail()
    assert running.running() and client.ping(DOMAIN)
    client.close()
    wait_until(lambda: not running.running(), 10, "the old one to end with its last stream")
    assert running.process.returncode == 0


def test_a_service_manager_that_has_lost_the_successor(prosody_env, running, start):
    """It ends what is left of the service before it starts anew, so that must not take an hour."""
    client = _client(prosody_env, running)
    peer = prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=running).establish()
    start("--take-over").kill()
    began = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not running.running(), 10, "the old one to end")
    took = time.monotonic() - began
    print(f"the old one ended after {took:.2f} s")
    assert took < 5 and running.process.returncode == 0
    assert peer.stream_error().condition == "system-shutdown", "in words all the same"
    with contextlib.suppress(AssertionError):
        client.wait_end()
    phases = [event["phase"] for event in running.events() if event["event"] == "draining"]
    assert phases == ["handed_over", "last_words"]
    _serves(prosody_env, start())


def test_while_the_successor_lives_the_end_is_a_drain(prosody_env, running, start):
    client = _client(prosody_env, running)
    new = start("--take-over")
    running.process.send_signal(signal.SIGTERM)
    wait_until(lambda: [event["phase"] for event in running.events()
                        if event["event"] == "draining"] == ["handed_over", "streams"], 10,
               lambda: f"a drain\n{running.tail()}")
    assert running.running() and client.ping(DOMAIN)
    client.close()
    wait_until(lambda: not running.running(), 10, "the old one to end with its last stream")
    _serves(prosody_env, new)
