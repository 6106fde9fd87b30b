"""What `portcullis probe` sees of the test Internet."""

import json

import pytest

from . import dns, gate
from .environment import DOMAIN, RAW, World, a_label, as_who_made_the_keys
from .raw_peer import RawServer
from .settings import to_toml

MET, FAILED, USAGE, NOT_MET, INVALID = 0, 1, 2, 4, 78
DIRECT = "direct.example"
BOTH_WAYS = "both.example"
IDN = "bücher.example"
CROWD = "crowd.example"      # more addresses than are examined
MISLED = "misled.example"    # leads to an address that nobody may make us call
OURS = "ours.example"        # leads to a listener of this gate
LOST = "lost.example"        # the target of its SRV record has no address
CLOSED = "closed.example"


class ProbeWorld(World):
    """The Internet and a configuration; no gate runs, for a probe needs none."""

    def __init__(self):
        super().__init__()
        net = self.net
        zone = dns.Zone().address(RAW, net.raw_peer).no_service(CLOSED)
        zone.lines += [f"srv-host=_xmpps-server._tcp.{DIRECT},host.{DIRECT},5270",
                       f"srv-host=_xmpp-server._tcp.{LOST},host.{LOST}.,5269",
                       f"srv-host=_xmpp-client._tcp.{RAW},client.{RAW},5222"]
        zone.address(f"host.{DIRECT}", net.raw_peer)
        zone.service(BOTH_WAYS, net.raw_peer, direct_port=5270)
        zone.address(a_label(IDN), net.raw_peer)
        for number in range(20):
            target = f"t{number}.{CROWD}"
            zone.lines.append(f"srv-host=_xmpp-server._tcp.{CROWD},{target},5269,{number}")
            zone.address(target, net.address(100 + number))
        zone.service(MISLED, "127.88.0.1").service(OURS, net.gate)
        for kind in ("prosody", "ejabberd"):
            site = self.peer_site(kind)
            zone.service(site.domain, site.address)
            zone.lines.append(
                f"srv-host=_xmpp-client._tcp.{site.domain},host.{site.domain},5222")
        self.started(dns.internet(self.directory / "internet", net, zone))
        self._peers = {}
        self._written = 0
        self.leaves = [self.pki.leaf(DOMAIN, key_type=kind, label="gate")
                       for kind in ("ecdsa", "rsa")]

    def peer(self, kind):
        if kind not in self._peers:
            self._peers[kind] = self.started(self.make_peer(kind))
        return self._peers[kind].site.domain

    def settings(self, **changes):
        settings = {
            "version": 1,
            "listen": {"s2s": [f"{self.net.gate}:5269"],
                       "s2s_direct": [f"{self.net.gate}:5270"], "admin": "off", "control": "off"},
            "outbound": {"listen": [f"{self.net.outbound}:5269"],
                         "allow_networks": [f"127.77.{self.net.number}.0/24"]},
            "dns": {"servers": [f"{self.net.internet_dns}:{dns.PORT}"]},
            "local_ca": {"directory": self.directory / "no-local-ca"},
            "policy": {"contact": "xmpp:operator@example.org"},
            "s2s": {"roots": self.pki.roots, "crls": [self.pki.revocation_lists]},
            **as_who_made_the_keys(),
            "host": [{"domain": DOMAIN,
                      "certificates": [{"chain": leaf.chain, "key": leaf.key}
                                       for leaf in self.leaves],
                      "backend": {"s2s": f"{self.net.backend}:15269",
                                  "certificate": self.leaves[0].chain}}]}
        for name, values in changes.items():
            settings[name] = ({**settings.get(name, {}), **values} if isinstance(values, dict)
                              else values)
        return settings

    def config(self, **changes):
        self._written += 1
        path = self.directory / f"portcullis-{self._written}.toml"
        path.write_text(to_toml(self.settings(**changes)))
        return path

    def run(self, domain, *options, config=None):
        """Servers that have just started are slow on a loaded machine, so there is much time."""
        patience = () if "--timeout" in options else ("--timeout", "60")
        return gate.run_command("probe", "-c", config or self.config(), *options, *patience,
                                domain, timeout=400)

    def probe(self, domain, *options, expect, config=None):
        """(the JSON object, the text) of a probe; both must end with `expect`."""
        text = self.run(domain, *options, config=config)
        assert text.returncode == expect, text.stdout + text.stderr
        assert text.stdout.isprintable() or all(c.isprintable() or c == "\n" for c in text.stdout)
        found = self.run(domain, "--json", *options, config=config)
        assert found.returncode == expect, found.stdout + found.stderr
        return json.loads(found.stdout), text.stdout

    def raw(self, behaviour, port=5269, script=None):
        return RawServer(self.net.raw_peer, behaviour, port, script)


def only(found):
    assert len(found["addresses"]) == 1, found["addresses"]
    return found["addresses"][0]


@pytest.fixture(scope="module")
def world():
    made = ProbeWorld()
    yield made
    made.close()
