"""The small world of environment.py with a gate whose certificate is for servers only, and peers that
take no SASL EXTERNAL from it but do dialback: ejabberd because of the purpose, Prosody because it
does not know the CA."""

import dataclasses

from . import ejabberd, prosody
from .environment import DOMAIN, ROOMS, Environment
from .pki import SERVER_AUTH

HABIT = "falls-back"


class OriginatingEnvironment(Environment):
    ALSO_SERVED = ()

    def make_peer(self, kind):
        site = self.peer_site(kind)
        make = {"prosody": prosody.peer, "ejabberd": ejabberd.peer}[kind]
        if kind == "prosody":
            _, other_roots = self.pki.private_ca("other")
            site = dataclasses.replace(site, s2s_roots=str(other_roots))
        return make(site, self.directory / f"{kind}-peer",
                    self.pki.leaf(site.domain, site.rooms, label="peer"), HABIT)

    def settings(self, wan, outbound):
        settings = super().settings(wan, outbound)
        pair = self.pki.leaf(DOMAIN, ROOMS, usage=(SERVER_AUTH,), label="for-servers")
        settings["host"][0]["certificates"] = [{"chain": pair.chain, "key": pair.key}]
        settings["s2s"]["originate_dialback"] = "certified"
        return settings
