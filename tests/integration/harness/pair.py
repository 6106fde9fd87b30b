"""Two gates behind a real HAProxy, with deploy/haproxy/haproxy.cfg."""

import re
import socket

from . import dns, gate as gate_module
from .docs import ROOT
from .environment import BackendWorld
from .originating import OriginatingEnvironment
from .process import Daemon, make_directory, wait_until

CONFIGURATION = ROOT / "deploy" / "haproxy" / "haproxy.cfg"


class Haproxy(Daemon):
    def __init__(self, directory, net, gates):
        directory = make_directory(directory)
        config = directory / "haproxy.cfg"
        config.write_text(self._with_addresses(CONFIGURATION.read_text(), net, gates))
        self._address = (net.gate, 5269)
        super().__init__("haproxy", directory, ["haproxy", "-db", "-f", config])

    @staticmethod
    def _with_addresses(text, net, gates):
        text = text.replace("bind 10.0.0.1:5299", f"bind {net.outbound}:5269")
        text = re.sub(r"bind :(\d+)", rf"bind {net.gate}:\1", text)
        for number, gate in zip((11, 12), gates):
            # Here a gate has an address of its own for each side; its admin address is the other.
            text = text.replace(f"10.0.0.{number}:5299", f"{gate.outbound}:5269 addr {gate.wan}")
            text = text.replace(f"10.0.0.{number}:", f"{gate.wan}:")
        text = text.replace(f"port {9270}", f"port {gate_module.ADMIN_PORT}")
        assert not re.search(r"^[^#]*10\.0\.0\.", text, re.MULTILINE), text
        return text

    def wait_ready(self):
        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(self._address) == 0
        wait_until(listens, 20, self.tail)


class PairEnvironment(OriginatingEnvironment):
    """`both`: two gates, each with all that one needs; DNS and the backend lead to HAProxy."""

    def __init__(self):
        BackendWorld.__init__(self, "prosody")
        self.make_local_ca()
        self.started(dns.internet(self.directory / "internet", self.net, self._zone()))
        self.backend = self.started(self.make_backend())
        self.peers = {kind: self.started(self.make_peer(kind)) for kind in self.PEER_KINDS}
        self._extra = self._names = 0
        self._inbound = None
        secret = self.directory / "dialback-secret"
        secret.touch(0o600)
        secret.write_text("what both gates know, and nobody else\n")
        changes = {"s2s": {"dialback_secret": secret},
                   "limits": {"drain_notice": "3s", "drain": "100ms"}}
        net = self.net
        self.both = []
        for name, wan, outbound in (("one", 11, 12), ("two", 13, 14)):
            listen = {"proxy_protocol_from": ["127.0.0.1/32"],
                      "control": self.directory / f"{name}.sock"}
            gate = self._make_gate(name, net.address(wan), net.address(outbound),
                                   {**changes, "listen": listen})
            self.both.append(self.started(gate))
        self.haproxy = self.started(Haproxy(self.directory / "haproxy", net, self.both))

    def start_capture(self):
        BackendWorld.start_capture(self)

    def gates(self):
        return [gate for gate in self.both if gate in self.daemons]

    def with_most(self, kind):
        """(the gate that has the most streams of this kind, the other)"""
        def active(gate):
            return gate.metrics().total("portcullis_streams_active", kind=kind)
        one, two = sorted(self.both, key=active, reverse=True)
        return one, two
