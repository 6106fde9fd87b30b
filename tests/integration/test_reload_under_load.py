"""Two hundred streams that never stop talking, a hundred reloads: nothing is lost."""

import base64
import contextlib
import re
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from harness import raw_peer
from harness.backend import password
from harness.environment import DOMAIN, RAW
from harness.process import wait_until
from harness.reloading import Reloadable, leaf_der, replace_file
from harness.wire import NS_SASL, Wire

PAIRS = 100  # of one client and one server, two streams each
RELOADS = 100
PAUSE = 0.001  # between two stanzas of the sender

_ID = re.compile(rb"<message[^>]* id=['\"]([sc]\d+)['\"]")


def log_in(world, number):
    """A client's stream, up to its bound resource; returns (wire, full JID)."""
    user = ("alice", "bob", "carol")[number % 3]
    client = raw_peer.RawClient((world.gate.wan, 5222), None, DOMAIN, timeout=30)
    namespace = {"namespace": "jabber:client"}
    client.open(**namespace)
    client.element("features")
    client.send(raw_peer.STARTTLS)
    client.element("proceed")
    client.start_tls(raw_peer.client_context(), server_hostname=DOMAIN)
    client.open(**namespace)
    client.element("features")
    secret = base64.b64encode(f"\0{user}\0{password(user)}".encode()).decode()
    client.send(f"<auth xmlns='{NS_SASL}' mechanism='PLAIN'>{secret}</auth>")
    client.element("success")
    client.open(**namespace)
    client.element("features")
    resource = f"r{number}-{secrets.token_hex(4)}"
    client.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                f"<resource>{resource}</resource></bind></iq>")
    assert client.element("iq").get("type") == "result"
    return client, f"{user}@{DOMAIN}/{resource}"


class Pair:
    """A client that gets messages from a server and from itself, and notes their ids."""

    def __init__(self, world, number, credential):
        self.domain = f"p{number}.{RAW}"
        self.client, self.jid = log_in(world, number)
        self.server = world.env.raw_client(self.domain, credential, gate=world.gate, timeout=30)
        self.server.establish()
        self.sent, self.heard, self.fault = set(), [], None
        self._lock = threading.Lock()
        # Two threads read and write one TLS connection; OpenSSL wants one at a time.
        self.client.sock.setblocking(False)
        self._tail = b""

    def talk(self, count):
        with self._lock:
            for wire, kind, origin in ((self.server, "s", f" from='a@{self.domain}'"),
                                       (self.client, "c", "")):
                name = f"{kind}{count}"
                stanza = (f"<message{origin} to='{self.jid}' type='chat' id='{name}'>"
                          f"<body>{name}</body></message>")
                if not Wire.send(wire, stanza):
                    self.fault = f"{name}: not taken"
                    return
                self.sent.add(name)

    def listen(self):
        """Reads what is there; returns whether anything was."""
        with self._lock:
            try:
                data = self.client.sock.recv(65536)
            except raw_peer.ssl.SSLWantReadError:
                return False
            except OSError as lost:
                self.fault = f"client: {lost}"
                return False
        if not data:
            self.fault = f"client: closed after {self._tail!r}"
        self._tail += data
        end = self._tail.rfind(b"</message>")
        if end >= 0:
            self.heard += [m.decode() for m in _ID.findall(self._tail[:end])]
            self._tail = self._tail[end:]
        return bool(data)

    def close(self):
        self.client.close()
        self.server.close()


class Chatter:
    """All pairs talk, round and round, until stop(); one thread sends, one hears."""

    def __init__(self, pairs):
        self.pairs = pairs
        self._talking, self._hearing = threading.Event(), threading.Event()
        self._talking.set()
        self._hearing.set()
        self._threads = [threading.Thread(target=t, daemon=True) for t in (self._talk, self._hear)]
        for thread in self._threads:
            thread.start()

    def _talk(self):
        count = 0
        while self._talking.is_set():
            count += 1
            for pair in self.pairs:
                pair.talk(count)
                time.sleep(PAUSE)  # the rate of the load, nothing is waited for
                if not self._talking.is_set():
                    return

    def _hear(self):
        while self._hearing.is_set():
            if not any([pair.listen() for pair in self.pairs]):
                time.sleep(PAUSE)

    def faults(self):
        return [pair.fault for pair in self.pairs if pair.fault]

    def missing(self):
        return sum(len(pair.sent) - len(pair.heard) for pair in self.pairs)

    def stop(self):
        self._talking.clear()
        self._threads[0].join()
        with contextlib.suppress(AssertionError):
            wait_until(lambda: self.missing() <= 0, 30, "all stanzas")
        self._hearing.clear()
        self._threads[1].join()


def set_up(world):
    # One certificate for all of them: making a hundred is not what is tested.
    credential = world.env.good(f"*.{RAW}")
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda n: Pair(world, n, credential), range(PAIRS)))


def reload_often(world, chatter):
    """Alternates good and bad; returns the certificate of the last good one."""
    shown = world.served
    for number in range(RELOADS):
        if number % 2 == 0:
            shown = world.renew()
        elif number % 4 == 1:
            replace_file(world.key(), b"no key at all\n")
        else:
            world.write("version = 1\n[listen\n")
        reload = world.hang_up()
        assert reload["outcome"] == ("ok" if number % 2 == 0 else "failed"), world.gate.tail(5)
        if number % 5 == 0:
            assert world.shown(direct=number % 2 == 0) == shown
        assert not chatter.faults(), chatter.faults()
        world.write()
    return shown


def test_reload_under_load(prosody_env):
    reloadable = Reloadable(prosody_env)
    served = reloadable.renew()
    with contextlib.ExitStack() as cleaning, reloadable.running(
            limits={"connections_per_address": 1000, "streams_per_domain": 1000}) as world:
        world.served = served
        pairs = set_up(world)
        for pair in pairs:
            cleaning.callback(pair.close)
        chatter, mark = Chatter(pairs), world.gate.mark()
        shown = reload_often(world, chatter)
        chatter.stop()

        assert not chatter.faults(), chatter.faults()
        for pair in pairs:
            assert sorted(pair.heard) == sorted(pair.sent), pair.jid
        assert all(len(pair.sent) >= 2 for pair in pairs)
        assert not [e for e in world.gate.events(mark) if e["event"] == "end"]
        for kind in ("s2s_in", "c2s"):
            world.gate.wait_metric(PAIRS, "portcullis_streams_active", kind=kind, phase="relaying")
        outcomes = [e["outcome"] for e in world.gate.events(mark)
                    if e["event"] == "reload" and e["trigger"] == "signal"]
        assert outcomes == ["ok", "failed"] * (RELOADS // 2)
        new = world.renew()
        assert new != shown and world.command().returncode == 0
        assert world.shown() == new == leaf_der(world.chain())
