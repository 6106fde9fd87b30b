"""The servers that are measured, or stand behind the gate: Prosody and ejabberd as Debian packages
them, with certificates checked, TLS required and nothing else switched on."""

import pathlib
import subprocess

from processes import Child

LIBRARIES = "/usr/lib/x86_64-linux-gnu"  # where Debian has the applications of Erlang

PROSODY = """\
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
certificates = "{folder}/certs"
log = {{ warn = "*console" }}
modules_enabled = {{ "saslauth", "tls" }}
modules_disabled = {{ "dialback" }}
interfaces = {{ "{address}" }}
s2s_ports = {{ {port} }}
s2s_direct_tls_ports = {{ {direct} }}
c2s_ports = {{ }}
c2s_direct_tls_ports = {{ }}
s2s_require_encryption = true
s2s_secure_auth = true
s2s_ssl = {{ cafile = "{roots}"; capath = false }}
s2s_direct_tls_ssl = {{ cafile = "{roots}"; capath = false }}
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
    ip: "{address}"
    module: ejabberd_s2s_in
    max_stanza_size: 524288
  - port: {direct}
    ip: "{address}"
    module: ejabberd_s2s_in
    max_stanza_size: 524288
    tls: true
s2s_use_starttls: required
s2s_cafile: {roots}
modules: {{}}
"""


class Server:
    """One that runs. It shows `credential`, and trusts those whom `roots` have certified."""

    def __init__(self, name, world, address, ports, credential, roots, cpu):
        self.name = name
        self.address = address
        self.port, self.direct = ports
        folder = pathlib.Path(world.folder, name)
        folder.mkdir()
        values = {"folder": folder, "address": address, "port": self.port, "direct": self.direct,
                  "roots": roots, "domain": world.domain}
        make = {"prosody": self._prosody, "ejabberd": self._ejabberd}[name.partition("-")[0]]
        command = make(folder, values, credential)
        self.child = Child(name, command, folder, cpu=cpu)

    @staticmethod
    def _prosody(folder, values, credential):
        (folder / "data").mkdir()
        certificates = folder / "certs"
        certificates.mkdir()
        (certificates / f"{values['domain']}.crt").write_bytes(credential.chain.read_bytes())
        (certificates / f"{values['domain']}.key").write_bytes(credential.key.read_bytes())
        config = folder / "prosody.cfg.lua"
        config.write_text(PROSODY.format(**values))
        return prosody_command(config)

    @staticmethod
    def _ejabberd(folder, values, credential):
        (folder / "certificate.pem").write_bytes(credential.combined.read_bytes())
        config = folder / "ejabberd.yml"
        config.write_text(EJABBERD.format(**values))
        return ejabberd_command(folder, config)

    def await_ready(self):
        for port in (self.port, self.direct):
            self.child.await_port(port, self.address)


def prosody_command(config):
    return ["prosody", "-F", "--config", config]


def ejabberd_command(folder, config):
    return ["env", f"ERL_LIBS={LIBRARIES}", f"EJABBERD_CONFIG_PATH={config}",
            f"EJABBERD_LOG_PATH={folder}/ejabberd.log", f"HOME={folder}",
            "erl", "-noinput", "-mnesia", "dir", f'"{folder}/spool"', "-s", "ejabberd"]


def version_of(package):
    done = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True,
                          text=True, check=True)
    return f"{package} {done.stdout}"
