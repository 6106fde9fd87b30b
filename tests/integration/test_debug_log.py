"""The steps of a stream in the log, and what must not stand there."""

import base64

from harness.backend import password
from harness.environment import DOMAIN

STEP = {"event": "step", "kind": "c2s"}


def steps(gate):
    return [e for e in gate.events() if e["event"] == "step"]


def test_a_login_can_be_followed_and_holds_no_password(prosody_env):
    """Both forms in which PLAIN could leak: the password, and the base64 it is sent in."""
    secret = password("alice")
    with prosody_env.extra_gate(log={"debug": True}) as gate:
        with prosody_env.client(gate=gate, mechanism="PLAIN"):
            gate.expect_event(**STEP, side="wan", state="relaying")
        auth = gate.expect_event(**STEP, side="wan", happened="ElementReceived",
                                 state="logging-in")
        assert "mechanism='PLAIN'" in auth["detail"] and "..." in auth["detail"]
        answer = gate.expect_event(**STEP, side="backend", happened="ElementReceived",
                                   detail="<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        assert answer["id"] == auth["id"]
        text = gate.log()
    assert secret not in text
    for sent in (f"\0alice\0{secret}", f"alice@{DOMAIN}\0alice\0{secret}"):
        assert base64.b64encode(sent.encode()).decode() not in text


def test_nothing_of_it_without_the_setting(prosody_env):
    with prosody_env.extra_gate() as gate:
        with prosody_env.client(gate=gate):
            gate.expect_decision(kind="c2s", verdict="accepted")
        assert steps(gate) == []


def test_ids_are_not_used_again_after_a_restart(prosody_env):
    def ids():
        return {e["id"] for e in gate.events() if e["event"] == "decision"}

    with prosody_env.extra_gate() as gate:
        runs = []
        for _ in range(2):
            for _ in range(3):
                with prosody_env.client(gate=gate):
                    pass
            gate.wait_quiet("c2s")
            runs.append(ids())
            gate.finish()
            gate.start()
        assert len(runs[0]) == len(runs[1]) == 3
        assert not runs[0] & runs[1]
