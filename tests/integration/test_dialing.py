"""What the gate connects to when the DNS of others says where: not to itself, not to the backend,
not to special addresses that nobody has opened; and what a user learns of it: nothing."""

import contextlib
import socket
import time

import pytest

from harness import dialback
from harness.environment import CIRCLE, DOMAIN, HOLES, MISLED
from harness.process import wait_until
from harness.raw_peer import RawServer

ACCEPTED = "portcullis_connections_accepted_total"
NOT_REACHED = "No server of {} could be reached: the log of this gate says why."


@pytest.fixture
def alice(prosody_env):
    with prosody_env.client("alice") as client:
        yield client


def bounce_from(alice, domain):
    alice.send(f"somebody@{domain}", "are you there?")
    return alice.wait_bounce(f"somebody@{domain}", 30)


@contextlib.contextmanager
def web_server(env):
    """Answers as a web server does that is spoken to in XMPP."""
    def answer(wire, _):
        wire.sock.recv(4096)
        wire.send("HTTP/1.1 400 Bad Request\r\n\r\n")
    address, port = env.misled_to("web")
    with RawServer(address, None, port, answer) as server:
        yield server


def test_a_user_learns_nothing_about_ports(prosody_env, alice):
    """Own listeners, the backend, a closed port and another service read the same."""
    env, read = prosody_env, {}
    with web_server(env) as server, env.backend_untouched():
        for kind in MISLED:
            name = env.misled(kind)
            condition, text = bounce_from(alice, name)
            assert NOT_REACHED.format(name) in text
            read[kind] = (condition, text.replace(name, "NAME"))
        assert server.connections == 1, "the control: what may be called is called"
    assert set(read.values()) == {read["closed"]}, read


@pytest.mark.parametrize("kind, what", [
    ("outbound", "a listener of this gate"), ("wan", "a listener of this gate"),
    ("admin", "a listener of this gate"), ("backend", "where a backend of this gate listens"),
    ("clients", "where a backend of this gate listens")])
def test_the_log_says_what_was_not_called(prosody_env, alice, kind, what):
    """Though all of 127.0.0.0/8 is opened in these tests."""
    env, name = prosody_env, prosody_env.misled(kind)
    mark = env.gate.mark()
    before = env.gate.metrics().total("portcullis_addresses_refused_total")
    bounce_from(alice, name)
    decision = env.gate.expect_decision(since=mark, kind="s2s_out", verdict="rejected",
                                        reason="address_refused", to=name)
    address, port = env.misled_to(kind)
    assert f"{address}:{port} is {what}" in decision["detail"]
    env.gate.expect_event(since=mark, event="dial", host=name, address=f"{address}:{port}",
                          reason="address_refused")
    env.gate.wait_metric(before + 1, "portcullis_addresses_refused_total")


def test_special_addresses_are_closed_by_default_and_the_key_is_named(prosody_env):
    env = prosody_env
    with env.changed_gate(outbound={"allow_networks": []}) as gate:
        with env.client("alice") as alice, env.raw_server(env.fresh_name()) as server:
            name = env.fresh_name()
            assert NOT_REACHED.format(name) in bounce_from(alice, name)[1]
            decision = gate.expect_decision(kind="s2s_out", reason="address_refused", to=name)
            assert "a loopback address" in decision["detail"]
            assert "outbound.allow_networks" in decision["detail"]
            assert server.connections == 0


def test_a_network_can_be_closed_within_an_open_one(prosody_env):
    env = prosody_env
    closed = {"refuse_networks": [f"{env.net.raw_peer}/32"]}
    with env.changed_gate(outbound=closed) as gate, env.client("alice") as alice:
        name = env.fresh_name()
        with env.raw_server(name) as server:
            bounce_from(alice, name)
            decision = gate.expect_decision(kind="s2s_out", reason="address_refused", to=name)
            assert "outbound.refuse_networks" in decision["detail"]
            assert server.connections == 0
        bounce_from(alice, env.misled("closed"))
        gate.expect_decision(kind="s2s_out", reason="peer_unreachable", to=env.misled("closed"))


@contextlib.contextmanager
def holes(env, count):
    """Nobody answers there: the queue of each listener is full, so the kernel drops what comes."""
    with contextlib.ExitStack() as stack:
        for hole in HOLES[:count]:
            at = (env.net.address(hole), 5269)
            stack.enter_context(socket.create_server(at, backlog=0))
            for _ in range(4):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(at)
        yield


