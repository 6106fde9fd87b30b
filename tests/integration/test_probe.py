"""`portcullis probe`: real servers and scripted ones, seen from outside; nothing but what they say."""

import json

import pytest

from harness import prosody
from harness.backend import Site
from harness.environment import DOMAIN, RAW, a_label
from harness.probing import BOTH_WAYS, DIRECT, FAILED, IDN, MET, NOT_MET, only
from harness.probing import world  # the fixture
from harness.raw_peer import OFFER_EXTERNAL, OFFER_STARTTLS, PROCEED, Behaviour, server_context
from harness.wire import NS_SASL, NS_TLS, header


# ---- Real servers


@pytest.mark.parametrize("kind", ["prosody", "ejabberd"])
def test_a_good_server(world, kind):
    found, text = world.probe(world.peer(kind), expect=MET)
    one = only(found)
    assert found["outcome"] == "met"
    assert found["ruling"] == {"verdict": "accepted", "enforce": "accepted", "observe": "accepted"}
    assert one["before_tls"]["starttls"]
    assert one["tls"]["version"] == "TLSv1.3" and one["tls"]["forward_secrecy"]
    assert one["certificate"]["key"] == "ECDSA P-256"
    assert found["domain"] in one["certificate"]["names"]
    assert one["offers"]["mechanisms"] == ["EXTERNAL"]
    assert one["external"] == "accepted"
    assert found["for_admin"] == ""
    assert "accepted by SASL EXTERNAL" in text


@pytest.mark.parametrize("kind", ["prosody", "ejabberd"])
def test_servers_for_clients(world, kind):
    found, text = world.probe(world.peer(kind), "--c2s", expect=MET)
    one = only(found)
    assert found["kind"] == "c2s" and found["local"] is None
    assert "SCRAM-SHA-1" in one["offers"]["mechanisms"]
    assert one["external"] == "not_tried"
    assert "SCRAM-SHA-1" in text and "ours " not in text


def test_a_server_that_does_not_trust_us(world):
    """Prosody with another list of CAs: it offers dialback, and EXTERNAL to nobody."""
    site = Site("distrusting.raw.example", world.net.raw_peer, 5269, 5222, world.net.internet_dns,
                str(world.pki.private_ca("Elsewhere")[1]))
    server = world.started(prosody.peer(site, world.directory / "distrusting",
                                        world.pki.leaf(site.domain, site.rooms), "falls-back"))
    try:
        found, text = world.probe(site.domain, expect=NOT_MET)
    finally:
        server.stop()
    assert only(found)["external"] == "not_offered" and only(found)["offers"]["dialback"]
    assert found["ruling"]["reason"] == "external_not_offered"
    assert found["ruling"]["enforce"] == "rejected"
    assert found["ruling"]["observe"] == "would_reject"
    assert "no SASL EXTERNAL is offered" in text


def test_a_server_without_tls(world):
    site = Site("clear.raw.example", world.net.raw_peer, 5269, 5222, world.net.internet_dns,
                str(world.pki.roots))
    server = world.started(prosody.peer(site, world.directory / "clear",
                                        world.pki.leaf(site.domain, site.rooms), "plain"))
    try:
        found, text = world.probe(site.domain, expect=NOT_MET)
    finally:
        server.stop()
    assert found["ruling"]["reason"] == "starttls_not_offered"
    assert not only(found)["before_tls"]["starttls"] and "tls" not in only(found)
    assert "no STARTTLS" in text


# ---- Direct TLS, several addresses, names


def secured(wire, name, credential):
    """A server behind a handshake that has been done."""
    wire.next()
    wire.send(header(name, DOMAIN, extra=" id='2'") + OFFER_EXTERNAL)
    wire.next()
    wire.send(f"<success xmlns='{NS_SASL}'/>")


def direct(world, name, alpn=("xmpp-server",)):
    def talk(wire, behaviour):
        context = server_context(behaviour.credential)
        context.set_alpn_protocols(list(alpn))
        wire.start_tls(context, server_side=True)
        secured(wire, name, behaviour.credential)
    return world.raw(Behaviour(credential=world.pki.leaf(name)), 5270, talk)


def test_direct_tls_alone(world):
    with direct(world, DIRECT):
        found, text = world.probe(DIRECT, expect=MET)
    one = only(found)
    assert one["entry"] == "direct" and one["tls"]["alpn"] == "xmpp-server"
    assert "before_tls" not in one and one["external"] == "accepted"
    assert "direct TLS" in text and "ALPN xmpp-server" in text


