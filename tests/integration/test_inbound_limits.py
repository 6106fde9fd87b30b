"""Time, connections and descriptors are bounded, and a bound that was met leaves the gate fit."""

import os
import resource
import time

import pytest

from harness import raw_peer, wire
from harness.environment import DOMAIN, RAW
from harness.gate import run_command
from harness.process import wait_until
from harness.raw_peer import RawClient


@pytest.fixture(scope="module")
def gates():
    """Gates with other limits, kept for the module: environment kind and limits -> gate."""
    made = {}
    yield made
    for context, _ in made.values():
        context.__exit__(None, None, None)


@pytest.fixture
def hasty(prosody_env, gates):
    """Nobody gets much time here."""
    if "hasty" not in gates:
        context = prosody_env.extra_gate(limits={
            "before_tls": "1500ms", "negotiation": "3s", "login": "3s", "idle": "2s"})
        gates["hasty"] = (context, context.__enter__())
    return gates["hasty"][1]


def refused_in_time(env, gate, act, reason, least, most):
    mark = gate.mark()
    started = time.monotonic()
    act()
    took = time.monotonic() - started
    gate.expect_decision(since=mark, kind="s2s_in", verdict="rejected", reason=reason)
    assert least <= took <= most, took


def test_says_nothing(prosody_env, hasty):
    """Its time is over like that of any other, but nothing was refused."""
    silent, mark = "portcullis_connections_silent_total", hasty.mark()
    before = hasty.metrics().total(silent, kind="s2s_in")
    with prosody_env.raw_client(RAW, gate=hasty) as peer:
        started = time.monotonic()
        assert peer.stream_error().condition == "connection-timeout"
        assert 1.0 <= time.monotonic() - started <= 5
    hasty.wait_metric(before + 1, silent, kind="s2s_in")
    assert not [e for e in hasty.events(mark) if e["event"] in ("decision", "end")]


def test_one_byte_at_a_time(prosody_env, hasty):
    """Each byte is in time, the whole is not: the deadline is for the whole."""
    with prosody_env.raw_client(RAW, gate=hasty) as peer:
        data = raw_peer.header(RAW, DOMAIN).encode()
        refused_in_time(prosody_env, hasty,
                        lambda: peer.send_slowly(data, 0.3, stop_after=8) or pytest.fail("open"),
                        "negotiation_timeout", 1.0, 6)


def test_never_authenticates(prosody_env, hasty):
    with prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=hasty) as peer:
        peer.secure()
        refused_in_time(prosody_env, hasty, lambda: peer.stream_error(),
                        "negotiation_timeout", 0.5, 6)


def test_never_finishes_the_handshake(prosody_env, hasty):
    with prosody_env.raw_client(RAW, gate=hasty) as peer:
        peer.open()
        peer.element("features")
        peer.send(raw_peer.STARTTLS)
        peer.element("proceed")
        peer.send(b"\x16\x03\x01\x02\x00\x01")  # the first bytes of a ClientHello
        refused_in_time(prosody_env, hasty, lambda: peer.expect_closed(),
                        "negotiation_timeout", 0.5, 5)


def test_idle_stream_is_closed(prosody_env, hasty):
    mark = hasty.mark()
    with prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=hasty) as peer:
        peer.establish()
        peer.stream_error(timeout=20)
    end = hasty.expect_event(event="end", since=mark, kind="s2s_in", from_=RAW)
    assert end["end"] == "idle"


def test_peer_that_never_closes_its_side_is_let_go(prosody_env):
    """It was refused in words and got the end of the stream; two seconds are its time to close."""
    gate = prosody_env.inbound
    with prosody_env.raw_client(RAW) as peer:
        peer.negotiate_tls()
        peer.open()
        assert peer.stream_error(then_close=False).reason == "cert_missing"
        gate.wait_quiet("s2s_in")
        with pytest.raises(OSError):
            wait_until(lambda: peer.sock.send(b" ") == 0, 10, "the gate's reset")