@pytest.mark.parametrize("dead", range(1, len(HOLES) + 1))
def test_an_address_that_is_dead_costs_a_quarter_of_a_second(prosody_env, alice, dead):
    """RFC 8305. Before, each took its share of limits.dial: 10 s with two addresses."""
    env, name = prosody_env, prosody_env.half_dead(dead)
    with holes(env, dead), env.raw_server(name) as server:
        begun = time.monotonic()
        alice.send(f"somebody@{name}", "are you there?")
        server.wait_stanza(timeout=20)
        took = time.monotonic() - begun
    assert 0.25 * dead <= took < 0.25 * dead + 2
    decision = env.gate.expect_decision(kind="s2s_out", verdict="accepted", to=name)
    assert (decision["entry"], decision["found"]) == ("starttls", "srv")
    assert decision["peer"] == f"{env.net.raw_peer}:5269"


def test_the_log_says_how_a_peer_was_found_and_where_the_way_ended(prosody_env, alice):
    env = prosody_env
    name = env.fresh_name()
    with env.raw_server(name) as server:
        alice.send(f"somebody@{name}", "are you there?")
        server.wait_stanza()
    decision = env.gate.expect_decision(kind="s2s_out", verdict="accepted", to=name)
    assert (decision["entry"], decision["found"]) == ("starttls", "fallback")
    assert "phase" not in decision
    closed = env.fresh_name()
    bounce_from(alice, closed)
    decision = env.gate.expect_decision(kind="s2s_out", reason="peer_unreachable", to=closed)
    assert decision["phase"] == "connect" and "entry" not in decision
    assert f"connecting to {env.net.raw_peer}:5269 failed" in decision["detail"]
    expired = env.fresh_name()
    with env.raw_server(expired, credential=env.pki.bad("expired", expired)):
        bounce_from(alice, expired)
    decision = env.gate.expect_decision(kind="s2s_out", reason="expired", to=expired)
    assert (decision["phase"], decision["entry"]) == ("stream", "starttls")
    bounce_from(alice, "nobody.nowhere.example")
    decision = env.gate.expect_decision(kind="s2s_out", to="nobody.nowhere.example")
    assert decision["phase"] == "look_up"


def settled(gate, kind, quiet=0.5, patience=5):
    """How many connections of this kind were accepted once no more come, or after `patience`."""
    deadline = time.monotonic() + patience
    count, since = gate.metrics().total(ACCEPTED, kind=kind), time.monotonic()
    while time.monotonic() < min(deadline, since + quiet):
        time.sleep(0.05)
        now = gate.metrics().total(ACCEPTED, kind=kind)
        if now != count:
            count, since = now, time.monotonic()
    return count


def ask_dialback(env, gate, name):
    """One db:result of a stranger: the backend asks the domain that it names."""
    client = env.raw_client(name, gate=gate)
    client.open(extra=dialback.DECLARED)
    client.element("features")
    client.send(dialback.result(name, DOMAIN, "key"))
    return client


def test_a_stranger_cannot_make_the_gate_call_itself(observing_prosody):
    """One db:result for a domain whose SRV record leads to the outbound listener. Before, each call
    arrived there as the next one: thousands of connections within seconds."""
    env = observing_prosody
    with env.changed_gate() as gate:
        descriptors = gate.descriptors()
        with ask_dialback(env, gate, env.misled("outbound")):
            wait_until(lambda: gate.metrics().total(ACCEPTED, kind="s2s_out"), 20,
                       "the backend to call")
            assert settled(gate, "s2s_out") <= 4
            gate.expect_event(event="dial", reason="address_refused")
            assert gate.descriptors() <= descriptors + 20


def test_gates_that_call_each_other_stop(observing_prosody):
    """Neither calls itself, so each sees a peer in the other."""
    env, most = observing_prosody, 5
    limits = {"dials_per_domain": most}
    with env.changed_gate(limits=limits) as gate:
        other = env._make_gate("gate-circle", env.net.address(13), env.net.other_outbound,
                               {"limits": limits})
        other.start()
        try:
            with ask_dialback(env, gate, CIRCLE):
                wait_until(lambda: gate.metrics().total(ACCEPTED, kind="s2s_out"), 20,
                           "the backend to call")
                assert settled(gate, "s2s_out") <= 4 * most
                assert settled(other, "s2s_out") <= 4 * most
                limit = {"limit": "dials"}
                hits = sum(g.metrics().total("portcullis_limit_hits_total", **limit)
                           for g in (gate, other))
                assert hits >= 1
        finally:
            other.stop()
