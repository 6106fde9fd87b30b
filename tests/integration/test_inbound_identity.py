"""Who a peer may be once TLS stands: authentication, and the addresses of its stanzas."""

import pytest

from harness import raw_peer
from harness.environment import DOMAIN, RAW, ROOMS
from harness.wire import NS_SASL, STREAM_END
from harness.process import wait_until

DIALBACK = " xmlns:db='jabber:server:dialback'"
OTHER = "other.raw.example"


@pytest.fixture
def peer(env):
    with env.raw_client(RAW, env.good(RAW), timeout=20) as client:
        yield client


@pytest.fixture
def established(env, peer):
    return peer.establish()


def message(from_, to, body):
    return (f"<message id='{body}' from='{from_}' to='{to}' type='chat'>"
            f"<body>{body}</body></message>")


@pytest.mark.parametrize("port", [5269, 5270], ids=["starttls", "direct"])
@pytest.mark.parametrize("authzid", [None, RAW], ids=["empty", "own"])
def test_server_certificate_of_a_public_ca_is_enough(env, port, authzid):
    """serverAuth only, as Let's Encrypt issues it: ejabberd 23.01 itself would refuse that."""
    with env.client("alice") as alice:
        with env.raw_client(RAW, env.good(RAW), port=port) as peer:
            if port == 5270:
                peer.direct_tls()
            else:
                peer.negotiate_tls()
            peer.open()
            peer.expect_external()
            peer.authenticate(authzid)
            peer.open()
            peer.element("features")
            peer.send(message(f"bob@{RAW}", alice.full_jid, f"public {port} {authzid}"))
            alice.wait_body(f"public {port} {authzid}")


def test_private_ca_may_certify_a_connecting_server_as_a_client(env):
    """The roots of this world are a private CA's; under public ones it would be wrong_purpose."""
    with env.raw_client(RAW, env.pki.bad("client_auth_only", RAW)) as peer:
        peer.negotiate_tls()
        peer.open()
        peer.expect_external()


def test_direct_tls_without_alpn(env):
    with env.raw_client(RAW, env.good(RAW), port=5270) as peer:
        peer.direct_tls(alpn=None)
        peer.open()
        peer.expect_external()


def test_authzid_of_another_domain(env, peer):
    with env.refusal("s2s_in", "authzid_mismatch", from_=RAW):
        peer.secure()
        peer.send(raw_peer.external(OTHER))
        assert peer.sasl_failure()[0] == "invalid-authzid"
        peer.close()
    assert not env.backend.saw(OTHER)


@pytest.mark.parametrize("mechanism", ["PLAIN", "ANONYMOUS", "SCRAM-SHA-1"])
def test_other_mechanism(env, peer, mechanism):
    with env.refusal("s2s_in", "external_not_offered"):
        peer.secure()
        peer.send(f"<auth xmlns='{NS_SASL}' mechanism='{mechanism}'>=</auth>")
        assert peer.sasl_failure()[0] == "invalid-mechanism"
        peer.close()


def test_authzid_that_is_not_base64(env, peer):
    with env.refusal("s2s_in", "xml_invalid"):
        peer.secure()
        peer.send(f"<auth xmlns='{NS_SASL}' mechanism='EXTERNAL'>!!!</auth>")
        assert peer.sasl_failure()[0] == "incorrect-encoding"
        peer.close()


@pytest.mark.parametrize("change", [{"from_": OTHER}, {"to": ROOMS}], ids=["from", "to"])
def test_header_changed_after_tls(env, peer, change):
    """Even to something that the certificate or the gate would have accepted at first."""
    peer.credential = env.pki.leaf(RAW, OTHER)
    with env.refusal("s2s_in", "identity_changed"):
        peer.negotiate_tls()
        peer.open(**change)
        assert peer.stream_error().condition == "improper-addressing"


@pytest.mark.parametrize("change", [{"from_": OTHER}, {"to": ROOMS}], ids=["from", "to"])
def test_header_changed_after_authentication(env, peer, change):
    peer.credential = env.pki.leaf(RAW, OTHER)
    with env.refusal("s2s_in", "identity_changed"):
        peer.secure()
        peer.authenticate()
        peer.open(**change)
        assert peer.stream_error().condition == "improper-addressing"


def test_dialback_after_tls(env, peer):
    with env.refusal("s2s_in", "dialback_attempted"):
        peer.negotiate_tls()
        peer.open(extra=DIALBACK)
        peer.expect_external()
        peer.send(f"<db:result from='{RAW}' to='{DOMAIN}'>key</db:result>")
        answer = peer.next()
        if answer.tag == "{jabber:server:dialback}result":
            assert answer.get("type") == "error"
            answer = peer.next()
        assert answer.tag.endswith("}error")
    assert not env.backend.saw("db:result")


