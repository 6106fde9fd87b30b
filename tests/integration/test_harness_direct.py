"""Without the gate: the servers, DNS, PKI and clients around it federate with each other."""

import pytest

PAIRS = [("prosody", "ejabberd"), ("ejabberd", "prosody")]


@pytest.mark.parametrize("here, there", PAIRS)
def test_message_ping_and_room(direct, here, there):
    with direct.client(here) as alice, direct.client(there, "bob") as bob:
        alice.send(bob.full_jid, f"from {here}")
        bob.wait_body(f"from {here}")
        assert alice.ping(direct.peers[there].domain)
        room = f"direct@{direct.peers[there].rooms}"
        bob.join(room, "bob")
        bob.configure_instant_room(room)
        alice.join(room, "alice")
        alice.send(room, f"hello from {here}", "groupchat")
        bob.wait_body(f"hello from {here}")


@pytest.mark.parametrize("kind", ["prosody", "ejabberd"])
def test_unknown_domain_bounces(direct, kind):
    with direct.client(kind) as alice:
        alice.send("somebody@nowhere.example", "lost")
        condition, _ = alice.wait_bounce("somebody@nowhere.example")
        assert condition == "remote-server-not-found"
