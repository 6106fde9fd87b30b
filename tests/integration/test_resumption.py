"""Streams that are resumed (XEP-0198): the gate lets the backend's own stream management work, and an
end that is no good-bye must look to the backend like one."""

import socket
import struct

import pytest

from harness.environment import DOMAIN
from harness.logged_in import Authenticated, LoggedIn, Secured
from harness.wire import local_name

NS_SM = "urn:xmpp:sm:3"
NS_STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"


class Managed(LoggedIn):
    def __init__(self, gate, user):
        super().__init__(gate, user)
        self.send("<presence/>" f"<enable xmlns='{NS_SM}' resume='true'/>")
        self.number = self.until("enabled").get("id")

    def until(self, name):
        """Skips what else the server says."""
        while local_name(element := self.next()) != name:
            pass
        return element

    def vanish(self):
        """As a telephone does in a tunnel: the connection is reset, without a word."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Again(Authenticated):
    """Takes up the stream of somebody who has seen nothing on it."""

    def __init__(self, gate, user, number):
        super().__init__(gate, user)
        self.taken = 0
        self.send(f"<resume xmlns='{NS_SM}' previd='{number}' h='0'/>")

    def bodies(self, wanted):
        """Until the last of them."""
        found = []
        while not found or found[-1] != wanted[-1]:
            item = self.next()
            self.taken += local_name(item) in ("message", "presence", "iq")
            if local_name(item) == "message":
                found += [child.text for child in item if local_name(child) == "body"]
        return found

    def leave(self):
        """Or what it has not said to have taken would be sent to its next stream."""
        self.send(f"<a xmlns='{NS_SM}' h='{self.taken}'/></stream:stream>")
        self.to_the_end()


def assert_goes_on(env, gate, alice):
    """What was sent to alice while she was away arrives, once, behind <resumed/>, and what comes
    later behind it."""
    missed = [f"missed {number}" for number in range(5)]
    with env.client("bob") as bob:
        for body in missed:
            bob.send(alice.jid, body)
        assert bob.ping(DOMAIN)
        with Again(gate, "alice", alice.number) as again:
            assert again.element("resumed").get("previd") == alice.number
            assert again.bodies(missed) == missed
            bob.send(alice.jid, "later")
            assert again.bodies(["later"]) == ["later"]
            again.leave()


def test_client_resumes_after_a_lost_connection(env):
    alice = Managed(env.inbound, "alice")
    alice.vanish()
    assert_goes_on(env, env.inbound, alice)


def test_client_resumes_at_another_gate_when_its_own_stops(env):
    with env.extra_gate() as first:
        alice = Managed(first, "alice")
    assert_goes_on(env, env.inbound, alice)


def test_stream_that_nobody_knows_is_not_resumed(env):
    with Again(env.inbound, "alice", "nobody-knows-it") as alice:
        failed = alice.element("failed")
        assert failed.find(f"{{{NS_STANZAS}}}item-not-found") is not None
        alice.send("<iq id='b' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        assert alice.element("iq").get("type") == "result"


def test_stream_of_somebody_else_is_not_resumed(env):
    alice = Managed(env.inbound, "alice")
    alice.vanish()
    with Again(env.inbound, "bob", alice.number) as bob:
        bob.element("failed")


@pytest.mark.parametrize("word", ["resume", "enable"])
def test_nothing_is_resumed_before_a_login(env, word):
    with Secured(env.inbound) as client:
        client.send(f"<{word} xmlns='{NS_SM}' previd='1' h='0'/>")
        assert client.stream_error().condition == "unsupported-stanza-type"


def test_stream_that_was_closed_properly_is_not_resumed(env):
    with Managed(env.inbound, "alice") as alice:
        alice.send("</stream:stream>")
        alice.to_the_end()
    with Again(env.inbound, "alice", alice.number) as again:
        again.element("failed")
