"""Portcullis and the proxies beside it: the same certificates and the same backend for all, one
worker each, defaults but for limits and timeouts."""

import os
import pathlib
import subprocess

import peers
from older import leave_out_unknown_keys
from processes import Child, free_ports

TARGET_CPU, LOAD_CPU = (0, 1) if (os.cpu_count() or 1) > 1 else (None, None)
DOMAIN = "bench.example"

PORTCULLIS = """\
version = 1
workers = {workers}
[listen]
s2s = "off"
s2s_direct = "off"
control = "off"
c2s = ["127.0.0.1:{starttls}"]
c2s_direct = ["127.0.0.1:{direct}"]
admin = "127.0.0.1:{admin}"
[outbound]
listen = "off"
[local_ca]
directory = "{folder}/{name}-ca"
[[host]]
domain = "{domain}"
certificates = [ {{ chain = "{folder}/ecdsa.pem", key = "{folder}/ecdsa.key" }},
                 {{ chain = "{folder}/rsa.pem", key = "{folder}/rsa.key" }} ]
[host.backend]
s2s = "127.0.0.1:{stub}"
c2s = "127.0.0.1:{stub}"
certificate = "{folder}/ecdsa.pem"
[limits]
inbound_connections = 20000
outbound_connections = 20000
client_connections = 20000
connections_per_address = 20000
rate_per_address = 100000
burst_per_address = 100000
rate_total = 100000
burst_total = 100000
"""


def make_certificates(folder):
    for name, algorithm in (
        ("ecdsa", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("rsa", ["-newkey", "rsa:2048"]),
    ):
        subprocess.run(
            ["openssl", "req", "-x509", "-nodes", "-days", "2", "-sha256", *algorithm]
            + ["-subj", f"/CN={DOMAIN}", "-addext", f"subjectAltName=DNS:{DOMAIN}"]
            + ["-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
            check=True,
            capture_output=True,
        )
        # HAProxy takes one file for each key type, told apart by its ending; hitch takes either.
        pair = pathlib.Path(folder, f"{name}.pem").read_text()
        pair += pathlib.Path(folder, f"{name}.key").read_text()
        pathlib.Path(folder, f"bench.pem.{name}").write_text(pair)


class Target:
    """One proxy that runs. `binaries`: those that are no part of Debian, by their names."""

    def __init__(self, name, folder, stub_port, binaries, workers=1):
        self.name = name
        self.workers = workers
        self.holds_idle = workers == 1
        self.peer = peers.PEERS.get(name)
        self.direct, self.direct_rsa, self.starttls, admin = free_ports(4)
        values = {"direct": self.direct, "direct_rsa": self.direct_rsa, "starttls": self.starttls,
                  "admin": admin, "stub": stub_port, "folder": folder, "domain": DOMAIN,
                  "workers": workers, **peers.settings()}
        config = pathlib.Path(folder, f"{name}-{workers}.conf")
        if not (self.peer and self.peer.port_for_rsa):
            self.direct_rsa = self.direct
        if self.peer:
            self.starttls = self.direct  # of the one that speaks it
        template = self.peer.template if self.peer else PORTCULLIS
        config.write_text(template.format(**values, name=config.stem))
        command = (peers.command(name, binaries, config) if self.peer
                   else self._ours(binaries[name], folder, config))
        # With more workers than one, the target and the load share the CPUs.
        self.child = Child(config.stem, command, folder, cpu=TARGET_CPU if workers == 1 else None)

    @staticmethod
    def _ours(binary, folder, config):
        leave_out_unknown_keys(binary, config)
        subprocess.run([binary, "ca", "init", f"{folder}/{config.stem}-ca"], check=True,
                       capture_output=True)
        return [binary, "run", "-c", config]

    def does(self, case):
        if case.workers != self.workers:
            return False
        if not self.peer:
            return True
        return ((not case.starttls or self.peer.speaks_starttls)
                and (not case.rsa or self.peer.shows_rsa))

    def load(self, case):
        return case.load_of(self.peer.part_of_bulk) if self.peer else case.load

    def port(self, case):
        return self.starttls if case.starttls else self.direct_rsa if case.rsa else self.direct

    def entry(self):
        return ("--port", str(self.direct))

    def prepare(self, case):
        if case.resumes and self.peer and not self.peer.keeps_sessions:
            self.begin_anew()

    def begin_anew(self):
        self.child.restart()
        self.await_ready()

    def await_ready(self):
        self.child.await_port(self.direct)


def version_of_gate(binary):
    done = subprocess.run([binary, "version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]