def test_direct_tls_for_something_else(world):
    with direct(world, DIRECT, alpn=("http/1.1",)):
        found, _ = world.probe(DIRECT, expect=MET)
    assert only(found)["tls"]["alpn"] == ""


def test_one_of_two_ways_is_enough(world):
    """STARTTLS with a bad certificate, direct TLS with a good one: a stream would be established,
    and its admin is told all the same."""
    bad = world.pki.bad("expired", BOTH_WAYS)
    with world.raw(Behaviour(credential=bad)), direct(world, BOTH_WAYS):
        found, text = world.probe(BOTH_WAYS, expect=MET)
    rulings = {one["entry"]: one["ruling"]["verdict"] for one in found["addresses"]}
    assert rulings == {"starttls": "rejected", "direct": "accepted"}
    assert "expired" in found["for_admin"] and "expired" in text


def test_a_domain_with_other_letters(world):
    name = a_label(IDN)
    with world.raw(Behaviour(credential=world.pki.leaf(name))) as server:
        found, text = world.probe(IDN, expect=MET)
        assert server.behaviour.headers[0]["to"] == IDN
    assert (found["domain"], found["unicode"]) == (name, IDN)
    assert f"{name} ({IDN})" in text


# ---- Hostile servers


def unsecured(says, forever=False):
    """A server that says that in the clear, behind its header."""
    def talk(wire, behaviour):
        wire.next()
        wire.send(header("x", DOMAIN, extra=" id='1'"))
        while wire.send(says) and forever:
            pass
        wire.sock.recv(1)
    return talk


def dripping(wire, behaviour):
    wire.next()
    wire.send(header("x", DOMAIN, extra=" id='1'") + "<stream:features>")
    wire.send_slowly(b"<x/>" * 1000, 0.2, 20)


HOSTILE = {
    "silent": (lambda wire, behaviour: wire.sock.recv(65536) and wire.sock.recv(1),
               "negotiation_timeout"),
    "dripping": (dripping, "negotiation_timeout"),
    "garbage": (lambda wire, behaviour: wire.send(b"\x00\xff HTTP/1.1 400\r\n"), "xml_invalid"),
    "endless-features": (unsecured("<stream:features>" + "<x xmlns='y'/>" * 1000, True),
                         "stanza_too_big"),
    "endless-space": (unsecured(" " * 4096, True), "negotiation_too_long"),
    "doctype": (lambda wire, behaviour: wire.send("<!DOCTYPE x [<!ENTITY e 'e'>]><x>"),
                "xml_restricted"),
    "stanza": (unsecured("<message/>"), "unauthenticated_stanza"),
    "injection": (unsecured(OFFER_STARTTLS + PROCEED + "<message/>"), "starttls_injection"),
    "failure": (unsecured(OFFER_STARTTLS + f"<failure xmlns='{NS_TLS}'/>"), "tls_failed"),
    "no-tls-behind-proceed": (unsecured(OFFER_STARTTLS + PROCEED), "peer_unreachable"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_server(world, what):
    script, reason = HOSTILE[what]
    name = f"{what}.{RAW}"
    patience = ("--timeout", "2") if reason == "negotiation_timeout" else ()
    with world.raw(Behaviour(), script=script):
        run = world.run(name, "--json", *patience)
    found = json.loads(run.stdout)
    assert found["ruling"]["reason"] == reason, run.stdout
    assert run.returncode == (FAILED if reason == "peer_unreachable" else NOT_MET)
    assert found["ruling"]["enforce"] == "rejected"


def test_words_that_a_terminal_would_obey(world):
    says = ("<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
            "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>&#x9b;31m go \u202e away</text>"
            "</stream:error></stream:stream>")
    name = f"terminal.{RAW}"
    with world.raw(Behaviour(), script=unsecured(says)):
        found, text = world.probe(name, expect=NOT_MET)
    assert found["ruling"]["reason"] == "refused_by_peer"
    assert "31m go" in text


def test_our_certificate_is_declined(world):
    name = f"declined.{RAW}"
    with world.raw(Behaviour(credential=world.pki.leaf(name), external="refuse")):
        found, text = world.probe(name, expect=NOT_MET)
    assert only(found)["external"] == "declined"
    assert "we do not like you" in only(found)["external_words"]
    assert found["ruling"]["reason"] == "refused_by_peer"
    assert "declined: not-authorized (we do not like you)" in text
