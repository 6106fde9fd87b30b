"""The runner of x509-limbo sees an answer that flips, in every direction."""

import datetime
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "limbo"))

from limbo import suite, verdict, verifier

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
ACCEPTED = verifier.Answer(True)
SILENT = verifier.Answer(None, "exit status 139")
RULES = verdict.Rules(
    waivers={"waived::lax": suite.Waiver(True, "why"), "waived::strict": suite.Waiver(False, "why")},
    reasons={"expired", "revoked"},
    wanted=[("named::*", {"expired"})],
)

# id, limbo's answer, ours, verdict
CASES = [
    ("a::b", True, ACCEPTED, "agrees"),
    ("a::b", False, verifier.Answer(False, "revoked"), "agrees"),
    ("a::b", True, verifier.Answer(False, "revoked"), "too strict"),
    ("a::b", False, ACCEPTED, "too lax"),
    ("a::b", False, SILENT, "broken"),
    ("a::b", True, SILENT, "broken"),
    ("a::b", False, verifier.Answer(False, "because"), "broken"),
    ("named::b", False, verifier.Answer(False, "expired"), "agrees"),
    ("named::b", False, verifier.Answer(False, "revoked"), "misnamed"),
    ("waived::lax", False, ACCEPTED, "waived"),
    ("waived::lax", False, verifier.Answer(False, "revoked"), "stale waiver"),
    ("waived::lax", True, verifier.Answer(False, "revoked"), "too strict"),
    ("waived::lax", False, SILENT, "broken"),
    ("waived::strict", True, verifier.Answer(False, "revoked"), "waived"),
    ("waived::strict", True, ACCEPTED, "stale waiver"),
    ("waived::strict", False, ACCEPTED, "too lax"),
]


def case(case_id, valid):
    return suite.Case(case_id, "", (), (), (), "dns:a.example", NOW, "server", None, valid)


def limbo_judge(tree):
    findings = []
    for case_id, valid, answer, expected in CASES:
        kind = verdict.judge(case(case_id, valid), answer, RULES).kind
        if kind != expected:
            findings.append(f"{case_id}, valid={valid}, {answer}: {kind}, expected {expected}")
    for kind in {expected for *_, expected in CASES}:
        if kind not in verdict.FINE + verdict.FAULTS:
            findings.append(f"verdict {kind!r} has no column")
    return findings
