"""Servers that terminate the TLS of their clients themselves, as Debian packages them: what an
operator has instead of a gate. They have the same certificate."""

import pathlib
import shutil

from federation.servers import ejabberd_command, prosody_command
from processes import Child, free_ports
from targets import DOMAIN, TARGET_CPU

PROSODY = """\
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
certificates = "{folder}/certs"
log = {{ warn = "*console" }}
modules_enabled = {{ "saslauth", "tls" }}
modules_disabled = {{ "s2s" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ }}
c2s_require_encryption = true
limits = {{ }}
VirtualHost "{domain}"
"""

EJABBERD = """\
loglevel: error
hosts:
  - {domain}
certfiles:
  - {folder}/certificate.pem
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls_required: true
modules: {{}}
"""

# A program of each package.
PACKAGES = {"prosody": pathlib.Path("/usr/bin/prosody"),
            "ejabberd": pathlib.Path("/usr/sbin/ejabberdctl")}


def missing(name):
    """Why this server cannot be measured here; "" if it can."""
    return "" if PACKAGES[name].exists() else f"the package {name} is not installed"


class Server:
    holds_idle = False  # it would keep what the backend keeps behind a proxy

    def __init__(self, name, certificates):
        self.name = name
        (self.starttls,) = free_ports(1)
        folder = pathlib.Path(certificates, f"alone-{name}")
        folder.mkdir()
        make = {"prosody": self._prosody, "ejabberd": self._ejabberd}[name]
        self.child = Child(name, make(pathlib.Path(certificates), folder), folder, cpu=TARGET_CPU)

    def _values(self, folder):
        return {"folder": folder, "port": self.starttls, "domain": DOMAIN}

    def _prosody(self, certificates, folder):
        (folder / "data").mkdir()
        (folder / "certs").mkdir()
        for ours, theirs in (("pem", "crt"), ("key", "key")):
            shutil.copy(certificates / f"ecdsa.{ours}", folder / "certs" / f"{DOMAIN}.{theirs}")
        config = folder / "prosody.cfg.lua"
        config.write_text(PROSODY.format(**self._values(folder)))
        return prosody_command(config)

    def _ejabberd(self, certificates, folder):
        shutil.copy(certificates / "bench.pem.ecdsa", folder / "certificate.pem")
        config = folder / "ejabberd.yml"
        config.write_text(EJABBERD.format(**self._values(folder)))
        return ejabberd_command(folder, config)

    def does(self, case):
        return case.server == self.name

    def load(self, case):
        return case.load

    def port(self, _case):
        return self.starttls

    def entry(self):
        return ("--starttls", "--port", str(self.starttls))

    def prepare(self, _case):
        """It is asked for nothing that it could have forgotten."""

    def await_ready(self):
        self.child.await_port(self.starttls)
