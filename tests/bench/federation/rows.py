"""What is measured between servers, and the marks: what must be, and what should be."""

import dataclasses

from federation.world import CALLERS, PROSODY_BEHIND, STUB_BEHIND

GATE = "portcullis"
ADDRESSES = 100        # from which streams come
STREAMS = 200          # of one measurement
KNOWN = 100            # domains that were seen before
STORM = 2000


@dataclasses.dataclass(frozen=True)
class Row:
    """`must` and `should`: the highest ratio to `compared_with`, or the highest value itself."""

    key: str
    title: str
    unit: str
    compared_with: str | None = None
    must: float | None = None
    should: float | None = None


STREAM = {"must": 0.5, "should": 0.35}
STANZA = {"must": 0.3, "should": 0.2}

ROWS = (
    Row("inbound-starttls", "Inbound stream, STARTTLS", "CPU-us", "prosody", **STREAM),
    Row("inbound-direct", "Inbound stream, direct TLS", "CPU-us", "prosody", **STREAM),
    Row("stanza", "Stanza of 200 B, at full speed", "CPU-us", "prosody", **STANZA),
    Row("stanza-1000", "Stanza of 200 B, at 1000/s", "CPU-us", "prosody", **STANZA),
    Row("first-time", "Inbound stream, domain never seen", "CPU-us", "known", 1.3, 1.15),
    Row("outbound", "Outbound stream, found by DNS", "CPU-us"),
    Row("storm", f"{STORM} domains at once, until all are there", "s", None, 20, 6),
    Row("storm-refused", "Refused in that", "streams", None, 0, 0),
)


def calls(target, starttls, *more, source=CALLERS):
    entry = ("--starttls", "--port", target.port) if starttls else ("--port", target.direct)
    return ("servers", *entry, "--count", STREAMS, "--sources", ADDRESSES, "--from", source,
            "--connections", 8, *more)


def known(world, target, starttls):
    return each(world.load(target, calls(target, starttls, "--domains", KNOWN)))


def each(measured):
    """Micro-seconds for each unit."""
    spent, units, _, _ = measured
    return spent / units * 1e6


def stanzas(world, target, count, *more):
    arguments = ("stanzas", "--starttls", "--port", target.port, "--count", count, "--size", 200,
                 "--domains", 20, "--sources", 20, "--from", CALLERS, *more)
    return each(world.load(target, arguments))


def addresses_of(number):
    """The first of 250 addresses that nobody has used: each may bring 200 domains at once."""
    return f"45.33.{64 + number % 128}.1"


class Measurement:
    """One gate before Prosody and one before the stub stay up; for a storm there is a new one."""

    def __init__(self, world, peers, gate, calling):
        self.world = world
        self.peers = peers
        self.gate = gate
        self.calling = calling
        # Seen by everybody, and by nobody again.
        world.new_domains(KNOWN)

    def warm_up(self):
        for target in (*self.peers, self.gate):
            known(self.world, target, True)

    def round(self, number):
        """{row: {target: value}}; who comes first changes from round to round."""
        targets = [*self.peers, self.gate]
        shift = number % len(targets)
        targets = targets[shift:] + targets[:shift]
        found = {}
        for key, measure in (
                ("inbound-starttls", lambda one: known(self.world, one, True)),
                ("inbound-direct", lambda one: known(self.world, one, False)),
                ("stanza", lambda one: stanzas(self.world, one, 20000)),
                ("stanza-1000", lambda one: stanzas(self.world, one, 3000, "--rate", 1000))):
            found[key] = {one.name: measure(one) for one in targets}
        found["first-time"] = {"known": known(self.world, self.gate, True),
                               GATE: self._never_seen(number)}
        found["outbound"] = {GATE: self._outbound()}
        seconds, refused = self._storm()
        found["storm"] = {GATE: seconds}
        found["storm-refused"] = {GATE: refused}
        return found

    def _never_seen(self, number):
        first = self.world.new_domains(STREAMS)
        arguments = calls(self.gate, True, "--domains", STREAMS, "--first", first,
                          source=addresses_of(number))
        return each(self.world.load(self.gate, arguments))

    def _outbound(self):
        first = self.world.new_domains(ADDRESSES)
        backend = self.world.backend
        arguments = ("servers", "--starttls", "--port", self.calling.port, "--count", ADDRESSES,
                     "--domains", ADDRESSES, "--first", first, "--connections", 8,
                     "--backend-chain", backend.chain, "--backend-key", backend.key)
        return each(self.world.load(self.calling, arguments))

    def _storm(self):
        with self.world.gate("storm", STUB_BEHIND, address="45.33.0.5", limits={}) as gate:
            arguments = ("storm", "--starttls", "--port", gate.port, "--domains", STORM,
                         "--sources", STORM, "--from", CALLERS)
            _, _, seconds, more = self.world.load(gate, arguments)
        return seconds, int(more[0])


def measure(world, rounds, peers, note):
    """All rounds: {row: {target: [value]}}. note(number) after each says whether another is due."""
    results = {row.key: {} for row in ROWS}
    servers = world.peers(peers)
    with world.gate(GATE, PROSODY_BEHIND) as gate, \
            world.gate("calling", STUB_BEHIND, address="45.33.0.4") as behind_stub:
        measurement = Measurement(world, servers, gate, behind_stub.calling())
        measurement.warm_up()
        for number in range(rounds):
            for key, costs in measurement.round(number).items():
                for name, value in costs.items():
                    results[key].setdefault(name, []).append(value)
            if not note(number + 1):
                break
    return results
