"""The small world of the quickstart, all on loopback addresses: a stock Prosody, ejabberd or
jabberd2 for legacy.example behind Portcullis, and on "the Internet" a well-kept ejabberd, a server with a self-signed
certificate and one that only knows server dialback."""

from harness import dns, ejabberd, prosody
from harness.backend import Site
from harness.by_dialback import DialbackEnvironment
from harness.client import Client
from harness.environment import Environment

PEER = "peer.example"
SELF_SIGNED = "selfsigned.example"
DIALBACK = "dialback.example"

# What careless servers look like: they take any certificate, and fall back to dialback.
_CARELESS = """
interfaces = {{ "{site.address}" }}
s2s_ports = {{ {site.s2s_port} }}
c2s_ports = {{ {site.c2s_port} }}
s2s_secure_auth = false
s2s_require_encryption = false
{extra}
unbound = {{ resolvconf = false; hoststxt = false; forward = "{site.resolver}@{port}" }}
VirtualHost "{site.domain}"
"""


class Demo(Environment):
    PEER_KINDS = ("ejabberd", "self-signed", "dialback")

    def __init__(self, backend="prosody"):
        self.careless_roots = {}
        super().__init__(backend)
        for kind in self.PEER_KINDS:
            self.peers[kind].running()

    def peer_site(self, kind):
        place = {"ejabberd": (PEER, self.net.ejabberd_peer),
                 "self-signed": (SELF_SIGNED, self.net.address(22)),
                 "dialback": (DIALBACK, self.net.address(23))}[kind]
        return Site(*place, 5269, 5222, self.net.internet_dns, str(self.pki.roots))

    def make_peer(self, kind):
        site = self.peer_site(kind)
        if kind == "ejabberd":
            return ejabberd.peer(site, self.directory / "peer",
                                 self.pki.leaf(site.domain, site.rooms, label="peer"))
        credential = self.pki.self_made(site.domain)
        self.careless_roots[kind] = credential.chain
        extra = {"self-signed": 'modules_disabled = { "dialback" }',
                 "dialback": "s2s_allow_encryption = false"}[kind]
        lines = _CARELESS.format(site=site, port=dns.PORT, extra=extra)
        return prosody.Prosody(kind, site, self.directory / kind, credential, lines)

    def user(self, kind, name):
        site = self.peer_site(kind)
        roots = self.careless_roots.get(kind, self.pki.roots)
        return Client(f"{name}@{site.domain}", (site.address, site.c2s_port), roots).login()


class DialbackDemo(Demo, DialbackEnvironment):
    """The server behind the gate knows no certificates between servers."""


# Which server is behind the gate, and its world.
WORLDS = {"prosody": Demo, "ejabberd": Demo, "jabberd2": DialbackDemo}
