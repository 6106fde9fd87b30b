"""A whole small world in one /24 of the loopback network: a backend behind the gate, two peers on
"the Internet", their DNS and their PKI. What it is made of can be had from here, too."""

import contextlib
import copy

from . import dns, gate as gate_module, raw_peer
from .client import Client
from .internet import (CIRCLE, DEAD, HOLES, MISLED, NO_SERVICE, NOWHERE, RAW, RIGHT_TO_LEFT,
                       Internet)
from .judged import Judged
from .pki import SERVER_AUTH
from .settings import to_toml
from .world import (BACKEND_C2S, BACKEND_S2S, BACKENDS, DOMAIN, PEERS, ROOMS, BackendWorld,
                    DirectFederation, Peers, World, a_label, as_who_made_the_keys)

# What a backend behind a gate serves, too; the main gates know nothing of them.
NAMES = ("bücher.example", "例子.example", "مثال.إختبار")


class Environment(Internet, Judged, BackendWorld):
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

    def close(self):
        try:
            for gate in self.gates():
                gate.finish()
        finally:
            super().close()
