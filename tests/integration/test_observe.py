"""Observe mode with unmodified servers on both sides: what a strict policy refuses is written down
and federates as it did before. test_dialback_direct.py shows that it did."""

import contextlib

import pytest

from harness.environment import DOMAIN, PEERS
from harness.observing import HABITS
from harness.process import Timeout, wait_until

# What is wrong with a peer of each habit: when it connects, and when it is connected to.
FAULTS = {"plain": ("plaintext_refused", "starttls_not_offered"),
          "self-signed": ("self_signed", "self_signed")}
# What an enforcing gate finds, and what the peer's user reads; both of them when it connects.
NO_DIALBACK = ("dialback_attempted", "Dialback is not accepted")
GAVE_UP = ("refused_by_peer", "STARTTLS is disabled in local configuration")
SELF_SIGNED = ("self_signed", "Your certificate is self-signed")
REFUSED = {("prosody", "plain"): NO_DIALBACK, ("ejabberd", "plain"): GAVE_UP,
           ("prosody", "self-signed"): SELF_SIGNED, ("ejabberd", "self-signed"): SELF_SIGNED}
# What our own user reads.
BOUNCED = {"plain": "STARTTLS is not offered by {}",
           "self-signed": "The certificate of {} is self-signed"}

each_peer = pytest.mark.parametrize("software, habit", [(s, h) for h in HABITS for s in PEERS])


def say(sender, receiver, body):
    """Until it arrives. For a second after a refused stream ejabberd returns what is sent without
    trying (s2s_max_retry_delay), and what comes in the moment in which that second ends it loses
    without a word. The test before may have ended with such a stream."""
    def heard():
        return any(m["body"] == body and m["type"] != "error" for m in list(receiver.messages))

    def returned():
        return sum(m["type"] == "error" for m in list(sender.messages))

    def arrives():
        before = returned()
        sender.send(receiver.full_jid, body)
        with contextlib.suppress(Timeout):
            wait_until(lambda: heard() or returned() > before, 5, f"{body!r} to arrive")
        return heard()
    wait_until(arrives, 20, f"{body!r} to arrive")


def told(text, words, software):
    """A busy ejabberd may notice the end of the connection before it reads why."""
    return words in text or (software == "ejabberd" and "Connection failed" in text)


def expect_would_reject(gate, kind, peer, reason):
    ends = {"s2s_in": {"from_": peer, "to": DOMAIN}, "s2s_out": {"from_": DOMAIN, "to": peer}}
    line = gate.expect_decision(kind=kind, verdict="would_reject", **ends[kind])
    named = [line["reason"], *line.get("also", "").split()]
    assert reason in named, line
    return line


@each_peer
@pytest.mark.parametrize("first", ["peer", "backend"])
def test_messages_pass_and_the_log_says_what_would_be_refused(observing, software, habit, first):
    real = observing.real_peer(software, habit)
    inbound, outbound = FAULTS[habit]
    with observing.changed_gate() as gate:  # so that no stream is there yet
        with observing.client("alice") as alice, real.client() as bob:
            ends = [bob, alice] if first == "peer" else [alice, bob]
            for sender, receiver in (ends, reversed(ends), ends):
                say(sender, receiver, f"{first} first: {sender.jid.host} to {receiver.jid.host}")
            inwards = expect_would_reject(gate, "s2s_in", real.domain, inbound)
            outwards = expect_would_reject(gate, "s2s_out", real.domain, outbound)
            for line in (inwards, outwards):
                assert line.get("tls", "").startswith("TLS") == (habit != "plain"), line
            verdicts = "portcullis_verdicts_total"
            assert gate.metrics().total(verdicts, verdict="would_reject") >= 2
            assert gate.metrics().total(verdicts, kind="s2s_in", verdict="rejected") == 0
            assert gate.metrics().total(verdicts, kind="s2s_out", verdict="rejected") == 0


@each_peer
def test_enforcing_gate_refuses_the_same_peer_in_words(observing, software, habit):
    real = observing.real_peer(software, habit)
    reason, words = REFUSED[software, habit]
    with observing.changed_gate(policy={"mode": "enforce"}) as gate:
        with observing.client("alice") as alice, real.client() as bob:
            bob.send(alice.full_jid, "refused inwards")
            _, text = bob.wait_bounce(alice.jid)
            assert told(text, words, software), text
            gate.expect_decision(kind="s2s_in", verdict="rejected", reason=reason,
                                 from_=real.domain, to=DOMAIN)
            alice.send(bob.full_jid, "refused outwards")
            _, text = alice.wait_bounce(bob.jid)
            assert BOUNCED[habit].format(real.domain) in text
            gate.expect_decision(kind="s2s_out", verdict="rejected", reason=FAULTS[habit][1],
                                 from_=DOMAIN, to=real.domain)
            assert "refused inwards" not in [m["body"] for m in alice.messages
                                             if m["type"] != "error"]


@pytest.mark.parametrize("mode, other", [("observe", "enforce"), ("enforce", "observe")])
def test_rule_for_one_domain_has_a_mode_of_its_own(observing, mode, other):
    """Both ways around: the domain with the rule, and one without, at the same time."""
    ruled, unruled = (observing.real_peer(software, "self-signed") for software in PEERS)
    rule = {"match": [ruled.domain], "mode": other}
    with observing.changed_gate(policy={"mode": mode}, s2s={"rule": [rule]}) as gate:
        with observing.client("alice") as alice, ruled.client() as bob, \
                unruled.client() as carol:
            passes, refused = (carol, bob) if mode == "observe" else (bob, carol)
            say(passes, alice, "let in")
            say(alice, passes, "let out")
            refused.send(alice.full_jid, "kept out")
            _, text = refused.wait_bounce(alice.jid)
            assert told(text, SELF_SIGNED[1], refused.jid.host.partition("-")[0]), text
            alice.send(refused.full_jid, "kept in")
            assert BOUNCED["self-signed"].format(refused.jid.host) in \
                alice.wait_bounce(refused.jid)[1]
            line = gate.expect_decision(
                kind="s2s_in", from_=ruled.domain, to=DOMAIN,
                verdict={"enforce": "rejected", "observe": "would_reject"}[other])
            assert line["rule"] == ruled.domain
            other_line = gate.expect_decision(kind="s2s_in", from_=unruled.domain, to=DOMAIN)
            assert "rule" not in other_line


@pytest.mark.parametrize("software", PEERS)
@pytest.mark.parametrize("first", ["peer", "backend"])
def test_good_peer_is_authenticated_as_ever(observing, software, first):
    real = observing.real_peer(software, "strict")
    with observing.changed_gate() as gate:
        with observing.client("alice") as alice, real.client() as bob:
            ends = [bob, alice] if first == "peer" else [alice, bob]
            for sender, receiver in (ends, reversed(ends)):
                say(sender, receiver, f"authenticated, {first} first, from {sender.jid.host}")
        for kind, from_, to in (("s2s_in", real.domain, DOMAIN), ("s2s_out", DOMAIN, real.domain)):
            line = gate.expect_decision(kind=kind, verdict="accepted", from_=from_, to=to)
            assert line["tls"] == "TLSv1.3" and "also" not in line
        assert gate.metrics().total("portcullis_verdicts_total", verdict="would_reject") == 0
