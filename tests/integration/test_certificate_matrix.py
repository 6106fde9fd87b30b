"""Every kind of bad certificate, in both directions: refused in words by a gate that enforces, let
through unauthenticated by a gate that observes, and called by the same name by both."""

from dataclasses import dataclass

import pytest

from harness.dialback import NS_FEATURE
from harness.environment import DOMAIN
from harness.faults import ELSEWHERE
from harness.process import wait_until
from harness.wire import NS_SASL

NOTHING = "no_certificate"


@dataclass(frozen=True)
class Case:
    reason: str
    words: str  # of the sentence that the remote admin, or our user, reads


CASES = {
    "self_signed": Case("self_signed", "is self-signed"),
    "unknown_ca": Case("untrusted_issuer", "not trusted here: CN=Stranger CA"),
    "missing_intermediate": Case("missing_intermediate", "certificate of the issuer CN="),
    "expired": Case("expired", "expired on"),
    "not_yet_valid": Case("not_yet_valid", "is not valid yet"),
    "expired_ca": Case("chain_expired", "CN=Expired Intermediate CA"),
    "code_signing_only": Case("wrong_purpose", "extended key usage: codeSigning"),
    "common_name_only": Case("name_missing", "names no host in subjectAltName"),
    "wrong_name": Case("name_mismatch", f"but for {ELSEWHERE}"),
    "wildcard_too_deep": Case("name_mismatch", "but for *.raw.example"),
    "constrained_ca": Case("name_constraint", "CN=Constrained Intermediate CA"),
    "weak_key": Case("weak_key", "too weak"),
    "weak_signature": Case("weak_signature", "signed with a weak algorithm"),
    "nul_in_name": Case("cert_malformed", "is malformed"),
    "revoked": Case("revoked", "was revoked"),
}
# A server cannot do TLS without a certificate.
INBOUND = {NOTHING: Case("cert_missing", "showed no certificate"), **CASES}

each_inbound = pytest.mark.parametrize("fault", INBOUND)
each_outbound = pytest.mark.parametrize("fault", CASES)


@pytest.fixture
def alice(request):
    """A user of the backend behind the main gate of whichever environment the test has."""
    used = next(request.getfixturevalue(f) for f in ("prosody_env", "observing")
                if f in request.fixturenames)
    with used.client("alice") as client:
        yield client


def name_for(env):
    """Two labels below raw.example: one too many for *.raw.example."""
    return f"host.{env.fresh_name()}"


def credential_for(env, fault, name):
    return None if fault == NOTHING else env.pki.bad(fault, name)


@each_inbound
def test_inbound_enforced(prosody_env, fault):
    env, case, name = prosody_env, INBOUND[fault], name_for(prosody_env)
    refused = env.refusal("s2s_in", case.reason, from_=name, to=DOMAIN)
    with env.backend_untouched(), env.verdict("s2s_in", "rejected", case.reason), refused:
        with env.raw_client(name, credential_for(env, fault, name)) as peer:
            peer.negotiate_tls()
            peer.open()
            error = peer.stream_error()
    assert (error.condition, error.reason) == ("not-authorized", case.reason)
    assert case.words in error.text


@each_outbound
def test_outbound_enforced(prosody_env, alice, fault):
    env, case, name = prosody_env, CASES[fault], name_for(prosody_env)
    with env.raw_server(name, credential=credential_for(env, fault, name)) as server:
        refused = env.refusal("s2s_out", case.reason, from_=DOMAIN, to=name)
        with env.verdict("s2s_out", "rejected", case.reason), refused:
            alice.send(f"bob@{name}", "never to arrive")
            condition, text = alice.wait_bounce(f"bob@{name}")
        told = wait_until(lambda: server.behaviour.refusals, 10, "words to the remote admin")[0]
        assert server.behaviour.stanzas == []
    assert (told.condition, told.reason) == ("not-authorized", case.reason)
    assert case.words in told.text
    assert condition in ("remote-server-not-found", "remote-server-timeout")
    assert case.words in text
    # Each reader is told whose certificate it is.
    assert name in text and "Your" not in text and "your" not in text, text
    assert "Your" in told.text or "your" in told.text, told.text


def offers(features):
    """What a stream offers to authenticate with."""
    mechanisms = [m.text for m in features.iter(f"{{{NS_SASL}}}mechanism")]
    dialback = features.find(f"{{{NS_FEATURE}}}dialback") is not None
    return mechanisms + (["dialback"] if dialback else [])


@each_inbound
def test_inbound_observed(observing, alice, fault):
    """The peer authenticates to the backend by dialback, the gate only watches."""
    env, reason, name = observing, INBOUND[fault].reason, name_for(observing)
    shown = credential_for(env, fault, name)
    with env.dialback_peer(name, credential=shown or env.good(name),
                           client_credential=shown) as peer:
        with env.verdict("s2s_in", "would_reject", reason, from_=name, to=DOMAIN):
            client, features = peer.connect(DOMAIN, (env.inbound.wan, 5269))
            assert offers(features) == ["dialback"]
            assert peer.ask(client) == "valid"
        assert (DOMAIN, name, "valid") in peer.seen.verifies
        with client:
            client.send(f"<message from='bob@{name}' to='{alice.full_jid}' type='chat'>"
                        f"<body>observed: {fault}</body></message>")
            alice.wait_body(f"observed: {fault}")


@each_outbound
def test_outbound_observed(observing, alice, fault):
    """The backend authenticates to the peer by dialback; the peer's key request passes too."""
    env, reason, name = observing, CASES[fault].reason, name_for(observing)
    with env.dialback_peer(name, credential=credential_for(env, fault, name)) as peer:
        with env.verdict("s2s_out", "would_reject", reason, from_=DOMAIN, to=name):
            alice.send(f"bob@{name}", f"observed: {fault}")
            stanza = peer.wait_stanza(lambda s: s.tag.endswith("}message"))
        assert stanza.find("{jabber:server}body").text == f"observed: {fault}"
        assert peer.seen.results == [(DOMAIN, name, "valid")]
        assert peer.seen.refusals == []
