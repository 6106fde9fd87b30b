"""What docs/backends tells operators to write, checked without the gate: a scripted gate speaks to
the backend over the same legs, with certificates of the local CA."""

import pytest

from harness import raw_peer
from harness.environment import DOMAIN, ROOMS
from harness.raw_peer import Behaviour, RawClient, RawServer

PEER = "somewhere.example"


def connect(world, domain, credential, to=DOMAIN):
    return RawClient((world.backend.site.address, world.backend.site.s2s_port), domain, to,
                     credential, timeout=20)


def minted(world, domain):
    return world.pki.minted(world.local_ca, domain)


@pytest.mark.parametrize("to", [DOMAIN, ROOMS])
def test_accepts_a_minted_certificate(lone_backend, to):
    with connect(lone_backend, PEER, minted(lone_backend, PEER), to) as gate:
        gate.establish()
        gate.send(f"<message from='a@{PEER}' to='{to}' id='minted-{to}'><body>x</body></message>")
        lone_backend.backend.wait_log(f"minted-{to}")


@pytest.mark.parametrize("kind", ["public", "wrong_name", "none"])
def test_refuses_everybody_else(lone_backend, kind):
    credential = {
        # Good on the Internet; proves that a connection around the gate fails.
        "public": lambda: lone_backend.pki.leaf(PEER),
        "wrong_name": lambda: minted(lone_backend, "another.example"),
        "none": lambda: None}[kind]()
    with connect(lone_backend, PEER, credential) as stranger:
        stranger.negotiate_tls()
        stranger.open()
        if lone_backend.kind == "prosody":
            assert stranger.stream_error().condition == "not-authorized"
        else:
            stranger.expect_external()
            stranger.send(raw_peer.external(PEER))
            assert stranger.sasl_failure()[0] == "not-authorized"


def test_refuses_dialback(lone_backend):
    with connect(lone_backend, PEER, lone_backend.pki.leaf(PEER)) as stranger:
        stranger.negotiate_tls()
        stranger.open(extra=" xmlns:db='jabber:server:dialback'")
        stranger.send(f"<db:result from='{PEER}' to='{DOMAIN}'>key</db:result>")
        assert stranger.stream_error().condition != ""


def test_refuses_plaintext(lone_backend):
    with connect(lone_backend, PEER, None) as stranger:
        stranger.open()
        stranger.element("features")
        stranger.send(f"<message from='a@{PEER}' to='alice@{DOMAIN}'><body>clear</body></message>")
        if lone_backend.kind == "prosody":  # says nothing, and drops it
            lone_backend.backend.wait_log("Unhandled s2sin_unauthed stanza: message")
        else:
            assert stranger.stream_error().condition in ("not-authorized", "policy-violation")


@pytest.mark.parametrize("remote", ["first.example", "second.example"])
def test_opens_its_streams_through_the_gate(lone_backend, remote):
    """Its DNS leads to the outbound listener, where it takes the certificate minted for the remote
    domain and authenticates with its own."""
    behaviour = Behaviour(credential=minted(lone_backend, remote),
                          trusted=lone_backend.backend_credential.chain)
    with RawServer(lone_backend.net.outbound, behaviour) as listener, \
            connect(lone_backend, remote, minted(lone_backend, remote)) as inbound:
        inbound.establish()
        inbound.send(f"<iq type='get' id='q' from='{remote}' to='{DOMAIN}'>"
                     "<ping xmlns='urn:xmpp:ping'/></iq>")
        answer = listener.wait_stanza(lambda s: s.get("id") == "q")
        assert (answer.get("from"), answer.get("to")) == (DOMAIN, remote)


def test_does_not_trust_a_public_certificate_at_the_outbound_listener(lone_backend):
    remote = "impostor.example"
    behaviour = Behaviour(credential=lone_backend.pki.leaf(remote),
                          trusted=lone_backend.backend_credential.chain)
    with RawServer(lone_backend.net.outbound, behaviour) as listener, \
            connect(lone_backend, remote, minted(lone_backend, remote)) as inbound:
        inbound.establish()
        inbound.send(f"<iq type='get' id='q' from='{remote}' to='{DOMAIN}'>"
                     "<ping xmlns='urn:xmpp:ping'/></iq>")
        listener.wait_connection()
        lone_backend.backend.wait_log(
            r"not trusted|unable to get|self.signed certificate in|unknown ca|"
            r"certificate .*failed|Peer certificate", timeout=20)
        assert behaviour.stanzas == []
