"""Configuration that operators are told to write, taken from docs/backends: the servers under test
run with exactly those lines, only addresses and paths are exchanged."""

import pathlib
import re
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[3]
BACKENDS = ROOT / "docs" / "backends"

_BLOCK = re.compile(
    r"^ *<!-- file: (?P<name>\S+) -->\n+ *```[a-z]*\n(?P<text>.*?)^ *```$", re.M | re.S)


def block(page, name):
    """The fenced block behind `<!-- file: NAME -->` of docs/backends/PAGE."""
    blocks = {m["name"]: textwrap.dedent(m["text"])
              for m in _BLOCK.finditer((BACKENDS / page).read_text())}
    if name not in blocks:
        raise KeyError(f"docs/backends/{page} has no block for {name}, only {sorted(blocks)}")
    return blocks[name]


def substituted(page, name, replacements):
    """block() with each literal key replaced. A key that does not occur is an error: the page and
    the tests have drifted apart."""
    text = block(page, name)
    for old, new in replacements.items():
        if old not in text:
            raise KeyError(f"docs/backends/{page}, block {name}: {old!r} does not occur")
        text = text.replace(old, new)
    return text
