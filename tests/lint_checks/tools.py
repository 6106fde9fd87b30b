"""Checks that other programs make."""

import re
import shutil
import subprocess


def run(tree, command):
    if shutil.which(command[0]) is None:
        return [f"{command[0]} is not installed; deploy/install-packages lint brings it"]
    done = subprocess.run(
        command, cwd=tree.root, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode == 0:
        return []
    return (done.stdout + done.stderr).splitlines() or [f"{command[0]}: exit {done.returncode}"]


def clang_format(tree):
    files = tree.cxx()
    if not files:
        return []
    output = run(tree, ["clang-format-14", "--dry-run", "-Werror", *files])
    first = {}
    for line in output:
        if match := re.match(r"([^:\s][^:]*):(\d+):\d+: error: ", line):
            first.setdefault(match.group(1), match.group(2))
    return [f"{f}:{n}: clang-format-14 -i {f} would change it" for f, n in first.items()] or output


def shellcheck(tree):
    files = tree.shell()
    return run(tree, ["shellcheck", "--severity=style", *files]) if files else []


def changed_since(tree, revision):
    """Files that differ from a revision, with those that git does not know yet."""
    names = set()
    for command in (
        ["git", "-c", "safe.directory=*", "diff", "--name-only", "--diff-filter=d", revision],
        ["git", "-c", "safe.directory=*", "ls-files", "--others", "--exclude-standard"],
    ):
        done = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=True)
        names.update(done.stdout.split("\n"))
    return names
