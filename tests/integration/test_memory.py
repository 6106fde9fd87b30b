"""Memory is short: who holds most waits, newcomers are refused in words, and where the system has
none, streams end one by one and not all at once."""

import contextlib
import resource
import socket

import pytest

from harness.environment import DOMAIN, RAW
from harness.gate import is_sanitized
from harness.process import wait_until

HITS = "portcullis_limit_hits_total"
BEGUN = f"<message from='x@{RAW}' to='nobody@{DOMAIN}'><body>"
REST = "</body></message>"
MIB = 1024 * 1024


def needs_its_own_allocator():
    """A sanitizer takes terabytes of addresses for itself, and ends the program where it gets
    none."""
    return pytest.mark.skipif(is_sanitized(), reason="a sanitizer has an allocator of its own")


def peers_of(env, gate, count):
    return [env.raw_client(RAW, env.good(RAW), gate=gate).establish() for _ in range(count)]


def test_newcomers_are_refused_in_words_and_those_who_are_there_stay(prosody_env):
    """32 MiB are for 448 negotiations; the connections say nothing, so each counts as one."""
    env = prosody_env
    limits = {"memory": "32MiB", "connections_per_address": 1000, "burst_per_address": 1000}
    with env.extra_gate(limits=limits) as gate:
        established = peers_of(env, gate, 1)[0]
        with contextlib.ExitStack() as strangers:
            for _ in range(450):
                strangers.enter_context(socket.create_connection(
                    (gate.wan, 5269), 5, (env.net.raw_peer, 0)))
            wait_until(lambda: gate.metrics().total(HITS, limit="memory") > 0, 5,
                       "the first refusal")
            assert gate.metrics().total("portcullis_memory_limit_bytes") == 32 * MIB
            wait_until(lambda: gate.metrics().total("portcullis_memory_bytes") >= 28 * MIB, 5,
                       "the estimate to be told")
            with env.raw_client(RAW, env.good(RAW), gate=gate) as newcomer:
                error = newcomer.stream_error()
            assert (error.condition, error.reason) == ("resource-constraint", "memory_short")
            gate.expect_event(event="limit", limit="memory")
            established.send(BEGUN + "still here" + REST)
            gate.wait_metric(1, "portcullis_streams_active", kind="s2s_in", phase="relaying")
        # They have left, and there is room again.
        wait_until(lambda: gate.metrics().total("portcullis_memory_bytes") < 1 * MIB, 10,
                   "their memory to be free")
        peers_of(env, gate, 1)[0].close()
        established.close()
        gate.wait_quiet("s2s_in")


def test_streams_that_wait_for_each_other_do_not_wait_for_ever(prosody_env):
    """Both have begun a stanza, and neither is read from: one has to go, and the other goes on."""
    env = prosody_env
    with env.extra_gate(limits={"held_bytes": "1MiB"}) as gate:
        peers = peers_of(env, gate, 2)
        body = "x" * 420_000
        for peer in peers:
            peer.send(BEGUN + body)
        gate.wait_metric(2, "portcullis_streams_stopped")
        assert gate.metrics().total("portcullis_stanzas_rejected_total") == 0
        gate.wait_metric(0, "portcullis_streams_stopped", timeout=12)
        assert gate.metrics().total("portcullis_stanzas_rejected_total",
                                    reason="too_much_held") == 1
        for peer in peers:
            with contextlib.suppress(OSError):  # one of them is over
                peer.send(REST)
        wait_until(lambda: gate.metrics().total("portcullis_bytes_total", kind="s2s_in")
                   > len(body), 5, "the stanza of the other one to be passed on")
        for peer in peers:
            peer.close()
        gate.wait_quiet("s2s_in")


@needs_its_own_allocator()
def test_the_system_has_no_memory(prosody_env):
    """The budget is too large for what there is: streams for which an allocation fails end, the
    gate and the streams that hold nothing live."""
    env = prosody_env
    limits = {"memory": "4096MiB", "held_bytes": "1024MiB", "stanza_bytes": "16MiB"}
    with env.extra_gate(limits=limits) as gate:
        quiet = peers_of(env, gate, 1)[0]
        greedy = peers_of(env, gate, 8)
        used = int(next(line for line in open(f"/proc/{gate.pid}/status")
                        if line.startswith("VmData")).split()[1]) * 1024
        resource.prlimit(gate.pid, resource.RLIMIT_DATA, (used + 32 * MIB, used + 32 * MIB))
        for peer in greedy:
            with contextlib.suppress(OSError):
                peer.send(BEGUN + "x" * 10 * MIB)
        gate.expect_event(event="limit", limit="allocation")
        gate.expect_event(event="end", why="memory_short")
        for peer in greedy:
            peer.close()
        # Just then there may be no memory for that page either; it says so with 503.
        wait_until(lambda: gate.get("/metrics")[0] == 200, 10, "memory for the page of metrics")
        assert gate.metrics().total(HITS, limit="allocation") > 0
        before = gate.metrics().total("portcullis_bytes_total", kind="s2s_in")
        quiet.send(BEGUN + "still here" + REST)
        wait_until(lambda: gate.metrics().total("portcullis_bytes_total", kind="s2s_in") > before,
                   5, "the quiet stream to be served")
        quiet.close()
        gate.wait_quiet("s2s_in")


@needs_its_own_allocator()
def test_the_share_of_the_machine_is_told(prosody_env):
    env = prosody_env
    limit = 3 * 1024 * MIB

    def limited():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with env.extra_gate(in_child=limited) as gate:
        detail = gate.expect_event(event="memory")["detail"]
        assert detail == "streams may take 1536MiB, half of the 3072MiB of RLIMIT_AS"
        assert gate.metrics().total("portcullis_memory_limit_bytes") == limit // 2
