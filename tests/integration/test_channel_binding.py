"""Logins that are bound to the server's certificate: the gate and the backend have the same one.

With real servers where the release has ones that know tls-server-end-point (Debian 13); with a
scripted backend everywhere."""

import contextlib
import os
import shutil

import pytest

from harness import gate as gate_module, scram
from harness.binding import (BindingClient, BindingEnvironment, ScriptedBackend, bound,
                             bound_host, knows_end_point)
from harness.environment import BACKENDS, DOMAIN
from harness.settings import to_toml

PLUS = ("SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS")
VERSIONS = ("TLSv1_2", "TLSv1_3")
EXPORTER = "tls-exporter"
RSA_ONLY = {"version": "TLSv1_2", "suites": "ECDHE-RSA-AES256-GCM-SHA384"}

_worlds = {}


@pytest.fixture(scope="module", autouse=True)
def _closed_at_the_end():
    yield
    for world in _worlds.values():
        world.close()
    _worlds.clear()


def _world(kind, key_type):
    if not knows_end_point(kind):
        pytest.skip(f"the {kind} of this Debian release knows no tls-server-end-point")
    if (kind, key_type) not in _worlds:
        _worlds[kind, key_type] = BindingEnvironment(kind, key_type)
    return _worlds[kind, key_type]


@pytest.fixture(params=BACKENDS)
def kind(request):
    return request.param


@pytest.fixture
def ecdsa(kind):
    return _world(kind, "ecdsa")


# ---- Real servers

