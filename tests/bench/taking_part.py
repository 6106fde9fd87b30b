"""Who takes part in a run. What is not on this machine is left out, with a sentence."""

import alone
import crates
import peers


def choose(options, cases):
    """Takes out of options.targets who is not there, and says which servers of `cases` are there:
    (servers, sentences)."""
    why = {}
    if not options.before:
        why = {name: peers.missing(name) for name in options.targets
               if name in peers.PEERS and name != crates.NAME}
    if crates.NAME in options.targets:
        program, why[crates.NAME] = _xmpp_proxy(options)
        options.binaries[crates.NAME] = program
    options.targets = [name for name in options.targets if not why.get(name)]
    servers = []
    if not options.before:
        servers = [name for name in alone.PACKAGES if any(case.server == name for case in cases)]
        why |= {name: alone.missing(name) for name in servers}
    sentences = [f"{name} was left out: {reason}." for name, reason in why.items() if reason]
    return [name for name in servers if not why[name]], sentences


def _xmpp_proxy(options):
    if options.xmpp_proxy:
        return options.xmpp_proxy.resolve(), ""
    return crates.find(may_build=not options.no_build)
