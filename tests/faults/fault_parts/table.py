"""All rows in their order, each with its marks; and the table of a run."""

from . import rows_close, rows_death, rows_limits, rows_network, rows_ports, rows_slow
from .marks import (BEHIND_THE_GATE, FIRST_STANZAS, GATE_DIES, GATE_ENDS, SAME_WORDS,
                    SERVER_LOSES, UNDER_LOAD, USUAL, missed)
from .row import Row
from .rows_death import KILLED, TERMINATED

BOTH = ("prosody", "ejabberd")
ROUNDS = 5  # where chance has a part
SLOW_RATES = (4000, 10_000, 30_000, 100_000)  # octets a second


def _slow(rate):
    kilo = rate // 1000
    return [
        Row(f"slow-client-{kilo}k", f"A client reads {kilo} kB/s", rows_slow.slow_client(rate),
            USUAL, together="slow", main=False),
        Row(f"slow-backend-{kilo}k", f"The backend reads {kilo} kB/s of each stream",
            rows_slow.slow_backend(rate), USUAL, together="slow", main=False, link="backend"),
    ]


ROWS = (
    *(row for rate in SLOW_RATES for row in _slow(rate)),
    Row("slow-peers", "Remote servers read 4, 10, 30, 100 kB/s", rows_slow.slow_peers(SLOW_RATES),
        USUAL, together="slow"),
    Row("frozen-short", "The backend stands still for 4 s", rows_slow.frozen_backend(4), USUAL,
        quick=True),
    Row("frozen-backend", "The backend stands still for 75 s", rows_slow.frozen_backend(75),
        USUAL, BOTH, together="frozen"),
    Row("frozen-gate", "The gate stands still for 10 s", rows_slow.frozen_gate(10), USUAL),
    Row("close-busy", "Ten servers send 3 MB each and close; the backend is busy for 6 s",
        rows_close.busy_backend(), (*USUAL, SAME_WORDS), BOTH),
    Row("close-slow", "The backend shuts down; a client still reads 3 MB at 300 kB/s",
        # ejabberd says its last words to a slow client not every time.
        rows_close.shutdown_to_slow_client(), (*USUAL, SAME_WORDS), BOTH, rounds=ROUNDS),
    Row("client-closes", "A client closes with 300 messages on their way to it",
        # ejabberd answers nothing that stands right before a closing tag.
        rows_close.client_closes(), (*SERVER_LOSES, SAME_WORDS), BOTH, quick=True),
    Row("drain", "SIGTERM with drain = 8s", rows_close.drain(8), GATE_ENDS, quick=True,
        changes={"limits": {"drain": "8s", "drain_notice": "1s"}}),
    Row("backend-killed", "The backend is killed under load", rows_death.backend(KILLED),
        (*UNDER_LOAD, SAME_WORDS), BOTH, rounds=ROUNDS),
    Row("backend-terminated", "The backend is terminated under load",
        rows_death.backend(TERMINATED), (*UNDER_LOAD, SAME_WORDS), BOTH, rounds=ROUNDS),
    Row("gate-killed", "The gate is killed under load", rows_death.gate(KILLED), GATE_DIES,
        quick=True),
    Row("gate-terminated", "The gate is terminated under load", rows_death.gate(TERMINATED),
        GATE_ENDS),
    Row("peer-killed", "A remote server is killed under load",
        rows_death.peer("prosody", KILLED), UNDER_LOAD, BOTH, rounds=ROUNDS),
    Row("peer-terminated", "A remote server is terminated under load",
        rows_death.peer("prosody", TERMINATED), UNDER_LOAD, BOTH, rounds=ROUNDS),
    Row("unfinished", "133 unfinished stanzas of 500 kB, 64 MiB of memory left",
        rows_limits.unfinished_stanzas, USUAL),
    Row("memory-kept", "4000 strangers with half a ClientHello come and go",
        rows_limits.memory_kept, USUAL),
    Row("second-start", "The program is started a second time", rows_ports.second_start, USUAL),
    Row("foreign-port", "A reload names a port that another process holds",
        rows_ports.foreign_port, USUAL, quick=True),
    Row("reload-often", "Reloads twice a second; an idle stream", rows_ports.frequent_reloads,
        USUAL, changes={"limits": {"idle": f"{rows_ports.IDLE}s"}}),
    Row("slow-resolver", "A name takes 2 s to resolve", rows_ports.slow_resolver, USUAL),
    Row("descriptors", "No descriptors are left", rows_limits.descriptors_exhausted, USUAL),
    Row("disk-full", "ENOSPC for each line of the log", rows_limits.disk_full, USUAL, quick=True,
        in_child=rows_limits.stderr_is_full),
    Row("first-burst", "Stanzas in a burst, to servers that are not connected yet",
        rows_network.first_burst, FIRST_STANZAS, BOTH, rounds=ROUNDS),
    Row("partition-front", "No packet passes for 10 s, toward the Internet",
        rows_network.partition(10), USUAL, link="front"),
    Row("partition-backend", "No packet passes for 10 s, toward the backend",
        rows_network.partition(10), USUAL, link="backend"),
    Row("reset-front", "All connections from the Internet are reset", rows_network.reset("front"),
        UNDER_LOAD, rounds=ROUNDS),
    Row("reset-backend", "All connections to the backend are reset", rows_network.reset("backend"),
        BEHIND_THE_GATE, rounds=ROUNDS),
    Row("clock-jumps", "The wall clock jumps by an hour and back", rows_network.clock_jumps, USUAL,
        environment=rows_network.clock_environment),
)

