"""A whole small world in one /24 of the loopback network: a backend behind the gate, two peers on
"the Internet", their DNS and their PKI."""

import atexit
import contextlib
import copy
import os
import pathlib
import pwd
import shutil
import tempfile

from . import dns, ejabberd, gate as gate_module, prosody, raw_peer
from .backend import Site
from .client import Client
from .net import Net
from .pki import SERVER_AUTH, Pki
from .process import wait_until
from .settings import to_toml

BACKENDS = ("prosody", "ejabberd")
PEERS = ("prosody", "ejabberd")

DOMAIN = "legacy.example"
ROOMS = "conference.legacy.example"
RAW = "raw.example"          # every name below it stands at net.raw_peer
DEAD = "dead.example"        # an address where nobody listens
NO_SERVICE = "closed.example"  # SRV target "."
NOWHERE = "nowhere.example"  # does not exist
# Domains whose DNS leads to the gate itself, or to what is none of their business.
MISLED = ("outbound", "wan", "admin", "backend", "clients", "closed", "web")
CIRCLE = "circle.example"    # the outbound listeners of two gates
HOLES = (72, 73, 74)         # addresses of net at which nobody answers, if a test makes them so

# What a backend behind a gate serves, too; the main gates know nothing of them.
NAMES = ("bücher.example", "例子.example", "مثال.إختبار")
# Every name below it stands at net.raw_peer, too. A name that is read from right to left must not
# have other letters anywhere.
RIGHT_TO_LEFT = "خادم.إختبار"

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


