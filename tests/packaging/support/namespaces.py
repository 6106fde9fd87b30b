"""Network namespaces in the place of the networks of an engine: one bridge for each network, which
only this process's own namespace and the containers are connected to. The process's namespace is
the host and the Internet at once; nothing here leaves the machine."""

import ipaddress
import os
import subprocess
import sys

_MARK = "PORTCULLIS_TEST_NAMESPACE"


def enter():
    """Starts this program again in a network namespace of its own."""
    if os.environ.get(_MARK) != "1":
        os.environ[_MARK] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    ip("link", "set", "lo", "up")


def ip(*arguments, namespace=None, check=True):
    where = ["-n", namespace] if namespace else []
    return subprocess.run(["ip", *where, *map(str, arguments)], check=check, capture_output=True,
                          text=True)


class Networks:
    """The networks of a compose file: name -> its settings there."""

    def __init__(self, networks):
        self._namespaces = []
        self._networks = networks
        for number, (name, settings) in enumerate(networks.items()):
            bridge = self._bridge(name)
            ip("link", "add", bridge, "type", "bridge")
            ip("link", "set", bridge, "up")
            if not settings.get("internal"):
                ip("address", "add", f"{self._gateway(name)}/{self._subnet(name).prefixlen}",
                   "dev", bridge)

    def _bridge(self, name):
        return f"br-{name}"[:15]

    def _pool(self, name):
        return self._networks[name]["ipam"]["config"][0]

    def _subnet(self, name):
        return ipaddress.ip_network(self._pool(name)["subnet"])

    def _gateway(self, name):
        return self._pool(name)["gateway"]

    def namespace(self, service, attached):
        """A namespace for one container: `attached` is its "networks" in the compose file. Only a
        network that is not internal gives it a way out."""
        namespace = f"portcullis-{os.getpid()}-{service}"
        ip("netns", "add", namespace)
        self._namespaces.append(namespace)
        ip("link", "set", "lo", "up", namespace=namespace)
        for number, (name, settings) in enumerate(attached.items()):
            outer, inner = f"v{len(self._namespaces)}-{number}", f"eth{number}"
            ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", namespace)
            ip("link", "set", outer, "master", self._bridge(name), "up")
            ip("address", "add", f"{settings['ipv4_address']}/{self._subnet(name).prefixlen}",
               "dev", inner, namespace=namespace)
            ip("link", "set", inner, "up", namespace=namespace)
            if not self._networks[name].get("internal"):
                ip("route", "add", "default", "via", self._gateway(name), namespace=namespace)
        return f"/run/netns/{namespace}"

    def close(self):
        for namespace in self._namespaces:
            ip("netns", "delete", namespace, check=False)
        for name in self._networks:
            ip("link", "delete", self._bridge(name), check=False)
