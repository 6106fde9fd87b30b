"""docs/regressions.md: every row has tests, every test it names exists, and none is left out."""

import fnmatch
import json
import lzma
import re

PAGE = "docs/regressions.md"
ROW = re.compile(r"^\| `([A-Za-z0-9-]+)` \|(.*)\|\s*$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
CXX_TEST = re.compile(r"^(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)
PYTHON_TEST = re.compile(r"^def (test_\w+)\(", re.MULTILINE)
LIMBO_SAMPLE = "tests/limbo/sample.json.xz"
NAMED_AFTER_A_ROW = "Regression_"


def existing_tests(tree):
    names = set()
    for file in tree.files:
        if file.startswith("tests/") and file.endswith("_test.cc"):
            names.update(".".join(match) for match in CXX_TEST.findall(tree.text(file) or ""))
        elif file.startswith("tests/integration/") and file.endswith(".py"):
            short = file.rpartition("/")[2]
            names.update(f"{short}::{name}" for name in PYTHON_TEST.findall(tree.text(file) or ""))
        elif file.startswith("tests/fuzz/") and file.endswith("_fuzz.cc"):
            names.add(file.rpartition("/")[2].removesuffix(".cc"))
    if LIMBO_SAMPLE in tree.files:
        with lzma.open(tree.root / LIMBO_SAMPLE) as sample:
            names.update("limbo " + case["id"] for case in json.load(sample)["testcases"])
    return names


def suite_of(row):
    return NAMED_AFTER_A_ROW + row.replace("-", "_")


def regressions(tree):
    text = tree.text(PAGE) if PAGE in tree.files else None
    if text is None:
        return [f"{PAGE} is not there"]
    existing = existing_tests(tree)
    findings, rows, named = [], set(), set()
    for match in ROW.finditer(text):
        row, cells = match.groups()
        line = text.count("\n", 0, match.start()) + 1
        if row in rows:
            findings.append(f"{PAGE}:{line}: {row} is there twice")
        rows.add(row)
        tests = CODE.findall(cells.rpartition("|")[2])
        if not tests:
            findings.append(f"{PAGE}:{line}: {row} has no test")
        for test in tests:
            found = fnmatch.filter(existing, test)
            named.update(found)
            if not found:
                findings.append(f"{PAGE}:{line}: {row}: there is no test {test}")
    if not rows:
        findings.append(f"{PAGE} has no rows")
    suites = {suite_of(row) for row in rows}
    for test in sorted(t for t in existing if t.startswith(NAMED_AFTER_A_ROW)):
        if test.partition(".")[0] not in suites:
            findings.append(f"{test} is named after a row that {PAGE} does not have")
        elif test not in named:
            findings.append(f"{test} is missing in {PAGE}")
    return findings
