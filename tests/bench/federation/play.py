"""All rows between servers, from nothing to the text of the table."""

import pathlib
import sys
import tempfile
import time

import report
from federation import rows, table
from federation.servers import version_of
from federation.world import World
from hostile_parts import place
from targets import version_of_gate

NOTE = (
    "In brackets: the median of each round's ratio to Prosody, or to the row's own measure. "
    "TLS 1.3, X25519, AES-128-GCM, ECDSA P-256, full handshakes with certificates on both sides; "
    "CPU time of the measured server's processes alone.")


def play(binary, build, options):
    """(lines of the table, text for a document). Starts the program again in its namespace."""
    place.enter()
    began = time.monotonic()

    def note(number):
        took = time.monotonic() - began
        print(f"round {number}: {took:.0f} s so far", file=sys.stderr, flush=True)
        return took + took / number < options.budget

    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        pathlib.Path(folder).chmod(0o755)
        world = World(folder, binary, build)
        try:
            world.start()
            results = rows.measure(world, options.rounds, table.PEERS, note)
        finally:
            world.close()
    rounds = len(results["storm"][rows.GATE])
    versions = [*map(version_of, table.PEERS), version_of_gate(binary)]
    command = " ".join(["tests/bench/run", *sys.argv[1:]])
    lines = table.table(results)
    heading = report.heading(command, rounds, versions, NOTE)
    return lines, f"{heading}\n\n{report.markdown(lines)}"
