"""Clients: TLS ends at the gate, the login is the backend's."""

import socket
import ssl

import pytest

from harness import ejabberd, raw_peer
from harness.client import Client, LoginFailed
from harness.environment import DOMAIN
from harness.raw_peer import RawClient
from harness.wire import NS_SASL

NS_CLIENT = "jabber:client"


def raw_client(gate, port=5222, to=DOMAIN):
    return RawClient((gate.wan, port), None, to)


@pytest.fixture(params=["SCRAM-SHA-1", "PLAIN", None], ids=["SCRAM-SHA-1", "PLAIN", "own choice"])
def mechanism(request, env):
    # Its XMPP library takes the client's true word "I can bind, you cannot" for an attack, also
    # on a connection without TLS, where it can bind nothing itself.
    if env.kind == "ejabberd" and ejabberd.version() == (24, 12) and request.param != "PLAIN":
        request.applymarker(pytest.mark.xfail(
            strict=True, raises=LoginFailed,
            reason="ejabberd 24.12 refuses SCRAM with the GS2 flag y on a plain c2s leg"))
    return request.param


@pytest.mark.parametrize("direct_tls", [False, True], ids=["starttls", "direct"])
def test_login(env, direct_tls, mechanism):
    mark = env.gate.mark()
    with env.client("alice", direct_tls=direct_tls, mechanism=mechanism) as alice:
        assert alice.mechanism == mechanism or (
            mechanism is None and alice.mechanism.startswith("SCRAM-"))
        assert alice.tls_version == "TLSv1.3"
        assert alice.ping(DOMAIN)
        env.gate.expect_decision(since=mark, kind="c2s", verdict="accepted", to=DOMAIN)
    env.gate.expect_event(since=mark, event="end", kind="c2s", end="peer")


def test_two_clients_talk(env):
    with env.client("alice") as alice, env.client("bob", direct_tls=True) as bob:
        alice.send(bob.full_jid, "hello bob")
        bob.wait_body("hello bob")
        bob.send(alice.full_jid, "x" * 200_000)
        alice.wait_body("x" * 200_000)


def test_wrong_password_is_the_backends_refusal(env):
    with pytest.raises(LoginFailed, match="login refused"):
        env.client("alice", secret="wrong")
    env.gate.wait_quiet("c2s")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_backend_sees_the_clients_address(ejabberd_env, version):
    """PROXY protocol; v2 is the documented setting."""
    env = ejabberd_env
    with env.extra_gate(backend={"c2s_proxy_protocol": version}) as gate:
        with RawClient((gate.wan, 5222), None, DOMAIN, source=env.net.address(40)) as client:
            secure(client)
            client.element("features")
            port = client.local_address[1]
            env.backend.wait_log(
                f"Accepted proxied connection {env.net.address(40)}:{port} -> {gate.wan}:5222")
        with env.client("alice", gate=gate) as alice:
            assert alice.ping(DOMAIN)


def test_proxy_protocol_missing_is_told_to_the_operator(ejabberd_env):
    """ejabberd waits for a header that never comes, and closes."""
    env = ejabberd_env
    with env.extra_gate(backend={"c2s_proxy_protocol": "off"}) as gate:
        with pytest.raises(LoginFailed):
            env.client("alice", gate=gate)
        gate.expect_decision(kind="c2s", verdict="rejected")
        line = gate.expect_event(event="backend", kind="c2s")
        assert "connection reset by peer" in line["detail"]  # as docs/backends quotes it


def test_proxy_protocol_that_the_backend_cannot_read(prosody_env):
    with prosody_env.extra_gate(backend={"c2s_proxy_protocol": "v2"}) as gate:
        with pytest.raises(LoginFailed):
            prosody_env.client("alice", gate=gate)
        gate.expect_event(event="backend", kind="c2s", reason="backend_misconfigured")


def secure(client):
    """As a client does: STARTTLS, and the secured stream opened."""
    client.open(from_=None, namespace=NS_CLIENT)
    client.element("features")
    client.send(raw_peer.STARTTLS)
    client.element("proceed")
    client.start_tls(raw_peer.client_context(), server_hostname=client.to)
    client.open(from_=None, namespace=NS_CLIENT)
    return client


def secured(gate, to=DOMAIN):
    return secure(raw_client(gate, to=to))


