"""Observe mode at the level of elements: which legs are opened and with which certificate, and who
authenticates whom."""

import signal

import pytest

from harness import dialback, raw_peer
from harness.dialback import NS_FEATURE, DialbackPeer
from harness.environment import DOMAIN
from harness.observed_peer import alice, inbound, name, self_signed  # fixtures
from harness.observed_peer import expect_message, message
from harness.process import wait_until
from harness.wire import NS_SASL, NS_TLS


# Peers without TLS.

def test_plaintext_peer_both_ways(observing, alice, inbound, name):
    with observing.dialback_peer(name) as peer:
        with observing.verdict("s2s_in", "would_reject", "plaintext_refused", from_=name):
            stream = peer.established(DOMAIN, inbound)
        with stream:
            stream.send(message(f"bob@{name}", alice.full_jid, "in the clear"))
            alice.wait_body("in the clear")
    name = observing.fresh_name()
    with observing.dialback_peer(name) as peer:
        with observing.verdict("s2s_out", "would_reject", "starttls_not_offered", to=name):
            alice.send(f"bob@{name}", "out in the clear")
            expect_message(peer, "out in the clear")
        assert peer.seen.results == [(DOMAIN, name, "valid")]


def test_plaintext_peer_is_offered_starttls(observing, inbound, name):
    with observing.dialback_peer(name) as peer:
        client, features = peer.connect(DOMAIN, inbound)
        with client:
            starttls = features.find(f"{{{NS_TLS}}}starttls")
            assert starttls is not None and starttls.find(f"{{{NS_TLS}}}required") is None


def test_plaintext_peer_with_an_enforcing_rule(observing):
    name = observing.enforced_name()
    with observing.refusal("s2s_in", "dialback_attempted", from_=name):
        with observing.raw_client(name) as peer:
            peer.open(extra=dialback.DECLARED)
            features = peer.element("features")
            assert features.find(f"{{{NS_FEATURE}}}dialback") is None
            peer.send(dialback.result(name, DOMAIN, "key"))
            error = peer.stream_error()
    assert (error.condition, error.reason) == ("not-authorized", "dialback_attempted")


# Who authenticates whom.

def test_certificate_that_is_good_is_used(observing, alice, inbound, name):
    """EXTERNAL, and dialback is not needed."""
    with observing.verdict("s2s_in", "accepted", from_=name, to=DOMAIN):
        with observing.raw_client(name, observing.good(name)) as peer:
            peer.negotiate_tls()
            peer.open()
            features = peer.element("features")
            assert [m.text for m in features.iter(f"{{{NS_SASL}}}mechanism")] == ["EXTERNAL"]
            peer.authenticate()
            peer.open()
            peer.element("features")
            peer.send(message(f"bob@{name}", alice.full_jid, "authenticated"))
            alice.wait_body("authenticated")


def test_verification_passes_on_a_stream_that_is_authenticated(observing, alice, inbound, name):
    """The peer shows no certificate when it connects; where the backend asks for its key, it is
    beyond doubt."""
    with observing.dialback_peer(name, credential=observing.good(name), client_credential=None,
                                 trusted=observing.pki.roots, external=True) as peer:
        with observing.verdict("s2s_in", "would_reject", "cert_missing", from_=name), \
                observing.verdict("s2s_out", "accepted", to=name):
            stream = peer.established(DOMAIN, inbound)
        assert peer.seen.verifies == [(DOMAIN, name, "valid")]
        assert len(peer.seen.external) >= 1
        with stream:
            stream.send(message(f"bob@{name}", alice.full_jid, "verified"))
            alice.wait_body("verified")


def test_peer_with_a_good_certificate_and_dialback_only(observing, alice, name):
    with observing.dialback_peer(name, credential=observing.good(name)) as peer:
        with observing.verdict("s2s_out", "would_reject", "external_not_offered", to=name):
            alice.send(f"bob@{name}", "by dialback")
            expect_message(peer, "by dialback")


def test_dialback_instead_of_external(observing, alice, inbound, name):
    """A certificate that would do, but is not used."""
    with observing.dialback_peer(name, credential=observing.good(name)) as peer:
        with observing.verdict("s2s_in", "would_reject", "dialback_attempted", from_=name):
            stream = peer.established(DOMAIN, inbound)
        with stream:
            stream.send(message(f"bob@{name}", alice.full_jid, "not EXTERNAL"))
            alice.wait_body("not EXTERNAL")


