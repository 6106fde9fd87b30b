"""What became of every stanza. The log says what the ends of the line saw; nothing else counts."""

import bisect
import re
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass


# Flows that only ask whether somebody is back yet; what becomes of them is not judged.
PROBE = "probe"


def _counts(stanza):
    return not stanza[0].startswith(PROBE)


class Log:
    """What senders and receivers noted, in the order in which each of them noted it. A stanza is
    (flow, number): a flow has one sender and one receiver, and its numbers grow. Names of flows end
    with `tag`: what a backend has kept from another row is nobody's business here."""

    def __init__(self, tag=""):
        self.tag = tag
        self.sent = {}      # stanza -> octets; the kernel of the sender took all of it
        self.late = set()   # those of them that were sent after the fault
        self.arrived = []   # stanzas at their receiver
        self.bounced = []   # (stanza, condition, text) at their sender
        self.told = []      # (side, words): how a stream ended, as that side read it
        self._lock = threading.Lock()
        self._has_failed = False

    def note_fault(self):
        """From here on something is broken. Without it, nothing is late."""
        with self._lock:
            self._has_failed = True

    def note_sent(self, flow, number, octets=1):
        with self._lock:
            self.sent[flow, number] = octets
            if self._has_failed:
                self.late.add((flow, number))

    def note_arrived(self, flow, number):
        if not flow.endswith(self.tag):
            return
        with self._lock:
            self.arrived.append((flow, number))

    def note_bounced(self, flow, number, condition="", text=""):
        if not flow.endswith(self.tag):
            return
        with self._lock:
            self.bounced.append(((flow, number), condition, text))

    def note_told(self, side, words):
        with self._lock:
            self.told.append((side, words))

    def missing(self):
        """How many stanzas have neither arrived nor been bounced so far."""
        with self._lock:
            rest = self.sent.keys() - set(self.arrived) - {each[0] for each in self.bounced}
        return sum(map(_counts, rest))

    def has_arrived(self, flow, number=None):
        """Whether this stanza, or any of the flow, is at its receiver."""
        with self._lock:
            return any(f == flow and number in (None, n) for f, n in self.arrived)

    def flows_arrived(self):
        with self._lock:
            return {flow for flow, _ in self.arrived}

    def words(self):
        """side -> Counter of the words in which its streams ended."""
        found = defaultdict(Counter)
        for side, words in self.told:
            found[side][words] += 1
        return dict(found)

    def bounces(self):
        return Counter(f"{condition}: {text}" if text else condition
                       for stanza, condition, text in self.bounced if _counts(stanza))


@dataclass(frozen=True)
class Account:
    """lost: sent and not arrived; `lost_early` were sent before the fault. Of these, `bounced` came back to their sender as errors, and
    `silent` are those of which nobody was told anything. `contradicted` arrived, and were bounced
    all the same. `invented` arrived or were bounced, and nobody had sent them. `worst_octets` are
    the octets lost by the flow that lost most."""

    sent: int
    lost: int
    lost_early: int
    bounced: int
    counted: int
    silent: int
    duplicated: int
    reordered: int
    contradicted: int
    invented: int
    worst_octets: int
    lost_by: Counter  # kind of flow, as "in" or "out" -> those that were not bounced

    def __add__(self, other):
        summed = {name: getattr(self, name) + getattr(other, name)
                  for name in vars(self) if name != "worst_octets"}
        return Account(**summed, worst_octets=max(self.worst_octets, other.worst_octets))


def _reordered(arrived):
    """The fewest stanzas that stand in a wrong place: without them, each flow would be in order. A
    second copy is no new order."""
    seen, rising = set(), defaultdict(list)
    for flow, number in arrived:
        if (flow, number) in seen:
            continue
        seen.add((flow, number))
        # The least number with which a rising sequence of each length can end.
        ends = rising[flow]
        place = bisect.bisect_left(ends, number)
        ends[place:place + 1] = [number]
    return len(seen) - sum(map(len, rising.values()))


def _kind(flow):
    """What a flow is for: the letters in front of its number."""
    return re.match("[a-z]*", flow)[0]


def judge(log, counted=0):
    """`counted`: stanzas that the gate says it could not deliver. It counts those, too, that it has
    bounced, so that only the greater of both numbers is taken as told."""
    sent = {stanza: size for stanza, size in log.sent.items() if _counts(stanza)}
    arrivals = [stanza for stanza in log.arrived if _counts(stanza)]
    bounced = {stanza for stanza, _, _ in log.bounced if _counts(stanza)}
    arrived = set(arrivals)
    lost = sent.keys() - arrived
    told = max(len(lost & bounced), int(counted))
    octets = Counter()
    for flow, number in lost:
        octets[flow] += sent[flow, number]
    return Account(
        sent=len(sent), lost=len(lost), lost_early=len(lost - log.late),
        bounced=len(lost & bounced), counted=int(counted),
        silent=max(0, len(lost) - told),
        duplicated=len(arrivals) - len(arrived),
        reordered=_reordered(arrivals),
        contradicted=len(arrived & bounced & sent.keys()),
        invented=len((arrived | bounced) - sent.keys()),
        worst_octets=max(octets.values(), default=0),
        lost_by=Counter(_kind(flow) for flow, _ in lost - bounced))
