"""From the rounds to a table, for a terminal or for a document."""

import datetime
import os
import pathlib
import re
import statistics

from cases import IDLE_CONNECTIONS, IDLE_MARK_KB

OURS = "portcullis"
# Another build of Portcullis. It is the only peer then, and the mark of each row.
BEFORE = "before"
BEFORE_MARK = 1.05
NOTE = (
    "In brackets: the median of each round's ratio to the best peer. TLS 1.3, X25519, "
    "AES-128-GCM, full handshakes; CPU time of the proxy's processes alone.")


def best_peer(costs):
    """The peer whose median is lowest; None when no peer was measured."""
    peers = {name: statistics.median(values) for name, values in costs.items() if name != OURS}
    return min(peers, key=peers.get) if peers else None


def ratio(costs, name, reference):
    """Median of the ratios of each round, so that a busy minute weighs on both."""
    return statistics.median(a / b for a, b in zip(costs[name], reference, strict=True))


def row(case, results, names):
    costs = results[case.key]
    stand_in = case.compared_with if BEFORE not in names else None
    compared = results.get(stand_in or case.key, {})
    best = best_peer(compared)
    cells = []
    for name in names:
        if name not in costs:
            cells.append("-")
            continue
        value = case.shown(statistics.median(costs[name]))
        text = f"{value:.0f}" if value >= 100 else f"{value:.1f}"
        if best:
            text += f" ({shown_ratio(case, ratio(costs, name, compared[best])):.2f})"
        cells.append(text)
    verdict = ""
    if OURS in costs and best:
        verdict = judged(mark(case, names), ratio(costs, OURS, compared[best]))
    return [case.title, case.unit, *cells, mark_text(case, names), verdict]


def mark(case, names):
    """The highest ratio to the best peer that is good; None when the row only informs."""
    return BEFORE_MARK if BEFORE in names else case.mark


def shown_ratio(case, cost_ratio):
    return 1 / cost_ratio if case.unit == "MB/CPU-s" else cost_ratio


def mark_text(case, names):
    limit = mark(case, names)
    if limit is None:
        return "-"
    if case.unit == "MB/CPU-s":
        return f">= {1 / limit:.2g} x"
    return f"<= {limit:g} x"


def judged(limit, value):
    if limit is None:
        return "info"
    return "ok" if value <= limit else "MISSED"


def idle_row(idle, names):
    peers = [value for name, value in idle.items() if name != OURS]
    cells = []
    for name in names:
        text = f"{idle[name]:.1f}"
        cells.append(text + (f" ({idle[name] / min(peers):.2f})" if peers else ""))
    limit = BEFORE_MARK * idle[BEFORE] if BEFORE in names else IDLE_MARK_KB
    verdict = judged(limit, idle[OURS]) if OURS in idle else ""
    title = f"Memory for each of {IDLE_CONNECTIONS} idle connections"
    return [title, "kB PSS", *cells, f"<= {limit:.0f} kB", verdict]


def table(cases, results, idle, names):
    head = ["Test", "Unit", *names, "Mark", "Result"]
    rows = [row(case, results, names) for case in cases if results.get(case.key)]
    if idle:
        rows.append(idle_row(idle, names))
    return [head, *rows]


def markdown(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
        for line in [lines[0], rule, *lines[1:]]
    )


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    system = pathlib.Path("/etc/os-release").read_text()
    name = re.search(r'^PRETTY_NAME="?([^"\n]*)', system, re.MULTILINE)
    return (
        f"{os.cpu_count()} x {cpu.group(1) if cpu else os.uname().machine}, "
        f"Linux {os.uname().release}, {name.group(1) if name else 'unknown system'}"
    )


def heading(command, rounds, versions, note=NOTE):
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    return (
        f"`{command}` on {today}; {machine()}; load average {os.getloadavg()[0]:.1f}; "
        f"medians of {rounds} rounds. {'; '.join(versions)}.\n\n{note}"
    )


def write_into(document, text, name="bench"):
    """Replaces what stands between the two marks of that name, or adds them at the end."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    path = pathlib.Path(document)
    old = path.read_text() if path.exists() else "# Performance\n"
    block = f"{begin}\n{text}\n{end}"
    if begin in old and end in old:
        head, rest = old.split(begin, 1)
        new = head + block + rest.split(end, 1)[1]
    else:
        new = f"{old.rstrip()}\n\n{block}\n"
    path.write_text(new)
