"""Attacks by what is said on streams between servers."""

import contextlib
import time
from xml.etree import ElementTree

from hostile_parts import place
from hostile_parts.marks import NOISE_KIB, STRANGER_KIB
from hostile_parts.row import Row, Spent
from hostile_parts.witness import DOMAIN
from harness.raw_peer import RawClient, external

OBSERVE = {"policy": {"mode": "observe"}}
FAULTS = (OSError, AssertionError)


class Counted:
    """What this process itself spends on an attack."""

    def __init__(self):
        self.spent = Spent()
        self._cpu = time.process_time()
        self._streams = contextlib.ExitStack()

    def stream(self, address, *names, **options):
        client = RawClient(address, *names, timeout=3, **options)
        self._streams.callback(client.close)
        self.spent.connections += 1
        self.spent.open += 1
        return client

    def done(self, note):
        self._streams.close()
        self.spent.cpu_ms = 1000 * (time.process_time() - self._cpu)
        self.spent.note = note
        return self.spent


class SelfDial(Row):
    key = "self-dial"
    title = "Observe mode, and a name whose SRV record points at the gate's own outgoing listener"
    stranger = False
    quick = True
    changes = OBSERVE
    MOST_DESCRIPTORS = 16  # for each stream that asks

    def prepare(self, world):
        world.zone.service("self.example", place.OUTBOUND)

    def attack(self, world, gate, seconds):
        counted = Counted()
        stream = counted.stream((place.OUTBOUND, 5269), DOMAIN, "self.example")
        stream.open()
        time.sleep(seconds)
        return counted.done("one stream header")

    def judge(self, measured):
        most = self.MOST_DESCRIPTORS * measured.spent.connections
        return [(measured.opened <= most, f"{measured.opened} descriptors more (at most {most})")]


class PortOracle(Row):
    key = "port-oracle"
    title = "SRV records that point at open and closed ports of the gate's own machine"
    stranger = False
    TARGETS = {"admin": place.ADMIN_PORT, "closed": 9, "backend": 15222}

    def prepare(self, world):
        for name, port in self.TARGETS.items():
            world.zone.service(f"{name}.example", "127.0.0.1", port)

    def attack(self, world, gate, seconds):
        counted = Counted()
        self.answers = {}
        for name in self.TARGETS:
            self.answers[name] = self._answer(counted, world, f"{name}.example")
        time.sleep(max(0, seconds - 3))
        return counted.done(f"{len(set(self.answers.values()))} different answers")

    @staticmethod
    def _answer(counted, world, domain):
        """All that the backend is told, which its user may read, without the name."""
        stream = counted.stream((place.OUTBOUND, 5269), DOMAIN, domain, credential=world.backend)
        try:
            stream.secure()
            stream.send(external(None))
            told = ElementTree.tostring(stream.next(timeout=15), encoding="unicode")
        except FAULTS as fault:
            told = str(fault)
        return told.replace(domain, "X")

    def judge(self, measured):
        same = len(set(self.answers.values())) == 1
        if same:
            return [(True, "the same answer to all")]
        return [(False, "answers tell ports apart: " + " | ".join(
            f"{name}: {told[-160:]}" for name, told in self.answers.items()))]


class Unfinished(Row):
    key = "unfinished"
    title = "511 KiB of a stanza that never ends, on 95 streams of one certified domain"
    stranger = False
    quick = True
    domain = "hold.good.example"
    STREAMS = 95
    MOST_MIB = 40  # that one domain may make us hold: 50 streams with a stanza each, and a little

    def attack(self, world, gate, seconds):
        counted = Counted()
        began = time.monotonic()
        body = (f"<message from='a@{self.domain}' to='b@{DOMAIN}'><body>" + "x" * 511 * 1024)
        held = 0
        for _ in range(self.STREAMS):
            with contextlib.suppress(*FAULTS):
                stream = self.ready(counted, world)
                stream.send(body)
                counted.spent.octets += len(body)
                held += 1
        time.sleep(max(0, seconds - (time.monotonic() - began)))
        return counted.done(f"{held} took a stanza")

    def ready(self, counted, world):
        stream = counted.stream((place.GATE, 5269), self.domain, DOMAIN, credential=world.good,
                                source=place.GOOD_PEER)
        return stream.establish()

    def judge(self, measured):
        held = measured.grown_kib / 1024
        return [(held <= self.MOST_MIB, f"{held:.0f} MiB held (at most {self.MOST_MIB:.0f})")]


class UnfinishedObserved(Unfinished):
    key = "unfinished-observed"
    title = "The same in observe mode, by 90 strangers without TLS"
    quick = False
    changes = OBSERVE
    STREAMS = 90
    MOST_MIB = STREAMS * STRANGER_KIB / 1024 + NOISE_KIB / 1024

    def ready(self, counted, world):
        stream = counted.stream((place.GATE, 5269), self.domain, DOMAIN, source=place.GOOD_PEER)
        stream.open(extra=" xmlns:db='jabber:server:dialback'")
        stream.element("features")
        stream.send("<db:result xmlns:db='jabber:server:dialback' "
                    f"from='{self.domain}' to='{DOMAIN}'>key</db:result>")
        return stream


ROWS = (SelfDial, PortOracle, Unfinished, UnfinishedObserved)