def test_features_of_the_backend_without_starttls(env):
    with secured(env.inbound) as client:
        features = client.element("features")
        names = {child.tag.rpartition("}")[2] for child in features}
        assert "mechanisms" in names
        assert not names & {"starttls", "compression"}
        mechanisms = [m.text for m in features.iter(f"{{{NS_SASL}}}mechanism")]
        assert "SCRAM-SHA-1" in mechanisms
        assert not [m for m in mechanisms if m.endswith("-PLUS")]


@pytest.mark.parametrize("sent", [
    f"<auth xmlns='{NS_SASL}' mechanism='PLAIN'>AGFsaWNlAGFsaWNlYWxpY2U=</auth>",
    "<message to='bob@legacy.example'><body>clear</body></message>",
    "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>",
    "<iq type='get' id='a'><query xmlns='jabber:iq:auth'/></iq>",
], ids=["auth", "message", "compress", "legacy-auth"])
def test_nothing_before_tls(env, sent):
    with env.refusal("c2s", "plaintext_refused"):
        with raw_client(env.inbound) as client:
            client.open(from_=None, namespace=NS_CLIENT)
            features = client.element("features")
            assert [c.tag.rpartition("}")[2] for c in features] == ["starttls"]
            client.send(sent)
            error = client.stream_error()
    assert (error.condition, error.reason) == ("policy-violation", "plaintext_refused")


def test_unknown_host(env):
    with env.refusal("c2s", "host_unknown"):
        with raw_client(env.inbound, to="nobody.example") as client:
            client.open(from_=None, namespace=NS_CLIENT)
            assert client.stream_error().condition == "host-unknown"


def test_bytes_behind_starttls(env):
    with env.refusal("c2s", "starttls_injection"):
        with raw_client(env.inbound) as client:
            client.open(from_=None, namespace=NS_CLIENT)
            client.element("features")
            client.send(raw_peer.STARTTLS + "<iq type='get' id='early'/>")
            client.element("proceed")
            client.expect_closed()


def test_old_tls_is_refused(env):
    mark = env.inbound.mark()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection((env.inbound.wan, 5223), timeout=10) as sock:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(sock, server_hostname=DOMAIN)
    decision = env.inbound.expect_decision(since=mark, kind="c2s", verdict="rejected")
    assert decision["reason"] in ("tls_version_too_low", "tls_no_common_suite")


@pytest.mark.parametrize("suite, key_type", [
    ("ECDHE-RSA-AES256-GCM-SHA384", "rsa"), ("ECDHE-ECDSA-AES256-GCM-SHA384", "ecdsa")])
def test_both_certificates_are_served(env, suite, key_type):
    name = "portcullis_tls_served_certificates_total"
    before = env.inbound.metrics().total(name, kind="c2s", key_type=key_type)
    context = ssl.create_default_context(cafile=str(env.pki.roots))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    with socket.create_connection((env.inbound.wan, 5223), timeout=10) as sock:
        with context.wrap_socket(sock, server_hostname=DOMAIN) as tls:
            assert tls.cipher()[0] == suite
    env.inbound.wait_metric(before + 1, name, kind="c2s", key_type=key_type)


def test_ecdsa_is_preferred(env):
    name = "portcullis_tls_served_certificates_total"
    before = env.gate.metrics().total(name, kind="c2s", key_type="ecdsa")
    with env.client("alice") as alice:
        assert alice.connected
    assert env.gate.metrics().total(name, kind="c2s", key_type="ecdsa") == before + 1


def test_direct_tls_with_a_foreign_alpn(env):
    with env.refusal("c2s", "alpn_mismatch"):
        with socket.create_connection((env.inbound.wan, 5223), timeout=10) as sock:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                raw_peer.client_context(alpn=["h2", "http/1.1"]).wrap_socket(
                    sock, server_hostname=DOMAIN)


def test_backend_down(env):
    """No backend where the gate looks for it: the client is told, the operator too."""
    with env.extra_gate(backend={"c2s": f"{env.net.address(66)}:15222"}) as gate:
        with env.refusal("c2s", "backend_unavailable", gate=gate):
            with secured(gate) as client:
                assert client.stream_error().condition == "remote-connection-failed"
        gate.expect_event(event="backend", kind="c2s", reason="backend_unavailable")


def test_client_is_told_when_the_gate_stops(env):
    with env.extra_gate() as gate:
        client = Client(f"alice@{DOMAIN}", (gate.wan, 5222), env.pki.roots).login()
        mark = gate.mark()
        assert gate.stop() == 0
        client.wait_end()
        ended = [e for e in gate.events(mark) if e.get("event") == "end"]
        assert [e["end"] for e in ended] == ["drain"]
        gate.process = None  # ended on purpose; finish() has nothing to check
