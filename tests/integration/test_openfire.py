"""Openfire as a backend by dialback, played: it cannot be installed from Debian packages. How it
does by certificates is in test_early.py and test_refusals_answered.py."""

import pytest

from harness.environment import DOMAIN
from harness.openfire import PlayedOpenfire
from harness.process import wait_until
from harness.raw_peer import external

REJECTED = "portcullis_streams_rejected_total"


@pytest.fixture
def openfire(prosody_env):
    """It, and a gate of its own in front of it."""
    env = prosody_env
    with PlayedOpenfire(env.net.address(68), {DOMAIN}) as played, env.extra_gate(
            backend={"kind": "openfire", "s2s_auth": "dialback",
                     "s2s": f"{env.net.address(68)}:15269"}) as gate:
        played.gate = (gate.outbound, 5269)
        played.env, played.front = env, gate
        yield played
        gate.check_conservation()


def message(from_, to, body):
    return f'<message from="{from_}" to="{to}" type="chat"><body>{body}</body></message>'


def bodies(stanzas):
    return ["".join(s.itertext()) for s in list(stanzas)]


def test_a_peer_writes_to_it(openfire):
    env, gate = openfire.env, openfire.front
    name, before = env.fresh_name(), gate.metrics().total(REJECTED)
    with env.raw_client(name, env.good(name), gate=gate).establish() as peer:
        peer.send(message(f"bob@{name}", f"alice@{DOMAIN}", "in"))
        wait_until(lambda: bodies(openfire.stanzas) == ["in"], 10, "the message at Openfire")
    assert openfire.asked == [(DOMAIN, name, "valid")]
    gate.expect_decision(kind="s2s_in", verdict="accepted", from_=name, to=DOMAIN)
    assert gate.metrics().total(REJECTED) == before


@pytest.mark.parametrize("version", ["1.0", None])
def test_it_writes_to_a_peer(openfire, version):
    """Without a version as releases up to 4.7 try it the second time, and Wildfire 3 at once."""
    env, gate = openfire.env, openfire.front
    name, before = env.fresh_name(), gate.metrics().total(REJECTED)
    with env.raw_server(name) as peer, openfire.stream(name, version) as stream:
        assert stream.element("result").get("type") == "valid"
        stream.send(message(f"alice@{DOMAIN}", f"bob@{name}", "out"))
        wait_until(lambda: bodies(peer.behaviour.stanzas) == ["out"], 20, "the message")
    gate.expect_decision(kind="s2s_out", verdict="accepted", from_=DOMAIN, to=name)
    assert gate.metrics().total(REJECTED) == before


def test_it_is_told_why_a_message_did_not_arrive(openfire):
    """Before it gives up by itself, which it does after ten seconds."""
    env = openfire.env
    name = env.fresh_name()
    with env.raw_server(name, credential=env.pki.bad("expired", name)), \
            openfire.stream(name) as stream:
        assert stream.element("result").get("type") == "valid"
        stream.send(message(f"alice@{DOMAIN}", f"bob@{name}", "never to arrive"))
        wait_until(lambda: openfire.stanzas, 10, "the answer")
    assert openfire.stanzas[0].get("type") == "error"
    assert "expired" in bodies(openfire.stanzas)[0]
    assert openfire.asked == [(DOMAIN, name, "valid")], "the answer came on a proved stream"


# ---- Who is refused, and what is set wrongly


def test_who_does_not_know_its_secret_is_not_it(openfire):
    env, gate = openfire.env, openfire.front
    name, mark = env.fresh_name(), gate.mark()
    with env.raw_server(name) as peer, openfire.stream(name, secret="a guess") as stranger:
        error = stranger.stream_error()
        assert (error.condition, error.reason) == ("not-authorized", "not_the_backend")
        assert peer.connections == 0
    gate.expect_event(since=mark, event="backend", reason="not_the_backend")


def refused(openfire, reason, says):
    """What a peer is told while Openfire refuses the gate's key, and the gate logs."""
    env, gate = openfire.env, openfire.front
    name, mark = env.fresh_name(), gate.mark()
    with env.raw_client(name, env.good(name), gate=gate, timeout=40) as peer:
        peer.secure()
        peer.send(external(None))
        error = peer.stream_error(timeout=40)
    found = gate.expect_decision(since=mark, kind="s2s_in", verdict="rejected",
                                 reason=reason, from_=name)
    assert says in found["detail"], found
    assert error.reason == reason
    assert says not in error.text
    assert openfire.stanzas == []


def test_a_domain_that_it_does_not_serve(openfire):
    openfire.domains = {"conference.other.example"}
    refused(openfire, "backend_misconfigured", "does not serve this domain")


def test_its_question_goes_elsewhere(openfire):
    """Without dnsutil.dnsOverride."""
    openfire.gate = (openfire.env.net.address(66), 5269)  # nobody listens there
    refused(openfire, "backend_unavailable", "outbound.listen")
