"""Peers that take no SASL EXTERNAL from us: with originate_dialback = "certified" they know us by a key
of dialback, within TLS and behind the verification of their certificate."""

import pytest

from harness import ejabberd
from harness.dialback import DialbackPeer, verify
from harness.environment import DOMAIN, PEERS

BY_DIALBACK = "portcullis_streams_dialback_total"


@pytest.fixture(params=PEERS)
def peer(request):
    """A real server that does not take our certificate."""
    if request.param == "ejabberd" and not ejabberd.refuses_for_servers_only():
        pytest.skip("this ejabberd takes a certificate for servers only")
    return request.param


def test_mail_flows_both_ways(originating, peer):
    env = originating
    mark, before = env.gate.mark(), env.gate.metrics().total(BY_DIALBACK)
    with env.client("alice") as alice, env.peer_client(peer, "bob") as bob:
        for number in range(3):
            alice.send(bob.full_jid, f"{number} to {peer}")
        bob.wait_body(f"2 to {peer}")
        bob.send(alice.full_jid, f"back from {peer}")
        alice.wait_body(f"back from {peer}")
        domain = bob.jid.host
    env.gate.expect_decision(since=mark, kind="s2s_out", verdict="accepted", auth="dialback",
                             from_=DOMAIN, to=domain)
    env.gate.wait_metric(before + 1, BY_DIALBACK)
    env.gate.check_conservation()


def test_never_says_which_setting_would_help(originating, peer):
    env = originating
    with env.changed_gate(s2s={"originate_dialback": "never"}) as gate:
        with env.client("alice") as alice, env.peer_client(peer, "bob") as bob:
            alice.send(bob.full_jid, "never to arrive")
            _, text = alice.wait_bounce(bob.jid)
            assert "s2s.originate_dialback" in text, text
        reason = {"prosody": "external_not_offered", "ejabberd": "refused_by_peer"}[peer]
        found = gate.expect_decision(kind="s2s_out", verdict="rejected", reason=reason,
                                     to=env.peers[peer].domain)
        assert "s2s.originate_dialback" in found["detail"], found
        assert gate.metrics().total(BY_DIALBACK) == 0


def dialback_peer(env, name, **habits):
    """A scripted server that knows dialback alone, and asks nobody for a certificate. It asks about a
    key on a connection of its own, without SASL."""
    habits.setdefault("credential", env.good(name))
    return DialbackPeer(name, env.net.raw_peer, (env.gate.wan, 5269), **habits)


def test_a_server_may_ask_without_sasl(originating):
    env, mark = originating, originating.gate.mark()
    name = env.fresh_name()
    with dialback_peer(env, name) as peer, env.client("alice") as alice:
        alice.send(f"bob@{name}", "within TLS")
        stanza = peer.wait_stanza(lambda s: s.tag.endswith("}message"))
        assert stanza.find("{jabber:server}body").text == "within TLS"
        assert peer.seen.results == [(DOMAIN, name, "valid")], peer.seen
    env.gate.expect_decision(since=mark, kind="s2s_out", verdict="accepted", auth="dialback", to=name)
    # Who has only asked was neither accepted nor refused.
    env.gate.expect_event(since=mark, event="end", kind="s2s_in", from_=name)
    assert not [e for e in env.gate.events(mark)
                if e["event"] == "decision" and e["kind"] == "s2s_in" and e["from"] == name]


def test_who_shows_no_certificate_may_not_ask(originating):
    env, mark = originating, originating.gate.mark()
    name = env.fresh_name()
    with dialback_peer(env, name, client_credential=None) as peer:
        with pytest.raises(AssertionError):  # it gets no features
            peer.connect(DOMAIN)
    env.gate.expect_decision(since=mark, kind="s2s_in", verdict="rejected", reason="cert_missing",
                             from_=name)


def test_no_key_for_whose_certificate_is_not_good(originating):
    env, mark = originating, originating.gate.mark()
    name = env.fresh_name()
    with dialback_peer(env, name, credential=env.pki.bad("expired", name)) as peer:
        with env.client("alice") as alice:
            alice.send(f"bob@{name}", "never to arrive")
            _, text = alice.wait_bounce(f"bob@{name}")
            assert "expired" in text, text
        assert peer.seen.results == [], peer.seen
    env.gate.expect_decision(since=mark, kind="s2s_out", verdict="rejected", reason="expired", to=name)


def test_a_key_of_nobody_is_invalid(originating):
    env = originating
    name = env.fresh_name()
    with dialback_peer(env, name) as peer:
        assert not peer.call_back(DOMAIN, "some id", "0" * 64)


@pytest.mark.parametrize("receiving", ["other", "below"])
def test_nobody_is_answered_in_the_name_of_another(originating, receiving):
    env, mark = originating, originating.gate.mark()
    name = env.fresh_name()
    claimed = {"other": env.fresh_name(), "below": f"sub.{name}"}[receiving]
    with dialback_peer(env, name) as peer:
        client, _ = peer.connect(DOMAIN)
        with client:
            client.send(verify(claimed, DOMAIN, "some id", "0" * 64))
            told = client.element("verify")
            assert told.get("type") == "error", told.attrib
    env.gate.expect_decision(since=mark, kind="s2s_in", verdict="rejected",
                             reason="dialback_attempted", from_=name)


def test_a_flood_of_questions_ends_the_stream(originating):
    env, mark = originating, originating.gate.mark()
    name = env.fresh_name()
    with dialback_peer(env, name) as peer:
        client, _ = peer.connect(DOMAIN)
        with client:
            client.send("".join(verify(name, DOMAIN, f"id{number}", "0" * 64)
                                for number in range(50)))
            for number in range(16):
                assert client.element("verify").get("id") == f"id{number}"
    env.gate.expect_decision(since=mark, kind="s2s_in", verdict="rejected",
                             reason="negotiation_too_long", from_=name)


def test_never_answers_nobody(originating):
    env = originating
    name = env.fresh_name()
    with env.changed_gate(s2s={"originate_dialback": "never"}) as gate, dialback_peer(env, name) as peer:
        client, _ = peer.connect(DOMAIN)
        with client:
            client.send(verify(name, DOMAIN, "some id", "0" * 64))
            gate.expect_decision(kind="s2s_in", verdict="rejected", reason="dialback_attempted",
                                 from_=name)
