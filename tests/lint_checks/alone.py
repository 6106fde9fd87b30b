"""Every source compiled on its own, by g++, with all warnings and without precompiled headers.

The build puts sources into groups. There a header that a source forgets may come from another
source, and a name may hide one of a wider scope without a warning.
"""

import concurrent.futures
import json
import os
import shlex
import subprocess

from .tidy import files_to_check
from .tools import run

FOLDERS = ("proxy/", "policy/", "certs/", "tests/")
BUILD = "build/alone"


def fault(entry):
    """What g++ says about one source; empty: nothing."""
    command = shlex.split(entry["command"])
    place = command.index("-o")
    command[place:place + 2] = ["-fsyntax-only"]
    done = subprocess.run(command, cwd=entry["directory"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    return done.stderr or f"{entry['file']}: g++ ended with {done.returncode}"


def compiled_alone(tree, revision):
    if failed := run(tree, ["cmake", "--preset", "dev", "-B", BUILD, "-DPORTCULLIS_BENCH=ON",
                            "-DPORTCULLIS_PCH=OFF", "-DPORTCULLIS_UNITY=OFF"]):
        return failed
    wanted = {str(tree.root / file) for file in files_to_check(tree, revision, FOLDERS)}
    with open(tree.root / BUILD / "compile_commands.json", encoding="utf-8") as file:
        entries = {entry["file"]: entry for entry in json.load(file)}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        faults = pool.map(fault, (entries[name] for name in sorted(wanted & entries.keys())))
        return [line for text in faults for line in text.splitlines()]
