"""The cases of x509-limbo (schema version 1), the waivers, and the closed list of reasons."""

import dataclasses
import datetime
import fnmatch
import json
import lzma
import pathlib
import re

# Where a case sets no time, its certificates are valid at any time of this century.
ANY_TIME = datetime.datetime(2024, 6, 1, tzinfo=datetime.timezone.utc)
NAME_KINDS = {"DNS": "dns", "IP": "ip"}


class Unusable(Exception):
    """A file that cannot be taken as what it should be; the text says which and why."""


@dataclasses.dataclass(frozen=True)
class Case:
    id: str
    leaf: str
    sent: tuple
    anchors: tuple
    crls: tuple
    name: str  # as verify-cert takes it: dns:a.example
    at: datetime.datetime
    role: str  # server or client
    max_depth: int | None
    valid: bool  # what limbo says of it

    @property
    def group(self):
        return self.id.rpartition("::")[0]


@dataclasses.dataclass(frozen=True)
class Waiver:
    accepts: bool  # what we do instead
    why: str


def read_suite(path):
    """The document as it is: a dict with "testcases"."""
    path = pathlib.Path(path)
    opener = lzma.open if path.suffix == ".xz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError, lzma.LZMAError) as error:
        raise Unusable(f"{path}: {error}") from error
    if document.get("version") != 1:
        raise Unusable(f"{path}: schema version {document.get('version')!r}; 1 is known here")
    return document


def reference_of(record):
    """The name to check as (kind, value), or None where it is no host."""
    names = record["expected_peer_names"] or []
    name = record["expected_peer_name"] or (names[0] if len(names) == 1 else None)
    if name is None or name["kind"] not in NAME_KINDS:
        return None
    return NAME_KINDS[name["kind"]], name["value"]


def case_of(record):
    """None for a case about something that no server's certificate is judged by: e-mail."""
    name = reference_of(record)
    if name is None or record.get("signature_algorithms"):
        return None
    at = record["validation_time"]
    return Case(
        id=record["id"],
        leaf=record["peer_certificate"],
        sent=tuple(record["untrusted_intermediates"]),
        anchors=tuple(record["trusted_certs"]),
        crls=tuple(record.get("crls") or ()),
        name=":".join(name),
        at=datetime.datetime.fromisoformat(at) if at else ANY_TIME,
        role=record["validation_kind"].lower(),
        max_depth=record["max_chain_depth"],
        valid=record["expected_result"] == "SUCCESS",
    )


def read_waivers(path):
    """Lines `case accepts|refuses why`; # begins a comment."""
    waivers = {}
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        words = line.partition("#")[0].split(None, 2)
        if not words:
            continue
        if len(words) != 3 or words[1] not in ("accepts", "refuses"):
            raise Unusable(f"{path}:{number}: write: case, accepts or refuses, why")
        if words[0] in waivers:
            raise Unusable(f"{path}:{number}: {words[0]} is waived twice")
        waivers[words[0]] = Waiver(words[1] == "accepts", words[2].strip())
    return waivers


def read_reasons(folder):
    """The identifiers in the rows that the program itself is built from."""
    text = "".join(path.read_text(encoding="utf-8")
                   for path in sorted(pathlib.Path(folder).glob("rows_*.h")))
    reasons = set(re.findall(r'^\s*\.id = "([a-z0-9_]+)",$', text, re.MULTILINE))
    if len(reasons) < 40:
        raise Unusable(f"{folder}: {len(reasons)} reasons found; are they written otherwise now?")
    return reasons


def read_wanted_reasons(path, reasons):
    """Lines `pattern reason[,reason...]`: by which names a refusal may go where there is no doubt."""
    wanted = []
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        names = set(words[-1].split(","))
        if len(words) != 2 or names - reasons:
            raise Unusable(f"{path}:{number}: write: pattern, then known reasons with commas")
        wanted.append((words[0], names))
    return wanted


def wanted_for(case_id, wanted):
    """The reasons of the first pattern that fits; empty: any will do."""
    return next((names for glob, names in wanted if fnmatch.fnmatchcase(case_id, glob)), set())
