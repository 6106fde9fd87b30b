"""The table of a run, for a terminal or a document."""

from hostile_parts.marks import missed

HEAD = ["Attack", "connections", "sent, KiB", "attacker, CPU ms", "gate, CPU ms", "each, ms (x)",
        "each, KiB", "ping ms: idle, median, worst", "newcomers", "outgoing", "/livez", "Mark"]


def _share(served):
    return f"{served[0]}/{served[1]}"


def row(measured):
    spent = measured.spent
    times = measured.cpu_ms_each / measured.handshake_ms
    bad = missed(measured)
    pings = (measured.ping_idle, measured.ping, measured.ping_worst)
    return [measured.key, str(spent.connections), f"{spent.octets / 1024:.0f}",
            f"{spent.cpu_ms:.0f}", f"{measured.gate_cpu_ms:.0f}",
            f"{measured.cpu_ms_each:.2f} ({times:.1f})", f"{measured.kib_each:.1f}",
            ", ".join(f"{1000 * each:.1f}" for each in pings), _share(measured.newcomers),
            _share(measured.outgoing), _share(measured.livez), "BAD" if bad else "good"]


def notes(measured):
    """Lines below the table."""
    lines = [f"{measured.key}: {measured.title}. {measured.spent.note}."]
    lines += [f"  {words}" for good, words in measured.verdicts if good]
    lines += [f"  BAD: {words}" for words in missed(measured)]
    return lines
