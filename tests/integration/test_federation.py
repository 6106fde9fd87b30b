"""Unmodified servers on both sides of the gate: every backend with every peer."""

import pytest

from harness.environment import PEERS

DISCO_INFO = "http://jabber.org/protocol/disco#info"
# jabberd2 takes stanzas of 64 KiB.
LARGE = {"prosody": 200_000, "ejabberd": 200_000, "jabberd2": 60_000}


@pytest.fixture
def env(any_backend):
    return any_backend


@pytest.fixture(params=PEERS)
def peer(request):
    return request.param


@pytest.fixture
def alice(env):
    with env.client("alice") as client:
        yield client


@pytest.fixture
def bob(env, peer):
    with env.peer_client(peer, "bob") as client:
        yield client


def both_ways(alice, bob, text):
    alice.send(bob.full_jid, f"out {text}")
    bob.wait_body(f"out {text}")
    bob.send(alice.full_jid, f"in {text}")
    alice.wait_body(f"in {text}")


def test_messages_pass_and_are_decided(env, peer, alice, bob):
    both_ways(alice, bob, f"hello {peer}")
    names = {"from_": alice.jid.host, "to": bob.jid.host}
    outbound = env.gate.expect_decision(kind="s2s_out", verdict="accepted", **names)
    inbound = env.gate.expect_decision(kind="s2s_in", verdict="accepted",
                                       from_=bob.jid.host, to=alice.jid.host)
    assert outbound["tls"] == inbound["tls"] == "TLSv1.3"


def test_presence_subscription(env, peer):
    with env.client("dave") as dave, env.peer_client(peer, "dave") as other:
        other.subscribe(dave.jid.bare)
        dave.wait_presence("subscribe", other.jid.bare)
        other.wait_presence("subscribed", dave.jid.bare)  # slixmpp approves by itself
        other.wait_presence("available", dave.jid.bare)


def test_disco_and_ping_of_the_other_server(env, peer, alice, bob):
    assert DISCO_INFO in alice.disco_features(env.peers[peer].domain)
    assert DISCO_INFO in bob.disco_features(env.backend.domain)
    assert alice.ping(env.peers[peer].domain)
    assert bob.ping(env.backend.domain)


def test_room_of_the_peer(env, peer, alice, bob):
    room = f"visited-by-{env.kind}@{env.peers[peer].rooms}"
    bob.join(room, "bob")
    bob.configure_instant_room(room)
    alice.join(room, "alice")
    alice.send(room, "to their room", "groupchat")
    bob.wait_body("to their room")
    bob.send(room, "from their room", "groupchat")
    alice.wait_body("from their room")


def test_room_of_the_backend(env, peer, alice, bob):
    """conference.legacy.example is an alias of the host: its own domain pair, its own streams."""
    if env.kind == "jabberd2":
        pytest.skip("Debian has no program for rooms that jabberd2 knows")
    room = f"visited-by-{peer}@{env.backend.rooms}"
    alice.join(room, "alice")
    alice.configure_instant_room(room)
    bob.join(room, "bob")
    bob.send(room, "to our room", "groupchat")
    alice.wait_body("to our room")
    alice.send(room, "from our room", "groupchat")
    bob.wait_body("from our room")
    env.gate.expect_decision(kind="s2s_in", verdict="accepted", from_=bob.jid.host,
                             to=env.backend.rooms)


def test_large_message(env, peer, alice, bob):
    both_ways(alice, bob, "0123456789" * (LARGE[env.kind] // 10))


def test_many_messages_keep_their_order(env, peer, alice, bob):
    wanted = [f"number {n}" for n in range(200)]
    for body in wanted:
        alice.send(bob.full_jid, body)
    bob.wait_body(wanted[-1])
    assert [m["body"] for m in bob.messages if m["body"].startswith("number")] == wanted


def test_goes_on_after_the_peer_restarted(env, peer):
    with env.client("alice") as alice:
        with env.peer_client(peer, "carol") as carol:
            both_ways(alice, carol, "before the restart")
        mark = env.gate.mark()
        env.peers[peer].restart()
        env.gate.expect_event(event="end", since=mark, kind="s2s_out", to=env.peers[peer].domain)
        with env.peer_client(peer, "carol") as carol:
            both_ways(alice, carol, "after the restart")


def test_goes_on_after_the_backend_restarted(env, peer):
    with env.peer_client(peer, "carol") as carol:
        with env.client("alice") as alice:
            both_ways(alice, carol, "before the restart")
        mark = env.gate.mark()
        env.backend.restart()
        env.gate.expect_event(event="end", since=mark, kind="s2s_in",
                              from_=env.peers[peer].domain)
        with env.client("alice") as alice:
            both_ways(alice, carol, "after the restart")
