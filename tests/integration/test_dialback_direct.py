"""No gate: a backend that federates by dialback, and the peers that the tests of observe mode put
in front of it, do understand each other. So what those tests find missing, the gate has lost."""

import pytest

from harness.dialback import NS_FEATURE
from harness.environment import DOMAIN, PEERS
from harness.observing import HABITS


@pytest.fixture
def alice(ungated):
    with ungated.client("alice") as client:
        yield client


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("software", PEERS)
@pytest.mark.parametrize("first", ["backend", "peer"])
def test_real_peers(ungated, alice, software, habit, first):
    with ungated.real_peer(software, habit).client() as bob:
        ends = [alice, bob] if first == "backend" else [bob, alice]
        for sender, receiver in (ends, reversed(ends)):
            body = f"{first} first, from {sender.jid.host}"
            sender.send(receiver.full_jid, body)
            receiver.wait_body(body)


@pytest.mark.parametrize("fault", ["plaintext", "self_signed", "expired", "wrong_name"])
def test_scripted_peer_both_ways(ungated, alice, fault):
    name = ungated.fresh_name()
    credential = None if fault == "plaintext" else ungated.pki.bad(fault, name)
    with ungated.dialback_peer(name, credential=credential) as peer:
        with peer.established(DOMAIN) as stream:
            stream.send(f"<message from='bob@{name}' to='{alice.full_jid}' type='chat'>"
                        f"<body>in from {name}</body></message>")
            alice.wait_body(f"in from {name}")
        alice.send(f"bob@{name}", "and back")
        stanza = peer.wait_stanza(lambda s: s.tag.endswith("}message"))
        assert stanza.find("{jabber:server}body").text == "and back"
    assert {answer for *_, answer in peer.seen.verifies} == {"valid"}
    assert peer.seen.results == [(DOMAIN, name, "valid")]


def test_scripted_peer_with_a_wrong_key(ungated, alice):
    """The key is what decides: else nothing would be proved by all the others."""
    name = ungated.fresh_name()
    with ungated.dialback_peer(name, credential=ungated.pki.bad("self_signed", name)) as peer:
        client, features = peer.connect(DOMAIN)
        with client:
            assert features.find(f"{{{NS_FEATURE}}}dialback") is not None
            assert peer.ask(client, "0" * 64) == "invalid"
        assert peer.seen.verifies[-1] == (DOMAIN, name, "invalid")


def test_scripted_peer_that_disowns_its_key(ungated):
    name = ungated.fresh_name()
    with ungated.dialback_peer(name, credential=ungated.pki.bad("self_signed", name),
                               honest=False) as peer:
        client, _ = peer.connect(DOMAIN)
        with client:
            assert peer.ask(client) == "invalid"
