"""jabberd2 with `<out-conn-reuse/>`, as it is packaged: it says several pairs of domains on one stream
if they lead to one address, and here they all do. The gate takes one pair for each stream."""

import pytest

from harness import jabberd2
from harness.by_dialback import DialbackEnvironment
from harness.environment import PEERS
from harness.process import wait_until

NUMBER = 20


class Packaged(DialbackEnvironment):
    CHANGE_JABBERD2 = None


@pytest.fixture(scope="module")
def world():
    if not jabberd2.installed():
        pytest.skip("Debian 13 has no jabberd2")
    made = Packaged("jabberd2")
    yield made
    made.close()


def bodies(client, errors):
    return {m["body"] for m in client.messages if (m["type"] == "error") == errors}


def test_what_does_not_arrive_comes_back(world):
    """Messages for two servers in turn, so that pair and pair want the same stream."""
    with world.client("alice") as alice, world.peer_client("prosody", "bob") as bob, \
            world.peer_client("ejabberd", "bob") as eve:
        sent = set()
        for number in range(NUMBER):
            for other in (bob, eve):
                sent.add(f"{number} for {other.jid.host}")
                alice.send(other.full_jid, f"{number} for {other.jid.host}")
        wait_until(lambda: bodies(bob, False) | bodies(eve, False) | bodies(alice, True) >= sent, 60,
                   "each message to arrive or to come back")
        arrived = bodies(bob, False) | bodies(eve, False)
        assert not arrived & bodies(alice, True), "what came back has not arrived"
        assert arrived, "one of the pairs has the stream"


@pytest.mark.parametrize("peer", PEERS)
def test_other_servers_reach_its_users(world, peer):
    with world.client("alice") as alice, world.peer_client(peer, "carol") as carol:
        carol.send(alice.full_jid, f"in from {peer}")
        alice.wait_body(f"in from {peer}")
        answer = f"out to {peer}"
        alice.send(carol.full_jid, answer)
        wait_until(lambda: answer in bodies(carol, False) | bodies(alice, True), 60,
                   "the answer to arrive or to come back")
