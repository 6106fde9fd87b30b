"""Streams of the backend to servers that get something wrong. The user must be able to read what:
in the error that comes back to a real client."""

import socket
import ssl

import pytest

from harness.process import wait_until
from harness import raw_peer
from harness.environment import DEAD, DOMAIN, NO_SERVICE, NOWHERE
from harness.raw_peer import RawClient

BOUNCES = ("remote-server-not-found", "remote-server-timeout")


@pytest.fixture
def alice(env):
    with env.client("alice") as client:
        yield client


@pytest.fixture
def name(env):
    return env.fresh_name()


def expect_bounce(env, alice, name, reason, words, timeout=60):
    """alice writes to the domain `name`: refused for `reason`, and the error she gets says so.
    Returns the decision."""
    with env.refusal("s2s_out", reason, timeout=timeout, from_=DOMAIN, to=name) as found:
        alice.send(f"somebody@{name}", "are you there?")
        condition, text = alice.wait_bounce(f"somebody@{name}", timeout)
        assert condition in BOUNCES, (condition, text)
        for word in words:
            assert word in text, text
    return found[0]


def test_scripted_peer_that_does_everything_right(env, alice, name):
    """The control: what the tests below change is the only reason for their refusals."""
    with env.raw_server(name) as server:
        alice.send(f"somebody@{name}", "hello script")
        stanza = server.wait_stanza(lambda s: s.get("to") == f"somebody@{name}")
        assert stanza.find("{jabber:server}body").text == "hello script"
        env.gate.expect_decision(kind="s2s_out", verdict="accepted", from_=DOMAIN, to=name)


def test_peer_without_starttls(env, alice, name):
    with env.raw_server(name, offer_starttls=False):
        expect_bounce(env, alice, name, "starttls_not_offered", ["STARTTLS"])


@pytest.mark.parametrize("fault, reason, word", [
    ("self_signed", "self_signed", "self-signed"),
    ("unknown_ca", "untrusted_issuer", "not trusted"),
    ("expired", "expired", "expired"),
    ("not_yet_valid", "not_yet_valid", "not valid yet"),
    ("wrong_name", "name_mismatch", "somebody-else.example"),
    ("client_auth_only", "wrong_purpose", "not meant for TLS servers"),
])
def test_bad_certificate(env, alice, name, fault, reason, word):
    with env.raw_server(name, credential=env.pki.bad(fault, name)) as server:
        expect_bounce(env, alice, name, reason, [word])
        assert server.behaviour.stanzas == []
        told = wait_until(lambda: server.behaviour.refusals, 10, "words to the remote admin")
        assert (told[0].condition, told[0].reason) == ("not-authorized", reason)


def test_external_refused(env, alice, name):
    with env.raw_server(name, external="refuse"):
        expect_bounce(env, alice, name, "refused_by_peer", ["we do not like you"])


def test_external_not_offered(env, alice, name):
    with env.raw_server(name, external="absent"):
        expect_bounce(env, alice, name, "external_not_offered", ["EXTERNAL"])


def test_plaintext_behind_proceed(env, alice, name):
    injected = f"<message from='a@{name}' to='alice@{DOMAIN}'><body>injected</body></message>"
    with env.raw_server(name, behind_proceed=injected.encode()):
        expect_bounce(env, alice, name, "starttls_injection", [])
    assert not env.backend.saw("<body>injected</body>")


def test_features_twice(env, alice, name):
    """The second <features/> stands where <proceed/> must."""
    with env.raw_server(name, features_twice=True) as server:
        alice.send(f"somebody@{name}", "twice")
        alice.wait_bounce(f"somebody@{name}", 60)
        assert server.behaviour.stanzas == []
    env.gate.expect_decision(kind="s2s_out", verdict="rejected", from_=DOMAIN, to=name)


@pytest.mark.parametrize("moment", ["connect", "header", "tls"])
def test_peer_resets(env, alice, name, moment):
    with env.raw_server(name, reset_at=moment):
        alice.send(f"somebody@{name}", "reset")
        condition, _ = alice.wait_bounce(f"somebody@{name}", 60)
        assert condition in BOUNCES
    decision = env.gate.expect_decision(kind="s2s_out", verdict="rejected", from_=DOMAIN, to=name)
    assert decision["reason"] in ("peer_unreachable", "peer_left", "tls_failed")


def test_silent_peer(env, name):
    """Within the time for dialing, not the backend's own minutes."""
    with env.changed_gate(limits={"dial": "3s"}), env.client("alice") as alice:
        with env.raw_server(name, silent=True):
            expect_bounce(env, alice, name, "negotiation_timeout", [], timeout=20)


