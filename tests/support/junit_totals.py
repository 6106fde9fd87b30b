#!/usr/bin/env python3
"""Prints "PASSED FAILED SKIPPED" of JUnit files as written by GoogleTest or pytest, added up.

A file that is absent or broken counts as one failure, and so do files that hold no test case that
was run: a test program that died must never look like success.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

# GoogleTest writes a test's parameters as they are, also characters that XML does not have.
NO_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    # GoogleTest says "suppressed" of a test whose name begins with DISABLED_.
    if case.find("skipped") is not None or case.get("result") in ("skipped", "suppressed"):
        return "skipped"
    return "passed"


def totals(paths):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for path in paths:
        try:
            text = pathlib.Path(path).read_text(encoding="utf-8")
            for case in ElementTree.fromstring(NO_XML_CHARACTER.sub("?", text)).iter("testcase"):
                counts[outcome(case)] += 1
        except (OSError, ValueError, ElementTree.ParseError):
            counts["failed"] += 1
    if counts["passed"] + counts["failed"] == 0:
        counts["failed"] = 1
    return counts


if __name__ == "__main__":
    result = totals(sys.argv[1:])
    print(result["passed"], result["failed"], result["skipped"])
