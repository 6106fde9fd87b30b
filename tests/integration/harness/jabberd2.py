"""jabberd2, with the packaged configuration as its base. It is four programs that meet at a router;
here they are one server with one log. Debian 13 has no such package."""

import pathlib
import socket
import sqlite3
import xml.etree.ElementTree as ElementTree

from . import docs
from .backend import USERS, XmppServer, password
from .dns import PORT as DNS_PORT
from .process import Daemon, as_user, make_directory

PACKAGED = pathlib.Path("/etc/jabberd2")
ROUTER_PORT = 15347
# In the order in which they can connect to one another.
PARTS = ("router", "sm", "s2s", "c2s")


def installed():
    return PACKAGED.is_dir() and pathlib.Path("/usr/sbin/jabberd2-s2s").exists()


def _element(root, path):
    """The element at `path`, made where it is missing."""
    for name in path.split("/"):
        found = root.find(name)
        root = found if found is not None else ElementTree.SubElement(root, name)
    return root


def _set(root, path, text):
    _element(root, path).text = str(text)


def _merge(into, told):
    """Writes what the fragment `told` says over the packaged settings: an element that is told
    replaces all of its name, unless it holds further ones."""
    for name in dict.fromkeys(child.tag for child in told):
        all_told = told.findall(name)
        if len(all_told) == 1 and len(all_told[0]) and into.find(name) is not None:
            _merge(into.find(name), all_told[0])
            continue
        for old in into.findall(name):
            into.remove(old)
        into.extend(all_told)


class _Part(Daemon):
    """One of the programs."""

    READY = {"router": "listening for incoming connections", "sm": "sm ready for sessions",
             "s2s": "ready for connections", "c2s": "ready for connections"}

    def __init__(self, part, server, argv):
        super().__init__(f"{server.name}-{part}", server.directory, as_user("jabber", argv),
                         {"NAMESERVERS": server.site.resolver, "RES_OPTIONS": f"port:{DNS_PORT}"})
        self.part = part
        self.log_path = server.log_path

    def wait_ready(self):
        self.wait_log(self.READY[self.part], timeout=30, since=self.launched_at)


class Jabberd2(XmppServer):
    S2S_ACCEPTED = r"\[(\d+)\] \[[^]]*\] incoming connection"
    S2S_HEADER = r"\[(\d+)\] \[[^]]*\] incoming route '[^']*' is now valid"
    C2S_ACCEPTED = r"\[\d+\] \[[^]]*\] connect$"

    def __init__(self, name, site, directory, change=None):
        """`change` gets the root element of each of PARTS, by its name, before it is written."""
        directory = make_directory(directory, "jabber")
        super().__init__(name, site, directory, [])
        roots = {part: ElementTree.parse(PACKAGED / f"{part}.xml").getroot() for part in PARTS}
        for part, root in roots.items():
            self._meet_at_router(part, root)
        self._serve(roots)
        if change:
            change(roots)
        for part, root in roots.items():
            ElementTree.ElementTree(root).write(directory / f"{part}.xml")
        self._make_accounts()
        self.parts = [_Part(part, self, [f"/usr/sbin/jabberd2-{part}", "-c",
                                         directory / f"{part}.xml"]) for part in PARTS]

    # ---- Its configuration

    def _meet_at_router(self, part, root):
        _set(root, "pidfile", self.directory / f"{part}.pid")
        log = _element(root, "log")
        log.attrib["type"] = "stdout"
        at = "local" if part == "router" else "router"
        _set(root, f"{at}/ip", self.site.address)
        _set(root, f"{at}/port", ROUTER_PORT)

    def _serve(self, roots):
        changes = {"127.0.0.1": self.site.address, "15269": str(self.site.s2s_port)}
        _merge(roots["s2s"], ElementTree.fromstring(
            docs.substituted("others.md", "s2s.xml", changes)))
        changes = {"127.0.0.1": self.site.address, "15222": str(self.site.c2s_port),
                   "legacy.example": self.domain}
        _merge(roots["c2s"], ElementTree.fromstring(
            docs.substituted("others.md", "c2s.xml", changes)))
        _merge(roots["sm"], ElementTree.fromstring(
            docs.substituted("others.md", "sm.xml", {"legacy.example": self.domain})))
        for domain in self.site.also:
            for part in ("c2s", "sm"):
                ElementTree.SubElement(roots[part].find("local"), "id").text = domain
        _set(roots["c2s"], "authreg/sqlite/dbname", self.directory / "accounts.db")
        # It makes its files itself, and nobody here looks into them.
        _set(roots["sm"], "storage/driver", "db")
        _set(roots["sm"], "storage/db/path", make_directory(self.directory / "data", "jabber"))
        _element(roots["sm"], "user/auto-create")

    def _make_accounts(self):
        path = self.directory / "accounts.db"
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE authreg (username TEXT, realm TEXT, password TEXT)")
            database.executemany(
                "INSERT INTO authreg VALUES (?, ?, ?)",
                [(user, domain, password(user))
                 for domain in (self.domain, *self.site.also) for user in USERS])
        path.chmod(0o666)

    # ---- Its programs

    def launch(self):
        self.launched_at = self.mark()
        for part in self.parts:
            part.start()
        self.process = self.parts[PARTS.index("s2s")].process

    def wait_ready(self):
        """Each part was waited for when it was started."""

    def running(self):
        return self.process is not None and all(part.running() for part in self.parts)

    def ask_to_stop(self):
        for part in reversed(self.parts):
            part.ask_to_stop()

    def stop(self, timeout=10):
        return [part.stop(timeout) for part in reversed(self.parts)][0]

    def kill(self):
        for part in self.parts:
            part.kill()

    def settle(self):
        """The part that speaks with other servers has a log line for everybody who connects."""
        since = self.mark()
        with socket.create_connection((self.site.address, self.site.s2s_port), timeout=5):
            self.wait_log(self.S2S_ACCEPTED, since=since)


def backend(site, directory, change=None):
    """As docs/backends/others.md says."""
    return Jabberd2("jabberd2-backend", site, directory, change)


def peer(site, directory, change=None):
    """On the Internet."""
    return Jabberd2("jabberd2-peer", site, directory, change)
