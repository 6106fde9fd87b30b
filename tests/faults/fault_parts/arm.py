"""One half of a row: the same workload and fault, with the gate or without it."""

import itertools
import re
import time

from harness import gate as gate_module
from harness.environment import DOMAIN
from harness.process import wait_until

from .judge import PROBE, Log
from .link import Link
from .peers import establish, log_in
from .stream import Stream
from .workload import Traffic
from .world import BACKEND_PORTS

USERS = ("alice", "bob", "carol")
UNDELIVERED = "portcullis_stanzas_undelivered_total"

_links, _arms = itertools.count(60), itertools.count(1)


class Arm:
    """open() is for the main thread: the kernel ends a gate when the thread that started it ends.
    `link`: "backend" puts a Link in front of the backend, "front" in front of what clients and
    servers connect to; without a gate both are the same place."""

    def __init__(self, world, row):
        self.world, self.row = world, row
        self.gated = world.gated
        self.backend = world.backend
        self.tag = f"x{next(_arms)}"
        self.log = Log(self.tag)
        self.traffic = Traffic()
        self.gate = None
        self.links = {}
        self.verdicts = []   # of the row itself: (good, in words)
        self.recovery = None  # seconds
        self.counted_before_end = 0
        self._keys = itertools.count(1)
        self._extra = []

    # --- its life

    def open(self):
        changes = dict(self.row.changes)
        if self.gated:
            if self.row.link == "backend":
                changes["backend"] = {port: self._link(port, (self.world.net.backend, number))
                                      for port, number in BACKEND_PORTS.items()}
            self.gate = self.world.make_gate(self.row.main, changes, self.row.in_child,
                                             self.row.environment())
            self.gate.start()
        if not self.gated and self.row.link or self.row.link == "front":
            for port, place in self._places().items():
                self._link(port, place)

    def _link(self, port, target):
        address = (self.world.net.address(next(_links) % 40 + 60), target[1])
        self.links[port] = Link(address, target)
        return f"{address[0]}:{address[1]}"

    def front_places(self):
        """(address, port) of what clients and servers connect to, where no Link is in between."""
        return list(self._places().values())

    def backend_places(self):
        return [(self.world.net.backend, number) for number in BACKEND_PORTS.values()]

    def _places(self):
        if self.gated:
            return {"s2s": (self.gate.wan, 5269), "c2s": (self.gate.wan, 5222)}
        return dict(zip(BACKEND_PORTS, self.backend_places()))

    def place(self, port):
        """(address, port) that clients or servers connect to."""
        if port in self.links and (self.row.link == "front" or not self.gated):
            return self.links[port].address
        return self._places()[port]

    def close(self):
        try:
            self.traffic.stop()
        finally:
            self.world.resources.called.forget(self)
            for link in self.links.values():
                link.close()
            for daemon in (self.gate, *self._extra):
                if daemon is not None:
                    daemon.stop(timeout=30)

    def later_stopped(self, daemon):
        self._extra.append(daemon)
        return daemon

    # --- who takes part

    def fresh_key(self, prefix):
        return f"{prefix}{next(self._keys)}{self.tag}"

    def fresh_domain(self, rate=None):
        """`rate`: how fast its server reads what it is sent."""
        domain = self.world.resources.fresh_domain()
        self.world.resources.called.belongs_to(domain, self, rate)
        return domain

    def client(self, number=0, rate=None, side="client", timeout=20):
        """(stream, full JID) of a client of the backend. It is available, unless other rows run at
        the same time: what is for one that is gone would reach another one of the same user."""
        wire, jid = log_in(self.place("c2s"), DOMAIN, USERS[number % len(USERS)],
                           secure=self.gated, slow=rate is not None, timeout=timeout)
        stream = self.traffic.add(Stream(side, wire, self.log, rate))
        if not self.row.together:
            stream.send("<presence/>")
        return stream, jid

    def called_streams(self):
        """Those on which a scripted peer was called."""
        return [s for s in self.traffic.streams() if s.side.startswith("called peer")]

    def server(self, domain, side="server", timeout=20):
        """The stream of a remote server to the backend's domain."""
        wire = establish(self.place("s2s"), domain, DOMAIN, self.world.resources.credential,
                         self.world.net.raw_peer, timeout)
        return self.traffic.add(Stream(side, wire, self.log))

    def peer_client(self, kind, user):
        """(stream, full JID) of a client of a real peer."""
        peer = self.world.resources.peers[kind]
        wire, jid = log_in((peer.site.address, 5222), peer.domain, user, secure=True)
        stream = self.traffic.add(Stream("client of the peer", wire, self.log))
        stream.send("<presence/>")
        return stream, jid

    # --- what it finds out

    def check(self, good, words):
        self.verdicts.append((bool(good), words))

    def counted(self):
        """Stanzas that the gate says it could not deliver: in its metric, and, where it has ended
        since, in the lines about streams that have ended."""
        if self.gate is None:
            return 0
        logged = sum(map(int, re.findall(r" undelivered=(\d+)", self.gate.log())))
        if not self.gate.running():
            return logged
        status, text = self.gate.get("/metrics")
        try:
            return max(logged, gate_module.Metrics(text).total(UNDELIVERED) if status == 200 else 0)
        except KeyError:
            return logged  # this build has no such metric

    def recover(self, bound=60):
        """Logs everybody in again, which also brings what the backend kept for them, and sends one
        message on a new stream of a server. `recovery` is how long it took until that arrived."""
        began = time.monotonic()

        def attempt():
            try:
                streams = [self.client(n, side="client, again", timeout=5)
                           for n in range(len(USERS))]
                domain = self.fresh_domain()
                server = self.server(domain, side="server, again", timeout=5)
            except (AssertionError, OSError):
                return False
            key = self.fresh_key(PROBE)
            server.send_message(key, 1, streams[0][1], 200, from_=f"peer@{domain}")
            try:
                wait_until(lambda: self.log.has_arrived(key), 5, "the first message")
            except AssertionError:
                return False
            self.recovery = time.monotonic() - began
            return True
        wait_until(attempt, bound, "the first message after the fault")
