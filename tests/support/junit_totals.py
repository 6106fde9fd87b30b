#!/usr/bin/env python3
"""Prints "PASSED FAILED SKIPPED" of a JUnit file as written by ctest or pytest.

A file that is absent or broken, or that holds no test case that was run, counts as one failure: a
test program that died must never look like success.
"""

import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    # ctest marks a test whose program was not built as skipped, too.
    if case.get("status") in ("fail", "notrun"):
        skipped = case.find("skipped")
        message = "" if skipped is None else skipped.get("message", "")
        return "skipped" if message.startswith("SKIP_") else "failed"
    if case.get("status") == "disabled" or case.find("skipped") is not None:
        return "skipped"
    return "passed"


def totals(path):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    try:
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            counts[outcome(case)] += 1
    except (OSError, ElementTree.ParseError):
        counts["failed"] += 1
    if counts["passed"] + counts["failed"] == 0:
        counts["failed"] = 1
    return counts


if __name__ == "__main__":
    result = totals(sys.argv[1])
    print(result["passed"], result["failed"], result["skipped"])
