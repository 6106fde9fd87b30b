"""The two worlds that are compared: a backend behind the gate, and the same backend alone."""

from harness import dns
from harness.environment import (BACKEND_C2S, BACKEND_S2S, DOMAIN, RAW, ROOMS, BackendWorld,
                                 Environment, Peers)

from .peers import Called
from .slow_dns import SlowResolver

DOMAINS = 160  # scripted remote domains; a run of all rows takes a new one for each stream
ORIGINS = 8    # addresses that they come from


class Resources:
    """What both worlds have: the Internet's DNS with a resolver that can be slow, real peers, and
    the scripted server of all remote domains. `backend_place` is (address, port) of the backend's
    server port as the Internet sees it."""

    def __init__(self, world, backend_place):
        net = world.net
        zone = dns.Zone()
        numeric = not world.gated  # an ejabberd that asks by itself wants it so
        for name in (DOMAIN, ROOMS):
            zone.service(name, *backend_place, numeric=True)
        self.domains = [f"s{number}.{RAW}" for number in range(DOMAINS)]
        for domain in self.domains:
            zone.service(domain, net.raw_peer, numeric=numeric)
        for kind in Environment.PEER_KINDS:
            site = world.peer_site(kind)
            zone.service(site.domain, site.address, numeric=numeric)
        world.started(dns.internet(world.directory / "internet", net, zone))
        self.resolver = SlowResolver((net.address(54), dns.PORT), (net.internet_dns, dns.PORT))
        self.credential = world.pki.leaf(*self.domains, label="remote")
        self.called = Called(net.raw_peer, self.credential)
        self.peers = Peers(world)
        self._next_domain = 0

    def fresh_domain(self):
        """One that no other arm uses at the same time."""
        self._next_domain += 1
        return self.domains[self._next_domain % DOMAINS]

    def close(self):
        self.called.stop()
        self.resolver.close()


class GatedWorld(Environment):
    """Backend and gates; each row starts a gate of its own."""

    ALSO_SERVED = ()
    gated = True

    def __init__(self, kind):
        # Not Environment's own, which starts a gate for all tests and knows other names.
        BackendWorld.__init__(self, kind, proxy_protocol=False)
        self.make_local_ca()
        self.resources = Resources(self, (self.net.gate, 5269))
        self.backend = self.started(self.make_backend())
        self._gates = 0

    def start_capture(self):
        """A resolver that outlives the gates, as the rows compare what becomes of streams."""
        BackendWorld.start_capture(self)

    def settings(self, wan, outbound):
        settings = super().settings(wan, outbound)
        for key in ("capture", "dns"):
            settings["outbound"].pop(key, None)
        settings["dns"] = {"servers": [f"{self.net.address(54)}:{dns.PORT}"]}
        # One machine plays all clients and servers.
        settings["limits"] |= {"connections_per_address": 20000, "burst_per_address": 20000,
                               "rate_per_address": 20000, "rate_total": 20000,
                               "burst_total": 20000}
        return settings

    def make_gate(self, main, changes, in_child, environment):
        """Not started yet. DNS leads the Internet and the backend to the one that is `main`."""
        self._gates += 1
        number = self._gates
        places = (self.net.gate, self.net.outbound) if main else (
            self.net.address(100 + number % 70), self.net.address(180 + number % 70))
        control = self.directory / f"control-{number}.sock"
        changes = {**changes, "listen": {"control": control, **changes.get("listen", {})}}
        gate = self._make_gate(f"gate-{number}", *places, changes, in_child)
        gate.environment |= environment
        return gate

    def close(self):
        self.resources.close()
        BackendWorld.close(self)


class DirectWorld(BackendWorld):
    """The backend alone: it trusts the public CA, has a certificate of it, and finds other servers
    by itself."""

    gated = False

    def __init__(self, kind):
        super().__init__(kind, proxy_protocol=False)
        self.local_ca_directory.mkdir(parents=True)
        self.local_ca_directory.chmod(0o755)
        (self.local_ca_directory / "ca.pem").write_bytes(self.pki.roots.read_bytes())
        self.backend_credential = self.pki.leaf(DOMAIN, ROOMS, label="backend")
        self.resources = Resources(self, (self.net.backend, BACKEND_S2S))
        self.backend = self.started(self.make_backend())

    def backend_resolver(self):
        return self.net.address(54)

    def close(self):
        self.resources.close()
        super().close()


class Worlds:
    """Made when a row asks for them; a run of few rows starts few servers."""

    def __init__(self):
        self._made = {}

    def get(self, kind, gated):
        key = kind, gated
        if key not in self._made:
            self._made[key] = (GatedWorld if gated else DirectWorld)(kind)
        return self._made[key]

    def close(self):
        for world in self._made.values():
            world.close()


BACKEND_PORTS = {"s2s": BACKEND_S2S, "c2s": BACKEND_C2S}
