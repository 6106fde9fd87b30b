"""What a world of the tests is made of, in one /24 of the loopback network: addresses, a folder, a PKI, a
backend and peers. None of them has a gate."""

import atexit
import os
import pathlib
import pwd
import shutil
import tempfile

from . import dns, ejabberd, prosody
from .backend import Site
from .client import Client
from .net import Net
from .pki import Pki

BACKENDS = ("prosody", "ejabberd")
PEERS = ("prosody", "ejabberd")

DOMAIN = "legacy.example"
ROOMS = "conference.legacy.example"

BACKEND_S2S = 15269
BACKEND_C2S = 15222


def as_who_made_the_keys():
    """Where the package is installed, too, and root runs the tests, the gate must stay root."""
    try:
        pwd.getpwnam("portcullis")
    except KeyError:
        return {}
    return {"process": {"user": "root"}}


def a_label(name):
    return name.encode("idna").decode()


class World:
    """What every environment has: addresses, a folder, a PKI, and things to stop at the end."""

    NET = Net

    def __init__(self):
        # Also when the rest of an environment could not be started.
        atexit.register(self.stop_daemons)
        self.net = self.NET()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-integration-"))
        self.directory.chmod(0o755)
        self.pki = Pki(self.directory / "pki")
        self.daemons = []

    def started(self, daemon):
        self.daemons.append(daemon)
        return daemon.start()

    def tails(self):
        return [(d.name, d.tail()) for d in self.daemons]

    def stop_daemons(self):
        for daemon in self.daemons:
            daemon.ask_to_stop()
        for daemon in reversed(self.daemons):
            daemon.stop()

    def close(self):
        self.stop_daemons()
        atexit.unregister(self.stop_daemons)
        self.net.close()
        if os.environ.get("PORTCULLIS_KEEP") != "1":
            shutil.rmtree(self.directory, ignore_errors=True)

    def peer_site(self, kind):
        address = {"prosody": self.net.prosody_peer, "ejabberd": self.net.ejabberd_peer}[kind]
        return Site(f"{kind}-peer.example", address, 5269, 5222, self.net.internet_dns,
                    str(self.pki.roots))

    def make_peer(self, kind):
        site = self.peer_site(kind)
        make = {"prosody": prosody.peer, "ejabberd": ejabberd.peer}[kind]
        return make(site, self.directory / f"{kind}-peer",
                    self.pki.leaf(site.domain, site.rooms, label="peer"))


class Peers:
    """The real peers of a world by their kind, each started when it is asked for the first time:
    most tests need none, and an ejabberd takes seconds."""

    def __init__(self, world):
        self._world = world
        self._running = {}

    def __getitem__(self, kind):
        if kind not in self._running:
            self._running[kind] = self._world.started(self._world.make_peer(kind))
        return self._running[kind]


class DirectFederation(World):
    """The two peers alone: shows that what surrounds the gate works."""

    def __init__(self):
        super().__init__()
        zone = dns.Zone()
        for kind in PEERS:
            site = self.peer_site(kind)
            for name in (site.domain, site.rooms):
                zone.service(name, site.address, numeric=True)
        self.started(dns.internet(self.directory / "internet", self.net, zone))
        self.peers = Peers(self)

    def client(self, kind, user="alice"):
        peer = self.peers[kind]
        return Client(peer.jid(user), (peer.site.address, 5222), self.pki.roots).login()


class BackendWorld(World):
    """A backend with the configuration of docs/backends and its captured DNS; no gate yet."""

    FEDERATES_BY_DIALBACK = False
    ALSO_SERVED = ()

    def __init__(self, kind, proxy_protocol=True):
        super().__init__()
        self.kind = kind
        self.proxy_protocol = proxy_protocol and kind == "ejabberd"
        self.local_ca_directory = self.directory / "local-ca"
        self.backend_credential = self.made_for_the_backend()
        self.start_capture()

    def start_capture(self):
        capture = {"prosody": dns.capture_by_address, "ejabberd": dns.capture_by_srv}[self.kind]
        self.started(capture(self.directory / "capture", self.net))

    def made_for_the_backend(self):
        """The certificate that it shows."""
        return self.pki.self_made(DOMAIN, ROOMS, *map(a_label, self.ALSO_SERVED))

    def backend_resolver(self):
        return self.net.capture_dns

    def make_backend(self):
        site = Site(DOMAIN, self.net.backend, BACKEND_S2S, BACKEND_C2S, self.backend_resolver(),
                    str(self.local_ca_directory / "ca.pem"), self.ALSO_SERVED)
        folder = self.directory / "backend"
        if self.kind == "prosody":
            return prosody.backend(site, folder, self.backend_credential,
                                   self.FEDERATES_BY_DIALBACK)
        return ejabberd.backend(site, folder, self.backend_credential, self.proxy_protocol,
                                self.FEDERATES_BY_DIALBACK)
