"""Attacks with time: slow senders in each phase, tiny records, and those who only sit there."""

import resource
import time

from hostile_parts import place
from hostile_parts.floods import record_hello
from hostile_parts.row import Row
from hostile_parts.witness import AUTH, HEADER

# Endless, as far as the gate can tell.
LONG = "x" * 9000


class Slow(Row):
    """500 connections from 50 addresses, of which each sends an octet in 200 ms."""

    depth = "clear"
    port = 5223
    words = ""

    def prepare(self, world):
        self.content = world.folder / f"{self.key}.content"
        self.content.write_text(self.words)

    def attack(self, world, gate, seconds):
        return self.hostile(world, seconds, self.port, place.FIFTY_ADDRESSES, "--rate", 250,
                            "--open", 500, "--depth", self.depth, "--alpn", "xmpp-client",
                            "--then", "drip", "--content", self.content, "--interval-ms", 200)


class SlowBeforeTls(Slow):
    key = "slow-clear"
    title = "500 senders of an octet in 200 ms, before TLS"
    port = 5222
    words = HEADER.replace("version=", f"x='{LONG}' version=")


class SlowHandshake(Slow):
    key = "slow-handshake"
    title = "The same, in the TLS handshake"

    def prepare(self, world):
        self.content = record_hello(world, "slow", "--groups", "X25519")


class SlowHeader(Slow):
    key = "slow-header"
    title = "The same, in the stream header under TLS"
    depth = "tls"
    words = HEADER.replace("version=", f"x='{LONG}' version=")


class SlowSasl(Slow):
    key = "slow-sasl"
    title = "The same, in the SASL exchange"
    depth = "features"
    words = AUTH.replace("</auth>", LONG + "</auth>")


class SlowStanza(Slow):
    key = "slow-stanza"
    title = "The same, in a stanza of a client that is logged in"
    stranger = False
    depth = "login"
    words = "<message><body>" + LONG


class Records(Row):
    """20 connections of strangers, each with 50 records in 10 ms."""

    port = 5223
    extra = ()

    def attack(self, world, gate, seconds):
        return self.hostile(world, seconds, self.port, place.FIFTY_ADDRESSES[:20], "--rate", 20,
                            "--open", 20, "--depth", "features", "--alpn", "xmpp-client",
                            "--interval-ms", 10, "--burst", 50, *self.extra)


class OneByteRecords(Records):
    key = "one-byte-records"
    title = "20 connections with 5,000 TLS records of one octet a second, before the login"
    quick = True

    def prepare(self, world):
        white = world.folder / "white"
        white.write_text(" \n")
        self.extra = ("--then", "drip", "--content", white)


class LongLogins(Row):
    """As long as the gate takes: a token of a person who is in very many groups."""

    key = "long-logins"
    title = "20 logins of 250 KiB a second, of strangers"

    def prepare(self, world):
        self.login = world.folder / "long-login"
        self.login.write_text(AUTH.replace("</auth>", "x" * 250 * 1024 + "</auth>"))

    def attack(self, world, gate, seconds):
        return self.hostile(world, seconds, 5223, place.FIFTY_ADDRESSES, "--rate", 20, "--open",
                            100, "--depth", "features", "--alpn", "xmpp-client", "--greeting",
                            self.login, "--interval-ms", 1000)


class KeyUpdates(Records):
    key = "key-updates"
    title = "The same with KeyUpdates that ask for one back"
    extra = ("--then", "key-update")


class Renegotiation(Records):
    key = "renegotiation"
    title = "The same with renegotiation of TLS 1.2"
    extra = ("--tls12", "--then", "renegotiate")


class Silent(Row):
    key = "half-open"
    title = "2,000 connections from 50 addresses that say nothing"

    def attack(self, world, gate, seconds):
        return self.hostile(world, seconds, 5269, place.FIFTY_ADDRESSES, "--rate", 1000,
                            "--open", 2000, "--interval-ms", "60000")


class Idle(Row):
    key = "idle"
    title = "10,000 connections of clients that are silent, nearly all of them logged in"
    stranger = False
    seconds = 24
    SILENT_SECONDS = 6  # at the end, when all are there
    CONNECTIONS = 10000
    changes = {"limits": {"client_connections": 25000, "connections_per_address": 200,
                          "rate_per_address": 1000, "burst_per_address": 1000,
                          "rate_total": 5000, "burst_total": 5000}}

    def attack(self, world, gate, seconds):
        began = time.monotonic()
        logins = self._logins()
        spent = self.hostile_at_once(world, seconds, self._silent(logins, "login"),
                                     self._silent(self.CONNECTIONS - logins, "tls"))
        spent.settled = began + seconds - self.SILENT_SECONDS
        return spent

    def _silent(self, connections, depth):
        rate = max(1, 900 * connections // self.CONNECTIONS)
        return (5223, place.MANY_ADDRESSES,
                ("--rate", rate, "--open", connections, "--depth", depth,
                 "--alpn", "xmpp-client", "--interval-ms", "600000"))

    def _logins(self):
        """The gate needs two descriptors for a client that is logged in. Where a process may not
        have so many, some clients are silent as soon as they have TLS, and need one."""
        most = int(0.95 * resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        return max(0, min(self.CONNECTIONS, most - self.CONNECTIONS))

    def judge(self, measured):
        staying = measured.spent.staying
        return [(staying >= self.CONNECTIONS,
                 f"{staying} connections at once (of {self.CONNECTIONS})")]


class Exhausted(Row):
    """Limits are as the operator wrote them, and the machine gives less: no place is left for
    newcomers and outgoing streams, but whoever watches the gate must still be answered."""

    key = "descriptors"
    title = "A gate with 512 descriptors, and silent connections that take them all"
    stranger = False
    descriptors = 512
    marks = frozenset({"ping", "/livez"})
    changes = {"limits": {"connections_per_address": 200, "rate_per_address": 1000,
                          "burst_per_address": 1000, "rate_total": 5000, "burst_total": 5000}}
    SETTLED_SECONDS = 3

    def attack(self, world, gate, seconds):
        began = time.monotonic()
        spent = self.hostile(world, seconds, 5222, place.FIFTY_ADDRESSES, "--rate", 400,
                             "--open", 1000, "--interval-ms", "600000")
        spent.settled = began + min(self.SETTLED_SECONDS, seconds / 2)
        return spent

    def judge(self, measured):
        served, tried = measured.newcomers
        return [(served < tried, f"{measured.opened} descriptors taken; "
                                 f"{tried - served} of {tried} newcomers found no place")]


ROWS = (SlowBeforeTls, SlowHandshake, SlowHeader, SlowSasl, SlowStanza, OneByteRecords, LongLogins,
        KeyUpdates, Renegotiation, Silent, Idle, Exhausted)
