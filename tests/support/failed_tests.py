#!/usr/bin/env python3
"""Prints the tests that failed in a JUnit file of pytest, a line each, as pytest wants them named."""

import re
import sys
import xml.etree.ElementTree as ElementTree

from junit_totals import outcome


def failed(path):
    for case in ElementTree.parse(path).iter("testcase"):
        if outcome(case) == "failed":
            module = case.get("classname").rpartition(".")[2]
            # Without the group of xdist, which stands behind the parameters.
            name = re.sub(r"@[^\]]*$", "", case.get("name"))
            yield f"tests/integration/{module}.py::{name}"


if __name__ == "__main__":
    print(*dict.fromkeys(failed(sys.argv[1])), sep="\n")
