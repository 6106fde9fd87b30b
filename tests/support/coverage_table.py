#!/usr/bin/env python3
"""Prints gcovr's JSON summary as a table by folder. usage: coverage_table.py FILE"""

import json
import sys


def folder_of(path):
    return path.rsplit("/", 1)[0]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        files = json.load(file)["files"]
    rows = {}
    for one in files:
        for key in (folder_of(one["filename"]), "total"):
            run, lines = rows.get(key, (0, 0))
            rows[key] = (run + one["line_covered"], lines + one["line_total"])
    total = rows.pop("total", (0, 0))
    for folder, (run, lines) in [*sorted(rows.items()), ("total", total)]:
        print(f"{folder:24} {run:6} of {lines:6} lines {100 * run / max(lines, 1):6.1f} %")


if __name__ == "__main__":
    main()
