"""XML as a weapon, before and after authentication: bounded, told in words, never passed on."""

import pytest

from harness.process import wait_until
from harness.environment import DOMAIN, RAW

BOMB = "<!DOCTYPE a [<!ENTITY b 'xx'><!ENTITY c '&b;&b;&b;&b;'>]>"
STANZA_LIMIT = 512 * 1024

# What is wrong -> (what is sent inside a stream, reason, condition)
CONTENT = {
    "dtd": (BOMB, "xml_restricted", "restricted-xml"),
    "comment": ("<!-- hidden -->", "xml_restricted", "restricted-xml"),
    "instruction": ("<?php evil() ?>", "xml_restricted", "restricted-xml"),
    "bad-utf8": (b"<message><body>\xff\xfe</body></message>", "xml_invalid", "not-well-formed"),
    "overlong-utf8": (b"<message><body>\xc0\xaf</body></message>", "xml_invalid",
                      "not-well-formed"),
    "control-character": (b"<message><body>\x01</body></message>", "xml_invalid",
                          "not-well-formed"),
    "undeclared-prefix": ("<message><x:body/></message>", "xml_invalid", "not-well-formed"),
    "wrong-end-tag": ("<message><body></message></message>", "xml_invalid", "not-well-formed"),
    "duplicate-attribute": ("<message to='a' to='b'/>", "xml_invalid", "not-well-formed"),
    "nesting": ("<message>" + "<a>" * 5_000, "xml_invalid", "not-well-formed"),
    "many-attributes": ("<message " + " ".join(f"a{n}='1'" for n in range(900)) + "/>",
                        "xml_invalid", "not-well-formed"),
}
# Which stanza_too_big or xml_invalid a bound reports is a matter of which is met first.
EITHER = {"nesting", "many-attributes"}
REASONS = {"xml_restricted": "restricted-xml", "xml_invalid": "not-well-formed",
           "stanza_too_big": "policy-violation"}


@pytest.fixture
def peer(env):
    with env.raw_client(RAW, env.good(RAW)) as client:
        yield client


def check(case, error):
    _, reason, condition = CONTENT[case]
    if case in EITHER:
        assert error.reason in REASONS and error.condition == REASONS[error.reason], error
    else:
        assert (error.reason, error.condition) == (reason, condition)
    return error.reason


@pytest.mark.parametrize("case", CONTENT)
def test_in_the_clear(env, peer, case):
    mark = env.inbound.mark()
    with env.backend_untouched():
        peer.open()
        peer.element("features")
        peer.send(CONTENT[case][0])
        reason = check(case, peer.stream_error())
        env.inbound.expect_decision(since=mark, kind="s2s_in", verdict="rejected", reason=reason)


@pytest.mark.parametrize("case", CONTENT)
def test_before_authentication(env, peer, case):
    mark = env.inbound.mark()
    peer.secure()
    peer.send(CONTENT[case][0])
    reason = check(case, peer.stream_error())
    env.inbound.expect_decision(since=mark, kind="s2s_in", verdict="rejected", reason=reason,
                                from_=RAW)


@pytest.mark.parametrize("case", CONTENT)
def test_while_relaying(env, peer, case):
    peer.establish()
    mark = env.inbound.mark()
    content = CONTENT[case][0]
    if isinstance(content, str):
        content = content.encode()
    addresses = f"<message from='eve@{RAW}' to='alice@{DOMAIN}' id='xml-{case}'".encode()
    peer.send(content.replace(b"<message", addresses, 1))
    reason = check(case, peer.stream_error())
    end = env.inbound.expect_event(event="end", since=mark, kind="s2s_in", from_=RAW)
    assert end["end"] == "error"
    assert env.inbound.metrics().total("portcullis_stanzas_rejected_total", kind="s2s_in",
                                       reason=reason) > 0
    assert not env.backend.saw(f"xml-{case}")


@pytest.mark.parametrize("start", [
    BOMB + "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>",
    "<?xml version='1.0' encoding='ISO-8859-1'?><stream:stream xmlns='jabber:server' "
    f"xmlns:stream='http://etherx.jabber.org/streams' from='{RAW}' to='{DOMAIN}' version='1.0'>",
    "<stream:stream xmlns='jabber:server' xmlns:stream='urn:not:streams' version='1.0'>",
    "<html><body>",
    "GET / HTTP/1.1\r\nHost: legacy.example\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
], ids=["dtd", "encoding", "namespace", "html", "http", "client-hello"])
def test_first_bytes_are_no_stream(env, peer, start):
    mark = env.inbound.mark()
    with env.backend_untouched():
        peer.send(start)
        error = peer.stream_error()
        assert error.reason in ("xml_restricted", "xml_invalid"), error
        env.inbound.expect_decision(since=mark, kind="s2s_in", verdict="rejected",
                                    reason=error.reason)


def test_header_too_long(env, peer):
    mark = env.inbound.mark()
    peer.open(extra=" x='" + "a" * 20_000 + "'")
    error = peer.stream_error()
    assert error.reason in ("stanza_too_big", "xml_invalid")
    env.inbound.expect_decision(since=mark, kind="s2s_in", verdict="rejected", reason=error.reason)


def test_stanza_too_big(env, peer):
    peer.establish()
    mark = env.inbound.mark()
    peer.send(f"<message from='eve@{RAW}' to='alice@{DOMAIN}' id='huge-one'><body>"
              + "x" * (STANZA_LIMIT + 1))
    error = peer.stream_error()
    assert (error.condition, error.reason) == ("policy-violation", "stanza_too_big")
    env.inbound.expect_event(event="end", since=mark, kind="s2s_in", from_=RAW)
    assert not env.backend.saw("huge-one")


def test_element_too_big_before_authentication(env, peer):
    mark = env.inbound.mark()
    peer.secure()
    peer.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>"
              + "A" * 20_000)
    assert peer.stream_error().reason == "stanza_too_big"
    env.inbound.expect_decision(since=mark, kind="s2s_in", verdict="rejected",
                                reason="stanza_too_big")


def test_long_attribute_byte_by_byte_costs_little(env, peer):
    """A parser that starts again with every byte needs time with the square of the length. What
    the gate sent on is counted, not what the backend made of it: Debian's expat there may wait for
    more octets before it looks at so long a tag again."""
    def sent_on():
        return env.inbound.metrics().total("portcullis_bytes_total", kind="s2s_in",
                                           direction="to_backend")
    peer.establish()
    cpu, octets = env.inbound.cpu_seconds(), sent_on()
    attribute = b"<message a='" + b"x" * 250_000
    for position in range(0, len(attribute), 5):
        peer.send(attribute[position:position + 5])
    peer.send(f"' from='eve@{RAW}' to='alice@{DOMAIN}'/>")
    wait_until(lambda: sent_on() - octets > 250_000, 30, "the stanza to be sent on")
    # 50 000 TLS records cost something themselves; quadratic parsing costs minutes.
    assert env.inbound.cpu_seconds() - cpu < 10