class Environment(BackendWorld):
    """Backend, gate, and peers where a test asks for them. The main gate answers the backend's DNS,
    so there is no other resolver for it."""

    PEER_KINDS = PEERS
    ALSO_SERVED = NAMES

    def __init__(self, kind):
        super().__init__(kind)
        self.make_local_ca()
        self.started(dns.internet(self.directory / "internet", self.net, self._zone()))
        self.backend = self.started(self.make_backend())
        self.peers = Peers(self)
        self.gate = self.started(self._make_gate("gate", self.net.gate, self.net.outbound, {}))
        self._extra = 0
        self._inbound = None
        self._names = 0

    def make_local_ca(self):
        made = gate_module.run_command("ca", "init", self.local_ca_directory)
        assert made.returncode == 0, made.stderr
        # The CA's certificate is for the backend to read; its key stays as it was made.
        self.local_ca_directory.chmod(0o755)

    @property
    def inbound(self):
        """A second gate in front of the same backend, which no DNS record leads to: scripted
        servers and clients have it, and its counters, to themselves."""
        if self._inbound is None:
            self._inbound = self.started(
                self._make_gate("gate-inbound", self.net.address(11), self.net.address(12), {}))
        return self._inbound

    def gates(self):
        """The two that live as long as the environment."""
        return [g for g in (self.gate, self._inbound) if g is not None]

    @staticmethod
    def misled(kind):
        """A domain of somebody who wants the gate to connect there; one of MISLED."""
        return f"{kind}.misled.example"

    def misled_to(self, kind):
        """(address, port)"""
        net = self.net
        return {"outbound": (net.outbound, 5269), "wan": (net.gate, 5270),
                "admin": (net.gate, gate_module.ADMIN_PORT), "backend": (net.backend, BACKEND_S2S),
                "clients": (net.backend, BACKEND_C2S), "closed": (net.address(66), 5269),
                "web": (net.address(65), 8080)}[kind]

    @staticmethod
    def half_dead(holes):
        """A domain that has so many addresses of HOLES, and behind them net.raw_peer."""
        return f"behind{holes}.half.example"

    def fresh_name(self):
        """A domain below raw.example that nobody has used before, so that its traces in logs and
        its cached failures belong to one test."""
        self._names += 1
        return f"n{self._names}.{RAW}"

    def _zone(self):
        zone = dns.Zone().address(RAW, self.net.raw_peer).address(DEAD, self.net.address(66))
        zone.address(a_label(RIGHT_TO_LEFT), self.net.raw_peer)
        zone.no_service(NO_SERVICE)
        for kind in MISLED:
            zone.service(self.misled(kind), *self.misled_to(kind))
        for count in range(1, len(HOLES) + 1):
            at = [self.net.address(hole) for hole in HOLES[:count]] + [self.net.raw_peer]
            for priority, address in enumerate(at):
                target = f"at{priority}.{self.half_dead(count)}"
                zone.lines.append(f"srv-host=_xmpp-server._tcp.{self.half_dead(count)},{target},"
                                  f"5269,{priority}")
                zone.address(target, address)
        zone.service(CIRCLE, self.net.outbound).address(f"host.{CIRCLE}", self.net.other_outbound)
        # The peers are ejabberd too, which wants numeric targets.
        for name in (DOMAIN, ROOMS):
            zone.service(name, self.net.gate, numeric=True)
        for kind in self.PEER_KINDS:
            site = self.peer_site(kind)
            zone.service(site.domain, site.address).service(site.rooms, site.address)
        return zone

    def start_capture(self):
        pass

    def _outbound(self, listen):
        made = {"listen": [f"{listen}:5269"], "allow_networks": ["127.0.0.0/8"]}
        if listen == self.net.outbound:
            made |= {"capture": "dns", "dns": [f"{self.net.capture_dns}:{dns.PORT}"]}
        return made

    def settings(self, wan, outbound):
        """The gate's configuration as nested dicts."""
        leaves = [self.pki.leaf(DOMAIN, ROOMS, key_type=key_type, label="gate")
                  for key_type in ("ecdsa", "rsa")]
        return {
            "version": 1,
            "workers": 2,
            "listen": {
                "s2s": [f"{wan}:5269"], "s2s_direct": [f"{wan}:5270"],
                "c2s": [f"{wan}:5222"], "c2s_direct": [f"{wan}:5223"],
                "admin": f"{wan}:{gate_module.ADMIN_PORT}", "control": "off"},
            # The Internet of these tests is the loopback network.
            "outbound": self._outbound(outbound),
            "dns": {"servers": [f"{self.net.internet_dns}:{dns.PORT}"]},
            "local_ca": {"directory": self.local_ca_directory},
            "policy": {"contact": "xmpp:operator@example.org"},
            "s2s": {"roots": self.pki.roots, "crls": [self.pki.revocation_lists]},
            # All tests of a module come from few addresses, faster than any stranger should.
            # A stop need not wait for streams that nobody ends.
            "limits": {"rate_per_address": 1000, "burst_per_address": 1000, "drain": "100ms"},
            "log": {"format": "text"},
            **as_who_made_the_keys(),
            "host": [{
                "domain": DOMAIN,
                "aliases": [ROOMS],
                "certificates": [{"chain": leaf.chain, "key": leaf.key} for leaf in leaves],
                "backend": {
                    "s2s": f"{self.net.backend}:{BACKEND_S2S}",
                    "c2s": f"{self.net.backend}:{BACKEND_C2S}",
                    "certificate": self.backend_credential.chain,
                    "c2s_proxy_protocol": "v2" if self.proxy_protocol else "off",
                    "allow_clear_c2s": True}}],
        }

    def _make_gate(self, name, wan, outbound, changes, in_child=None):
        settings = self.settings(wan, outbound)
        for section, values in copy.deepcopy(changes).items():
            if section == "backend":
                settings["host"][0]["backend"].update(values)
            elif isinstance(values, dict):
                settings[section] = {**settings.get(section, {}), **values}
            else:
                settings[section] = values
        gate = gate_module.Gate(self.directory / name, to_toml(settings), wan, in_child, name)
        gate.wan, gate.outbound = wan, outbound
        return gate

    @contextlib.contextmanager
    def extra_gate(self, in_child=None, start_with=(), **changes):
        """A second gate in front of the same backend, with sections of the configuration changed.
        Its WAN side has its own address, in no DNS. `in_child` runs between fork and exec, for
        resource limits; `start_with` is a command that is given the gate's command line."""
        self._extra += 1
        number = self._extra
        gate = self._make_gate(f"gate-{number}", self.net.address(100 + number % 70),
                               self.net.address(180 + number % 70), changes, in_child)
        gate.argv = [*start_with, *gate.argv]
        self.daemons.append(gate)
        try:
            gate.start()
            yield gate
            gate.finish()
        finally:
            gate.stop()

    @contextlib.contextmanager
    def changed_gate(self, **changes):
        """The main gate, the one that DNS leads to, has sections of its configuration changed
        meanwhile. It starts anew before and after: every stream is gone."""
        self._replace_gate(changes)
        try:
            yield self.gate
        finally:
            self._replace_gate({})

    def _replace_gate(self, changes):
        old = self.gate
        old.finish()
        self.daemons.remove(old)
        self.gate = self.started(self._make_gate("gate", old.wan, old.outbound, changes))

    def client(self, user="alice", gate=None, direct_tls=False, **options):
        """`user` of the backend, logged in through the gate."""
        address = ((gate or self.gate).wan, 5223 if direct_tls else 5222)
        return Client(f"{user}@{DOMAIN}", address, self.pki.roots, direct_tls=direct_tls,
                      **options).login()

    def peer_client(self, kind, user="alice"):
        peer = self.peers[kind]
        return Client(peer.jid(user), (peer.site.address, 5222), self.pki.roots).login()

    def good(self, domain):
        """A certificate such as public CAs issue today: for servers only."""
        return self.pki.leaf(a_label(domain), usage=(SERVER_AUTH,), label="public")

    def raw_client(self, domain, credential=None, to=DOMAIN, gate=None, port=5269, timeout=20):
        """A scripted server that connects to a gate; `credential` None: no certificate."""
        return raw_peer.RawClient(((gate or self.inbound).wan, port), domain, to, credential,
                                  source=self.net.raw_peer, timeout=timeout)

    def raw_server(self, domain, **behaviour):
        """A scripted server for `domain`, below raw.example."""
        behaviour.setdefault("credential", self.good(domain))
        behaviour.setdefault("trusted", self.pki.roots)
        return raw_peer.RawServer(self.net.raw_peer, raw_peer.Behaviour(**behaviour))

    @contextlib.contextmanager
    def refusal(self, kind, reason, gate=None, timeout=20, **decision):
        """Around what a peer does: at the end the gate must have written one rejecting decision
        and counted it once, and have nothing left open. Yields a list that then holds the
        decision."""
        gate = gate or (self.gate if kind == "s2s_out" else self.inbound)
        name, active = "portcullis_streams_rejected_total", "portcullis_streams_active"
        before, mark, found = gate.metrics(), gate.mark(), []
        yield found
        found.append(gate.expect_decision(timeout, since=mark, kind=kind, verdict="rejected",
                                          reason=reason, **decision))
        # Before, the refused connection itself may have stood already.
        wait_until(lambda: gate.metrics().total(active, kind=kind)
                   <= before.total(active, kind=kind), timeout,
                   lambda: f"the refused connection to be gone\n{gate.tail(12)}")
        after = gate.metrics()
        for labels in ({"kind": kind, "reason": reason}, {"kind": kind}):
            counted = after.total(name, **labels) - before.total(name, **labels)
            assert counted == 1, f"{counted} refusals of {labels}\n{gate.tail()}"
        decisions = [e for e in gate.events(mark)
                     if e["event"] == "decision" and e["kind"] == kind]
        assert len(decisions) == 1, decisions
        gate.check_conservation()

    @contextlib.contextmanager
    def verdict(self, kind, verdict, reason=None, gate=None, timeout=20, **decision):
        """Around what a peer does: at the end the gate must have written a decision with this
        verdict, and counted it once. Yields a list that then holds the decision."""
        gate = gate or (self.gate if kind == "s2s_out" else self.inbound)
        name, found = "portcullis_verdicts_total", []
        counted = {"kind": kind, "verdict": verdict, "reason": reason or "none"}
        before, mark = gate.metrics().total(name, **counted), gate.mark()
        yield found
        wanted = {"reason": reason} if reason else {}
        found.append(gate.expect_decision(timeout, since=mark, kind=kind, verdict=verdict,
                                          **wanted, **decision))
        gate.wait_metric(before + 1, name, **counted)

    @contextlib.contextmanager
    def backend_untouched(self):
        """No server-to-server connection reaches the backend meanwhile, save those that the main
        gate makes for the real peers."""
        def seen():
            made = self.gate.metrics().total("portcullis_backend_connections_total", kind="s2s_in")
            return self.backend.s2s_connections() - made
        before = seen()
        yield
        after = seen()
        assert after == before, f"the backend saw {after - before} connection(s)"

    def close(self):
        try:
            for gate in self.gates():
                gate.finish()
        finally:
            super().close()