def test_connections_per_address(prosody_env):
    env = prosody_env
    with env.extra_gate(limits={"connections_per_address": 3}) as gate:
        held = [env.raw_client(RAW, gate=gate) for _ in range(3)]
        for peer in held:
            peer.open()
            peer.element("features")
        with env.raw_client(RAW, gate=gate) as one_more:
            one_more.open()
            error = one_more.stream_error()
        assert (error.condition, error.reason) == ("resource-constraint", "rate_limited")
        # Somebody else is served all the same,
        with RawClient((gate.wan, 5269), RAW, DOMAIN, source=env.net.address(31)) as other:
            other.open()
            other.element("features")
        # and the place of who leaves is free again.
        held.pop().close()
        gate.wait_metric(2, "portcullis_streams_active", kind="s2s_in")
        with env.raw_client(RAW, gate=gate) as again:
            again.open()
            again.element("features")
        assert gate.metrics().total("portcullis_limit_hits_total",
                                    limit="connections_per_address") >= 1
        for peer in held:
            peer.close()
        gate.wait_quiet("s2s_in")


def test_exempt_addresses_have_a_total_of_their_own(prosody_env):
    """As behind Docker's port forwarding: everybody has one address."""
    env = prosody_env
    with env.extra_gate(limits={"connections_per_address": 2, "exempt_connections": 5,
                                "exempt": [f"{env.net.raw_peer}/32"]}) as gate:
        held = [env.raw_client(RAW, gate=gate) for _ in range(5)]
        for peer in held:
            peer.open()
            peer.element("features")
        with env.raw_client(RAW, gate=gate) as one_more:
            one_more.open()
            error = one_more.stream_error()
        assert (error.condition, error.reason) == ("resource-constraint", "rate_limited")
        hits = "portcullis_limit_hits_total"
        gate.wait_metric(1, hits, limit="exempt_connections")
        assert gate.metrics().total(hits, limit="connections_per_address") == 0
        # Another address is counted as ever.
        # Each connects when the one before it was served: two workers accept in any order.
        others = []
        for _ in range(2):
            others.append(RawClient((gate.wan, 5269), RAW, DOMAIN, source=env.net.address(31)))
            others[-1].open()
            others[-1].element("features")
        with RawClient((gate.wan, 5269), RAW, DOMAIN, source=env.net.address(31)) as third:
            third.open()
            assert third.stream_error().reason == "rate_limited"
        assert gate.metrics().total(hits, limit="connections_per_address") == 1
        # The place of who leaves is free again.
        held.pop().close()
        gate.wait_metric(6, "portcullis_streams_active", kind="s2s_in")
        with env.raw_client(RAW, gate=gate) as again:
            again.open()
            again.element("features")
        for peer in held + others:
            peer.close()
        gate.wait_quiet("s2s_in")


def test_one_address_with_most_connections_is_told(prosody_env):
    env = prosody_env
    with env.extra_gate(limits={"connections_per_address": 4, "before_tls": "60s"}) as gate:
        held = [env.raw_client(RAW, gate=gate) for _ in range(3)]
        line = gate.expect_event(timeout=25, event="limits",
                                 address=env.net.raw_peer)
        assert line["detail"].startswith("3 of 3 connections") and "limits.exempt" in line["detail"]
        gate.wait_metric(3, "portcullis_busiest_address_connections")
        for peer in held:
            peer.close()


def test_descriptors_run_out_and_come_back(prosody_env):
    """EMFILE must not stop a listener for good, nor make it spin."""
    env = prosody_env

    most = 80
    kept = most // 8  # no connection gets these

    def few_descriptors():
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    limits = {"connections_per_address": 1000, "before_tls": "60s", "negotiation": "60s"}
    with env.extra_gate(few_descriptors, limits=limits) as gate:
        held = [env.raw_client(RAW, gate=gate) for _ in range(most + 40)]
        wait_until(lambda: gate.descriptors() >= most - kept - 2, 10, "descriptors to run out")
        assert gate.get("/livez")[0] == 200, "who watches the gate has descriptors of their own"
        assert cpu_share(gate, seconds=1.5) < 0.5
        for peer in held:
            peer.close()
        wait_until(lambda: gate.get("/livez")[0] == 200, 20, "the gate to recover")
        gate.wait_quiet("s2s_in", timeout=20)
        # Those that were left in the queue of the kernel may use descriptors up once more.
        wait_until(lambda: answers(env, gate), 20, "the gate to serve again")
        gate.wait_quiet("s2s_in")
        assert gate.metrics().total("portcullis_limit_hits_total", limit="descriptors") >= 1


