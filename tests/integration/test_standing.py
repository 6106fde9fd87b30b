"""An established stream ends when a reload takes away what it rests on, and not for less.

What ends by time is played with a clock that the test moves, in tests/scenario/bridge."""

import datetime
import json

import pytest

from harness import gate as gate_module
from harness.environment import DOMAIN, RAW
from harness.reloading import Reloadable


@pytest.fixture
def world(prosody_env):
    reloadable = Reloadable(prosody_env)
    reloadable.renew()
    with reloadable.running() as running:
        yield running


def message(number):
    return f"<message from='a@{RAW}' to='alice@{DOMAIN}/nobody' id='m{number}' type='error'/>"


@pytest.mark.parametrize("kept", [False, True], ids=["exchanged", "one-more"])
def test_the_keys_of_the_backend(world, kept):
    """Of the backend legs of established streams, too."""
    own = world.env.backend_credential.chain
    pins = world.directory / "backend.pem"
    other = world.env.pki.bad("self_signed", DOMAIN).chain.read_bytes()
    pins.write_bytes(other + (own.read_bytes() if kept else b""))
    with world.connect() as peer:
        peer.establish()
        world.write(world.configuration().replace(str(own), str(pins)))
        assert world.command().returncode == 0
        if kept:
            assert peer.send(message(1))
            world.gate.wait_metric(1, "portcullis_streams_active", kind="s2s_in", phase="relaying")
            return
        error = peer.stream_error()
        assert (error.condition, error.reason) == ("reset", "backend_changed")
        end = world.gate.expect_event(event="end", kind="s2s_in")
        assert end["why"] == "backend_changed (judged again)"


def test_a_revocation_list(prosody_env):
    """It names one of two peers that were let in before."""
    env = prosody_env
    name = env.fresh_name()
    reloadable = Reloadable(env)
    reloadable.renew()
    roots = {"roots": env.pki.roots}
    with reloadable.running(s2s={**roots, "crls": []}) as world, \
            env.raw_client(name, env.pki.bad("revoked", name), gate=world.gate) as revoked, \
            world.connect() as kept:
        revoked.establish()
        kept.establish()
        world.write(s2s={**roots, "crls": [env.pki.revocation_lists]})
        assert world.command().returncode == 0
        assert revoked.stream_error().reason == "revoked"
        assert kept.send(message(1))
        world.gate.wait_metric(1, "portcullis_streams_active", kind="s2s_in", phase="relaying")


def _known(gate):
    listed = gate_module.run_command("status", "streams", "--json", "-c", gate.config_path)
    assert listed.returncode == 0, listed.stderr
    return [row["authentication"] for row in json.loads(listed.stdout)["streams"]
            if row["established"]]


def test_the_word_for_a_stream_is_that_of_the_latest_judgement(prosody_env):
    """It goes on in observe mode, with an exception, without it, and with it again."""
    env = prosody_env
    name = env.fresh_name()
    reloadable = Reloadable(env)
    reloadable.renew()
    observed = {"policy": {"mode": "observe"}}
    roots = {"roots": env.pki.roots, "rule": []}
    excepted = {**roots, "exception": [{"domain": name, "allow": ["expired"], "why": "a test",
                                        "until": datetime.date.today() + datetime.timedelta(days=9)}]}
    with reloadable.running(s2s=excepted, **observed) as world, \
            env.raw_client(name, env.pki.bad("expired", name), gate=world.gate) as peer:
        peer.establish()
        def stands(word):
            world.gate.wait_metric(1, "portcullis_streams_standing", authentication=word)
            return _known(world.gate) == [word]
        assert stands("excepted")
        for settings, word in ((roots, "observed"), (excepted, "excepted")):
            world.write(s2s=settings)
            assert world.command().returncode == 0
            assert stands(word)
            standing = world.gate.metrics().total("portcullis_streams_standing")
            assert standing == 1, "each stream is counted once"
        peer.send(f"<message from='a@{name}' to='alice@{DOMAIN}/nobody' id='m' type='error'/>")
