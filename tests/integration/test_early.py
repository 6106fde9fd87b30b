"""Clients and servers that do not wait for the other side, as many do in the field. Prosody and
ejabberd serve them, so the gate in front of them does, too."""

import base64
import time

import pytest

from harness import raw_peer
from harness.backend import password
from harness.environment import DOMAIN, RAW
from harness.raw_peer import RawClient
from harness.wire import NS_SASL, STREAM_END, header

NS_CLIENT = "jabber:client"
STANZAS = 20


@pytest.fixture
def client(env):
    """Secured by TLS; nothing was said on the secured stream."""
    with RawClient((env.inbound.wan, 5223), None, DOMAIN) as raw:
        raw.start_tls(raw_peer.client_context(), server_hostname=DOMAIN)
        yield raw


def login(name="alice", secret=None):
    text = f"\0{name}\0{secret or password(name)}"
    return (f"<auth xmlns='{NS_SASL}' mechanism='PLAIN'>"
            f"{base64.b64encode(text.encode()).decode()}</auth>")


HEADER = header(None, DOMAIN, namespace=NS_CLIENT)
BIND = "<iq type='set' id='bind1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
PING = f"<iq type='get' id='ping1' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>"


def read_until(raw, *words, timeout=10):
    """Everything up to where all words stand in it; a stream error fails."""
    data, deadline = b"", time.monotonic() + timeout
    while not all(word in data for word in words):
        more = raw._receive(deadline)
        data += more
        assert more and b"stream:error" not in data, data
    return data


def expect_session(env, raw, data, mark):
    if b"ping1" not in data or b"bind1" not in data:
        data += read_until(raw, b"bind1", b"ping1")
    assert b"<jid>" in data, data
    env.inbound.expect_decision(since=mark, kind="c2s", verdict="accepted")
    raw.send(STREAM_END)


@pytest.mark.parametrize("flights", [
    [HEADER + login(), HEADER + BIND + PING],
    [HEADER + login() + HEADER + BIND + PING],
    [HEADER, login() + HEADER + BIND + PING],
    [HEADER, login() + HEADER[:40], HEADER[40:] + BIND + PING],
], ids=["two", "one", "behind the features", "cut inside of a header"])
def test_client_that_does_not_wait(env, client, flights):
    mark = env.inbound.mark()
    data = b""
    for number, flight in enumerate(flights):
        client.send(flight)
        if number + 1 < len(flights):
            data = read_until(client, b"</stream:features>" if flight == HEADER else b"<success")
    expect_session(env, client, data if len(flights) == 1 else b"", mark)


def test_client_that_does_not_wait_reads_that_its_password_is_wrong(env, client):
    client.send(HEADER + login(secret="wrong"))
    assert b"not-authorized" in read_until(client, b"</failure>")
    client.send(login())
    read_until(client, b"<success")


# ---- Servers

def message(to, number):
    return (f"<message id='{number}' from='bob@{RAW}' to='{to}' type='chat'>"
            f"<body>early {number}</body></message>")


@pytest.fixture
def peer(env):
    """A server that has just read <success/>."""
    with env.raw_client(RAW, env.good(RAW), timeout=20) as raw:
        raw.secure()
        raw.authenticate()
        raw.restart()
        yield raw


@pytest.mark.parametrize("end", ["stays", "ends", "leaves"])
def test_server_that_says_its_stanzas_behind_its_header(env, peer, end):
    """As Openfire does."""
    mark = env.inbound.mark()
    with env.client("alice") as alice:
        peer.send(header(RAW, DOMAIN) +
                  "".join(message(alice.full_jid, number) for number in range(STANZAS)) +
                  (STREAM_END if end == "ends" else ""))
        if end == "leaves":
            peer.close_sending()
        for number in range(STANZAS):
            alice.wait_body(f"early {number}")
        if end == "stays":
            peer.send(STREAM_END)
    decision = env.inbound.expect_decision(since=mark, kind="s2s_in", from_=RAW)
    assert decision["verdict"] == "accepted"
    ended = env.inbound.expect_event(event="end", since=mark, kind="s2s_in", from_=RAW)
    assert ended["end"] == "peer", ended


def test_server_that_has_nothing_to_say(env, peer):
    mark = env.inbound.mark()
    peer.send(header(RAW, DOMAIN) + STREAM_END)
    ended = env.inbound.expect_event(event="end", since=mark, kind="s2s_in", from_=RAW)
    assert ended["end"] == "peer", ended
