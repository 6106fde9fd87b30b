"""What an answer is worth: one verdict per case, and the figures."""

import collections
import dataclasses

from limbo import suite

FINE = ("agrees", "waived")
FAULTS = ("too lax", "too strict", "misnamed", "stale waiver", "broken")


@dataclasses.dataclass(frozen=True)
class Verdict:
    case_id: str
    kind: str  # one of FINE and FAULTS
    words: str


def judge(case, answer, rules):
    """rules: waivers, reasons and wanted, as suite.read_* give them."""
    waiver = rules.waivers.get(case.id)
    if answer.accepts is None:
        return Verdict(case.id, "broken", answer.words)
    if not answer.accepts and answer.words not in rules.reasons:
        return Verdict(case.id, "broken", f"{answer.words!r} is no reason of the closed list")
    if answer.accepts == case.valid:
        if waiver:
            return Verdict(case.id, "stale waiver", "it agrees now; take the waiver away")
        wanted = suite.wanted_for(case.id, rules.wanted)
        if not answer.accepts and wanted and answer.words not in wanted:
            return Verdict(case.id, "misnamed", f"{answer.words}, not {' or '.join(sorted(wanted))}")
        return Verdict(case.id, "agrees", answer.words)
    if waiver and waiver.accepts == answer.accepts:
        return Verdict(case.id, "waived", waiver.why)
    return Verdict(case.id, "too lax" if answer.accepts else "too strict", answer.words)


@dataclasses.dataclass(frozen=True)
class Rules:
    waivers: dict
    reasons: set
    wanted: list


def totals(verdicts):
    return collections.Counter(verdict.kind for verdict in verdicts)


def table(cases, verdicts):
    columns = (*FINE, *FAULTS)
    groups = collections.defaultdict(collections.Counter)
    for case, verdict in zip(cases, verdicts):
        groups[case.group][verdict.kind] += 1
    yield f"{'group':<26}" + "".join(f"{column:>13}" for column in columns)
    for group in sorted(groups):
        yield f"{group:<26}" + "".join(f"{groups[group][c] or '.':>13}" for c in columns)


def figure(cases, verdicts, waivers, seconds):
    counts = totals(verdicts)
    laxer = sum(1 for v in verdicts if v.kind == "waived" and waivers[v.case_id].accepts)
    wrong = sum(counts[kind] for kind in FAULTS)
    return (
        f"limbo: {len(cases)} cases: {counts['agrees']} agree, {counts['waived']} waived "
        f"({laxer} laxer, {counts['waived'] - laxer} stricter), {wrong} wrong, {seconds:.0f} s"
    )
