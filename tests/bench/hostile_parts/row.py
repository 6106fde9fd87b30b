"""What a row of the table is: an attack, and what is measured meanwhile."""

import dataclasses
import json
import statistics
import time
from collections import Counter

from hostile_parts import place
from hostile_parts.marks import ALL_MARKS
from hostile_parts.watch import Watch
from processes import Child
from targets import LOAD_CPU

IDLE_SECONDS = 1.5
RECOVERY_SECONDS = 15  # for the work that is left when the attack is over
PING_SECONDS = 0.01    # between two pings


@dataclasses.dataclass
class Spent:
    """By the attacker. `connections` are attempts, `open` how many the gate may have held at once:
    those that it has ended it still holds until it has told so. `staying` got where they wanted and
    were not ended. What others notice counts from `settled` on (CLOCK_MONOTONIC), where that is not
    the beginning."""

    connections: int = 0
    open: int = 0
    octets: int = 0
    cpu_ms: float = 0
    note: str = ""
    settled: float = 0
    staying: int = 0


@dataclasses.dataclass
class Measured:
    """What a row found out."""

    key: str
    title: str
    stranger: bool  # whether the attacker is authenticated by nothing
    spent: Spent
    seconds: float
    gate_cpu_ms: float      # above what the witnesses cost it when idle
    handshake_ms: float     # one ordinary handshake
    grown_kib: float
    opened: int             # descriptors beyond those of before
    ping_idle: float        # medians and the worst, in seconds
    ping: float
    ping_worst: float
    newcomers: tuple        # served, of how many
    outgoing: tuple
    livez: tuple
    marks: frozenset        # the names of those by which it is judged
    verdicts: list = dataclasses.field(default_factory=list)  # of the row itself: (ok, words)

    @property
    def cpu_ms_each(self):
        return self.gate_cpu_ms / max(1, self.spent.connections)

    @property
    def kib_each(self):
        return self.grown_kib / max(1, self.spent.open)


def as_if_each_was_sent(took):
    """While one ping is not answered the next ones are not sent. Each of them counts as having
    waited for the rest, or one long silence would count as little as one short ping."""
    waits = [took]
    while (took := took - PING_SECONDS) > PING_SECONDS:
        waits.append(took)
    return waits


class Row:
    """An attack. Subclasses say what it is; each gets a gate of its own."""

    key = ""
    title = ""
    stranger = True
    quick = False      # whether --quick plays it
    seconds = None     # its own duration, where the common one would not do
    changes = {}       # of the configuration
    error_pipe = False
    descriptors = None  # how many the gate may have; None: as many as the machine gives
    marks = ALL_MARKS   # by which it is judged, as far as they apply to strangers or to all

    def prepare(self, world):
        """Once, before any gate runs: certificates, DNS records."""

    def attack(self, world, gate, seconds):
        """Returns Spent after about so many seconds."""
        raise NotImplementedError

    def judge(self, measured):
        """Further verdicts of this row alone: (whether it is good, in words)."""
        return []

    def hostile(self, world, seconds, port, sources, *options):
        """bench_hostile for so long."""
        return self.hostile_at_once(world, seconds, (port, sources, options))

    def hostile_at_once(self, world, seconds, *attacks):
        """One bench_hostile for each (port, sources, options), all at the same time."""
        children = []
        try:
            for number, (port, sources, options) in enumerate(attacks):
                to = place.GATE6 if ":" in sources[0] else place.GATE
                command = [world.tools / "bench_hostile", "--to", to, "--port", port,
                           "--seconds", seconds, "--from", *sources, *options]
                children.append(Child(f"hostile-{self.key}-{number}", command, world.folder,
                                      cpu=LOAD_CPU, pipes=True))
            lines = [" ".join(child.read_line(seconds + 30)) for child in children]
        finally:
            for child in children:
                child.stop()
        told = Counter()
        for line in lines:
            told.update(json.loads(line))
        held = min(told["attempted"], told["most_open"] + told["ended"])
        return Spent(told["attempted"], held, told["octets_out"], told["cpu_ms"],
                     f"{told['reached']} got through, {told['ended']} ended by the gate",
                     staying=told["reached"] - told["ended"])

    def measure(self, world, seconds, handshake_ms):
        with world.gate(self.changes, self.error_pipe, self.descriptors) as gate:
            pids = gate.tree()
            witnesses = world.witnesses(f"{gate.name}-{self.key}")
            try:
                witnesses.await_first()
                idle = Watch(pids)
                time.sleep(IDLE_SECONDS)
                idle.close()
                busy = Watch(pids)
                spent = self.attack(world, gate, self.seconds or seconds)
                busy.mark_end()
                gate.check_alive()
                witnesses.await_ping_after(busy.ended, RECOVERY_SECONDS)
                busy.close()
            finally:
                witnesses.close()
        measured = self._read(witnesses, idle, busy, spent, handshake_ms)
        measured.verdicts = self.judge(measured)
        return measured

    def _read(self, witnesses, idle, busy, spent, handshake_ms):
        def pings(watch, settled=0):
            notes = witnesses.notes("ping", max(watch.began, settled), watch.ended)
            return [waited for took, _ in notes for waited in as_if_each_was_sent(took)]

        def served(kind):
            notes = witnesses.notes(kind, max(busy.began, spent.settled), busy.ended)
            return sum(how == "ok" for _, how in notes), len(notes)
        during = pings(busy, spent.settled) or [busy.seconds]  # one began before, and never came back
        return Measured(
            self.key, self.title, self.stranger, spent, busy.seconds,
            busy.cpu_ms_above(idle), handshake_ms,
            max(0, busy.grown_kib), busy.most_descriptors - busy.descriptors_before,
            statistics.median(pings(idle)), statistics.median(during), max(during),
            served("newcomer"), served("outgoing"), served("livez"), self.marks)
