"""A gate that observes and a scripted peer: the fixtures of the tests, and the messages of both sides."""

import pytest


@pytest.fixture
def name(observing):
    return observing.fresh_name()


@pytest.fixture
def alice(observing):
    with observing.client("alice") as client:
        yield client


@pytest.fixture
def inbound(observing):
    return (observing.inbound.wan, 5269)


@pytest.fixture
def self_signed(observing, name):
    """A scripted peer that does dialback over TLS with a certificate of its own making."""
    with observing.dialback_peer(name, credential=observing.pki.bad("self_signed", name)) as peer:
        yield peer


def message(from_, to, body):
    return (f"<message id='{body}' from='{from_}' to='{to}' type='chat'>"
            f"<body>{body}</body></message>")


def expect_message(peer, body):
    stanza = peer.wait_stanza(lambda s: s.tag.endswith("}message"))
    assert stanza.find("{jabber:server}body").text == body