@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("mechanism", PLUS)
@pytest.mark.parametrize("key_type", ["ecdsa", "rsa"])
def test_bound_login(kind, key_type, mechanism, version):
    env = _world(kind, key_type)
    mark = env.gate.mark()
    with BindingClient(env.gate, version) as client:
        assert mechanism in client.mechanisms
        assert client.bindings == [scram.END_POINT]
        assert client.login(mechanism, flag="p")
        env.gate.expect_decision(since=mark, kind="c2s", verdict="accepted", to=DOMAIN)
    assert not [e for e in env.gate.events(mark) if e["event"] == "backend"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("flag, let_in", [("n", True), ("y", False)])
def test_client_that_does_not_bind(ecdsa, flag, let_in, version):
    """"y" says: I could bind, but the server cannot. Somebody has changed its list then."""
    for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256"):
        with BindingClient(ecdsa.gate, version) as client:
            assert client.login(mechanism, flag=flag) == let_in


@pytest.mark.parametrize("binding, data", [
    (EXPORTER, os.urandom(32)),  # of the TLS session with the gate, which the backend cannot know
    ("tls-unique", os.urandom(12)),
    (scram.END_POINT, os.urandom(32)),  # somebody between client and gate has another certificate
    (scram.END_POINT, b""),
], ids=["exporter", "unique", "another certificate", "nothing"])
def test_what_is_not_the_certificate_is_an_attack(ecdsa, binding, data):
    with BindingClient(ecdsa.gate) as client:
        assert not client.login("SCRAM-SHA-256-PLUS", flag="p", binding=binding, data=data)


def test_bound_login_by_sasl2():
    env = _world("ejabberd", "ecdsa")
    for mechanism in PLUS:
        with BindingClient(env.gate) as client:
            assert client.login2(mechanism, flag="p")
    with BindingClient(env.gate) as client:
        assert not client.login2(PLUS[0], flag="p", data=os.urandom(32))


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN"])
def test_library(ecdsa, mechanism):
    """slixmpp 1.10 knows no type of binding under TLS 1.3, so that it cannot be left the choice:
    without the gate, too, it takes one with -PLUS then, which ejabberd refuses."""
    with ecdsa.client("alice", mechanism=mechanism) as alice:
        assert alice.ping(DOMAIN)


def test_another_certificate_of_the_same_backend(ecdsa):
    """The gate was renewed and the backend was not: who does not bind gets in, and it is said."""
    renewed = ecdsa.served("ecdsa", label="renewed")
    before = ecdsa.served("ecdsa")
    with ecdsa.extra_gate(host=bound_host(ecdsa, [renewed])) as gate:
        # It cannot be known here that the backend's key was served before.
        with pytest.raises(AssertionError, match="backend_misconfigured"):
            BindingClient(gate)
        line = gate.expect_event(event="backend", reason="not_the_backend")
        assert "reload your server after a renewal" in line["detail"], line
    host = bound_host(ecdsa, [renewed])
    host[0]["backend"]["certificate"] = before.chain
    with ecdsa.extra_gate(host=host) as gate:
        with BindingClient(gate) as client:
            assert client.bindings is None
            assert client.login("SCRAM-SHA-256", flag="n")
        line = gate.expect_event(event="backend", reason="backend_without_binding")
        assert "another certificate" in line["detail"]
        gate.wait_metric(1, "portcullis_backend_certificate_shared_total", outcome="failure")


def test_type_of_key_that_the_backend_has_not(ecdsa):
    """Who was served RSA cannot bind, but gets in."""
    leaves = [ecdsa.served("ecdsa"), ecdsa.served("rsa")]
    with ecdsa.extra_gate(host=bound_host(ecdsa, leaves)) as gate:
        with BindingClient(gate, **RSA_ONLY) as client:
            assert client.bindings is None
            assert client.login("SCRAM-SHA-1", flag="n")
        with BindingClient(gate) as client:
            assert client.login("SCRAM-SHA-1-PLUS", flag="p")


# ---- A server that knows no binding by its certificate

@pytest.mark.parametrize("version", VERSIONS)
def test_server_without_end_point_is_refused(prosody_env, version):
    """Prosody 0.12 knows tls-unique only; Prosody 13 that was not told a hash, tls-exporter."""
    with prosody_env.extra_gate(backend={"c2s_tls": "starttls",
                                         "channel_binding": "end-point"}) as gate:
        with prosody_env.refusal("c2s", "backend_without_binding", gate=gate) as found:
            with pytest.raises(AssertionError, match="backend_without_binding"):
                BindingClient(gate, version)
        assert "tls_server_end_point_hash" in found[0]["detail"]


# ---- A scripted backend

@contextlib.contextmanager
def scripted(env, leaves, **behaviour):
    """A scripted backend and the gate's way to it."""
    with ScriptedBackend(env.net.address(67), leaves, **behaviour) as backend:
        yield {"c2s": backend.setting, "s2s": "off", "c2s_proxy_protocol": "off"}


def served(env):
    return [env.pki.leaf(DOMAIN, "conference." + DOMAIN, key_type=key_type, label="gate")
            for key_type in ("ecdsa", "rsa")]


@pytest.mark.parametrize("of_client, index", [({}, 0), (RSA_ONLY, 1)], ids=["ecdsa", "rsa"])
def test_backend_is_asked_for_what_the_client_was_served(prosody_env, of_client, index):
    env, leaves = prosody_env, served(prosody_env)
    with scripted(env, leaves, bound_to=leaves[index]) as backend:
        with env.extra_gate(host=bound_host(env, leaves, **backend)) as gate:
            with BindingClient(gate, **of_client) as client:
                assert client.bindings == [scram.END_POINT]
                assert {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"} == client.mechanisms
                assert client.login("SCRAM-SHA-256-PLUS", flag="p")
            for choice in ({"flag": "p", "data": b"x" * 32}, {"flag": "p", "binding": EXPORTER}):
                with BindingClient(gate, **of_client) as client:
                    assert not client.login("SCRAM-SHA-256-PLUS", **choice)
            with BindingClient(gate, **of_client) as client:
                assert client.login("SCRAM-SHA-256", flag="n")
            gate.wait_metric(4, "portcullis_backend_certificate_shared_total", outcome="success")


def test_backend_without_that_type_of_key(prosody_env):
    env, leaves = prosody_env, served(prosody_env)
    with scripted(env, leaves[:1]) as backend:
        with env.extra_gate(host=bound_host(env, leaves, **backend)) as gate:
            with BindingClient(gate, **RSA_ONLY) as client:
                assert client.bindings is None
                assert client.login("SCRAM-SHA-256", flag="n")
            line = gate.expect_event(event="backend", reason="backend_without_binding")
            assert "ecdsa" in line["detail"] and "rsa" in line["detail"]


def test_without_the_setting_nothing_passes(prosody_env):
    env, leaves = prosody_env, served(prosody_env)
    with scripted(env, leaves) as backend:
        host = bound_host(env, leaves, channel_binding="off", **backend)
        host[0]["backend"]["certificate"] = leaves[0].chain
        with env.extra_gate(host=host) as gate:
            with BindingClient(gate) as client:
                assert client.bindings is None
                assert client.login("SCRAM-SHA-256", flag="n")


@pytest.mark.parametrize("types, said", [((EXPORTER, scram.END_POINT), True),
                                         ((scram.END_POINT,), False)])
def test_hash_of_the_offer_is_said(prosody_env, types, said):
    """XEP-0474: the hash is foreign to a client that was shown fewer types."""
    env, leaves = prosody_env, served(prosody_env)
    with scripted(env, leaves, more=",h=QUFB", types=types) as backend:
        with env.extra_gate(host=bound_host(env, leaves, **backend)) as gate:
            with BindingClient(gate) as client:
                assert client.login("SCRAM-SHA-256-PLUS", flag="p")
            found = [e for e in gate.events() if e["event"] == "backend"]
            assert [e["reason"] for e in found] == (["backend_misconfigured"] if said else [])
            if said:
                assert "disable_sasl_scram_downgrade_protection" in found[0]["detail"]


# ---- Renewal

def test_renewal_reaches_the_backend_later(prosody_env, tmp_path):
    """The gate takes the new certificate by itself, and still knows the backend by the old one."""
    env = prosody_env
    names = (DOMAIN, "conference." + DOMAIN)
    old, new = (env.pki.leaf(*names, label=label) for label in ("before", "after"))
    chain, key = tmp_path / "served.pem", tmp_path / "served.key"

    def put(leaf):
        for source, target in ((leaf.key, key), (leaf.chain, chain)):
            fresh = target.with_name(target.name + ".new")
            shutil.copy(source, fresh)
            fresh.chmod(0o600)
            os.replace(fresh, target)

    put(old)
    host_of = {"chain": chain, "key": key}
    address = env.net.address(68)
    way = {"c2s": f"{address}:15222", "s2s": "off", "c2s_proxy_protocol": "off"}
    host = bound_host(env, [old], **way)
    host[0]["certificates"] = [host_of]
    with env.extra_gate(host=host) as gate:
        with ScriptedBackend(address, [old]):
            with BindingClient(gate) as client:
                assert client.login("SCRAM-SHA-256-PLUS", flag="p")
            mark = gate.mark()
            put(new)
            gate.expect_event(since=mark, event="reload", outcome="ok")
            with BindingClient(gate) as client:
                assert client.bindings is None
                assert client.login("SCRAM-SHA-256", flag="n")
            gate.expect_event(since=mark, event="backend", reason="backend_without_binding")
        with ScriptedBackend(address, [new]):
            with BindingClient(gate) as client:
                assert client.bindings == [scram.END_POINT]
                assert client.login("SCRAM-SHA-256-PLUS", flag="p")


# ---- What `check` says

@pytest.mark.parametrize("backend, status, words", [
    ({}, 0, "fine"),
    ({"c2s_tls": "off"}, 1, "error: a login can only be bound"),
    ({"certificate": "another"}, 0, "holds none of the certificates that are served"),
    ({"certificate": "served"}, 0, "fine"),
    ({"channel_binding": "exporter"}, 1, "error"),
])
def test_what_check_says(prosody_env, tmp_path, backend, status, words):
    env, leaves = prosody_env, served(prosody_env)
    files = {"another": env.backend_credential.chain, "served": leaves[0].chain}
    if "certificate" in backend:
        backend = {"certificate": files[backend["certificate"]]}
    settings = bound(env.settings("127.77.250.1", "127.77.250.2"), leaves)
    settings["host"][0]["backend"] |= backend
    path = tmp_path / "portcullis.toml"
    path.write_text(to_toml(settings))
    done = gate_module.run_command("check", "-c", path)
    assert done.returncode == status and words in done.stdout, done.stdout