HEAD = ("Row", "backend", "sent", "lost", "alone", "bounced", "silent", "dup.", "reord.",
        "recovery s", "alone", "Mark")


def _seconds(half):
    return "-" if half.recovery is None else f"{half.recovery:.1f}"


def cells(measured):
    gated, alone = measured.gated.account, measured.alone.account
    return (measured.row.key, measured.backend, f"{gated.sent}", f"{gated.lost}", f"{alone.lost}",
            f"{gated.bounced}", f"{gated.silent}", f"{gated.duplicated}", f"{gated.reordered}",
            _seconds(measured.gated), _seconds(measured.alone),
            "BAD" if missed(measured) else "good")


def table(all_measured):
    lines = [HEAD, *map(cells, all_measured)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
                     for line in lines)


def _told(half):
    ends = [f"{side}: {count} x {words[:160]}" for side, told in sorted(half.words.items())
            for words, count in told.most_common(3)]
    bounces = [f"bounced: {count} x {words[:160]}" for words, count in half.bounces.most_common(3)]
    return ends + bounces


def notes(measured):
    """What is told of a row when it is over: the verdicts, and what each side was told."""
    lines = [f"{measured.row.key} ({measured.backend}), {measured.gated.seconds:.0f} s and "
             f"{measured.alone.seconds:.0f} s: {measured.row.title}.",
             "  BAD" if missed(measured) else "  good"]
    lines += [f"  BAD: {words}" for words in missed(measured)]
    for name, half in (("with the gate", measured.gated), ("without", measured.alone)):
        lines += [f"  {name}: {words}" for good, words in half.verdicts if good]
        lines += [f"  {name}, {words}" for words in _told(half)]
        if half.account.lost_by:
            lines.append(f"  {name}, lost and not bounced: " + ", ".join(
                f"{count} {kind}" for kind, count in sorted(half.account.lost_by.items())))
    return lines


def as_json(measured):
    def half(each):
        return {**vars(each.account), "recovery": each.recovery, "seconds": each.seconds,
                "words": {side: dict(told) for side, told in each.words.items()},
                "bounces": dict(each.bounces), "fault": each.fault,
                "verdicts": [{"good": good, "words": words} for good, words in each.verdicts]}
    return {"row": measured.row.key, "backend": measured.backend,
            "with": half(measured.gated), "without": half(measured.alone),
            "missed": missed(measured)}
