"""Whom the DNS of "the Internet" knows beside the peers: names for scripted servers, and names that lead
where nobody should call."""

from . import dns, gate as gate_module
from .world import BACKEND_C2S, BACKEND_S2S, DOMAIN, ROOMS, a_label

RAW = "raw.example"          # every name below it stands at net.raw_peer
DEAD = "dead.example"        # an address where nobody listens
NO_SERVICE = "closed.example"  # SRV target "."
NOWHERE = "nowhere.example"  # does not exist
# Domains whose DNS leads to the gate itself, or to what is none of their business.
MISLED = ("outbound", "wan", "admin", "backend", "clients", "closed", "web")
CIRCLE = "circle.example"    # the outbound listeners of two gates
HOLES = (72, 73, 74)         # addresses of net at which nobody answers, if a test makes them so
# Every name below it stands at net.raw_peer, too. A name that is read from right to left must not
# have other letters anywhere.
RIGHT_TO_LEFT = "خادم.إختبار"


class Internet:
    """Part of an environment with a gate: the zone, and the names in it."""

    _names = 0

    @staticmethod
    def misled(kind):
        """A domain of somebody who wants the gate to connect there; one of MISLED."""
        return f"{kind}.misled.example"

    def misled_to(self, kind):
        """(address, port)"""
        net = self.net
        return {"outbound": (net.outbound, 5269), "wan": (net.gate, 5270),
                "admin": (net.gate, gate_module.ADMIN_PORT), "backend": (net.backend, BACKEND_S2S),
                "clients": (net.backend, BACKEND_C2S), "closed": (net.address(66), 5269),
                "web": (net.address(65), 8080)}[kind]

    @staticmethod
    def half_dead(holes):
        """A domain that has so many addresses of HOLES, and behind them net.raw_peer."""
        return f"behind{holes}.half.example"

    def fresh_name(self):
        """A domain below raw.example that nobody has used before, so that its traces in logs and
        its cached failures belong to one test."""
        self._names += 1
        return f"n{self._names}.{RAW}"

    def _zone(self):
        zone = dns.Zone().address(RAW, self.net.raw_peer).address(DEAD, self.net.address(66))
        zone.address(a_label(RIGHT_TO_LEFT), self.net.raw_peer)
        zone.no_service(NO_SERVICE)
        for kind in MISLED:
            zone.service(self.misled(kind), *self.misled_to(kind))
        for count in range(1, len(HOLES) + 1):
            at = [self.net.address(hole) for hole in HOLES[:count]] + [self.net.raw_peer]
            for priority, address in enumerate(at):
                target = f"at{priority}.{self.half_dead(count)}"
                zone.lines.append(f"srv-host=_xmpp-server._tcp.{self.half_dead(count)},{target},"
                                  f"5269,{priority}")
                zone.address(target, address)
        zone.service(CIRCLE, self.net.outbound).address(f"host.{CIRCLE}", self.net.other_outbound)
        # The peers are ejabberd too, which wants numeric targets.
        for name in (DOMAIN, ROOMS):
            zone.service(name, self.net.gate, numeric=True)
        for kind in self.PEER_KINDS:
            site = self.peer_site(kind)
            zone.service(site.domain, site.address).service(site.rooms, site.address)
        return zone
