"""What the operator may demand of clients before the backend sees them."""

import base64
import ssl

import pytest

from harness import raw_peer
from harness.certificates import CLIENT_AUTH, SERVER_AUTH, Plan
from harness.environment import DOMAIN
from harness.raw_peer import RawClient
from harness.wire import NS_SASL

NS_CLIENT = "jabber:client"


@pytest.fixture
def env(prosody_env):
    return prosody_env


@pytest.fixture
def staff(env):
    """(authority, PEM of its root) that the operator's own people have certificates of."""
    if not hasattr(env, "staff_ca"):
        env.staff_ca = env.pki.private_ca("staff")
    return env.staff_ca


def certificate(env, issuer, usage=(CLIENT_AUTH,), label="client"):
    return env.pki.made((label, id(issuer), usage), Plan(("alice.legacy.example",), issuer,
                                                         usage=usage))


@pytest.fixture
def gate(env, request, staff):
    """With the [c2s] of the test's parameters."""
    settings = dict(request.param)
    if settings.get("client_certificate", "off") != "off":
        settings["client_roots"] = staff[1]
    with env.extra_gate(c2s=settings) as gate:
        yield gate


def secured(gate, credential=None, maximum=None, suites=None):
    """The secured stream is opened; what comes is up to the gate."""
    client = RawClient((gate.wan, 5222), None, DOMAIN, credential, timeout=20)
    client.open(from_=None, namespace=NS_CLIENT)
    client.element("features")
    client.send(raw_peer.STARTTLS)
    client.element("proceed")
    context = raw_peer.client_context(credential)
    if maximum:
        context.maximum_version = maximum
    if suites:
        context.set_ciphers(suites)
    client.start_tls(context, server_hostname=DOMAIN)
    client.open(from_=None, namespace=NS_CLIENT)
    return client


# alice, who has her name twice for a password
PLAIN = base64.b64encode(b"\0alice\0alicealice").decode()


def expect_login(gate, credential=None, **options):
    """Returns the TLS session."""
    with secured(gate, credential, **options) as client:
        features = client.element("features")
        assert any(child.tag.endswith("}mechanisms") for child in features)
        client.send(f"<auth xmlns='{NS_SASL}' mechanism='PLAIN'>{PLAIN}</auth>")
        client.element("success")
        client.open(from_=None, namespace=NS_CLIENT)
        client.element("features")
        return client.sock.session


def c2s(**settings):
    return pytest.mark.parametrize("gate", [settings], indirect=True, ids=[""])


@c2s(min_tls="1.3")
def test_tls_1_3_for_clients(env, gate):
    expect_login(gate)
    with env.refusal("c2s", "tls_version_too_low", gate=gate):
        with pytest.raises((ssl.SSLError, OSError, AssertionError)):
            with secured(gate, maximum=ssl.TLSVersion.TLSv1_2) as client:
                client.element("features")


@c2s(min_tls="1.2")
def test_tls_1_2_for_clients(gate):
    expect_login(gate, maximum=ssl.TLSVersion.TLSv1_2)


@c2s(client_certificate="required")
@pytest.mark.parametrize("usage", [(CLIENT_AUTH,), (CLIENT_AUTH, SERVER_AUTH), ()],
                         ids=["client", "both", "any"])
def test_required_and_shown(env, gate, staff, usage):
    with env.verdict("c2s", "accepted", gate=gate):
        expect_login(gate, certificate(env, staff[0], usage))


@c2s(client_certificate="required")
@pytest.mark.parametrize("what, reason", [
    ("nothing", "cert_missing"), ("public", "untrusted_issuer"),
    ("self_signed", "self_signed"), ("server", "wrong_purpose")])
def test_required_and_not_shown(env, gate, staff, what, reason):
    """Before the backend hears of the client."""
    credential = {
        "nothing": lambda: None,
        "public": lambda: env.pki.leaf("alice.legacy.example"),
        "self_signed": lambda: env.pki.bad("self_signed", "alice.legacy.example"),
        "server": lambda: certificate(env, staff[0], (SERVER_AUTH,))}[what]()
    mark = env.backend.mark()
    with env.refusal("c2s", reason, gate=gate) as found:
        with secured(gate, credential) as client:
            error = client.stream_error()
    assert (error.condition, error.reason) == ("not-authorized", reason), found
    env.backend.settle()
    assert env.backend.count_log(env.backend.C2S_ACCEPTED, since=mark) == 1  # settle()'s own


@c2s(client_certificate="required", mode="observe")
def test_required_while_observing(env, gate, staff):
    with env.verdict("c2s", "would_reject", "cert_missing", gate=gate):
        expect_login(gate)
    with env.verdict("c2s", "accepted", gate=gate):
        expect_login(gate, certificate(env, staff[0]))


@c2s(client_certificate="request")
def test_requested(env, gate, staff):
    """Who shows none may log in with a password alone; who shows one must show a good one."""
    expect_login(gate)
    expect_login(gate, certificate(env, staff[0]))
    with env.refusal("c2s", "self_signed", gate=gate):
        with secured(gate, env.pki.bad("self_signed", "alice.legacy.example")) as client:
            client.stream_error()


@c2s(client_certificate="off")
def test_off(env, gate):
    """Not asked for: a client that has one is not judged by it."""
    expect_login(gate, env.pki.bad("self_signed", "alice.legacy.example"))
    with env.client("alice", gate=gate) as alice:
        assert alice.ping(DOMAIN)


@pytest.mark.parametrize("gate, tickets", [
    ({"client_certificate": "off"}, True), ({"client_certificate": "request"}, False),
    ({"client_certificate": "required"}, False)], indirect=["gate"], ids=["off", "request",
                                                                          "required"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3],
                         ids=["1.2", "1.3"])
def test_no_ticket_where_certificates_are_asked_for(env, gate, staff, tickets, version):
    """A resumed session shows no certificate, and nobody would look."""
    session = expect_login(gate, certificate(env, staff[0]), maximum=version)
    assert session.has_ticket == tickets


POLICIES = {"enforce": {}, "observe": {"mode": "observe"}, "off": {"forward_secrecy": False}}


@pytest.mark.parametrize("how", POLICIES)
def test_key_exchange_without_forward_secrecy(env, how):
    """Only who offers nothing better is refused, under a reason of its own, or counted."""
    old = {"maximum": ssl.TLSVersion.TLSv1_2, "suites": "AES128-GCM-SHA256"}
    reason = "tls_no_forward_secrecy"
    with env.extra_gate(policy=POLICIES[how]) as gate:
        expect_login(gate, maximum=ssl.TLSVersion.TLSv1_2, suites="ECDHE-RSA-AES128-SHA")
        mark = gate.mark()
        if how == "enforce":
            with pytest.raises((ssl.SSLError, ConnectionError)):
                secured(gate, **old)
            gate.expect_decision(since=mark, kind="c2s", verdict="rejected", reason=reason)
        else:
            expect_login(gate, **old)
            verdict = {"verdict": "accepted"} if how == "off" else {"verdict": "would_reject",
                                                                    "reason": reason}
            gate.expect_decision(since=mark, kind="c2s", **verdict)
