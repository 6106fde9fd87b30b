"""From the rounds to the table of the rows between servers."""

import statistics

from federation.rows import GATE, ROWS
from report import ratio

PEERS = ("prosody", "ejabberd")


def value_text(value):
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def cell(costs, name, compared):
    if name not in costs:
        return "-"
    text = value_text(statistics.median(costs[name]))
    if name == GATE and compared:
        text += f" ({ratio(costs, name, costs[compared]):.2f})"
    return text


def mark_text(row, limit):
    if limit is None:
        return "-"
    return f"<= {limit:g}" + (" x" if row.compared_with else "")


def judged(row, costs):
    if row.must is None:
        return "info"
    found = (ratio(costs, GATE, costs[row.compared_with]) if row.compared_with
             else statistics.median(costs[GATE]))
    if found > row.must:
        return "MISSED"
    return "good" if row.should is None or found <= row.should else "ok"


def other_ratios(row, costs):
    """The gate's cost in parts of ejabberd's, or of what the row compares with otherwise."""
    name = "ejabberd" if "ejabberd" in costs else None
    return f"{ratio(costs, GATE, costs[name]):.2f} x" if name else "-"


def line(row, costs):
    cells = [cell(costs, name, None) for name in (*PEERS, "known")]
    return [row.title, row.unit, *cells, cell(costs, GATE, row.compared_with),
            other_ratios(row, costs), mark_text(row, row.must), mark_text(row, row.should),
            judged(row, costs)]


def table(results):
    head = ["Test", "Unit", *PEERS, "gate, known", "gate", "to ejabberd", "Must", "Should",
            "Result"]
    rows = [line(row, results[row.key]) for row in ROWS if results[row.key]]
    return [head, *rows]
