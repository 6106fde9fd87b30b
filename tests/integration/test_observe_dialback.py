"""Dialback while the gate observes, at the level of elements: what it can do and what it cannot."""

import pytest

from harness import dialback
from harness.dialback import NS_DIALBACK
from harness.environment import DOMAIN
from harness.observed_peer import alice, inbound, name, self_signed  # fixtures
from harness.observed_peer import message
from harness.observing import ENFORCED
from harness.process import Timeout, wait_until
from harness.raw_peer import RawServer
from harness.wire import NS_STREAM, Closed, header, read_stream_error


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
