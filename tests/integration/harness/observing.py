"""The small world of environment.py as it is while a gate observes: a backend that also federates
by dialback, and peers that a strict policy refuses."""

from dataclasses import dataclass

from . import dns, ejabberd, prosody
from .backend import Site
from .client import Client
from .dialback import DialbackPeer
from .environment import BACKEND_S2S, DOMAIN, RAW, ROOMS, BackendWorld, Environment

ENFORCED = f"enforced.{RAW}"  # the names below it have a rule of their own

# Software -> how it is configured; the last octet of its address.
_STANDS_AT = {("prosody", "strict"): 20, ("ejabberd", "strict"): 21,
              ("prosody", "plain"): 22, ("ejabberd", "plain"): 23,
              ("prosody", "self-signed"): 24, ("ejabberd", "self-signed"): 25}
HABITS = ("plain", "self-signed")


@dataclass(frozen=True)
class RealPeer:
    """A running server and how its users reach it."""

    server: object
    roots: object
    plaintext: bool

    @property
    def domain(self):
        return self.server.domain

    def client(self, user="bob"):
        return Client(self.server.jid(user), (self.server.site.address, 5222), self.roots,
                      plaintext=self.plaintext).login()


class PeerKeeper:
    """Part of a world: real peers, each started when it is asked for the first time."""

    def peer_domain(self, software, habit):
        return f"{software}-{habit}.example"

    def _habit_site(self, software, habit):
        return Site(self.peer_domain(software, habit),
                    self.net.address(_STANDS_AT[software, habit]), 5269, 5222,
                    self.net.internet_dns, str(self.pki.roots))

    def add_peers_to(self, zone, numeric=False):
        """`numeric`: for the eyes of ejabberd, see Zone.service()."""
        for software, habit in _STANDS_AT:
            site = self._habit_site(software, habit)
            for name in (site.domain, site.rooms):
                zone.service(name, site.address, numeric=numeric)
        return zone

    def real_peer(self, software, habit):
        if (software, habit) not in self.real_peers:
            self.real_peers[software, habit] = self._start_peer(software, habit)
        return self.real_peers[software, habit]

    def _start_peer(self, software, habit):
        site = self._habit_site(software, habit)
        if habit == "self-signed":
            credential = self.pki.self_made(site.domain, site.rooms)
        else:
            credential = self.pki.leaf(site.domain, site.rooms, label="peer")
        make = {"prosody": prosody.peer, "ejabberd": ejabberd.peer}[software]
        server = make(site, self.directory / site.domain, credential,
                      {"self-signed": "lenient"}.get(habit, habit))
        return RealPeer(self.started(server),
                        credential.chain if habit == "self-signed" else self.pki.roots,
                        plaintext=habit == "plain")


class UngatedFederation(PeerKeeper, BackendWorld):
    """The backend and its peers without a gate: that they do federate, by dialback."""

    FEDERATES_BY_DIALBACK = True

    def __init__(self, kind):
        super().__init__(kind, proxy_protocol=False)
        self.real_peers = {}
        self.pki.local_ca(self.local_ca_directory)
        zone = self.add_peers_to(dns.Zone(), numeric=True)
        for name in (DOMAIN, ROOMS):
            zone.service(name, self.net.backend, port=BACKEND_S2S, numeric=True)
        self._unused_names = [f"n{number}.{RAW}" for number in range(20)]
        for name in self._unused_names:
            zone.service(name, self.net.raw_peer, numeric=True)
        self.started(dns.internet(self.directory / "internet", self.net, zone))
        self.backend = self.started(self.make_backend())

    def backend_resolver(self):
        return self.net.internet_dns

    def client(self, user="alice"):
        site = self.backend.site
        return Client(self.backend.jid(user), (site.address, site.c2s_port), self.pki.roots,
                      plaintext=True).login()

    def fresh_name(self):
        return self._unused_names.pop()

    def dialback_peer(self, domain, **habits):
        return DialbackPeer(domain, self.net.raw_peer, (self.net.backend, BACKEND_S2S), **habits)


class ObservingEnvironment(PeerKeeper, Environment):
    """A gate that observes, save for the names below ENFORCED."""

    FEDERATES_BY_DIALBACK = True

    def __init__(self, kind):
        self.real_peers = {}
        super().__init__(kind)

    def _zone(self):
        return self.add_peers_to(super()._zone())

    def settings(self, wan, outbound):
        settings = super().settings(wan, outbound)
        settings["policy"]["mode"] = "observe"
        settings["s2s"]["rule"] = [{"match": [f"*.{ENFORCED}"], "mode": "enforce"}]
        return settings

    def enforced_name(self):
        return self.fresh_name().replace(RAW, ENFORCED)

    def dialback_peer(self, domain, **habits):
        """A scripted server below raw.example, which calls back at the main gate."""
        return DialbackPeer(domain, self.net.raw_peer, (self.gate.wan, 5269), **habits)
