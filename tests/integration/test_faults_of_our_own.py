"""What is wrong on the operator's own side reads as such: the log names what to look at, and the
other side hears that the fault is ours."""

import pytest

from harness import gate as gate_module
from harness import raw_peer
from harness.certificates import SERVER_AUTH
from harness.environment import DOMAIN, ROOMS


@pytest.fixture
def rotated(env, tmp_path):
    """The gate that DNS leads to has a new local CA, and its server was not told."""
    directory = tmp_path / "local-ca"
    assert gate_module.run_command("ca", "init", directory).returncode == 0
    with env.changed_gate(local_ca={"directory": directory}) as gate:
        yield gate


def test_a_new_local_ca_on_the_way_out(env, rotated):
    name = env.fresh_name()
    with env.client("alice") as alice, env.raw_server(name) as server:
        alice.send(f"bob@{name}", "not to arrive")
        alice.wait_bounce(f"bob@{name}", 60)
        found = rotated.expect_decision(kind="s2s_out", verdict="rejected", from_=DOMAIN, to=name)
        assert server.behaviour.stanzas == []
    assert found["reason"] == "backend_misconfigured", found
    assert "does not trust the local CA, or not any more" in found["detail"], found


def test_a_new_local_ca_on_the_way_in(env, rotated):
    name = env.fresh_name()
    with env.raw_client(name, env.good(name), gate=rotated) as peer:
        peer.secure()
        peer.send(raw_peer.external(name))
        error = peer.stream_error()
    found = rotated.expect_decision(kind="s2s_in", verdict="rejected", from_=name, to=DOMAIN)
    assert found["reason"] == "backend_misconfigured", found
    assert "does not trust the local CA, or not any more" in found["detail"], found
    assert error.condition == "internal-server-error" and "CA" not in error.text, error


def test_dns_that_leads_back_to_the_gate(prosody_env):
    """As it does when the gate asks the resolver that is meant for its server."""
    env, name = prosody_env, prosody_env.misled("outbound")
    mark = env.gate.mark()
    with env.client("alice") as alice:
        alice.send(f"bob@{name}", "not to arrive")
        _, text = alice.wait_bounce(f"bob@{name}", 60)
    found = env.gate.expect_decision(since=mark, kind="s2s_out", reason="address_refused", to=name)
    assert "DNS leads back to this gate" in found["detail"], found
    assert "servers of [dns]" in found["detail"] and "DNS leads back" not in text, found
    with env.client("alice") as alice:
        other = env.misled("wan")
        alice.send(f"bob@{other}", "not to arrive")
        alice.wait_bounce(f"bob@{other}", 60)
    found = env.gate.expect_decision(since=mark, kind="s2s_out", reason="address_refused", to=other)
    assert "DNS leads back" not in found["detail"], found


@pytest.mark.parametrize("usage", ["servers", "both"])
def test_a_peer_that_does_not_take_our_certificate(prosody_env, usage):
    """Why that is likely depends on what ours is for."""
    env, name = prosody_env, prosody_env.fresh_name()
    uses = {"usage": (SERVER_AUTH,)} if usage == "servers" else {}
    shown = env.pki.leaf(DOMAIN, ROOMS, label=f"for {usage}", **uses)
    host, = env.settings(env.gate.wan, env.gate.outbound)["host"]
    pair = {"chain": shown.chain, "key": shown.key}
    with env.changed_gate(host=[{**host, "outgoing_certificates": [pair]}]) as gate, \
            env.client("alice") as alice, \
            env.raw_server(name, external="absent", trusted=None) as server:
        alice.send(f"bob@{name}", "not to arrive")
        alice.wait_bounce(f"bob@{name}", 60)
        found = gate.expect_decision(kind="s2s_out", reason="external_not_offered", to=name)
        assert server.behaviour.stanzas == []
    assert f"it does not accept the certificate of {DOMAIN}" in found["detail"], found
    assert ("without clientAuth" in found["detail"]) == (usage == "servers"), found
    assert ("a certificate of our chain is missing" in found["detail"]) == (usage == "both"), found
