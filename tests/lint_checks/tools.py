"""Checks that other programs make."""

import os
import re
import shutil
import subprocess

TIDY_FOLDERS = ("proxy/", "policy/", "certs/", "tests/bench/")


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


def tidy_files(tree, revision):
    files = [f for f in tree.cxx() if f.endswith(".cc") and f.startswith(TIDY_FOLDERS)]
    if revision is None:
        return files
    changed = changed_since(tree, revision)
    # A changed header is checked through the sources that name it.
    headers = [f for f in changed if f.endswith(".h")]
    return [
        f for f in files if f in changed or any(f'"{h}"' in (tree.text(f) or "") for h in headers)
    ]


def clang_tidy(tree, revision):
    files = tidy_files(tree, revision)
    if not files:
        return []
    # In the folder of the tests with clang, whose precompiled header is then there already.
    build = "build/clang"
    for command in (
        ["cmake", "--preset", "clang", "-DPORTCULLIS_BENCH=ON"],
        ["cmake", "--build", build, "--target", "portcullis_pch"],
    ):
        if failed := run(tree, command):
            return failed
    patterns = ["^" + re.escape(str(tree.root / file)) + "$" for file in files]
    jobs = str(os.cpu_count() or 1)
    output = run(tree, ["run-clang-tidy-14", "-quiet", "-p", build, "-j", jobs, *patterns])
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in output]
    # A header's finding comes once from each source that includes it.
    findings = {
        line.replace(f"{tree.root}/", "")
        for line in plain
        if re.match(r"\S+:\d+:\d+: (error|warning): ", line)
    }
    return sorted(findings) or plain
