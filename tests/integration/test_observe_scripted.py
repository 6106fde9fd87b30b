"""Observe mode at the level of elements: which legs are opened and with which certificate, what
dialback can and cannot do there, and what is refused in every mode."""

import signal

import pytest

from harness import dialback, raw_peer
from harness.dialback import NS_DIALBACK, NS_FEATURE, DialbackPeer
from harness.environment import DOMAIN, ROOMS
from harness.observing import ENFORCED
from harness.process import Timeout, wait_until
from harness.raw_peer import RawServer
from harness.wire import NS_SASL, NS_STREAM, NS_TLS, Closed, header, read_stream_error

OTHER = "other.raw.example"


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


# The keys decide, as they did without a gate.

def test_wrong_key(observing, inbound, self_signed):
    client, _ = self_signed.connect(DOMAIN, inbound)
    with client:
        assert self_signed.ask(client, "0" * 64) == "invalid"
    assert self_signed.seen.verifies[-1][2] == "invalid"


def test_key_that_the_domain_disowns(observing, alice, inbound, name):
    """What dialback is for: somebody else connects, and the domain's server says so."""
    with observing.dialback_peer(name, credential=observing.pki.bad("self_signed", name),
                                 honest=False) as peer:
        client, _ = peer.connect(DOMAIN, inbound)
        with client:
            assert peer.ask(client) == "invalid"
            client.send(message(f"bob@{name}", alice.full_jid, "disowned"))
            with pytest.raises((AssertionError, Closed)):
                alice.wait_body("disowned", timeout=2)


def test_backend_disowns_a_key_it_never_gave(observing, name, self_signed):
    """A db:verify toward the backend: true and false answers pass."""
    assert self_signed.call_back(DOMAIN, "never-existed", "0" * 64) is False


@pytest.mark.parametrize("marker", ["before-any-key", "behind-a-wrong-key"])
def test_stanza_before_dialback_does_not_arrive(observing, alice, inbound, self_signed, marker):
    client, _ = self_signed.connect(DOMAIN, inbound)
    with client:
        if marker == "behind-a-wrong-key":
            assert self_signed.ask(client, "0" * 64) == "invalid"
        client.send(message(f"bob@{self_signed.domain}", alice.full_jid, marker))
        client.send("</stream:stream>")
        try:
            while True:
                client.next(timeout=10)
        except Closed:
            pass
    assert marker not in [m["body"] for m in alice.messages]


def test_second_pair_on_one_stream(observing, alice, inbound, self_signed):
    """As old servers multiplex (XEP-0220 section 2.3): while it is observed, too."""
    second = f"second.{self_signed.domain}"
    with self_signed.established(DOMAIN, inbound) as stream:
        stream.send(dialback.result(second, DOMAIN, self_signed.key_for(stream, second)))
        assert stream.element("result", timeout=30).get("type") == "valid"
        stream.send(message(f"bob@{second}", alice.full_jid, "from the second"))
        alice.wait_body("from the second")
    decisions = [(e["from"], e["verdict"], e["reason"]) for e in observing.inbound.events()
                 if e["event"] == "decision" and e["from"].endswith(self_signed.domain)]
    assert decisions == [(self_signed.domain, "would_reject", "self_signed"),
                         (second, "would_reject", "self_signed")]


@pytest.mark.parametrize("from_, to", [
    (f"second.{ENFORCED}", DOMAIN), (DOMAIN, DOMAIN), (None, "nobody.example")],
    ids=["enforced", "ours", "not-served"])
def test_dialback_for_a_pair_that_is_not_observed(observing, inbound, self_signed, from_, to):
    """No way around a rule."""
    mark = observing.backend.mark()
    client, _ = self_signed.connect(DOMAIN, inbound)
    with client:
        client.send(dialback.result(from_ or self_signed.domain, to, "no-way-around"))
        item = client.next(timeout=20)
        if item.tag == f"{{{NS_DIALBACK}}}result":
            assert item.get("type") in ("error", "invalid")
        else:
            assert item.tag.endswith("}error")
    assert not observing.backend.saw("no-way-around", mark)
    assert not observing.backend.count_log(
        f"(Received|result).*from=.second.{ENFORCED}", since=mark)


@pytest.mark.parametrize("unsolicited", [
    f"<db:result from='{{name}}' to='{DOMAIN}' type='valid'/>",
    f"<db:verify from='{{name}}' to='{DOMAIN}' id='x' type='valid'/>"], ids=["result", "verify"])
def test_unsolicited_answer_changes_nothing(observing, alice, inbound, self_signed, unsolicited):
    """XSF notice of 2012-08-21."""
    name = self_signed.domain
    client, _ = self_signed.connect(DOMAIN, inbound)
    with client:
        client.send(unsolicited.replace("{name}", name))
        client.send(message(f"bob@{name}", alice.full_jid, "unsolicited"))
        with pytest.raises(Timeout):
            alice.wait_body("unsolicited", timeout=2)


def answering_unasked(answer):
    """A server without TLS that answers something else than what it was asked."""
    def script(wire, told):
        asked = wire.next().attributes
        wire.send(header(asked["to"], asked["from"], extra=f" id='unasked'{dialback.DECLARED}")
                  + "<stream:features/>")
        wire.element("result", timeout=30)  # the backend's own question
        wire.send(answer)
        while True:
            item = wire.next(timeout=20)
            if item.tag == f"{{{NS_STREAM}}}error":
                told.append(read_stream_error(item))
                return
    return script


@pytest.mark.parametrize("kind, whose", [
    ("verify", "its own"), ("verify", "another's"), ("result", "another's")])
def test_called_peer_answers_what_nobody_asked(observing, alice, name, kind, whose):
    """The answer does not reach the backend, and the domain in it, which the peer chose, is none
    that we called."""
    victim = name if whose == "its own" else f"victim.{name}"
    fields = f"from='{victim}' to='{DOMAIN}' type='valid'"
    answer = f"<db:{kind} {fields} id='unasked-{victim}'/>"
    told, mark = [], observing.gate.mark()
    with RawServer(observing.net.raw_peer, told, script=answering_unasked(answer)):
        alice.send(f"bob@{name}", "hello")
        end = observing.gate.expect_event(since=mark, event="end", kind="s2s_out", to=name,
                                          timeout=20)
        assert end["end"] == "error"
        assert ("unasked_answer" if whose == "its own" else "address_spoofed") in end["why"]
        wait_until(lambda: told, 10, "words to the peer")
    outgoing = {e["to"] for e in observing.gate.events(mark)
                if e["event"] == "decision" and e["kind"] == "s2s_out"}
    assert outgoing == {name}
    assert not observing.backend.saw(f"unasked-{victim}")


# Refused in every mode.

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
