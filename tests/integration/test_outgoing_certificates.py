"""A certificate for TLS servers only, as public CAs issue them now, on streams to a server that
demands more: it is foretold, it is said whom it concerns, and a pair for these streams mends it."""

import copy

import pytest

from harness import ejabberd
from harness import gate as gate_module
from harness.environment import DOMAIN, ROOMS
from harness.pki import SERVER_AUTH
from test_certificate_folders import TAKEN, ByHand, Folder

CLIENT_USE = "portcullis_certificate_client_use"
WARNING = "its extended key usage lacks clientAuth"


def files(pair):
    return {"chain": pair.chain, "key": pair.key}


def host_with(env, **certificates):
    host = copy.deepcopy(env.settings("0.0.0.0", "0.0.0.0")["host"][0])
    return {"host": [{**host, **certificates}]}


@pytest.fixture
def for_servers(prosody_env):
    return prosody_env.pki.leaf(DOMAIN, ROOMS, usage=(SERVER_AUTH,), label="for-servers")


@pytest.fixture
def for_both(prosody_env):
    return prosody_env.pki.leaf(DOMAIN, ROOMS, label="for-both")


def test_it_is_foretold_and_says_whose_certificate_it_was(prosody_env, for_servers):
    """The peer refuses it if it is ejabberd before 25.07, as in Debian 12; Debian 13 has mended its own."""
    env, peer = prosody_env, prosody_env.peers["ejabberd"].domain
    with env.changed_gate(**host_with(env, certificates=[files(for_servers)])) as gate:
        checked = gate_module.run_command("check", "-c", gate.config_path)
        assert checked.returncode == 0 and WARNING in checked.stdout, checked.stdout
        assert "outgoing_certificates" in checked.stdout
        assert gate.metrics().total(CLIENT_USE, domain=DOMAIN) == 0
        with env.client("alice") as alice, env.peer_client("ejabberd", "bob") as bob:
            if ejabberd.refuses_for_servers_only():
                alice.send(bob.full_jid, "never to arrive")
                _, text = alice.wait_bounce(bob.jid)
                assert f"refused by {peer}" in text and "certificate purpose" in text, text
            else:
                alice.send(bob.full_jid, "taken here")
                bob.wait_body("taken here")
            bob.send(alice.full_jid, "towards us it is good")
            alice.wait_body("towards us it is good")


def test_a_pair_for_outgoing_streams_mends_it(prosody_env, for_servers, for_both):
    env = prosody_env
    changed = host_with(env, certificates=[files(for_servers)],
                        outgoing_certificates=[files(for_both)])
    with env.changed_gate(**changed) as gate:
        checked = gate_module.run_command("check", "-c", gate.config_path)
        assert checked.returncode == 0 and WARNING not in checked.stdout, checked.stdout
        assert gate.metrics().total(CLIENT_USE, domain=DOMAIN) == 1
        with env.client("alice") as alice, env.peer_client("ejabberd", "bob") as bob:
            alice.send(bob.full_jid, "shown another one")
            bob.wait_body("shown another one")


def test_one_that_comes_later_into_the_folder_is_taken(prosody_env, tmp_path, for_servers, for_both):
    world = Folder(prosody_env, ByHand(), tmp_path)
    world.layout.put(tmp_path, for_servers, 1)
    with world.running() as running:
        assert running.gate.metrics().total(CLIENT_USE, domain=DOMAIN) == 0
        world.layout.put(tmp_path, for_both, 2, f"{DOMAIN}-outgoing")
        running.gate.expect_event(TAKEN, event="reload", trigger="files", outcome="ok")
        assert running.gate.metrics().total(CLIENT_USE, domain=DOMAIN) == 1
