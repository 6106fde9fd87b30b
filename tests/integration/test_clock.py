"""A clock that is wrong: every certificate looks as if it had expired or were not valid yet. Here it
is the servers that are called whose certificates are out of time; the gate cannot tell the two
apart, and says which is more likely."""

import contextlib
import json

import pytest

from harness import gate as gate_module
from harness.environment import DOMAIN
from harness.process import wait_until


@pytest.fixture
def env(prosody_env, tmp_path):
    """The main gate begins anew, so that no stream stands."""
    with prosody_env.changed_gate(listen={"control": tmp_path / "control.sock"}):
        yield prosody_env


@pytest.fixture
def alice(env):
    with env.client("alice") as client:
        yield client


def check(env):
    """What /readyz says of the clock; the gate is ready whatever that is."""
    status, text = env.gate.get("/readyz")
    answer = json.loads(text)
    assert status == 200 and answer["ready"] is True, text
    (found,) = [one for one in answer["checks"] if one["name"] == "clock"]
    assert found["required"] is False
    return found


def call(env, alice, fault, count):
    """alice writes to so many servers whose certificates are out of time; their names."""
    names = [env.fresh_name() for _ in range(count)]
    for name in names:
        with env.raw_server(name, credential=env.pki.bad(fault, name)), \
                env.refusal("s2s_out", fault, from_=DOMAIN, to=name):
            alice.send(f"somebody@{name}", "what time is it?")
            alice.wait_bounce(f"somebody@{name}", 30)
    return names


@contextlib.contextmanager
def good_stream(env, alice):
    name = env.fresh_name()
    with env.raw_server(name) as server:
        alice.send(f"somebody@{name}", "hello")
        server.wait_stanza()
        env.gate.expect_decision(kind="s2s_out", verdict="accepted", to=name)
        yield


@pytest.mark.parametrize("fault, words", [("expired", "have expired"),
                                          ("not_yet_valid", "are not valid yet")])
def test_three_servers_in_a_row_make_it_suspect_and_a_good_one_ends_it(env, alice, fault, words):
    mark = env.gate.mark()
    names = call(env, alice, fault, 2)
    assert check(env)["ok"] is True
    assert not [e for e in env.gate.events(mark) if e["event"] == "clock"]
    names += call(env, alice, fault, 1)
    told = env.gate.expect_event(event="clock", since=mark)
    for part in ("the local clock is suspect", ", ".join(names), words, "timedatectl"):
        assert part in told["detail"], told
    found = check(env)
    assert found["ok"] is False and found["detail"].startswith("the local clock is suspect: ")
    said = gate_module.run_command("status", "-c", env.gate.config_path).stdout
    assert "BROKEN" in said and "The local clock is suspect: by it, the certificates" in said
    overview = json.loads(gate_module.run_command("status", "--json", "-c",
                                                  env.gate.config_path).stdout)
    assert words in overview["clock_doubt"] and overview["gate"]["level"] == "broken"
    page = wait_until(lambda: "The local clock is suspect" in env.gate.get("/status")[1], 10,
                      "the status page to say it")
    assert page
    asked = gate_module.run_command("healthcheck", "-c", env.gate.config_path)
    assert asked.returncode == 0 and "warning: clock: the local clock" in asked.stdout, asked
    looked = gate_module.run_command("doctor", "--only", "clock", "-c", env.gate.config_path)
    assert "clock_suspect" in looked.stdout, looked
    assert "\nportcullis_clock_suspect 1\n" in env.gate.get("/metrics")[1]
    call(env, alice, fault, 2)
    with good_stream(env, alice):
        wait_until(lambda: check(env)["ok"], 10, "the suspicion to end")
        told = [e for e in env.gate.events(mark) if e["event"] == "clock"]
        assert len(told) == 2 and "not suspect any more" in told[1]["detail"], told
        assert "\nportcullis_clock_suspect 0\n" in env.gate.get("/metrics")[1]
        looked = gate_module.run_command("doctor", "--only", "clock", "-c", env.gate.config_path)
        assert "clock_suspect" not in looked.stdout, looked


def test_while_a_good_stream_stands_old_certificates_are_their_owners_fault(env, alice):
    mark = env.gate.mark()
    peer = env.peers["prosody"]
    alice.send(peer.jid("bob"), "hello")
    env.gate.expect_decision(timeout=30, since=mark, kind="s2s_out", verdict="accepted",
                             to=peer.domain)
    call(env, alice, "expired", 4)
    assert check(env)["ok"] is True
    env.gate.expect_event(event="decision", since=mark, kind="s2s_out", reason="expired")
    assert not [e for e in env.gate.events(mark) if e["event"] == "clock"]


def test_strangers_cannot_make_it_suspect(env):
    for _ in range(4):
        name = env.fresh_name()
        with env.refusal("s2s_in", "expired", gate=env.gate, from_=name), \
                env.raw_client(name, env.pki.bad("expired", name), gate=env.gate) as peer:
            peer.negotiate_tls()
            peer.open()
            peer.stream_error()
    assert check(env)["ok"] is True