def set_descriptors(gate, most):
    highest = resource.prlimit(gate.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(gate.pid, resource.RLIMIT_NOFILE, (most, highest))


def use_up_descriptors(gate, more):
    """From here on each new descriptor of the gate is one of those that it keeps. What more() holds
    takes the numbers that are free below."""
    def numbers():
        return set(map(int, os.listdir(f"/proc/{gate.pid}/fd")))
    held = []
    while set(range(max(numbers()))) - numbers():
        held.append(more())
    most = next(n for n in range(256) if n - n // 8 > max(numbers()))
    set_descriptors(gate, most)
    return held


def test_descriptors_that_have_run_out_are_told(prosody_env, tmp_path):
    """Newcomers read why; who watches and steers the gate is served; the backend is not blamed."""
    env = prosody_env
    ours = ("resource-constraint", "out_of_descriptors")

    def stranger():
        peer = env.raw_client(RAW, gate=gate)
        peer.open()
        peer.element("features")
        return peer

    with env.extra_gate(limits={"before_tls": "60s", "negotiation": "60s"},
                        listen={"control": str(tmp_path / "control.sock")}) as gate:
        before = resource.prlimit(gate.pid, resource.RLIMIT_NOFILE)[0]
        with env.raw_client(RAW, env.good(RAW), gate=gate) as halfway:
            halfway.secure()
            held = use_up_descriptors(gate, stranger)
            for port, domain in ((5269, RAW), (5222, None)):
                with RawClient((gate.wan, port), domain, DOMAIN) as newcomer:
                    newcomer.open()
                    error = newcomer.stream_error()
                assert (error.condition, error.reason) == ours
            # This one has its place, but there is none for the connection to the backend.
            halfway.send(raw_peer.external(None))
            error = halfway.stream_error()
            assert (error.condition, error.reason) == ours
            assert "down" not in error.text
            assert gate.get("/readyz")[0] == 200
            gate.wait_metric(3, "portcullis_limit_hits_total", limit="descriptors")
            assert gate.metrics().total("portcullis_backend_connections_total",
                                        kind="s2s_in", outcome="failure") == 0
            told = run_command("reload", "-c", gate.config_path)
            assert told.returncode == 0, told
            gate.expect_event(event="limit", limit="descriptors")
            gate.expect_decision(kind="s2s_in", verdict="rejected", reason=ours[1], from_=RAW)
        set_descriptors(gate, before)
        for peer in held:
            peer.close()
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()
        gate.wait_quiet("s2s_in", timeout=20)


def test_descriptors_that_have_run_out_for_calls(prosody_env):
    """The backend, and its user, read that it is the gate's own limit."""
    env = prosody_env
    name = env.fresh_name()
    with env.raw_server(name), env.client("alice") as alice:
        gate = env.gate
        before = resource.prlimit(gate.pid, resource.RLIMIT_NOFILE)[0]

        def stranger():
            peer = env.raw_client(RAW, gate=gate)
            peer.open()
            return peer

        held = use_up_descriptors(gate, stranger)
        try:
            alice.send(f"somebody@{name}", "are you there?")
            _, text = alice.wait_bounce(f"somebody@{name}")
            assert "as many connections as its system lets it have" in text, text
            assert gate.get("/metrics")[0] == 200
        finally:
            set_descriptors(gate, before)
            for peer in held:
                peer.close()
        alice.send(f"somebody@{name}", "and now?")
        gate.expect_decision(kind="s2s_out", verdict="accepted", to=name)


def answers(env, gate):
    try:
        with env.raw_client(RAW, gate=gate) as peer:
            peer.open()
            peer.element("features")
            return True
    except (wire.Closed, OSError):
        return False


def cpu_share(gate, seconds):
    """Of one core, measured over `seconds`; a measurement needs its time."""
    before = gate.cpu_seconds()
    time.sleep(seconds)
    return (gate.cpu_seconds() - before) / seconds
