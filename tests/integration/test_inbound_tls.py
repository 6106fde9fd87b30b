"""Servers that connect to the gate and get TLS or their certificate wrong. Every refusal is told
to the peer in words, is one decision in the log and one count, and never reaches the backend."""

import pytest

from harness import raw_peer
from harness.environment import DOMAIN, RAW
from harness.wire import NS_SASL, NS_TLS, Closed

DIALBACK = " xmlns:db='jabber:server:dialback'"


@pytest.fixture(autouse=True)
def untouched(env):
    with env.backend_untouched():
        yield


@pytest.mark.parametrize("sent", [
    f"<message from='a@{RAW}' to='alice@{DOMAIN}'><body>clear</body></message>",
    f"<auth xmlns='{NS_SASL}' mechanism='EXTERNAL'>=</auth>",
    "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>",
    "<enable xmlns='urn:xmpp:sm:3'/>",
    "<bidi xmlns='urn:xmpp:bidi'/>",
], ids=["message", "auth", "compress", "sm", "bidi"])
def test_plaintext(env, sent):
    with env.refusal("s2s_in", "plaintext_refused"):
        with env.raw_client(RAW) as peer:
            peer.open()
            features = peer.element("features")
            assert [c.tag for c in features] == [f"{{{NS_TLS}}}starttls"]
            assert features[0].find(f"{{{NS_TLS}}}required") is not None
            peer.send(sent)
            error = peer.stream_error()
    assert (error.condition, error.reason) == ("policy-violation", "plaintext_refused")
    assert "STARTTLS" in error.text


@pytest.mark.parametrize("element", ["result", "verify"])
def test_dialback_before_tls(env, element):
    with env.refusal("s2s_in", "dialback_attempted"):
        with env.raw_client(RAW) as peer:
            peer.open(extra=DIALBACK)
            peer.element("features")
            peer.send(f"<db:{element} from='{RAW}' to='{DOMAIN}' id='1'>key</db:{element}>")
            assert peer.stream_error().condition == "not-authorized"


def test_no_certificate(env):
    with env.refusal("s2s_in", "cert_missing", from_=RAW, to=DOMAIN):
        with env.raw_client(RAW) as peer:
            peer.negotiate_tls()
            peer.open()
            error = peer.stream_error()
    assert (error.condition, error.reason) == ("not-authorized", "cert_missing")
    assert "operator@example.org" in error.text


@pytest.mark.parametrize("fault, reason", [
    ("self_signed", "self_signed"),
    ("unknown_ca", "untrusted_issuer"),
    ("expired", "expired"),
    ("not_yet_valid", "not_yet_valid"),
    ("wrong_name", "name_mismatch"),
    ("code_signing_only", "wrong_purpose"),
])
@pytest.mark.parametrize("port", [5269, 5270], ids=["starttls", "direct"])
def test_bad_certificate(env, fault, reason, port):
    with env.refusal("s2s_in", reason, from_=RAW, to=DOMAIN) as decision:
        with env.raw_client(RAW, env.pki.bad(fault, RAW), port=port) as peer:
            if port == 5270:
                peer.direct_tls()
            else:
                peer.negotiate_tls()
            peer.open()
            error = peer.stream_error()
    assert (error.condition, error.reason) == ("not-authorized", reason)
    assert "our certificate" in error.text, "the remote admin reads of his own"
    assert f"ertificate of {RAW}" in decision[0]["detail"] and "our" not in decision[0]["detail"]


def test_chain_without_its_intermediate(env):
    """The commonest fault of all: cert.pem instead of fullchain.pem."""
    good = env.good(RAW)
    leaf_alone = env.directory / "leaf-alone.crt"
    end = b"-----END CERTIFICATE-----\n"
    leaf_alone.write_bytes(good.chain.read_bytes().split(end)[0] + end)
    credential = type(good)(leaf_alone, good.key, good.combined)
    with env.refusal("s2s_in", "missing_intermediate", from_=RAW):
        with env.raw_client(RAW, credential) as peer:
            peer.negotiate_tls()
            peer.open()
            assert peer.stream_error().reason == "missing_intermediate"


def test_bytes_behind_starttls_in_the_same_segment(env):
    with env.refusal("s2s_in", "starttls_injection"):
        with env.raw_client(RAW, env.good(RAW)) as peer:
            peer.open()
            peer.element("features")
            peer.send(raw_peer.STARTTLS + raw_peer.header(RAW, DOMAIN))
            peer.element("proceed")
            peer.expect_closed()  # no words to whoever stands in the middle


def test_bytes_behind_starttls_in_a_later_segment(env):
    """They stand where a ClientHello must: no handshake, and nothing is read from them."""
    with env.refusal("s2s_in", "starttls_injection"):
        with env.raw_client(RAW, env.good(RAW)) as peer:
            peer.open()
            peer.element("features")
            peer.send(raw_peer.STARTTLS)
            peer.element("proceed")
            peer.send(raw_peer.header(RAW, DOMAIN))
            peer.expect_closed()


def test_direct_tls_with_a_foreign_alpn(env):
    with env.refusal("s2s_in", "alpn_mismatch"):
        with env.raw_client(RAW, env.good(RAW), port=5270) as peer:
            with pytest.raises(OSError):
                peer.direct_tls(alpn=["h2"])


def test_plaintext_at_the_direct_port(env):
    with env.refusal("s2s_in", "tls_failed"):
        with env.raw_client(RAW, port=5270) as peer:
            peer.open()
            with pytest.raises((Closed, AssertionError, SyntaxError)):
                peer.element("features")


def test_pre_1_0_stream(env):
    with env.refusal("s2s_in", "unsupported_version"):
        with env.raw_client(RAW) as peer:
            peer.open(version=None)
            assert peer.stream_error().condition == "unsupported-version"


@pytest.mark.parametrize("port", [5269, 5270], ids=["starttls", "direct"])
def test_unknown_host(env, port):
    with env.refusal("s2s_in", "host_unknown"):
        with env.raw_client(RAW, env.good(RAW), port=port) as peer:
            if port == 5270:
                peer.direct_tls()
            peer.open(to="not-here.example")
            assert peer.stream_error().condition == "host-unknown"


@pytest.mark.parametrize("missing", ["from", "to", "both"])
def test_secured_header_without_addresses(env, missing):
    addresses = {"from": {"from_": None}, "to": {"to": None},
                 "both": {"from_": None, "to": None}}[missing]
    with env.refusal("s2s_in", "bad_address"):
        with env.raw_client(RAW, env.good(RAW)) as peer:
            peer.negotiate_tls()
            peer.open(**addresses)
            assert peer.stream_error().condition == "improper-addressing"


@pytest.mark.parametrize("name", ["127.0.0.1", "[::1]", "user@raw.example", "raw..example",
                                  "a" * 64 + ".example", "xn--\u0430.example"])
def test_from_is_no_domain_name(env, name):
    with env.refusal("s2s_in", "bad_address"):
        with env.raw_client(RAW, env.good(RAW)) as peer:
            peer.negotiate_tls()
            peer.open(from_=name)
            assert peer.stream_error().condition == "improper-addressing"


def test_one_of_ours_as_from(env):
    """A peer that claims to be a domain we serve, even with a certificate for it."""
    with env.refusal("s2s_in", "bad_address"):
        with env.raw_client(DOMAIN, env.pki.leaf(DOMAIN), port=5270) as peer:
            peer.direct_tls()
            peer.open()
            assert peer.stream_error().condition == "improper-addressing"