def test_stanza_before_authentication(env, peer):
    with env.refusal("s2s_in", "unauthenticated_stanza"):
        peer.secure()
        peer.send(message(f"bob@{RAW}", f"alice@{DOMAIN}", "too-early"))
        assert peer.stream_error().condition == "not-authorized"
    assert not env.backend.saw("too-early")


def expect_guard(env, peer, reason, condition, act, marker):
    """A relayed stream that breaks a rule: told, counted, ended, and never passed on."""
    name = "portcullis_stanzas_rejected_total"
    before = env.inbound.metrics().total(name, kind="s2s_in", reason=reason)
    mark = env.inbound.mark()
    act()
    error = peer.stream_error(timeout=20)
    assert error.condition == condition, error
    env.inbound.wait_metric(before + 1, name, kind="s2s_in", reason=reason)
    end = env.inbound.expect_event(event="end", since=mark, kind="s2s_in", from_=RAW)
    assert end["end"] == "error"
    assert not env.backend.saw(marker)


@pytest.mark.parametrize("from_, to, condition", [
    (f"eve@{OTHER}", f"alice@{DOMAIN}", "invalid-from"),
    (f"alice@{DOMAIN}", f"alice@{DOMAIN}", "invalid-from"),
    (f"eve@sub.{RAW}", f"alice@{DOMAIN}", "invalid-from"),
    (f"eve@{RAW}", f"room@{ROOMS}", "improper-addressing"),
    (f"eve@{RAW}", f"alice@{OTHER}", "improper-addressing"),
], ids=["foreign", "ours", "subdomain", "to-other-alias", "to-foreign"])
def test_spoofed_stanza(env, established, from_, to, condition):
    marker = f"spoofed-from-{from_}-to-{to}".replace("@", "-at-")
    expect_guard(env, established, "address_spoofed", condition,
                 lambda: established.send(message(from_, to, marker)), marker)


@pytest.mark.parametrize("missing", ["from", "to"])
def test_stanza_without_address(env, established, missing):
    addresses = {"from": f"to='alice@{DOMAIN}'", "to": f"from='eve@{RAW}'"}[missing]
    marker = f"no-{missing}-address"
    condition = {"from": "invalid-from", "to": "improper-addressing"}[missing]
    name = "portcullis_stanzas_rejected_total"
    before = env.inbound.metrics().total(name, kind="s2s_in", reason="address_spoofed")
    established.send(f"<message {addresses}><body>{marker}</body></message>")
    assert established.stream_error().condition in (condition, "improper-addressing")
    env.inbound.wait_metric(before + 1, name, kind="s2s_in", reason="address_spoofed")
    assert not env.backend.saw(marker)


@pytest.mark.parametrize("domain", [RAW, OTHER], ids=["own", "second"])
def test_dialback_on_an_authenticated_stream(env, established, domain):
    expect_guard(
        env, established, "dialback_attempted", "not-authorized",
        lambda: established.send(f"<db:result{DIALBACK} from='{domain}' to='{DOMAIN}'>late-key"
                                 "</db:result>"), "late-key")


def test_good_stanzas_before_the_bad_one_are_delivered(env, established):
    with env.client("alice") as alice:
        established.send(message(f"bob@{RAW}", alice.full_jid, "first, good")
                         + message(f"bob@{OTHER}", alice.full_jid, "second, bad"))
        alice.wait_body("first, good")
        assert established.stream_error().condition == "invalid-from"
        assert "second, bad" not in [m["body"] for m in alice.messages]


def test_prefix_declared_on_the_header_survives(env, peer):
    with env.client("alice") as alice:
        peer.secure()
        peer.authenticate()
        peer.open(extra=" xmlns:e='urn:example:extension'")
        peer.element("features")
        peer.send(f"<message from='bob@{RAW}' to='{alice.full_jid}' type='chat'>"
                  "<body>prefixed</body><e:thing/></message>")
        if env.kind == "ejabberd":
            # It hands the prefix on to its client undeclared, with or without a gate in front.
            wait_until(lambda: env.backend.saw("<e:thing/>"), 10, "the stanza at the backend")
            assert env.backend.saw("xmlns:e='urn:example:extension'") or env.backend.saw(
                'xmlns:e="urn:example:extension"')
            return
        received = alice.wait_body("prefixed")
        assert received.xml.find("{urn:example:extension}thing") is not None


def test_peer_ends_its_stream(env, established):
    mark = env.inbound.mark()
    established.send(STREAM_END)
    item = established.next()
    assert type(item).__name__ == "StreamEnd"
    established.expect_closed()
    end = env.inbound.expect_event(event="end", since=mark, kind="s2s_in", from_=RAW)
    assert end["end"] == "peer"
