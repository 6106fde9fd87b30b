"""The manual pages as their readers take them, and each completion in its own shell."""

import os
import subprocess

import pytest

from harness.docs import ROOT

COMPLETION = ROOT / "deploy" / "completion"
MANUALS = sorted((ROOT / "deploy" / "man").glob("*.scd"))
COMPLETE_ZSH = ROOT / "tests" / "integration" / "harness" / "complete.zsh"

# As each shell expands them: the words of the line, and where the last one is completed.
BASH = r"""
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_portcullis
printf '%s\n' "${COMPREPLY[@]}"
"""


def lines_of(argv, **options):
    done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, timeout=60,
                          check=True, **options)
    assert not done.stderr, done.stderr
    return {line.strip() for line in done.stdout.splitlines() if line.strip()}


def bash(line, cwd):
    # In a line that is typed, bash splits at "=", too.
    words = line.replace("=", " = ").split(" ")
    return lines_of(["bash", "--norc", "-c", BASH, "bash", COMPLETION / "portcullis.bash", *words],
                    cwd=cwd)


def zsh(line, cwd):
    return lines_of(["zsh", "-f", COMPLETE_ZSH, COMPLETION, line], cwd=cwd,
                    env={**os.environ, "TERM": "dumb", "HOME": str(cwd), "ZDOTDIR": str(cwd)})


def fish(line, cwd):
    script = f"source {COMPLETION}/portcullis.fish; complete -C '{line}'"
    offered = lines_of(["fish", "--no-config", "-c", script], cwd=cwd,
                       env={**os.environ, "HOME": str(cwd), "TERM": "dumb"})
    return {each.split("\t")[0] for each in offered}


SHELLS = pytest.mark.parametrize("shell", [bash, zsh, fish], ids=["bash", "zsh", "fish"])
COMMANDS = {"run", "check", "reload", "healthcheck", "explain", "report", "verify-cert", "ca",
            "version"}


@SHELLS
def test_commands(shell, tmp_path):
    offered = shell("portcullis ", tmp_path)
    assert COMMANDS <= offered


@SHELLS
@pytest.mark.parametrize("line, wanted, unwanted", [
    ("portcullis re", {"reload", "report"}, {"run", "check"}),
    ("portcullis ca ", {"init", "show"}, {"run", "check"}),
    ("portcullis check --", {"--config", "--quiet", "--help"}, {"--json", "--format"}),
    ("portcullis report --format ", {"text", "markdown", "json"}, {"reason", "--by"}),
    ("portcullis explain self_", {"self_signed"}, {"expired"}),
    ("portcullis run --log-format t", {"text"}, {"json", "auto"}),
], ids=["prefix", "group", "options", "words", "reasons", "begun-word"])
def test_what_is_offered(shell, line, wanted, unwanted, tmp_path):
    offered = shell(line, tmp_path)
    assert wanted <= offered, offered
    assert not unwanted & offered, offered


@SHELLS
@pytest.mark.parametrize("line", ["portcullis check -c some", "portcullis report some",
                                  "portcullis check --config some"])
def test_files_are_offered(shell, line, tmp_path):
    (tmp_path / "some.toml").write_text("")
    (tmp_path / "other.toml").write_text("")
    offered = shell(line, tmp_path)
    assert offered == {"some.toml"}


@SHELLS
def test_folders_are_offered(shell, tmp_path):
    (tmp_path / "some-folder").mkdir()
    (tmp_path / "some-file").write_text("")
    offered = {each.rstrip("/") for each in shell("portcullis ca show some", tmp_path)}
    assert offered == {"some-folder"}


def test_a_value_behind_an_equals_sign_in_bash(tmp_path):
    assert bash("portcullis report --format=m", tmp_path) == {"markdown"}
    assert bash("portcullis report --format=", tmp_path) == {"text", "markdown", "html", "json"}


def roff_of(source):
    with open(source, encoding="utf-8") as file:
        done = subprocess.run(["scdoc"], stdin=file, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("source", MANUALS, ids=lambda path: path.name)
def test_manual_pages_are_clean(source, tmp_path):
    page = tmp_path / source.name.removesuffix(".scd")
    page.write_text(roff_of(source))
    man = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], capture_output=True,
        text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "",
                                    "MANWIDTH": "80"})
    assert not man.stderr, man.stderr
    lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True,
                          check=False)
    # scdoc begins a paragraph after each heading and list, which every formatter skips.
    found = [line for line in (lint.stdout + lint.stderr).splitlines()
             if "skipping paragraph macro: PP" not in line]
    assert not found, "\n".join(found)


def test_there_are_three_manual_pages():
    assert [path.name for path in MANUALS] == [
        "portcullis-reasons.7.scd", "portcullis.1.scd", "portcullis.toml.5.scd"]
