"""What is good and what is bad, in one place."""

import dataclasses
from collections.abc import Callable

TIMES_IDLE = 10     # an established client's ping, beside its idle median
HANDSHAKES = 3      # CPU of one connection of a stranger, in ordinary handshakes
STRANGER_KIB = 64   # memory of one connection of a stranger
NOISE_KIB = 4096    # by so much a gate grows and shrinks anyhow
SHORTEST_PING = 0.0005  # seconds; below it a scheduler's pause would decide


@dataclasses.dataclass(frozen=True)
class Mark:
    name: str
    strangers_only: bool
    good: Callable


MARKS = (
    Mark("ping", False,
         lambda m: m.ping < TIMES_IDLE * max(m.ping_idle, SHORTEST_PING)),
    Mark("outgoing streams", False, lambda m: m.outgoing[0] == m.outgoing[1]),
    Mark("/livez", False, lambda m: m.livez[0] == m.livez[1]),
    Mark("CPU", True, lambda m: m.cpu_ms_each <= HANDSHAKES * m.handshake_ms),
    Mark("memory", True, lambda m: m.grown_kib <= NOISE_KIB + STRANGER_KIB * m.spent.open),
)
ALL_MARKS = frozenset(mark.name for mark in MARKS)


def missed(measured):
    """The names of the marks that were missed, and the row's own verdicts that are bad."""
    found = [mark.name for mark in MARKS
             if mark.name in measured.marks and (measured.stranger or not mark.strangers_only)
             and not mark.good(measured)]
    return found + [words for good, words in measured.verdicts if not good]
