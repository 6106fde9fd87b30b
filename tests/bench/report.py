"""From the rounds to a table, for a terminal or for a document."""

import datetime
import os
import pathlib
import re
import statistics

from cases import IDLE_CONNECTIONS, IDLE_MUST_KB, IDLE_SHOULD_KB

OURS = "portcullis"
# Another build of Portcullis. It is the only peer then, and the mark of each row.
BEFORE = "before"
BEFORE_MARK = 1.05
NOTE = (
    "In brackets: the median of each round's ratio to the best peer, or to what the row is beside: "
    "that server, or the same target with 100 connections or one worker. TLS 1.3, X25519, "
    "AES-128-GCM, full handshakes, where the row says nothing else; CPU time of the processes of the "
    "proxy or server alone.")


def best_peer(costs):
    """The peer whose median is lowest; None when no peer was measured."""
    peers = {name: statistics.median(values) for name, values in costs.items() if name != OURS}
    return min(peers, key=peers.get) if peers else None


def ratio(costs, name, reference):
    """Median of the ratios of each round, so that a busy minute weighs on both."""
    return statistics.median(a / b for a, b in zip(costs[name], reference, strict=True))


def reference(case, results, name):
    """The costs with which those of this target are compared; None if they are not there."""
    costs = results[case.key]
    if BEFORE in costs:
        return costs[BEFORE]
    if case.compared_with:
        return results.get(case.compared_with, {}).get(name)
    return costs.get(case.server or best_peer(costs))


def cell(case, results, name):
    costs = results[case.key]
    if name not in costs:
        return "-"
    compared = reference(case, results, name)
    value = case.shown(statistics.median(costs[name]))
    text = f"{value:.0f}" if value >= 100 else f"{value:.1f}"
    if compared:
        text += f" ({shown_ratio(case, ratio(costs, name, compared)):.2f})"
    return text


def row(case, results, names, with_servers):
    costs = results[case.key]
    compared = reference(case, results, OURS)
    cells = [cell(case, results, name) for name in names]
    if with_servers:
        cells.append(cell(case, results, case.server))
    must, should = marks(case, names)
    verdict = judged(must, should, ratio(costs, OURS, compared)) if compared and OURS in costs else "-"
    return [case.title, case.unit, *cells, mark_text(case, must), mark_text(case, should), verdict]


def marks(case, names):
    """The highest ratios of cost that must be and that should be; None when the row only informs."""
    return (BEFORE_MARK, None) if BEFORE in names else (case.must, case.should)


def shown_ratio(case, cost_ratio):
    return 1 / cost_ratio if case.unit == "MB/CPU-s" else cost_ratio


def mark_text(case, limit):
    if limit is None:
        return "-"
    if case.unit == "MB/CPU-s":
        return f">= {1 / limit:.3g} x"
    return f"<= {limit:g} x"


def judged(must, should, value):
    if must is None:
        return "info"
    if value > must:
        return "MISSED"
    return "good" if should is None or value <= should else "ok"


def idle_row(idle, names, with_servers):
    peers = [value for name, value in idle.items() if name != OURS]
    cells = []
    for name in names:
        text = f"{idle[name]:.1f}" if name in idle else "-"
        cells.append(text + (f" ({idle[name] / min(peers):.2f})" if peers and name in idle else ""))
    if with_servers:
        cells.append("-")
    must, should = ((BEFORE_MARK * idle[BEFORE], None) if BEFORE in names
                    else (IDLE_MUST_KB, IDLE_SHOULD_KB))
    verdict = judged(must, should, idle[OURS]) if OURS in idle else "-"
    title = f"Memory for each of {IDLE_CONNECTIONS} idle connections"
    texts = [f"<= {limit:.1f} kB" if limit else "-" for limit in (must, should)]
    return [title, "kB PSS", *cells, *texts, verdict]


def table(cases, results, idle, names):
    measured = [case for case in cases if results.get(case.key)]
    with_servers = any(case.server in results[case.key] for case in measured)
    servers = ["server alone"] if with_servers else []
    head = ["Test", "Unit", *names, *servers, "Must", "Should", "Result"]
    rows = [row(case, results, names, with_servers) for case in measured]
    if idle:
        rows.append(idle_row(idle, names, with_servers))
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
