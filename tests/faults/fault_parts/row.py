"""A row of the table, and what was measured for it."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from .judge import Account, Log, judge


@dataclass(frozen=True, eq=False)
class Row:
    """`play(arm)` is the workload with its fault. `marks`: see marks.py. `together`: rows of one
    such group run at the same time, both arms of each, and start no program themselves. `main`:
    whether the backend's own streams lead to its gate; of a group, one at most."""

    key: str
    title: str
    play: Callable
    marks: tuple
    backends: tuple = ("prosody",)
    quick: bool = False
    together: str = ""
    rounds: int = 1  # of both arms in turn: where chance has a part, one round says little
    main: bool = True
    link: str = ""
    changes: dict = field(default_factory=dict)
    in_child: Callable | None = None  # runs between fork and exec of the gate
    environment: Callable = dict  # makes what is added to the gate's environment


@dataclass(frozen=True)
class Half:
    """What one arm found out, in all its rounds. `recovery`: the longest. `fault`: why it could not
    be measured to its end; empty when it was. `rounds`: the account of each."""

    account: Account
    recovery: object
    words: dict
    bounces: Counter
    verdicts: list
    seconds: float
    fault: str = ""
    rounds: tuple = ()

    def __add__(self, other):
        recoveries = [half.recovery for half in (self, other) if half.recovery is not None]
        words = {side: Counter(self.words.get(side, {})) + Counter(other.words.get(side, {}))
                 for side in (*self.words, *other.words)}
        return Half(self.account + other.account, max(recoveries, default=None), words,
                    self.bounces + other.bounces, self.verdicts + other.verdicts,
                    self.seconds + other.seconds, self.fault or other.fault,
                    self.each() + other.each())

    def each(self):
        """The account of each round."""
        return self.rounds or (self.account,)


@dataclass(frozen=True)
class Measured:
    row: Row
    backend: str
    gated: Half
    alone: Half


def play(row, arm):
    """The half of this arm, which is open."""
    began, fault = time.monotonic(), ""
    try:
        row.play(arm)
    except (AssertionError, OSError) as error:
        fault = f"{type(error).__name__}: {error}"
    try:
        arm.traffic.stop()  # or more would be noted while it is judged
    except Exception as error:  # a mistake of the bench itself; the figures mean nothing then
        fault = fault or f"the workload: {type(error).__name__}: {error}"
    counted = max(arm.counted(), arm.counted_before_end)
    return Half(judge(arm.log, counted), arm.recovery, arm.log.words(), arm.log.bounces(),
                list(arm.verdicts), time.monotonic() - began, fault)


def not_measured(error):
    """The half of an arm that could not even begin."""
    return Half(judge(Log()), None, {}, Counter(), [], 0.0, f"{type(error).__name__}: {error}")
