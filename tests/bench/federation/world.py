"""Everything that takes part: a gate, the servers that it is compared with, one behind it, those
on the Internet, and DNS. All in the network namespace of hostile_parts/place.py."""

import contextlib
import dataclasses
import pathlib
import subprocess
import sys

from federation.servers import Server
from harness.certificates import key_pem
from harness.pki import Pki
from harness.settings import to_toml
from hostile_parts import place
from older import leave_out_unknown_keys
from processes import PATIENCE, Child
from targets import LOAD_CPU, TARGET_CPU

HERE = pathlib.Path(__file__).resolve().parent
PORTS = (5269, 5270)  # with STARTTLS, and with TLS at once
GATE, PROSODY, EJABBERD = "45.33.0.1", "45.33.0.2", "45.33.0.3"
PEERS = "45.33.9.1"        # every domain's server
CALLERS = "45.33.16.1"     # the first of the addresses from which streams come
PROSODY_BEHIND, STUB_BEHIND = 15269, 15369
# So that no limit against strangers decides what a stream costs.
NO_LIMITS = {name: 100000 for name in (
    "inbound_connections", "outbound_connections", "connections_per_address", "rate_per_address",
    "burst_per_address", "rate_total", "burst_total", "streams_per_domain")}


class Gate:
    """One that runs, with a server behind it."""

    def __init__(self, name, world, binary, address, behind, limits):
        self.name = name
        self.address = address
        self.port, self.direct = PORTS
        config = pathlib.Path(world.folder, f"{name}.toml")
        # Each has one of its own, for its own server.
        self.outbound = "127.0.0." + str(9 + int(address.rpartition(".")[2]))
        config.write_text(to_toml({
            "workers": 1,
            "listen": {"s2s": [f"{address}:{self.port}"], "s2s_direct": [f"{address}:{self.direct}"],
                       "c2s": "off", "c2s_direct": "off", "admin": "off", "control": "off"},
            "outbound": {"listen": [f"{self.outbound}:{self.port}"]},
            "dns": {"servers": [f"{place.DNS}:5353"]},
            "local_ca": {"directory": world.local_ca},
            "s2s": {"roots": world.pki.roots},
            "limits": limits,
            "host": [{
                "domain": world.domain,
                "certificates": [{"chain": world.host.chain, "key": world.host.key}],
                "backend": {"s2s": f"{place.BACKEND}:{behind}",
                            "certificate": world.backend.chain}}]}))
        leave_out_unknown_keys(binary, config)
        self.child = Child(name, [binary, "run", "-c", config], world.folder, cpu=TARGET_CPU)

    def await_ready(self):
        self.child.await_port(self.port, self.address)

    def calling(self):
        """The same as its own server reaches it."""
        return Outward(self.outbound, self.port, self.child)


@dataclasses.dataclass(frozen=True)
class Outward:
    address: str
    port: int
    child: Child


class World:
    def __init__(self, folder, binary, build, domain="bench.example"):
        self.folder = pathlib.Path(folder)
        self.binary = binary
        self.tools = build / "tests" / "bench"
        self.domain = domain
        self.pki = Pki(self.folder / "pki")
        self.host = self.pki.leaf(domain, label="host")
        self.backend = self.pki.self_made(domain)
        self.authority = self.folder / "authority"
        self.authority.mkdir()
        (self.authority / "ca.pem").write_bytes(self.pki.intermediate.pem())
        (self.authority / "ca.key").write_bytes(key_pem(self.pki.intermediate.key))
        self.local_ca = self.folder / "ca"
        subprocess.run([binary, "ca", "init", self.local_ca], check=True, capture_output=True)
        self._children = []
        self._next_domain = 0

    def start(self):
        self._ready("dns", [sys.executable, HERE / "names.py", place.DNS, "5353", PEERS, PORTS[0]])
        self._ready("stub", [
            self.tools / "bench_stub", "--address", PEERS, "--servers", PORTS[0],
            "--authority", self.authority, "--backend", STUB_BEHIND,
            "--chain", self.backend.chain, "--key", self.backend.key])
        behind = Server("prosody-behind", self, place.BACKEND, (PROSODY_BEHIND, PROSODY_BEHIND + 1),
                        self.backend, self.local_ca / "ca.pem", LOAD_CPU)
        self._children.append(behind.child)
        behind.await_ready()

    def peers(self, names):
        """Those that the gate is compared with."""
        addresses = {"prosody": PROSODY, "ejabberd": EJABBERD}
        found = [Server(name, self, addresses[name], PORTS, self.host, self.pki.roots, TARGET_CPU)
                 for name in names]
        self._children += [server.child for server in found]
        for server in found:
            server.await_ready()
        return found

    def _ready(self, name, command):
        child = Child(name, command, self.folder, LOAD_CPU, pipes=True)
        self._children.append(child)
        child.read_line(PATIENCE)

    @contextlib.contextmanager
    def gate(self, name, behind, binary=None, address=GATE, limits=None):
        gate = Gate(name, self, binary or self.binary, address, behind,
                    NO_LIMITS if limits is None else limits)
        try:
            gate.await_ready()
            yield gate
        finally:
            gate.child.stop()

    def new_domains(self, count):
        """The number of the first of so many that nobody has seen."""
        first = self._next_domain
        self._next_domain += count
        return first

    def load(self, target, arguments, limit=60):
        """(CPU seconds of the target, units, seconds, what else was said) of one load."""
        command = [self.tools / "bench_load", *arguments, "--address", target.address,
                   "--authority", self.authority, "--domain", self.domain, "--limit", limit]
        load = Child("load", command, self.folder, cpu=LOAD_CPU, pipes=True)
        try:
            load.read_line(limit)
            before = target.child.exact_cpu_seconds()
            load.write_line()
            _, units, seconds, *more = load.read_line(limit)
            spent = target.child.exact_cpu_seconds() - before
            load.write_line()
            load.process.wait(limit)
        finally:
            load.stop()
        target.child.check_alive()
        return spent, int(units), float(seconds), more

    def close(self):
        for child in reversed(self._children):
            child.stop()
