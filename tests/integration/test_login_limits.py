"""What clients try before they are logged in, counted by their real address: the servers behind
the gate refuse the passwords and make the accounts."""

import base64
import itertools

import pytest

from harness import ejabberd, prosody
from harness.backend import password
from harness.client import LoginFailed
from harness.environment import BACKENDS, DOMAIN, Environment
from harness.raw_peer import RawClient
from harness.wire import NS_SASL, local_name

NS_CLIENT = "jabber:client"
NS_LIMITS = "urn:xmpp:stream-limits:0"
NS_STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
FORM = "<iq type='get' id='form'><query xmlns='jabber:iq:register'/></iq>"

_number = itertools.count(1)


class Registering(Environment):
    """Accounts can be made in a client, so that what limits it can be seen."""

    def make_backend(self):
        backend = super().make_backend()
        if self.kind == "prosody":
            prosody.add_global_lines(
                backend, "allow_registration = true\nregistration_invite_only = false\n")
        else:
            ejabberd.add_settings(
                backend, "modules: {mod_register: {}}\nregistration_timeout: infinity\n")
        return backend


@pytest.fixture(scope="module", params=BACKENDS)
def registering(request):
    world = Registering(request.param)
    yield world
    world.close()


def client_at(gate, source=None):
    client = RawClient((gate.wan, 5223), None, DOMAIN, source=source, timeout=20)
    client.direct_tls(alpn=("xmpp-client",))
    client.open(from_=None, namespace=NS_CLIENT)
    return client, client.element("features")


def try_password(client, secret, user="alice"):
    """The condition of the failure and its text, or None."""
    token = base64.b64encode(f"\0{user}\0{secret}".encode()).decode()
    client.send(f"<auth xmlns='{NS_SASL}' mechanism='PLAIN'>{token}</auth>")
    answer = client.next()
    if local_name(answer) == "success":
        return None
    assert answer.tag == f"{{{NS_SASL}}}failure"
    [condition] = [local_name(c) for c in answer if local_name(c) != "text"]
    return condition, answer.findtext(f"{{{NS_SASL}}}text")


def register(client):
    """The error's type and condition and its text, or None."""
    name = f"new{next(_number)}"
    client.send(f"<iq type='set' id='{name}'><query xmlns='jabber:iq:register'>"
                f"<username>{name}</username><password>secret-{name}</password></query></iq>")
    answer = client.element("iq")
    assert answer.get("id") == name
    if answer.get("type") == "result":
        return None
    [error] = [c for c in answer if local_name(c) == "error"]
    [condition] = [local_name(c) for c in error
                   if c.tag.startswith(f"{{{NS_STANZAS}}}") and local_name(c) != "text"]
    return error.get("type"), condition, error.findtext(f"{{{NS_STANZAS}}}text")


def hits(gate, limit):
    return gate.metrics().total("portcullis_limit_hits_total", limit=limit)


def test_failed_logins(registering):
    with registering.extra_gate(limits={"failed_logins_per_address": 3}) as gate:
        bad, good = registering.net.address(40), registering.net.address(41)
        # Of several connections, and never hindered by a login that succeeds.
        for attempts in (2, 1):
            client, _ = client_at(gate, bad)
            with client:
                for _ in range(attempts):
                    assert try_password(client, "wrong")[0] == "not-authorized"
        with client_at(gate, bad)[0] as client:
            condition, text = try_password(client, password("alice"))
            assert condition == "temporary-auth-failure"
            assert "Too many logins from your address have failed" in text
            assert text.endswith(" Contact: xmpp:operator@example.org")
            assert hits(gate, "failed_logins_per_address") == 1
            line = gate.expect_event(event="limit", limit="failed_logins_per_address")
            assert (line["kind"], line["peer"]) == ("c2s", bad)
            client.send(FORM)  # the stream goes on
            assert client.element("iq").get("id") == "form"
        for _ in range(5):
            with client_at(gate, good)[0] as client:
                assert try_password(client, password("alice")) is None
        assert hits(gate, "failed_logins_per_address") == 1


def test_a_client_that_is_told_to_wait_does_so(env):
    """slixmpp, with the mechanism that it chooses."""
    with env.extra_gate(limits={"failed_logins_per_address": 1}) as gate:
        for _ in range(2):
            with pytest.raises(LoginFailed):
                env.client("alice", gate=gate, secret="wrong", mechanism="PLAIN")
        with pytest.raises(LoginFailed):
            env.client("bob", gate=gate, mechanism="PLAIN")
        assert hits(gate, "failed_logins_per_address") >= 1


def test_addresses_that_many_share_are_exempt(registering):
    shared = registering.net.address(42)
    with registering.extra_gate(limits={"failed_logins_per_address": 1, "registrations_per_address": 1,
                                "exempt": [f"{shared}/32"]}) as gate:
        with client_at(gate, shared)[0] as client:
            for _ in range(3):
                assert try_password(client, "wrong")[0] == "not-authorized"
            assert register(client) is None
            assert register(client) is None


def test_registrations(registering):
    with registering.extra_gate(limits={"registrations_per_address": 2}) as gate:
        net = registering.net
        eager, other = net.address(43), net.address(44)
        with client_at(gate, eager)[0] as client:
            client.send(FORM)
            assert client.element("iq").get("type") == "result"
            assert register(client) is None
        with client_at(gate, eager)[0] as client:
            assert register(client) is None
            kind, condition, text = register(client)
            assert (kind, condition) == ("wait", "resource-constraint")
            assert "Too many accounts" in text
        assert hits(gate, "registrations_per_address") == 1
        with client_at(gate, other)[0] as client:
            assert register(client) is None


# ---- What holds through the gate is announced (XEP-0478)

def limits_of(features):
    [limits] = features.findall(f"{{{NS_LIMITS}}}limits")
    return {local_name(c): int(c.text) for c in limits}


def test_limits_are_announced_to_clients(env):
    with env.extra_gate(limits={"stanza_bytes": 20_000, "idle": "90s"}) as gate:
        client, features = client_at(gate)
        with client:
            assert limits_of(features)["max-bytes"] >= 10_000
            assert try_password(client, password("alice")) is None
            client.open(from_=None, namespace=NS_CLIENT)
            found = limits_of(client.element("features"))
            assert (found["max-bytes"], found["idle-seconds"]) == (20_000, 90)


def test_limits_are_announced_to_servers(env):
    name = env.fresh_name()
    with env.extra_gate(limits={"stanza_bytes": 20_000, "idle": "90s"}) as gate:
        with env.raw_client(name, env.good(name), gate=gate) as peer:
            peer.secure()
            peer.authenticate()
            peer.open()
            found = limits_of(peer.element("features"))
            assert (found["max-bytes"], found["idle-seconds"]) == (20_000, 90)
