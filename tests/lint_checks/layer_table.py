"""The table of layers in docs/architecture.md is printed from the rules that are checked."""

from .includes import LAYERS

PAGE = "docs/architecture.md"
OPENING = "<!-- layers: tests/lint --write writes this table -->\n"
CLOSING = "<!-- end of layers -->"


def table():
    rows = ["| folder | what | may include |", "|---|---|---|"]
    for part, (what, below) in LAYERS.items():
        includes = ", ".join(f"`{lower}`" for lower in below) or "-"
        rows.append(f"| `{part}` | {what} | {includes} |")
    return "\n".join(rows) + "\n"


def pieces(tree):
    """The page before the table, the table, and what follows; None without the marks."""
    text = tree.text(PAGE) or ""
    before, mark, rest = text.partition(OPENING)
    inside, closing, after = rest.partition(CLOSING)
    return (before + mark, inside, closing + after) if mark and closing else None


def layer_table(tree):
    found = pieces(tree)
    if found is None:
        return [f"{PAGE}: the marks around the table of layers are missing"]
    if found[1] != table():
        return [f"{PAGE}: the table of layers is not that of tests/lint_checks/includes.py;"
                " tests/lint --write writes it"]
    return []


def write(tree):
    before, _, after = pieces(tree)
    (tree.root / PAGE).write_text(before + table() + after, encoding="utf-8")
