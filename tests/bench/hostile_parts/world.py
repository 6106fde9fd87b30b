"""The gate that is attacked, with all around it: a backend, DNS, a decent peer, and witnesses."""

import contextlib
import copy
import pathlib
import socket
import subprocess
import sys
import time

from hostile_parts import place
from harness.dns import Zone
from harness.pki import Pki
from harness.settings import to_toml
from older import leave_out_unknown_keys
from processes import PATIENCE, Child
from targets import LOAD_CPU, TARGET_CPU

HERE = pathlib.Path(__file__).resolve().parent
DOMAIN = "bench.example"
WITNESSES = ("ping", "newcomer", "outgoing", "livez")


class World:
    """What all rows share. `build` is the folder of the load programs."""

    def __init__(self, folder, binary, build):
        self.folder = pathlib.Path(folder)
        self.binary = binary
        self.tools = build / "tests" / "bench"
        self.pki = Pki(self.folder / "pki")
        self.host = [self.pki.leaf(DOMAIN, key_type=kind, label="host")
                     for kind in ("ecdsa", "rsa")]
        self.backend = self.pki.self_made(DOMAIN)
        self.good = self.pki.leaf("good.example", "*.good.example", label="peer")
        self.zone = Zone().address("good.example", place.GOOD_PEER)
        self.local_ca = self.folder / "ca"
        subprocess.run([binary, "ca", "init", self.local_ca], check=True, capture_output=True)
        self._children = []
        self._started = 0

    def start(self):
        config = self.folder / "dns.conf"
        config.write_text("\n".join([
            "no-resolv", "no-hosts", "port=5353", f"listen-address={place.DNS}", "bind-interfaces",
            "user=root", "local=/#/", "cache-size=0", *self.zone.lines, ""]))
        self._child("dns", ["dnsmasq", "--keep-in-foreground", f"--conf-file={config}",
                            "--pid-file="])
        self._child("backend", [self.tools / "bench_stub", "15222"], pipes=True).read_line(PATIENCE)
        far = [self.backend.chain, self.backend.key, self.local_ca / "ca.pem",
               self.good.chain, self.good.key, self.pki.roots]
        self._child("far-ends", [sys.executable, HERE / "far_ends.py", *far])
        return self

    def _child(self, name, command, **options):
        child = Child(name, command, self.folder, cpu=LOAD_CPU, **options)
        self._children.append(child)
        return child

    def close(self):
        for child in reversed(self._children):
            child.stop()

    def settings(self, changes):
        """The gate's configuration: defaults, but for what a row changes."""
        made = {
            "workers": 1,
            "listen": {
                **{name: [f"{place.GATE}:{port}", f"[{place.GATE6}]:{port}"]
                   for name, port in (("s2s", 5269), ("s2s_direct", 5270),
                                      ("c2s", 5222), ("c2s_direct", 5223))},
                "admin": f"127.0.0.1:{place.ADMIN_PORT}", "control": "off"},
            "outbound": {"listen": [f"{place.OUTBOUND}:5269"]},
            "dns": {"servers": [f"{place.DNS}:5353"]},
            "local_ca": {"directory": self.local_ca},
            "s2s": {"roots": self.pki.roots},
            "limits": {},
            "host": [{
                "domain": DOMAIN,
                "certificates": [{"chain": one.chain, "key": one.key} for one in self.host],
                "backend": {"s2s": f"{place.BACKEND}:15269", "c2s": f"{place.BACKEND}:15222",
                            "certificate": self.backend.chain}}],
        }
        for section, values in copy.deepcopy(changes).items():
            made[section] = {**made.get(section, {}), **values}
        # Older builds have one limit for all kinds of connections.
        kinds = [made["limits"][kind] for kind in ("inbound_connections", "client_connections")
                 if kind in made["limits"]]
        if kinds:
            made["limits"]["connections"] = max(kinds)
        return made

    @contextlib.contextmanager
    def gate(self, changes=None, error_pipe=False, descriptors=None):
        """A fresh gate. With `error_pipe` its standard error is a pipe that nobody reads.
        `descriptors`: how many it may have."""
        self._started += 1
        name = f"gate-{self._started}"
        config = self.folder / f"{name}.toml"
        config.write_text(to_toml(self.settings(changes or {})))
        leave_out_unknown_keys(self.binary, config)
        command = [self.binary, "run", "-c", config]
        if descriptors is not None:
            command = ["prlimit", f"--nofile={descriptors}", *command]
        if error_pipe:
            command = [sys.executable, HERE / "unread_error.py", *command]
        child = Child(name, command, self.folder, cpu=TARGET_CPU)
        try:
            self._await(child)
            yield child
        finally:
            child.stop()

    @staticmethod
    def _await(child):
        """Until it is ready; the first question to the backend has then been asked."""
        deadline = time.monotonic() + PATIENCE
        while True:
            child.check_alive()
            with contextlib.suppress(OSError):
                if b" 200" in _ask("/readyz"):
                    return
            if time.monotonic() > deadline:
                raise child.fail("is not ready")
            time.sleep(0.02)

    def witnesses(self, gate_name):
        return Witnesses(self, gate_name)


def _ask(path):
    with socket.create_connection(("127.0.0.1", place.ADMIN_PORT), 2) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return connection.recv(4096).partition(b"\r\n")[0]


class Witnesses:
    """One process of each kind; what they noted, by time."""

    def __init__(self, world, name):
        self._paths = {kind: world.folder / f"{name}-{kind}.notes" for kind in WITNESSES}
        files = [world.backend.chain, world.backend.key]
        self._children = [
            Child(f"{name}-{kind}",
                  [sys.executable, HERE / "witness.py", kind, path, *files], world.folder,
                  cpu=LOAD_CPU)
            for kind, path in self._paths.items()]

    def notes(self, kind, begin, end):
        """(seconds, how it ended) of what was begun in this time."""
        lines = self._paths[kind].read_text().splitlines() if self._paths[kind].exists() else []
        found = []
        for line in lines:
            began, took, how = line.split(" ", 2)
            if begin <= float(began) < end:
                found.append((float(took), how))
        return found

    def await_first(self):
        """Until each has succeeded once."""
        deadline = time.monotonic() + PATIENCE
        for kind in WITNESSES:
            while not any(how == "ok" for _, how in self.notes(kind, 0, time.monotonic())):
                if time.monotonic() > deadline:
                    notes = self.notes(kind, 0, time.monotonic())[-2:]
                    raise self._children[WITNESSES.index(kind)].fail(f"never succeeded: {notes}")
                time.sleep(0.02)

    def await_ping_after(self, moment, patience):
        """Until a ping that began after `moment` was answered, so that none is under way."""
        deadline = time.monotonic() + patience
        while not self.notes("ping", moment, time.monotonic()) and time.monotonic() < deadline:
            time.sleep(0.05)

    def close(self):
        for child in self._children:
            child.stop()