# The legs toward the backend.

@pytest.fixture
def scripted_backend(observing, name):
    """Stands in for the backend, asks every client for a certificate, and does dialback with
    `name` directly."""
    address = observing.net.address(67)
    with DialbackPeer(DOMAIN, address, (observing.net.raw_peer, 5269), port=15269,
                      credential=observing.backend_credential, external=True,
                      trusted=observing.local_ca_directory / "ca.pem") as backend:
        with observing.extra_gate(backend={"s2s": f"{address}:15269"}) as gate:
            yield backend, (gate.wan, 5269)


def test_no_certificate_on_the_leg_of_an_observed_peer(scripted_backend, self_signed):
    """The backend must be able to tell it from a peer that the gate vouches for."""
    backend, gate = scripted_backend
    with self_signed.established(DOMAIN, gate) as stream:
        stream.send(message(f"bob@{self_signed.domain}", f"alice@{DOMAIN}", "unvouched"))
        expect_message(backend, "unvouched")
    assert backend.seen.shown == [None]
    assert backend.seen.external == []


def test_no_tls_on_the_leg_of_a_plaintext_peer(observing, scripted_backend, name):
    """The backend sees what the peer is."""
    backend, gate = scripted_backend
    with observing.dialback_peer(name) as peer:
        backend.tls_when_connecting = False
        with peer.established(DOMAIN, gate) as stream:
            stream.send(message(f"bob@{name}", f"alice@{DOMAIN}", "clear"))
            expect_message(backend, "clear")
    assert backend.seen.shown == []


def test_minted_certificate_on_the_leg_of_a_good_peer(observing, scripted_backend, name):
    """The control of the two above."""
    backend, gate = scripted_backend
    with raw_peer.RawClient(gate, name, DOMAIN, observing.good(name), timeout=20) as peer:
        peer.negotiate_tls()
        peer.open()
        peer.element("features")
        peer.authenticate()
        peer.open()
        peer.element("features")
        peer.send(message(f"bob@{name}", f"alice@{DOMAIN}", "vouched for"))
        expect_message(backend, "vouched for")
    assert len(backend.seen.shown) == 1 and backend.seen.shown[0] is not None
    assert len(backend.seen.external) == 1


def test_backend_that_does_no_dialback(env):
    """Strict settings behind a gate that observes: nobody gets in who did not get in before."""
    name = env.fresh_name()
    with env.extra_gate(policy={"mode": "observe"}) as gate:
        with DialbackPeer(name, env.net.raw_peer, (gate.wan, 5269),
                          credential=env.pki.bad("expired", name)) as peer:
            with pytest.raises(AssertionError):
                peer.established(DOMAIN)
            assert "valid" not in [answer for *_, answer in peer.seen.verifies]
        gate.wait_quiet("s2s_in")


def test_peer_resets_while_it_is_observed(observing, inbound, self_signed):
    for moment in ("features", "established"):
        client, _ = self_signed.connect(DOMAIN, inbound)
        if moment == "established":
            assert self_signed.ask(client) == "valid"
        client.reset()
    wait_until(lambda: observing.inbound.metrics().total(
        "portcullis_streams_active", kind="s2s_in") == 0, 20, "the streams to be gone")
    observing.inbound.check_conservation()


def test_stream_that_was_only_observed_ends_when_the_policy_is_enforced(observing, name):
    with observing.changed_gate() as gate, observing.dialback_peer(
            name, credential=observing.pki.bad("self_signed", name)) as peer:
        with peer.established(DOMAIN, (gate.wan, 5269)) as stream:
            text = gate.config_path.read_text()
            assert 'mode = "observe"' in text
            gate.config_path.write_text(text.replace('mode = "observe"', 'mode = "enforce"', 1))
            gate.process.send_signal(signal.SIGHUP)
            error = stream.stream_error()
        assert (error.condition, error.reason) == ("policy-violation", "self_signed")
        gate.expect_event(event="end", kind="s2s_in", from_=name, why="self_signed (judged again)")
