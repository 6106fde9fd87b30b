"""A world whose Internet is not on loopback, so that the packet filter can tell it from this
machine, and another machine in it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

from . import gate as gate_module
from .environment import Environment
from .net import Net
from .process import Daemon
from .settings import to_toml

OUTSIDE = "198.18.0.0/15"    # peers and the gate's WAN side; of this machine, but not loopback
OTHER = "203.0.113.9"        # another machine
OTHER6 = "2001:db8:1::9"
ODD_PORT = 5299
SIX = "six.example"          # has an address of IPv6 alone, of this machine, but not loopback
SIX_AT = "2001:db8:77::21"
VETH = "egress0"             # the way to it
ALLOWED = (53, 443, 5432)
ODD = "odd.example"          # its SRV record leads to ODD_PORT of OTHER

_SERVE = """
import socket, threading
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as at:
        at.bind(("", 53))
        while True:
            said, who = at.recvfrom(512)
            at.sendto(said, who)
def serve(there):
    with there:
        there.sendall(b"here")
        while there.recv(512):
            pass
def tcp(port):
    listener = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        there, who = listener.accept()
        print("accepted", port, who[0], flush=True)
        threading.Thread(target=serve, args=(there,), daemon=True).start()
threading.Thread(target=udp, daemon=True).start()
for port in {ports}:
    threading.Thread(target=tcp, args=(port,), daemon=True).start()
print("serves", flush=True)
threading.Event().wait()
"""

_CONNECT = """
import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5) as there:
        print("connected")
except ConnectionRefusedError:
    print("refused")
except OSError as error:
    print(error)
"""

_ASK = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as at:
    at.settimeout(5)
    at.sendto(b"who", ("{address}", 53))
    print(at.recv(9).decode())
"""


def missing():
    """Why this machine cannot do it; "" if it can. The network namespace must not be that of the
    machine, whose rules are not for tests to change."""
    if os.geteuid() != 0:
        return "only root may set up a packet filter"
    if others := {name for _, name in socket.if_nameindex()} - {"lo", VETH}:
        return f"this is no network namespace of its own: it has {', '.join(sorted(others))}"
    try:
        tried = run("nft", "list", "tables")
    except FileNotFoundError as absent:
        return str(absent)
    return "" if tried.returncode == 0 else tried.stderr


def run(*argv):
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True,
                          timeout=20, check=False)


def done(*argv):
    ran = run(*argv)
    assert ran.returncode == 0, (argv, ran.stderr)
    return ran.stdout


class OutsideNet(Net):
    """What is inside stays on loopback: the backend, the gate's listener for it, and resolvers."""

    INSIDE = (1, 2, 3, 5, 12, 53)

    def __init__(self):
        done("ip", "route", "replace", "local", OUTSIDE, "dev", "lo")
        done("ip", "-6", "addr", "replace", f"{SIX_AT}/128", "dev", "lo", "nodad")
        super().__init__()

    def address(self, host):
        inside = super().address(host)
        return inside if host in self.INSIDE else inside.replace("127.77.", "198.18.")


class OtherMachine(Daemon):
    """In a network namespace of its own, at OTHER and OTHER6."""

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__("other", directory, [
            "unshare", "--net", sys.executable, "-uc",
            _SERVE.replace("{ports}", str((*ALLOWED, ODD_PORT, 5269, 22)))])

    def wait_ready(self):
        self.wait_log("^serves$")
        done("ip", "link", "add", VETH, "type", "veth", "peer", "name", "egress1", "netns",
             self.pid)
        inside = ("nsenter", f"--target={self.pid}", "--net", "ip")
        for command in (("addr", "add", f"{OTHER}/24", "dev", "egress1"),
                        ("addr", "add", f"{OTHER6}/64", "dev", "egress1", "nodad"),
                        ("link", "set", "egress1", "up")):
            done(*inside, *command)
        for command in (("addr", "add", "203.0.113.1/24", "dev", VETH),
                        ("addr", "add", "2001:db8:1::1/64", "dev", VETH, "nodad"),
                        ("link", "set", VETH, "up")):
            done("ip", *command)

    def accepted(self, port):
        return self.count_log(rf"^accepted {port} ")


class Led(Environment):
    """The backend looks up real names, and the packet filter leads it to the gate."""

    NET = OutsideNet
    DIRECT = True

    def __init__(self, kind):
        super().__init__(kind)
        self.user = kind
        self.other = self.started(OtherMachine(self.directory / "other"))
        self.install()

    def start_capture(self):
        pass

    def backend_resolver(self):
        return self.net.internet_dns

    def _zone(self):
        zone = super()._zone()
        zone.service(ODD, OTHER, port=ODD_PORT, numeric=True)
        zone.address(SIX, SIX_AT)
        for kind in self.PEER_KINDS:
            site = self.peer_site(kind)
            zone.lines = [line for line in zone.lines if site.domain not in line]
            zone.service(site.domain, site.address, direct_port=5270)
            zone.service(site.rooms, site.address)
            if self.kind == "ejabberd":  # which asks libc for the address of a target
                for service, port, first in (("xmpps-server", 5270, 1), ("xmpp-server", 5269, 2)):
                    zone.lines = [f"{line},10" if line.startswith("srv-host=") and
                                  f"_{service}._tcp.{site.domain}," in line else line
                                  for line in zone.lines]
                    zone.lines.append(
                        f"srv-host=_{service}._tcp.{site.domain},{site.address},{port},{first}")
                zone.address(site.address, site.address)
        return zone

    def _outbound(self, listen):
        made = {"listen": [f"{listen}:5269"],
                "allow_networks": ["127.0.0.0/8", OUTSIDE, "203.0.113.0/24", f"{SIX_AT}/128"]}
        if listen == self.net.outbound:
            made |= {"capture": "nftables", "backend_users": [self.kind],
                     "allowed_ports": list(ALLOWED)}
        return made

    def settings(self, wan, outbound):
        settings = super().settings(wan, outbound)
        settings["log"]["debug"] = True
        return settings

    def config(self, **changes):
        """A configuration file with other sections."""
        settings = self.settings(self.net.gate, self.net.outbound)
        for section, values in changes.items():
            settings[section] = {**settings.get(section, {}), **values}
        path = self.directory / "egress.toml"
        path.write_text(to_toml(settings))
        return path

    def egress(self, *flags, **changes):
        return gate_module.run_command("egress", "-c", self.config(**changes), *flags)

    def install(self, **changes):
        installed = self.egress("--install", **changes)
        assert installed.returncode == 0, installed.stderr

    def counted(self, counter):
        listed = json.loads(done("nft", "--json", "list", "counters", "table", "inet",
                                 "portcullis"))
        found = [item["counter"]["packets"] for item in listed["nftables"]
                 if item.get("counter", {}).get("name") == counter]
        assert len(found) == 1, listed
        return found[0]

    def connect(self, user, address, port):
        """(what became of it, how many seconds it took)"""
        began = time.monotonic()
        said = self._as(user, _CONNECT, address, port)
        return said, time.monotonic() - began

    def ask_udp(self, user, address):
        return self._as(user, _ASK.replace("{address}", address))

    @staticmethod
    def _as(user, script, *arguments):
        ran = run("setpriv", f"--reuid={user}", "--clear-groups", sys.executable, "-c", script,
                  *arguments)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def close(self):
        run("nft", "delete", "table", "inet", "portcullis")
        super().close()

    def directory_binary(self):
        """A copy of the program that every user may start."""
        own = self.directory / "portcullis"
        if not own.exists():
            shutil.copy(gate_module.binary(), own)
            own.chmod(0o755)
        return own