def test_peer_sends_a_stanza_on_our_stream(env, alice, name):
    """Our stream is for our stanzas: the peer answers on its own."""
    injected = f"<message from='a@{name}' to='alice@{DOMAIN}'><body>wrong way</body></message>"
    with env.raw_server(name, extra_after_success=injected.encode()):
        alice.send(f"somebody@{name}", "one way")
        end = env.gate.expect_event(event="end", kind="s2s_out", to=name, timeout=20)
        assert end["end"] == "error"
    assert "wrong way" not in [m["body"] for m in alice.messages]
    assert not env.backend.saw("wrong way")


def test_nobody_listens(env, alice):
    expect_bounce(env, alice, DEAD, "peer_unreachable", [])


def test_name_does_not_exist(env, alice):
    expect_bounce(env, alice, f"{env.kind}.{NOWHERE}", "no_such_service", [])


def test_service_is_not_offered(env, alice):
    expect_bounce(env, alice, NO_SERVICE, "no_such_service", [])


def test_next_message_tries_again(env, alice, name):
    with env.raw_server(name, credential=env.pki.bad("expired", name)):
        expect_bounce(env, alice, name, "expired", ["expired"])
    with env.raw_server(name) as server:
        def delivered():
            alice.send(f"somebody@{name}", "once more")
            return server.wait_stanza(timeout=3)
        for attempt in range(5):  # ejabberd returns stanzas for up to a second without trying
            try:
                delivered()
                break
            except AssertionError:
                assert attempt < 4, "never tried again"


def outbound_client(env, remote, credential):
    return RawClient((env.gate.outbound, 5269), DOMAIN, remote, credential, timeout=20)


@pytest.mark.parametrize("shows", ["nothing", "public certificate", "other self-made"])
def test_only_the_backend_may_use_the_outbound_listener(env, name, shows):
    """Any process on the machine can connect there, and would speak with our certificate."""
    credential = {
        "nothing": lambda: None,
        "public certificate": lambda: env.pki.leaf(DOMAIN, "conference." + DOMAIN, label="gate"),
        "other self-made": lambda: env.pki.bad("self_signed", DOMAIN)}[shows]()
    with env.raw_server(name) as server:
        with env.refusal("s2s_out", "not_the_backend", from_=DOMAIN, to=name):
            with outbound_client(env, name, credential) as stranger:
                stranger.negotiate_tls()
                stranger.open()
                assert stranger.stream_error().condition == "not-authorized"
        assert server.connections == 0


def test_outbound_listener_speaks_no_plaintext(env, name):
    with env.raw_server(name) as server:
        with env.refusal("s2s_out", "plaintext_refused"):
            with outbound_client(env, name, None) as stranger:
                stranger.open()
                stranger.element("features")
                stranger.send(f"<message from='a@{DOMAIN}' to='b@{name}'><body>x</body></message>")
                stranger.stream_error()
        assert server.connections == 0


def test_backend_may_only_speak_for_what_is_served(env, name):
    """Even with the backend's own certificate."""
    with env.raw_server(name) as server:
        with RawClient((env.gate.outbound, 5269), "not-ours.example", name,
                       env.backend_credential, timeout=20) as backend:
            mark = env.gate.mark()
            backend.open()
            assert backend.stream_error().reason == "host_unknown"
            env.gate.expect_decision(since=mark, kind="s2s_out", verdict="rejected",
                                     reason="host_unknown")
        assert server.connections == 0


@pytest.mark.parametrize("remote", [DOMAIN, "conference." + DOMAIN])
def test_nothing_is_minted_for_a_served_domain(env, remote):
    """The local CA must never make a certificate that names the operator's own domain."""
    with outbound_client(env, remote, env.backend_credential) as backend:
        mark = env.gate.mark()
        backend.open()
        backend.stream_error()
        env.gate.expect_decision(since=mark, kind="s2s_out", verdict="rejected")


def test_minted_certificate_names_exactly_the_remote_domain(env, name):
    with socket.create_connection((env.gate.outbound, 5269), timeout=10) as sock:
        wire = raw_peer.Wire(sock)
        wire.send(raw_peer.header(DOMAIN, name))
        wire.element("features")
        wire.send(raw_peer.STARTTLS)
        wire.element("proceed")
        context = ssl.create_default_context(cafile=str(env.local_ca_directory / "ca.pem"))
        wire.start_tls(context, server_hostname=name)  # verifies chain and name
        assert wire.sock.getpeercert()["subjectAltName"] == (("DNS", name),)
        wire.close()
