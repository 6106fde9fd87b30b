"""A port of the backend that is not what the configuration says: the log names the key to look at, and
the other side hears that the fault is ours."""

import pytest

from harness import raw_peer
from harness.environment import DOMAIN, RAW


def told_to_a_peer(env, gate):
    with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
        peer.secure()
        peer.send(raw_peer.external(RAW))
        return peer.stream_error()


def refused(env, backend, kind="s2s_in"):
    """The sentence in the log, and what the other side was told."""
    with env.extra_gate(backend=backend) as gate:
        if kind == "s2s_in":
            error = told_to_a_peer(env, gate)
        else:
            with pytest.raises(AssertionError):
                env.client("alice", gate=gate).close()
            error = None
        found = gate.expect_decision(kind=kind, verdict="rejected", to=DOMAIN)
        return found, error


def test_the_port_for_clients_in_place_of_that_for_servers(env):
    site = env.backend.site
    found, error = refused(env, {"s2s": f"{site.address}:{site.c2s_port}", "s2s_proxy_protocol":
                                 "v2" if env.proxy_protocol else "off"})
    assert found["reason"] == "backend_misconfigured"
    assert "s2s of [host.backend] is a port for clients" in found["detail"], found
    assert error.condition == "internal-server-error" and "host.backend" not in error.text, error


def test_the_port_for_servers_in_place_of_that_for_clients(env):
    site = env.backend.site
    found, _ = refused(env, {"c2s": f"{site.address}:{site.s2s_port}", "c2s_proxy_protocol": "off"},
                       "c2s")
    assert found["reason"] == "backend_misconfigured"
    assert "c2s of [host.backend] is a port for other servers" in found["detail"], found


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_header_that_it_cannot_read(prosody_env, version):
    found, _ = refused(prosody_env, {"c2s_proxy_protocol": version}, "c2s")
    assert "c2s_proxy_protocol" in found["detail"], found
    found, error = refused(prosody_env, {"s2s_proxy_protocol": version})
    assert "s2s_proxy_protocol" in found["detail"], found
    assert error.condition == "internal-server-error" and "proxy" not in error.text, error


def test_a_header_that_it_waits_for(ejabberd_env):
    """This one has use_proxy_protocol on its port for clients."""
    found, _ = refused(ejabberd_env, {"c2s_proxy_protocol": "off"}, "c2s")
    assert "c2s_proxy_protocol" in found["detail"], found
