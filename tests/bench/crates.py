"""xmpp-proxy, which Debian does not have: cargo builds it once, into a folder that stays."""

import pathlib
import re
import shutil
import subprocess
import sys

NAME = "xmpp-proxy"
CACHE = pathlib.Path.home() / ".cache" / "portcullis-bench"
PATIENCE = 3600  # seconds for a build on a slow machine


def find(may_build, cache=CACHE):
    """(the program, "") or (None, why it is not there)"""
    program = cache / "bin" / NAME
    if program.exists():
        return program, ""
    if not shutil.which("cargo"):
        return None, "there is no cargo to build it, and no --xmpp-proxy names it"
    if not may_build:
        return None, f"it is not in {cache}, and --no-build was given"
    return _built(program, cache)


def _built(program, cache):
    print(f"{NAME} is built by cargo, this once: some minutes", file=sys.stderr, flush=True)
    # With the crates that its author has built it with, so that all measure the same.
    command = ["cargo", "install", NAME, "--locked", "--root", cache]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode == 0 and program.exists():
        return program, ""
    errors = re.findall(r"^error.*", done.stderr, re.MULTILINE)
    return None, f"cargo could not build it ({errors[0] if errors else 'it did not say why'})"


def version_of(program):
    """As cargo has noted it beside the folder of programs; the program itself cannot tell."""
    note = program.parent.parent / ".crates.toml"
    found = re.search(rf'"{NAME} (\S+) ', note.read_text()) if note.exists() else None
    return found.group(1) if found else "of unknown version"
