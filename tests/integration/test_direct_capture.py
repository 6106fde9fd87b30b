"""Direct TLS (XEP-0368) at the gate's outbound listener, as a backend begins it that looks up real
names: a scripted one with the backend's certificate, and everything it can get wrong."""

import socket

import pytest
from cryptography import x509

from harness.environment import DOMAIN
from harness.raw_peer import RawClient, client_context


@pytest.fixture
def name(env):
    return env.fresh_name()


class Calling(RawClient):
    """What a backend of `env` sends to the outbound listener for the domain `to`."""

    def __init__(self, env, to):
        super().__init__((env.gate.outbound, 5269), DOMAIN, to, env.backend_credential, timeout=20)

    def begin(self, sni, alpn=("xmpp-server",)):
        self.start_tls(client_context(self.credential, list(alpn) if alpn else None),
                       server_hostname=sni)
        return self


def shown_names(wire):
    """In the certificate that the gate shows."""
    shown = x509.load_der_x509_certificate(wire.sock.getpeercert(binary_form=True))
    try:
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName)


@pytest.mark.parametrize("alpn", [("xmpp-server",), ()], ids=("alpn", "without"))
def test_a_stream_in_tls_from_the_beginning(env, name, alpn):
    with env.raw_server(name) as server, Calling(env, name).begin(name, alpn) as backend:
        assert shown_names(backend) == [name]
        assert backend.sock.selected_alpn_protocol() == (alpn[0] if alpn else None)
        backend.open()
        backend.expect_external()
        backend.authenticate(DOMAIN)
        backend.open()
        backend.element("features")
        backend.send(f"<message from='alice@{DOMAIN}' to='bob@{name}'><body>direct</body>"
                     "</message>")
        stanza = server.wait_stanza(lambda s: s.get("to") == f"bob@{name}")
        assert stanza.find("{jabber:server}body").text == "direct"
        env.gate.expect_decision(kind="s2s_out", verdict="accepted", from_=DOMAIN, to=name)


def refused(env, backend, to, *words):
    """It gets the reason in words, and so does the log; the peer is never called."""
    with env.refusal("s2s_out", "direct_tls_refused", from_=DOMAIN, to=to) as found:
        backend.open()
        error = backend.stream_error()
    assert (error.condition, error.reason) == ("policy-violation", "direct_tls_refused")
    for word in words:
        assert word in found[0]["detail"], found[0]
        assert word in error.text, error


def test_a_header_for_another_domain(env, name):
    other = env.fresh_name()
    with env.raw_server(name) as server, Calling(env, name).begin(other) as backend:
        assert shown_names(backend) == [other]
        refused(env, backend, name, other, name)
        assert server.connections == 0


def test_no_sni(env, name):
    with Calling(env, name).begin(None) as backend:
        assert shown_names(backend) == []
        refused(env, backend, name, "names no domain")


def test_sni_that_is_no_domain_name(env, name):
    with Calling(env, name).begin("no_domain_.example") as backend:
        assert shown_names(backend) == []
        refused(env, backend, name, "no domain name")


@pytest.mark.parametrize("own", [DOMAIN, "conference." + DOMAIN])
def test_sni_of_an_own_domain(env, name, own):
    with Calling(env, name).begin(own) as backend:
        assert shown_names(backend) == []
        refused(env, backend, name, own, "served here")


def test_somebody_else_is_not_the_backend(env, name):
    with env.raw_server(name) as server, Calling(env, name) as stranger:
        stranger.credential = env.good("stranger.example")
        stranger.begin(name)
        with env.refusal("s2s_out", "not_the_backend", to=name):
            stranger.open()
            assert stranger.stream_error().reason == "not_the_backend"
        assert server.connections == 0


def test_another_protocol(env, name):
    with Calling(env, name) as backend, env.refusal("s2s_out", "alpn_mismatch"):
        with pytest.raises(OSError):
            backend.begin(name, ("http/1.1",))
            backend.open()
            backend.element("features")


def test_what_only_begins_like_tls(env):
    with socket.create_connection((env.gate.outbound, 5269), timeout=20) as sock:
        with env.refusal("s2s_out", "tls_failed"):
            sock.sendall(b"\x16\x03\x01\x00\x05hello" + b"x" * 64)
            while sock.recv(4096):
                pass
