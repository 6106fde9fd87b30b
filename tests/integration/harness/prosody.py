"""Prosody, with the packaged configuration as its base."""

import shutil

from . import docs
from .backend import USERS, XmppServer, password
from .dns import PORT as DNS_PORT
from .process import as_user, make_directory

# The packaged file is read first; this repairs what cannot work twice on one machine, and takes
# the packaged throttles away, which would make the big messages wait.
_LOCAL = """
Include "/etc/prosody/prosody.cfg.lua"
pidfile = "{directory}/prosody.pid"
data_path = "{directory}/data"
certificates = "{directory}/certs"
log = {{ debug = "*console" }}
limits = {{ c2s = {{ rate = "10mb/s" }}; s2sin = {{ rate = "10mb/s" }} }}
"""

_PEER = """
interfaces = {{ "{site.address}" }}
s2s_ports = {{ {site.s2s_port} }}
c2s_ports = {{ {site.c2s_port} }}
{habit}
s2s_ssl = {{ cafile = "{site.s2s_roots}"; capath = false }}
unbound = {{ resolvconf = false; hoststxt = false; forward = "{site.resolver}@{port}" }}
VirtualHost "{site.domain}"
Component "{site.rooms}" "muc"
"""

# How a server treats others; "plain" knows no TLS at all, not even for clients.
_HABITS = {
    "strict": """
modules_disabled = { "dialback" }
s2s_secure_auth = true
""",
    "lenient": """
s2s_secure_auth = false
s2s_require_encryption = false
""",
    # What it gets by its own list of CAs, it takes by dialback.
    "falls-back": """
s2s_secure_auth = false
s2s_require_encryption = true
""",
    "plain": """
modules_disabled = { "tls" }
s2s_secure_auth = false
s2s_require_encryption = false
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
""",
}


def backend_lines(site, federates_by_dialback=False):
    changes = {
        'interfaces = { "127.0.0.1" }': f'interfaces = {{ "{site.address}" }}',
        "15269": str(site.s2s_port),
        "15222": str(site.c2s_port),
        "/var/lib/portcullis/local-ca/ca.pem": site.s2s_roots,
        "127.0.0.3@5353": f"{site.resolver}@{DNS_PORT}",
    }
    if federates_by_dialback:
        changes |= {'modules_disabled = { "dialback" }\ns2s_secure_auth = true':
                    docs.block("prosody.md", "observe.cfg.lua")}
    return docs.substituted("prosody.md", "prosody.cfg.lua", changes) + docs.substituted(
        "prosody.md", "hosts.cfg.lua", {"legacy.example": site.domain}) + "".join(
            f'VirtualHost "{domain}"\n' for domain in site.also)


class Prosody(XmppServer):
    S2S_ACCEPTED = r"^(s2sin\w+)\s.*Incoming s2s connection$"
    S2S_HEADER = r"^(s2sin\w+)\s.*Incoming s2s received <stream:stream [^>]*from='"
    C2S_ACCEPTED = r"\tClient connected$"

    def __init__(self, name, site, directory, credential, lines):
        directory = make_directory(directory, "prosody")
        config = directory / "prosody.cfg.lua"
        config.write_text(_LOCAL.format(directory=directory) + lines)
        certs = make_directory(directory / "certs")
        for domain in (site.domain, *site.also):
            shutil.copy(credential.chain, certs / f"{domain}.crt")
            key = certs / f"{domain}.key"
            shutil.copy(credential.key, key)
            key.chmod(0o644)
            _make_accounts(directory / "data", domain)
        super().__init__(name, site, directory,
                         as_user("prosody", ["prosody", "-F", "--config", config]))

    def wait_ready(self):
        for service in ("s2s", "c2s"):
            self.wait_log(rf"Activated service '{service}' on \[", timeout=30,
                          since=self.launched_at)


def _make_accounts(data, domain):
    """What `prosodyctl register` leaves behind; the password is hashed at the first login."""
    make_directory(data, "prosody")
    folder = "".join(chr(octet) if chr(octet).isalnum() and octet < 128 else f"%{octet:02x}"
                     for octet in domain.encode())
    host = make_directory(data / folder, "prosody")
    accounts = make_directory(host / "accounts", "prosody")
    for user in USERS:
        path = accounts / f"{user}.dat"
        path.write_text(f'return {{ ["password"] = "{password(user)}" }};\n')
        path.chmod(0o666)


def backend(site, directory, credential, federates_by_dialback=False):
    """As docs/backends/prosody.md says; or as one that also federates by dialback."""
    return Prosody("prosody-backend", site, directory, credential,
                   backend_lines(site, federates_by_dialback))


def peer(site, directory, credential, habit="strict"):
    lines = _PEER.format(site=site, port=DNS_PORT, habit=_HABITS[habit])
    return Prosody(f"prosody-{habit}", site, directory, credential, lines)


def add_global_lines(server, lines):
    """Settings for all hosts of a server that was not started yet."""
    config = server.directory / "prosody.cfg.lua"
    before, host, hosts = config.read_text().partition("\nVirtualHost")
    config.write_text(before + "\n" + lines + host + hosts)
