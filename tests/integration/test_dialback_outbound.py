"""What a backend sends out that knows only dialback: its streams at the outbound listener."""

import re
import socket

import pytest

from harness.environment import DEAD, DOMAIN, PEERS
from harness.process import wait_until

HEADER = ("<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
          "xmlns:db='jabber:server:dialback'{}>")
OLD = HEADER.format("")
NEW = HEADER.format(f" from='{DOMAIN}' to='raw.example' version='1.0'")


class Stranger:
    """A program on this machine that is not the backend."""

    def __init__(self, env):
        self.socket = socket.create_connection((env.net.outbound, 5269), timeout=10)
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def says(self, text):
        self.socket.sendall(text.encode())

    def hears(self, pattern):
        while not (found := re.search(pattern, self.text)):
            more = self.socket.recv(4096)
            assert more, f"closed without {pattern}: {self.text}"
            self.text += more.decode()
        return found


@pytest.mark.parametrize("peer", PEERS)
def test_a_real_server_is_written_to_and_answers(by_dialback, peer):
    env = by_dialback
    with env.client("alice") as alice, env.peer_client(peer, "bob") as bob:
        for number in range(3):
            alice.send(bob.full_jid, f"{number} to {peer}")
        bob.wait_body(f"2 to {peer}")
        bob.send(alice.full_jid, f"back from {peer}")
        alice.wait_body(f"back from {peer}")
        assert [m["body"] for m in bob.messages if m["body"].endswith(peer)] == [
            f"{number} to {peer}" for number in range(3)]
    for kind, from_, to in (("s2s_out", DOMAIN, bob.jid.host), ("s2s_in", bob.jid.host, DOMAIN)):
        env.gate.expect_decision(kind=kind, verdict="accepted", from_=from_, to=to)
    env.gate.check_conservation()


def arrived(server, body):
    return any(body in "".join(stanza.itertext())
               for stanza in list(server.behaviour.stanzas))


def test_a_peer_that_cannot_be_called_can_write(by_dialback):
    env = by_dialback
    name = env.fresh_name()  # nobody listens there
    with env.client("alice") as alice:
        with env.raw_client(name, env.good(name), gate=env.gate, timeout=40) as stream:
            stream.establish()
            stream.send(f"<message from='bob@{name}' to='{alice.full_jid}' type='chat'>"
                        f"<body>from {name}</body></message>")
            alice.wait_body(f"from {name}")


def test_a_refused_peer_is_told_of(by_dialback):
    """The sentence reaches the user who has written."""
    env = by_dialback
    name = env.fresh_name()
    with env.client("alice") as alice:
        with env.raw_server(name, credential=env.pki.bad("expired", name)):
            alice.send(f"bob@{name}", "never to arrive")
            bounce = alice.wait_bounce(f"bob@{name}")
    assert "expired" in str(bounce), bounce
    env.gate.expect_decision(kind="s2s_out", verdict="rejected", reason="expired", to=name)


def test_one_dead_domain_does_not_harm_another(by_dialback):
    """jabberd2 as it is packaged would say both on one stream."""
    env = by_dialback
    good, dead = env.fresh_name(), DEAD
    with env.client("alice") as alice, env.raw_server(good) as server:
        for number in range(3):
            alice.send(f"bob@{good}", f"number {number}")
            alice.send(f"bob@{dead}", f"number {number}")
        alice.wait_bounce(f"bob@{dead}", timeout=60)
        wait_until(lambda: arrived(server, "number 2"), 60, "the messages at the peer")
        assert arrived(server, "number 0") and arrived(server, "number 1")
    env.gate.check_conservation()


def test_a_stranger_is_asked_about_its_key(by_dialback):
    env = by_dialback
    name = env.fresh_name()
    mark = env.gate.mark()
    with Stranger(env) as stranger:
        stranger.says(NEW)
        assert "<starttls" not in stranger.hears(r"<stream:stream .*</stream:features>")[0]
        stranger.says(f"<db:result from='{DOMAIN}' to='{name}'>made up</db:result>")
        stranger.hears("<stream:error><not-authorized.*</stream:stream>")
    env.gate.expect_decision(since=mark, kind="s2s_out", verdict="rejected",
                             reason="not_the_backend", from_=DOMAIN, to=name)
    env.gate.expect_event(since=mark, event="backend", reason="not_the_backend")


def test_a_made_up_key_of_ours_is_invalid(by_dialback):
    with Stranger(by_dialback) as stranger:
        stranger.says(OLD)
        assert "version" not in stranger.hears("<stream:stream [^>]*>")[0].replace("?xml version", "")
        for id_, key in (("1", "0" * 64), ("2", "")):
            stranger.says(f"<db:verify id='{id_}' from='{DOMAIN}' to='raw.example'>{key or 'x'}"
                          "</db:verify>")
            stranger.hears(f"<db:verify from='raw.example' to='{DOMAIN}' id='{id_}' "
                           "type='invalid'/>")
        stranger.says("</stream:stream>")
        stranger.hears("</stream:stream>")
