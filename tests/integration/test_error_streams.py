"""A connection is cut while stanzas are under way: their senders read it, on a stream that the gate
opens for nothing else, and which real servers have to take."""

import contextlib
import threading

import pytest

from harness import raw_peer
from harness.environment import DOMAIN
from harness.process import wait_until

TOLD = "portcullis_error_streams_total"
COUNT, BODY = 60, "x" * 3000  # more than a deaf server's kernel takes


def cut(server):
    for wire in server.wires:
        with contextlib.suppress(OSError):  # those that only asked whether it answers are closed
            wire.reset()


def bounces(client, of):
    return [m for m in client.messages if m["type"] == "error" and m["from"].bare == of]


def send_until_stuck(client, to, gate, **direction):
    """Returns when the gate has passed them on, and they wait for a server that does not read."""
    before = gate.metrics().total("portcullis_bytes_total", **direction)
    for number in range(COUNT):
        client.send(to, f"{number} {BODY}")
    wait_until(lambda: gate.metrics().total("portcullis_bytes_total", **direction) - before
               > COUNT * len(BODY), 20, "the messages to be passed on")


def expect_told(client, of, gate, direction):
    condition, text = client.wait_bounce(of, 20)
    assert condition == "remote-server-timeout"
    assert "probably not delivered" in text, text
    gate.wait_metric(1, TOLD, direction=direction, outcome="success")
    ids = [m["id"] for m in bounces(client, of)]
    assert len(ids) == len(set(ids)) <= COUNT, ids


def test_peer_is_cut(env):
    """The backend takes the errors in the name of the peer that is gone."""
    name, reads = env.fresh_name(), threading.Event()
    with env.changed_gate() as gate, env.client("alice") as alice:
        with env.raw_server(name, deaf_until=reads) as server:
            send_until_stuck(alice, f"bob@{name}", gate, kind="s2s_out", direction="from_backend")
            cut(server)
        reads.set()
        expect_told(alice, f"bob@{name}", gate, "to_backend")


@pytest.mark.parametrize("kind", ["prosody", "ejabberd"])
def test_backend_is_cut(prosody_env, kind):
    """A real peer takes the errors in our name."""
    env, reads = prosody_env, threading.Event()
    behaviour = raw_peer.Behaviour(credential=env.backend_credential, probed=True,
                                   trusted=env.local_ca_directory / "ca.pem", deaf_until=reads)
    address = env.net.address(68)
    with raw_peer.RawServer(address, behaviour, port=15269) as backend, \
            env.changed_gate(backend={"s2s": f"{address}:15269"}) as gate, \
            env.peer_client(kind) as peer:
        send_until_stuck(peer, f"bob@{DOMAIN}", gate, kind="s2s_in", direction="to_backend")
        cut(backend)
        expect_told(peer, f"bob@{DOMAIN}", gate, "from_backend")
        reads.set()
