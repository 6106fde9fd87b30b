"""What is refused in every mode, so also by a gate that observes."""

import pytest

from harness import dialback, raw_peer
from harness.environment import DOMAIN, ROOMS
from harness.observed_peer import alice, inbound, name, self_signed  # fixtures
from harness.observed_peer import message
from harness.observing import ENFORCED

OTHER = "other.raw.example"


def test_bytes_behind_starttls(observing, name):
    with observing.refusal("s2s_in", "starttls_injection"):
        with observing.raw_client(name) as peer:
            peer.open(extra=dialback.DECLARED)
            peer.element("features")
            peer.send(raw_peer.STARTTLS + message(f"bob@{name}", f"alice@{DOMAIN}", "early"))
            peer.element("proceed")
            peer.expect_closed()
    assert not observing.backend.saw("early")


def test_host_unknown(observing, name):
    with observing.refusal("s2s_in", "host_unknown"):
        with observing.raw_client(name, to="nobody.example") as peer:
            peer.open(extra=dialback.DECLARED)
            assert peer.stream_error().condition == "host-unknown"


def test_authzid_of_another_domain(observing, name):
    with observing.refusal("s2s_in", "authzid_mismatch", from_=name):
        with observing.raw_client(name, observing.good(name)) as peer:
            peer.negotiate_tls()
            peer.open()
            peer.element("features")
            peer.send(raw_peer.external(OTHER))
            assert peer.sasl_failure()[0] == "invalid-authzid"


@pytest.mark.parametrize("proof, from_, to", [
    ("dialback", f"eve@x.{ENFORCED}", f"alice@{DOMAIN}"),
    ("dialback", f"eve@{DOMAIN}", f"alice@{DOMAIN}"),
    ("dialback", None, f"alice@{OTHER}"),
    ("clear", f"eve@x.{ENFORCED}", f"alice@{DOMAIN}"),
    ("clear", f"eve@{DOMAIN}", f"alice@{DOMAIN}"),
    ("external", f"eve@{OTHER}", f"alice@{DOMAIN}"),
    ("external", f"eve@{DOMAIN}", f"alice@{DOMAIN}"),
    ("external", None, f"room@{ROOMS}"),
])
def test_spoofed_stanza(observing, inbound, name, proof, from_, to):
    """The gate itself refuses what nobody could have proved; on an authenticated stream that is
    everything but the one pair."""
    marker = f"spoofed {proof} {from_} {to} {name}".replace("@", " at ")
    counter = "portcullis_stanzas_rejected_total"
    labels = {"kind": "s2s_in", "reason": "address_spoofed"}
    before = observing.inbound.metrics().total(counter, **labels)
    credential = None if proof == "clear" else observing.pki.bad("expired", name)
    with observing.dialback_peer(name, credential=credential) as peer:
        if proof == "external":
            stream = observing.raw_client(name, observing.good(name))
            stream.negotiate_tls()
            stream.open()
            stream.element("features")
            stream.authenticate()
            stream.open()
            stream.element("features")
        else:
            stream = peer.established(DOMAIN, inbound)
        with stream:
            stream.send(message(from_ or f"eve@{name}", to, marker))
            error = stream.stream_error(timeout=20)
    assert error.condition in ("invalid-from", "improper-addressing")
    observing.inbound.wait_metric(before + 1, counter, **labels)
    assert not observing.backend.saw(marker)


def test_stanza_of_a_pair_that_has_shown_no_key(observing, alice, self_signed, inbound):
    """It is the backend that refuses it, and the peer hears so."""
    with self_signed.established(DOMAIN, inbound) as stream:
        stream.send(message(f"eve@second.{self_signed.domain}", alice.full_jid, "no key"))
        assert stream.stream_error(timeout=20).condition in ("not-authorized", "invalid-from")
    assert "no key" not in [m["body"] for m in alice.messages]
