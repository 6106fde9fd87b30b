"""Five upgrades in a row under load: no connection is refused or reset, no stanza is lost, and every
process that was replaced ends by itself."""

import os
import pathlib
import re
import signal
import socket
import threading
import time

import pytest
from harness import raw_peer
from harness.environment import DOMAIN, RAW
from harness.process import wait_until
from harness.reloading import Reloadable, replace_file
from harness.successor import Scripted, Successor
import test_reload_under_load
from test_reload_under_load import Chatter, Pair

UPGRADES = 5
PAIRS = 6            # that stand from the beginning
PAIRS_BETWEEN = 2    # that begin after each upgrade
WORKERS = (2, 3, 1, 4, 2, 3)
BETWEEN = 5         # connections of each kind between two upgrades, at least


class Knocking:
    """One kind of connection, made over and over; each has to be served up to where it is known
    that a process of the gate reads and answers."""

    def __init__(self, name, knock):
        self.name, self._knock = name, knock
        self.served, self.failures = 0, []
        self._go_on = threading.Event()
        self._go_on.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while self._go_on.is_set():
            try:
                self._knock()
                self.served += 1
            except Exception as lost:  # pylint: disable=broad-except
                self.failures.append(f"{self.name}, number {self.served + 1}: {lost!r}")

    def stop(self):
        self._go_on.clear()
        self._thread.join()


def _kinds(world):
    env, gate = world.env, world.gate
    credential = env.good(f"*.{RAW}")

    def starttls():
        with env.raw_client(f"x.{RAW}", credential, gate=gate) as peer:
            peer.negotiate_tls()

    def direct():
        with env.raw_client(f"x.{RAW}", credential, gate=gate, port=5270) as peer:
            peer.direct_tls()
            peer.open()
            peer.element("features")

    def established():
        with env.raw_client(f"x.{RAW}", credential, gate=gate) as peer:
            peer.establish()

    def client(port, direct_tls):
        with raw_peer.RawClient((gate.wan, port), None, DOMAIN) as one:
            if direct_tls:
                one.direct_tls(("xmpp-client",))
            one.open(namespace="jabber:client")
            one.element("features")

    def outbound():
        with raw_peer.RawClient((gate.outbound, 5269), DOMAIN, f"x.{RAW}") as backend:
            backend.open()
            assert backend.sock.recv(1)
    return {"s2s": starttls, "s2s direct TLS": direct, "s2s established": established,
            "c2s": lambda: client(5222, False), "c2s direct TLS": lambda: client(5223, True),
            "outbound": outbound}


@pytest.fixture
def world(prosody_env):
    world = Reloadable(prosody_env)
    world.renew()
    changes = {"limits": {"hand_over": "1h", "drain": "100ms", "rate_per_address": 10000,
                          "burst_per_address": 10000}}
    with world.running(**changes):
        yield world
        world.gate.process = None


def test_upgrades_lose_nothing(world, capsys, monkeypatch):
    # Python's load is not to be more than the machine can make beside the gate.
    monkeypatch.setattr(test_reload_under_load, "PAUSE", 0.02)
    text, credential = world.gate.config_path.read_text(), world.env.good(f"*.{RAW}")
    chain, first, knocking, took = [world.gate], world.gate, [], []
    pairs = [Pair(world, number, credential) for number in range(PAIRS)]
    chatter = Chatter(pairs)
    try:
        knocking = [Knocking(name, knock) for name, knock in _kinds(world).items()]
        for number in range(UPGRADES):
            before = [one.served for one in knocking]
            wait_until(lambda: all(one.served >= was + BETWEEN or one.failures
                                   for one, was in zip(knocking, before)), 120, "load")
            replace_file(first.config_path, re.sub(r"^workers = .*$", f"workers = {WORKERS[number]}",
                                                   text, flags=re.M).encode())
            began = time.monotonic()
            chain.append(Successor(chain[-1], f"upgrade-{number + 1}").start())
            took.append(time.monotonic() - began)
            pairs += [Pair(world, 100 * (number + 1) + i, credential) for i in range(PAIRS_BETWEEN)]
        assert [one.failures for one in knocking if one.failures] == []
        assert all(one.running() for one in chain), "each has streams"
        chatter.stop()
        assert chatter.faults() == [] and chatter.missing() == 0
        for pair in pairs:
            pair.close()
        for one in chain[:-1]:
            wait_until(lambda: not one.running(), 20, lambda: f"to end\n{one.tail()}")
            assert one.process.returncode == 0
        chain[-1].wait_metric(0, "portcullis_predecessors")
    finally:
        for one in knocking:
            one.stop()
        for one in chain[1:]:
            one.stop()
    assert [one.failures for one in knocking if one.failures] == []
    with capsys.disabled():
        print(f"\n{UPGRADES} upgrades, each ready after {max(took):.1f} s at most; "
              + ", ".join(f"{one.served} {one.name}" for one in knocking)
              + f"; refused or reset: 0; {sum(len(p.sent) for p in pairs)} stanzas on "
              f"{2 * len(pairs)} streams, lost: 0")


def _stands_still(process):
    states = [path.read_text(encoding="ascii").rpartition(")")[2].split()[0]
              for path in pathlib.Path(f"/proc/{process}/task").glob("*/stat")]
    return set(states) == {"T"}


def test_what_waits_in_the_queue_is_served_by_the_next(world):
    """Nobody accepts while all is handed over: the old one stands still, and is then killed. Whoever
    connected meanwhile waits, and is served by the successor."""
    gate = world.gate
    holder = Scripted(world.control).ask()
    holder.receive()  # has a copy of every socket, as a successor
    os.kill(gate.pid, signal.SIGSTOP)
    wait_until(lambda: _stands_still(gate.pid), 20, "every thread of the old one to stop")
    waiting = [socket.create_connection((gate.wan, 5269), timeout=20) for _ in range(20)]
    gate.process.kill()
    gate.process.wait()
    for one in waiting:
        one.setblocking(False)
        with pytest.raises(BlockingIOError):
            one.recv(1)  # neither closed nor reset
        one.close()
    holder.close()
