"""One stranger cannot take what belongs to others: places, time of the event loops, memory."""

import contextlib
import dataclasses
import socket
import ssl
import threading
import time

from harness.environment import DOMAIN, RAW
from harness.process import wait_until
from harness.raw_peer import RawClient

HITS = "portcullis_limit_hits_total"


class Flood:
    """Opens connections from one address as fast as it can, and keeps each until it is closed."""

    def __init__(self, source, address):
        self.source, self.address = source, address
        self.opened = 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(2)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        held = []
        while not self._over.is_set():
            sock = socket.socket()
            sock.bind((self.source, 0))
            with contextlib.suppress(OSError):
                sock.settimeout(2)
                sock.connect(self.address)
                self.opened += 1
            held.append(sock)
            if len(held) > 300:
                held.pop(0).close()
        for sock in held:
            sock.close()


def test_a_flood_of_one_address_costs_others_nothing(prosody_env):
    env = prosody_env
    limits = {"inbound_connections": 60, "connections_per_address": 30, "refused_connections": 20,
              "rate_per_address": 5, "burst_per_address": 20}
    with env.extra_gate(limits=limits) as gate:
        with env.raw_client(RAW, env.good(RAW), gate=gate) as established:
            established.establish()
            mark = gate.mark()
            with Flood(env.net.address(31), (gate.wan, 5269)) as flood:
                wait_until(lambda: flood.opened > 500, 20, "the flood")
                for _ in range(10):
                    with RawClient((gate.wan, 5269), RAW, DOMAIN,
                                   source=env.net.address(32)) as other:
                        other.open()
                        other.element("features")
                    assert gate.get("/livez")[0] == 200
                wait_until(lambda: flood.opened > 1000, 20, "more of the flood")
                active = gate.metrics().total("portcullis_streams_active", kind="s2s_in")
            # The burst, what the rate allows in this time, those that read why, and the two others.
            assert active <= 20 + 30 + 20 + 2
            established.send("<message from='x@" + RAW + f"' to='nobody@{DOMAIN}'/>")
        assert gate.metrics().total(HITS, limit="rate_per_address") > 500
        assert gate.metrics().total(HITS, limit="inbound_connections") == 0
        # It is told in few lines; the last one comes when the flood is over.
        assert 1 <= len(lines(gate, mark)) <= 3
        assert len(gate.events(mark)) < 200
        gate.wait_quiet("s2s_in")


def test_a_flood_leaves_the_backends_own_streams_alone(prosody_env):
    env = prosody_env
    limits = {"inbound_connections": 30, "refused_connections": 10, "burst_per_address": 1000}
    with env.changed_gate(limits=limits) as gate, env.client("alice") as alice:
        with Flood(env.net.address(31), (gate.wan, 5269)) as flood:
            wait_until(lambda: gate.metrics().total(HITS, limit="inbound_connections") > 100, 20,
                       "all places of other servers to be taken")
            for number in range(5):
                name = f"flood{number}.{RAW}"
                with env.raw_server(name):
                    alice.send(f"somebody@{name}", "through the flood")
                    gate.expect_decision(kind="s2s_out", verdict="accepted", to=name)
            assert flood.opened > 100
        assert gate.metrics().total(HITS, limit="outbound_connections") == 0


def lines(gate, mark):
    return [e for e in gate.events(mark)
            if e["event"] == "limit" and e["limit"] == "rate_per_address"]


def test_a_domain_has_no_more_streams_than_it_may(prosody_env):
    env = prosody_env
    with env.extra_gate(limits={"streams_per_domain": 3}) as gate:
        held = [env.raw_client(RAW, env.good(RAW), gate=gate).establish() for _ in range(3)]
        with env.raw_client(RAW, env.good(RAW), gate=gate) as one_more:
            one_more.secure()
            one_more.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>="
                          "</auth>")
            error = one_more.stream_error()
        assert (error.condition, error.reason) == ("resource-constraint", "too_many_streams")
        gate.expect_decision(kind="s2s_in", verdict="rejected", reason="too_many_streams")
        gate.expect_event(event="limit", limit="streams_per_domain", from_=RAW)
        held.pop().close()
        gate.wait_metric(2, "portcullis_streams_active", kind="s2s_in")
        held.append(env.raw_client(RAW, env.good(RAW), gate=gate).establish())
        for peer in held:
            peer.close()
        gate.wait_quiet("s2s_in")


def test_unfinished_stanzas_of_all_streams_have_a_bound(prosody_env):
    env = prosody_env
    with env.extra_gate(limits={"held_bytes": "1MiB"}) as gate:
        peers = [env.raw_client(RAW, env.good(RAW), gate=gate).establish() for _ in range(3)]
        begun = f"<message from='x@{RAW}' to='nobody@{DOMAIN}'><body>"
        for peer in peers:
            peer.send(begun + "x" * 480_000)

        def ended():
            return gate.metrics().total("portcullis_stanzas_rejected_total",
                                        reason="too_much_held")
        # At once, or after the ten seconds for which a stream that holds most may be stopped.
        wait_until(lambda: ended() > 0, 20, "a stream to be ended")
        wait_until(lambda: gate.metrics().total("portcullis_held_bytes") <= 1024 * 1024, 5,
                   "the memory to be free")
        time.sleep(0.6)  # two more looks: not all have to go
        # How much of each was read before it was stopped, and so whether one is enough, is chance.
        assert ended() in (1, 2)
        gate.expect_event(event="limit", limit="held_bytes")
        for peer in peers:
            peer.close()
        gate.wait_quiet("s2s_in")


def test_tiny_records_before_the_login(prosody_env):
    """The gate says why, and goes on serving others."""
    env = prosody_env
    hits = env.inbound.metrics()
    with env.refusal("s2s_in", "negotiation_too_long", from_=RAW), \
            env.raw_client(RAW, env.good(RAW)) as peer:
        peer.secure()
        for _ in range(600):
            peer.send(" ")  # each is a record of its own
        error = peer.stream_error()
        assert (error.condition, error.reason) == ("policy-violation", "negotiation_too_long")
    after = env.inbound.metrics()
    words = ("tls_records", "login_pieces")
    assert sum(after.total(HITS, limit=word) - hits.total(HITS, limit=word) for word in words) == 1


def test_a_limit_of_tls_is_counted_and_told(prosody_env, tmp_path):
    env = prosody_env
    good = env.good(RAW)
    chain = tmp_path / "long.pem"
    chain.write_bytes(good.chain.read_bytes() + 10 * env.pki.intermediate.pem())
    mark = env.inbound.mark()
    with env.refusal("s2s_in", "tls_failed"), \
            env.raw_client(RAW, dataclasses.replace(good, chain=chain)) as peer:
        with contextlib.suppress(ssl.SSLError, ConnectionError):  # TLS 1.3: it learns it later
            peer.negotiate_tls()
            peer.expect_closed()
    env.inbound.expect_event(since=mark, event="limit", limit="tls_certificates",
                             peer=env.net.raw_peer)
    assert env.inbound.metrics().total(HITS, limit="tls_certificates") >= 1
