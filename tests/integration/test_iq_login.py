"""Logins of the time before SASL (XEP-0078), which old clients have and old servers offer. Prosody has
them in a module that it does not load by itself."""

import contextlib

import pytest

from harness import prosody, raw_peer
from harness.backend import Site, password
from harness.environment import BACKEND_C2S, BACKEND_S2S, DOMAIN
from harness.raw_peer import RawClient
from harness.wire import STREAM_END, local_name

FEATURE = "{http://jabber.org/features/iq-auth}auth"
ASKS = ("<iq type='get' id='a1'><query xmlns='jabber:iq:auth'><username>alice</username></query>"
        "</iq>")
# No client has more time than this to log in, so that one which is not seen to be logged in ends.
LOGIN = 3


def login(secret, more=""):
    return ("<iq type='set' id='a2'><query xmlns='jabber:iq:auth'><username>alice</username>"
            f"<password>{secret}</password><resource>old</resource>{more}</query></iq>")


@pytest.fixture
def gate(prosody_env):
    env = prosody_env
    site = Site(DOMAIN, env.net.address(8), BACKEND_S2S, BACKEND_C2S, env.backend_resolver(),
                str(env.local_ca_directory / "ca.pem"))
    lines = prosody.backend_lines(site) + (
        f'\nVirtualHost "{DOMAIN}"\nmodules_enabled = {{ "legacyauth" }}\n')
    server = prosody.Prosody("prosody-legacyauth", site, env.directory / "legacyauth",
                             env.backend_credential, lines)
    env.daemons.append(server)
    try:
        server.start()
        backend = {"c2s": f"{site.address}:{BACKEND_C2S}"}
        with env.extra_gate(backend=backend, limits={"login": f"{LOGIN}s"}) as gate:
            yield gate
    finally:
        server.stop()
        env.daemons.remove(server)


@contextlib.contextmanager
def opened(gate):
    with RawClient((gate.wan, 5223), None, DOMAIN, timeout=20) as client:
        client.start_tls(raw_peer.client_context(), server_hostname=DOMAIN)
        client.open(from_=None, namespace="jabber:client")
        features = client.element("features")
        assert features.find(FEATURE) is not None
        yield client


def answer(client, said):
    client.send(said)
    iq = client.next()
    assert local_name(iq) == "iq"
    return iq


def ping(client):
    return answer(client, "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>").get("id")


def test_is_a_login(gate):
    mark = gate.mark()
    with opened(gate) as client:
        assert len(answer(client, ASKS)) == 1
        assert answer(client, login(password("alice"))).get("type") == "result"
        gate.expect_decision(since=mark, kind="c2s", verdict="accepted")
        with opened(gate) as other:  # who comes later and does not log in is cut off
            assert other.stream_error().reason == "negotiation_timeout"
        assert ping(client) == "p"
        client.send(STREAM_END)


def test_may_be_said_together_with_what_follows(gate):
    with opened(gate) as client:
        assert answer(client, login(password("alice")) +
                      "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>").get("id") == "a2"
        assert client.element("iq").get("id") == "p"


def test_wrong_password_is_no_login(gate):
    mark = gate.mark()
    with opened(gate) as client:
        assert answer(client, login("wrong")).get("type") == "error"
        assert client.stream_error().reason == "negotiation_timeout"
    gate.expect_decision(since=mark, kind="c2s", reason="negotiation_timeout")


def test_form_for_what_is_missing_is_no_login(gate):
    """Prosody says it with an answer of type "result"."""
    with opened(gate) as client:
        iq = answer(client, "<iq type='set' id='a2'><query xmlns='jabber:iq:auth'>"
                            "<username>alice</username></query></iq>")
        assert iq.get("type") == "result" and len(iq) == 1
        assert client.stream_error().reason == "negotiation_timeout"
