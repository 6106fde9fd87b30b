"""What is good and what is bad, in one place."""

import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass

# What a stream may have on its way in a gate that is killed: limits.buffer_bytes in its default.
HIGH_WATER = 256 * 1024


@dataclass(frozen=True)
class Mark:
    """good(measured) -> bool; words(measured): what is wrong, with the figures."""

    good: Callable
    words: Callable


SILENCE = Mark(
    lambda m: m.gated.account.silent == 0,
    lambda m: f"{m.gated.account.silent} stanzas lost in silence with the gate")

# Where a server itself loses something that it had taken, be it that it is killed: nobody else can
# know of it. One that loses nothing without the gate may lose nothing with it.
SERVER_SILENCE = Mark(
    lambda m: m.gated.account.silent <= m.alone.account.silent,
    lambda m: f"{m.gated.account.silent} stanzas lost in silence with the gate, "
              f"{m.alone.account.silent} without")


def _beyond_chance(gated, alone):
    """Whether numbers of the same rounds with and without the gate differ by more than their own
    spread explains: by twice the standard error of the mean of their differences."""
    differences = [one - other for one, other in zip(gated, alone)]
    if len(differences) < 2:
        return sum(differences) > 0
    error = statistics.stdev(differences) / len(differences) ** 0.5
    return statistics.mean(differences) > 2 * error


def _by_chance(what, of):
    """Where something fails under load, chance decides how much of it is on its way just then."""
    def both(m):
        return [of(a) for a in m.gated.each()], [of(a) for a in m.alone.each()]
    return Mark(lambda m: not _beyond_chance(*both(m)),
                lambda m: "{} with the gate in each round: {}, without: {}".format(what, *both(m)))


SILENCE_BY_CHANCE = _by_chance("stanzas lost in silence", lambda account: account.silent)
LOST_BY_CHANCE = _by_chance("lost", lambda account: account.lost)
LOST_EARLY_BY_CHANCE = _by_chance("lost of what was sent before the fault",
                                  lambda account: account.lost_early)
ORDER_BY_CHANCE = _by_chance("duplicated or out of order",
                             lambda account: account.duplicated + account.reordered)

NO_MORE_LOST = Mark(
    lambda m: m.gated.account.lost <= m.alone.account.lost,
    lambda m: f"{m.gated.account.lost} lost with the gate, {m.alone.account.lost} without")

AT_MOST_HIGH_WATER = Mark(
    lambda m: m.gated.account.worst_octets <= HIGH_WATER,
    lambda m: f"one flow lost {m.gated.account.worst_octets} octets, more than {HIGH_WATER}")

ORDER = Mark(
    lambda m: m.gated.account.reordered <= m.alone.account.reordered
    and m.gated.account.duplicated <= m.alone.account.duplicated,
    lambda m: f"with the gate {m.gated.account.duplicated} duplicated and "
              f"{m.gated.account.reordered} out of order, without "
              f"{m.alone.account.duplicated} and {m.alone.account.reordered}")

def _truth(overtaken):
    """`overtaken`: how many stanzas may be delivered and bounced in each round."""
    def allowed(m):
        return m.alone.account.contradicted + overtaken * len(m.gated.each())
    return Mark(
        lambda m: m.gated.account.contradicted <= allowed(m) and m.gated.account.invented == 0,
        lambda m: f"{m.gated.account.contradicted} stanzas were delivered and bounced (at most "
                  f"{allowed(m)} may be), {m.gated.account.invented} were never sent")


TRUTH = _truth(0)
# A kernel may acknowledge 40 ms late, and a reset overtakes that, be it that of a process that was
# killed: nobody can know any more that the stanza was read. At 40 stanzas a second these are two on
# each of 12 flows, when it comes worst.
RESET_TRUTH = _truth(24)


BARE = {"closed without words", "reset", "cut off within TLS"}


def _last_words(half):
    """For each side, the words of its ends, without the text of a server."""
    def bare(words):
        return re.sub(r" \(.*\)(?=, |$)", "", words).split(", ")
    return {side: {word for words in told for word in bare(words)}
            for side, told in half.words.items() if not side.endswith("again")}


def _unlike(m):
    gated, alone = _last_words(m.gated), _last_words(m.alone)
    unlike = {side: alone[side] - gated.get(side, set()) - BARE for side in alone}
    return {side: words for side, words in unlike.items() if words}


SAME_WORDS = Mark(
    lambda m: not _unlike(m),
    lambda m: "told without the gate and not with it: " + "; ".join(
        f"{side}: {', '.join(sorted(words))}" for side, words in sorted(_unlike(m).items())))

# Each row has these; where it says others, the first two are replaced.
USUAL = (SILENCE, NO_MORE_LOST, ORDER, TRUTH)
SERVER_LOSES = (SERVER_SILENCE, NO_MORE_LOST, ORDER, TRUTH)
UNDER_LOAD = (SILENCE_BY_CHANCE, LOST_BY_CHANCE, ORDER_BY_CHANCE, RESET_TRUTH)
# Without the gate, the kernel of each sender knows in the same instant that the connection is gone,
# and takes nothing more. With it, the gate has to tell them, and what they send until then must be
# answered or counted.
BEHIND_THE_GATE = (SILENCE_BY_CHANCE, LOST_EARLY_BY_CHANCE, ORDER_BY_CHANCE, RESET_TRUTH)
FIRST_STANZAS = (SILENCE, NO_MORE_LOST, ORDER_BY_CHANCE, TRUTH)
GATE_ENDS = (SILENCE, AT_MOST_HIGH_WATER, ORDER, TRUTH)
GATE_DIES = (AT_MOST_HIGH_WATER, ORDER, TRUTH)


def missed(measured):
    """Each mark that was missed, in words; also the row's own verdicts, and halves that failed."""
    found = [mark.words(measured) for mark in measured.row.marks if not mark.good(measured)]
    for name, half in (("with the gate", measured.gated), ("without", measured.alone)):
        found += [f"{name}: {words}" for good, words in half.verdicts if not good]
        if half.fault:
            found.append(f"{name}: not measured to its end: {half.fault.splitlines()[0][:300]}")
    return found
