"""What the tests need to know of an XMPP server, whichever it is."""

import re
import socket
from dataclasses import dataclass

from .process import Daemon


@dataclass(frozen=True)
class Site:
    """Where a server stands and who it is."""

    domain: str
    address: str
    s2s_port: int
    c2s_port: int
    # The resolver it uses, and the CA it trusts for other servers.
    resolver: str
    s2s_roots: str
    # Further virtual hosts with the same accounts.
    also: tuple = ()

    @property
    def rooms(self):
        return f"conference.{self.domain}"


# Who has an account on every server; the password is the name twice.
# dave alone has contacts: his server writes to theirs whenever he logs in.
USERS = ("alice", "bob", "carol", "dave")


def password(user):
    return user * 2


class XmppServer(Daemon):
    # Patterns in the server's log, set by the subclasses. The groups name the connection.
    S2S_ACCEPTED = ""
    S2S_HEADER = ""  # a stream header that names a sender
    C2S_ACCEPTED = ""
    # What a client must send before it is logged at all (a PROXY header).
    greeting = b""

    def __init__(self, name, site, directory, argv, environment=None):
        super().__init__(name, directory, argv, environment)
        self.site = site
        self._connections = 0
        self._named = set()
        self._counted_to = 0

    @property
    def domain(self):
        return self.site.domain

    @property
    def rooms(self):
        return self.site.rooms

    def jid(self, user):
        return f"{user}@{self.domain}"

    def restart(self):
        self.stop()
        return self.start()

    def settle(self):
        """Returns when everything that reached the server before now is in its log: a connection
        of our own, whose log line comes behind them."""
        since = self.mark()
        with socket.create_connection((self.site.address, self.site.c2s_port), timeout=5) as client:
            client.sendall(self.greeting)
            self.wait_log(self.C2S_ACCEPTED, since=since)

    def s2s_connections(self):
        """On how many server-to-server connections somebody ever named himself. The gate's own
        question whether the backend answers names nobody."""
        self.settle()
        new = self.log(self._counted_to)
        new = new[:new.rfind("\n") + 1]
        # A server may use the name of a connection again.
        for accepted, named in re.findall(f"{self.S2S_ACCEPTED}|{self.S2S_HEADER}", new,
                                          re.MULTILINE):
            self._named.discard(accepted)
            if named and named not in self._named:
                self._named.add(named)
                self._connections += 1
        self._counted_to += len(new)
        return self._connections

    def saw(self, text, since=0):
        """Whether `text` of a stanza or header reached it (the logs are at debug level)."""
        self.settle()
        return text in self.log(since)
