"""Servers as their packages configure them, which `portcullis setup` puts behind a gate: with the
addresses that it writes, so one at a time."""

import hashlib
import pathlib
import shutil

from . import dns, ejabberd, gate as gate_module, prosody
from .backend import Site
from .client import Client
from .environment import BACKEND_C2S, BACKEND_S2S, DOMAIN, ROOMS, World, as_who_made_the_keys
from .process import make_directory
from .settings import to_toml

STOCK = {"prosody": pathlib.Path("/etc/prosody/prosody.cfg.lua"),
         "ejabberd": pathlib.Path("/usr/share/ejabberd/ejabberd.yml.example")}
INETRC = pathlib.Path("/etc/ejabberd/inetrc")
NAMES = {"prosody": "prosody.cfg.lua", "ejabberd": "ejabberd.yml"}

# What cannot stay as it is on a machine with other servers: where it writes, and how slow it is.
_LOCAL = """
pidfile = "{directory}/prosody.pid"
data_path = "{directory}/data"
log = {{ debug = "*console" }}
"""
_HOSTS = f'VirtualHost "{DOMAIN}"\nComponent "{ROOMS}" "muc"\n'


def contents(folder):
    """Every file of it with its owner, its rights and what is in it; no copies of setup."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and ".before-portcullis-" not in path.name:
            status = path.stat()
            found[str(path.relative_to(folder))] = (
                status.st_uid, status.st_gid, status.st_mode,
                hashlib.sha256(path.read_bytes()).hexdigest())
    return found


class SetUpWorld(World):
    """A server of `kind` as it is packaged, a real peer, and their DNS. `includes`: whether
    prosody.cfg.lua includes conf.d, as Debian's does."""

    def __init__(self, kind, includes=True):
        super().__init__()
        self.kind = kind
        # Prosody 13 cannot tell the line of a file whose path has more than 59 octets, and then
        # takes no configuration that uses Lua's own functions.
        self.server_folder = self.directory / "s"
        self.gate_folder = make_directory(self.directory / "gate")
        self.certs = make_directory(self.directory / "certs")
        leaf = self.pki.leaf(DOMAIN, ROOMS, f"pubsub.{DOMAIN}", label="gate")
        shutil.copy(leaf.chain, self.certs / f"{DOMAIN}.pem")
        shutil.copy(leaf.key, self.certs / f"{DOMAIN}.key")
        (self.certs / f"{DOMAIN}.key").chmod(0o600)
        site = Site(DOMAIN, "127.0.0.1", BACKEND_S2S, BACKEND_C2S, "127.0.0.3", "")
        self.backend = {"prosody": self._prosody, "ejabberd": self._ejabberd}[kind](site, includes)
        self.daemons.append(self.backend)
        self.peer = None
        self.gate = None

    @property
    def server_config(self):
        return self.server_folder / NAMES[self.kind]

    def _prosody(self, site, includes):
        server = prosody.Prosody("prosody", site, self.server_folder,
                                 self.pki.self_made(DOMAIN, ROOMS), "")
        text = STOCK["prosody"].read_text()
        before, host, behind = text.partition('\nVirtualHost "localhost"')
        assert host
        if not includes:
            behind = behind.replace('Include "conf.d/*.cfg.lua"', "") + _HOSTS
        self.server_config.write_text(
            before + _LOCAL.format(directory=self.server_folder) + host + behind)
        folder = make_directory(self.server_folder / "conf.d")
        if includes:
            (folder / "hosts.cfg.lua").write_text(_HOSTS)
        return server

    def _ejabberd(self, site, _):
        server = ejabberd.Ejabberd("ejabberd", site, self.server_folder,
                                   self.pki.self_made(DOMAIN), lambda *_: {})
        text = STOCK["ejabberd"].read_text()
        text = text.replace("  - localhost\n", f"  - {DOMAIN}\n").replace(
            "loglevel: info", "loglevel: debug")
        assert DOMAIN in text
        self.server_config.write_text(text)
        shutil.copy(INETRC, self.server_folder / "inetrc")
        return server

    def setup(self, *words, check=True):
        done = gate_module.run_command(
            "setup", "--backend", self.kind, "--server-config", self.server_config,
            "-c", self.gate_folder / "portcullis.toml", "--acme-dir", self.certs, *words, timeout=120)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def undo(self):
        return gate_module.run_command("setup", "--undo", "-c",
                                       self.gate_folder / "portcullis.toml")

    def start_internet(self):
        zone = dns.Zone()
        site = self.peer_site("prosody")
        for name in (DOMAIN, ROOMS):
            zone.service(name, self.net.gate)
        for name in (site.domain, site.rooms):
            zone.service(name, site.address)
        self.started(dns.internet(self.directory / "internet", self.net, zone))
        self.peer = self.started(self.make_peer("prosody"))

    def write_conf_d(self):
        """What is special to a test; portcullis.toml is as setup has written it."""
        wan = self.net.gate
        folder = make_directory(self.gate_folder / "conf.d")
        (folder / "test.toml").write_text(to_toml({
            "workers": 1,
            "listen": {"s2s": [f"{wan}:5269"], "s2s_direct": [f"{wan}:5270"],
                       "c2s": [f"{wan}:5222"], "c2s_direct": [f"{wan}:5223"],
                       "admin": f"{wan}:{gate_module.ADMIN_PORT}", "control": "off"},
            "outbound": {"allow_networks": ["127.0.0.0/8"]},
            "dns": {"servers": [f"{self.net.internet_dns}:{dns.PORT}"]},
            "s2s": {"roots": self.pki.roots},
            "limits": {"drain": "100ms"},
            "log": {"format": "text"},
            **as_who_made_the_keys()}))

    def start_gate(self):
        self.write_conf_d()
        text = (self.gate_folder / "portcullis.toml").read_text()
        self.gate = self.started(gate_module.Gate(self.gate_folder, text, self.net.gate))
        return self.gate

    def stop_gate(self):
        self.gate.finish()
        self.daemons.remove(self.gate)

    def client(self, user="alice"):
        return Client(f"{user}@{DOMAIN}", (self.net.gate, 5222), self.pki.roots).login()

    def peer_client(self, user="bob"):
        return Client(self.peer.jid(user), (self.peer.site.address, 5222), self.pki.roots).login()
