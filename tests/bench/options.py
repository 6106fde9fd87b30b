"""What a run is asked for."""

import argparse
import pathlib

import peers
import report

TARGETS = (*peers.PEERS, report.OURS)


def arguments(description, build):
    """`build`: the folder whose programs are measured, and measure."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--targets", default=",".join(TARGETS), help="comma-separated")
    parser.add_argument(
        "--before",
        metavar="BINARY",
        type=pathlib.Path,
        help="compare with another build of Portcullis instead; no row may cost 5 %% more",
    )
    parser.add_argument("--only", default="",
                        help="comma-separated beginnings of tests, or idle; or federation alone")
    parser.add_argument("--xmpp-proxy", metavar="BINARY", type=pathlib.Path,
                        help="where it is; else it comes from crates.io, if cargo is there")
    parser.add_argument("--binary", type=pathlib.Path, default=build / "portcullis",
                        help="another build of Portcullis to measure")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--budget", type=int, default=900, help="seconds; no new round after that")
    parser.add_argument("--table", metavar="FILE", help="write the table into this document")
    parser.add_argument("--table-name", metavar="NAME",
                        help="between its marks NAME:begin and NAME:end; bench or federation if it "
                             "is not given")
    parser.add_argument("--no-build", action="store_true", help="take build/bench as it is")
    options = parser.parse_args()
    options.targets = options.targets.split(",")
    options.binaries = {report.OURS: options.binary.resolve()}
    options.federation = options.only == "federation"
    options.table_name = options.table_name or ("federation" if options.federation else "bench")
    if options.federation and options.before:
        parser.error("--before does not know the rows between servers; give one with --binary")
    if options.before:
        options.targets = [report.BEFORE, report.OURS]
        options.binaries[report.BEFORE] = options.before.resolve()
    elif unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if options.xmpp_proxy and not options.xmpp_proxy.exists():
        parser.error(f"--xmpp-proxy: there is no {options.xmpp_proxy}")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def selected(options, key):
    wanted = [word for word in options.only.split(",") if word]
    return not wanted or any(key.startswith(word) for word in wanted)
