"""Name servers: what the backend is told (capture), and the Internet."""

import dns.exception
import dns.message
import dns.query

from .process import Daemon, as_user, make_directory, wait_until

PORT = 5353

# The two ways in which servers find the gate where it does not answer DNS itself. ejabberd asks libc
# for addresses, so its SRV target is one.
_BY_ADDRESS = """
no-resolv
no-hosts
port={port}
listen-address={net.capture_dns}
bind-interfaces
local=/#/
address=/#/{net.outbound}
log-queries
log-facility=-
"""
_BY_SRV = """
server:
  interface: {net.capture_dns}
  port: {port}
  access-control: 127.0.0.0/8 allow
  module-config: "iterator"
  local-zone: "." redirect
  local-data: ". 60 IN SRV 0 0 5269 {net.outbound}."
"""


def _answers(address):
    """Whether a name server answers at all there."""
    query = dns.message.make_query("probe.example.", "A")
    try:
        dns.query.udp(query, address, port=PORT, timeout=0.5)
        return True
    except (dns.exception.DNSException, OSError):
        return False


class NameServer(Daemon):
    def __init__(self, directory, address, config, program):
        directory = make_directory(directory)
        self.address = address
        path = directory / "dns.conf"
        path.write_text(config)
        argv = {
            "dnsmasq": ["dnsmasq", "--keep-in-foreground", f"--conf-file={path}", "--pid-file="],
            "unbound": ["unbound", "-d", "-p", "-c", path],
        }[program]
        super().__init__("dns", directory, as_user("nobody", argv))

    def wait_ready(self):
        wait_until(lambda: self.running() and _answers(self.address), 10,
                   lambda: f"DNS at {self.address}\n{self.tail()}")

    def ask(self, name, kind):
        query = dns.message.make_query(name, kind)
        return dns.query.udp(query, self.address, port=PORT, timeout=2)


def capture_by_address(directory, net):
    """Every name has the gate's outbound address, no name has SRV records (dnsmasq)."""
    return NameServer(directory, net.capture_dns, _BY_ADDRESS.format(port=PORT, net=net),
                      "dnsmasq")


def capture_by_srv(directory, net):
    """Every name has one SRV record that points at the gate's outbound listener (unbound)."""
    directory = make_directory(directory)
    config = _BY_SRV.format(port=PORT, net=net)
    config += f"""
server:
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  log-queries: yes
remote-control:
  control-enable: no
"""
    return NameServer(directory, net.capture_dns, config, "unbound")


class Zone:
    """Records of the test Internet; names that are not in it do not exist."""

    def __init__(self):
        self.lines = []

    def address(self, name, address):
        """`name` and everything below it."""
        self.lines.append(f"address=/{name}/{address}")
        return self

    def service(self, domain, address, port=5269, direct_port=None, numeric=False):
        """SRV records of an XMPP server. `numeric`: the target is the address itself, for
        ejabberd, which asks libc and not its own resolver for the target's address."""
        target = address if numeric else f"host.{domain}"
        self.lines.append(f"srv-host=_xmpp-server._tcp.{domain},{target},{port}")
        if direct_port:
            self.lines.append(f"srv-host=_xmpps-server._tcp.{domain},{target},{direct_port}")
        self.lines.append(f"address=/{target}/{address}")
        return self

    def no_service(self, domain):
        """SRV target ".": RFC 2782's way to say that the service is not offered."""
        self.lines.append(f"srv-host=_xmpp-server._tcp.{domain}")
        return self


def internet(directory, net, zone):
    config = "\n".join([
        "no-resolv", "no-hosts", f"port={PORT}", f"listen-address={net.internet_dns}",
        "bind-interfaces", "local=/#/", "log-queries", "log-facility=-", *zone.lines, ""])
    return NameServer(directory, net.internet_dns, config, "dnsmasq")
