"""A real client: slixmpp, driven from the tests by blocking calls with deadlines."""

import asyncio
import threading

import slixmpp
from slixmpp.exceptions import IqError
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from .backend import password
from .process import wait_until

TIMEOUT = 20


class _Loop:
    """The event loop of all clients, in a thread of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.clients = []  # to the end: a collected client complains about its unfinished tasks
        threading.Thread(target=self._run, name="clients", daemon=True).start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def run(self, coroutine, timeout):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    def stop(self):
        async def cancel_all():
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self.run(cancel_all(), 10)
        self.loop.call_soon_threadsafe(self.loop.stop)


_loop = None


def _shared_loop():
    global _loop  # slixmpp wants one loop; it starts with the first client
    if _loop is None:
        _loop = _Loop()
    return _loop


def shut_down():
    """slixmpp leaves tasks behind, which complain when the interpreter ends."""
    if _loop is not None:
        _loop.stop()


class _Slixmpp(slixmpp.ClientXMPP):
    async def get_dns_records(self, domain, port=None):
        return []  # only ever to the address given to connect()


class LoginFailed(AssertionError):
    pass


class Client:
    """user@domain logged in at `address`: (host, port). `plaintext`: without TLS. `mechanism` None:
    the strongest that slixmpp knows; that has a cost (SCRAM in Python) and faults of its own, so
    that only tests about logging in ask for it."""

    def __init__(self, jid, address, roots, direct_tls=False, mechanism="PLAIN", secret=None,
                 plaintext=False):
        self.jid = slixmpp.JID(jid)
        self.messages = []
        self.presences = []
        self.failure = None
        self._ended = False
        self._ready = False
        self._address = address
        self._direct_tls = direct_tls
        self._plaintext = plaintext
        self._loop = _shared_loop()
        secret = password(self.jid.local) if secret is None else secret
        self._xmpp = self._call(self._make(secret, roots, mechanism))
        self._loop.clients.append(self._xmpp)

    async def _make(self, secret, roots, mechanism):
        # A resource is always asked for, so that a bounced stanza finds this very session.
        full = f"{self.jid.bare}/{self.jid.resource or 'test'}"
        xmpp = _Slixmpp(full, secret, sasl_mech=mechanism)
        xmpp.ca_certs = str(roots)
        xmpp.auto_reconnect = False
        xmpp.ssl_context.check_hostname = True
        for plugin in ("xep_0030", "xep_0045", "xep_0199"):
            xmpp.register_plugin(plugin)
        xmpp["feature_mechanisms"].unencrypted_plain = self._plaintext
        xmpp.add_event_handler("session_start", self._on_session)
        # Below slixmpp's own events, which leave out errors and the occupants of rooms.
        for name, inbox in (("presence", self.presences), ("message", self.messages)):
            xmpp.register_handler(Callback(f"every {name}",
                                           MatchXPath("{jabber:client}" + name), inbox.append))
        xmpp.add_event_handler("failed_auth", self._on_failure("login refused"))
        xmpp.add_event_handler("ssl_invalid_chain", self._on_failure("certificate refused"))
        xmpp.add_event_handler("connection_failed", self._on_failure("connection failed"))
        xmpp.add_event_handler("disconnected", self._on_disconnected)
        return xmpp

    def _on_failure(self, what):
        def handler(detail):
            self.failure = f"{what}: {detail}"
        return handler

    def _on_disconnected(self, reason):
        self._ended = True
        if not self._ready and self.failure is None:
            self.failure = f"disconnected: {reason}"

    async def _on_session(self, _):
        self._xmpp.send_presence()
        await self._xmpp.get_roster()
        self._ready = True

    def _call(self, coroutine, timeout=TIMEOUT):
        return self._loop.run(coroutine, timeout)

    async def _connect(self):
        xmpp, starttls = self._xmpp, not (self._direct_tls or self._plaintext)
        if hasattr(xmpp, "enable_direct_tls"):  # since slixmpp 1.9
            xmpp.enable_direct_tls, xmpp.enable_starttls = self._direct_tls, starttls
            xmpp.enable_plaintext = self._plaintext
            xmpp.connect(*self._address)
        else:
            xmpp.connect(self._address, use_ssl=self._direct_tls, force_starttls=starttls,
                         disable_starttls=not starttls)

    def login(self, timeout=TIMEOUT):
        self._call(self._connect())
        wait_until(lambda: self._ready or self.failure, timeout, f"login of {self.jid}")
        if self.failure:
            self.close()
            raise LoginFailed(f"{self.jid} at {self._address}: {self.failure}")
        return self

    def close(self):
        async def disconnect():
            if self._xmpp.transport is None:
                self._xmpp.cancel_connection_attempt()
            else:
                await self._xmpp.disconnect(wait=1)
        self._call(disconnect())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def connected(self):
        return not self._ended

    @property
    def full_jid(self):
        return self._xmpp.boundjid.full

    @property
    def tls_version(self):
        return self._xmpp.transport.get_extra_info("ssl_object").version()

    @property
    def mechanism(self):
        return self._xmpp["feature_mechanisms"].mech.name

    def wait_end(self, timeout=TIMEOUT):
        wait_until(lambda: self._ended, timeout, f"{self.jid} to be disconnected")

    def send(self, to, body, kind="chat"):
        async def run():
            self._xmpp.send_message(mto=to, mbody=body, mtype=kind)
        self._call(run())

    def send_raw(self, xml):
        async def run():
            self._xmpp.send_raw(xml)
        self._call(run())

    def wait_message(self, matches, timeout=TIMEOUT, what="a message"):
        """The first message, of any type, for which matches(message) holds."""
        return wait_until(lambda: next((m for m in list(self.messages) if matches(m)), None),
                          timeout, lambda: f"{what} at {self.jid}, got {self._received()}")

    def _received(self):
        return [str(m)[:300] for m in self.messages[-5:]]

    def wait_body(self, body, timeout=TIMEOUT):
        return self.wait_message(lambda m: m["body"] == body and m["type"] != "error", timeout,
                                 body[:60])

    def wait_bounce(self, of, timeout=40):
        """The error that comes back from the bare or full address `of`: (condition, text)."""
        message = self.wait_message(
            lambda m: m["type"] == "error" and m["from"].bare == slixmpp.JID(of).bare, timeout,
            f"an error from {of}")
        return message["error"]["condition"], message["error"]["text"]

    def wait_presence(self, kind, sender, timeout=TIMEOUT):
        def found():
            return next((p for p in list(self.presences)
                         if p["type"] == kind and p["from"].bare == sender), None)
        return wait_until(found, timeout, lambda: f"{kind} from {sender} at {self.jid}")

    def subscribe(self, to):
        async def run():
            self._xmpp.send_presence_subscription(pto=to, ptype="subscribe")
        self._call(run())

    def ping(self, to, timeout=TIMEOUT):
        """Whether `to` answered an XEP-0199 ping with a result."""
        async def run():
            try:
                await self._xmpp["xep_0199"].send_ping(slixmpp.JID(to), timeout=timeout)
            except IqError:
                return False
            return True
        return self._call(run(), timeout + 5)

    def disco_features(self, of, timeout=TIMEOUT):
        async def run():
            answer = await self._xmpp["xep_0030"].get_info(jid=of, timeout=timeout)
            return set(answer["disco_info"]["features"])
        return self._call(run(), timeout + 5)

    def disco_items(self, of, timeout=TIMEOUT):
        """The domains among them."""
        async def run():
            answer = await self._xmpp["xep_0030"].get_items(jid=of, timeout=timeout)
            return {slixmpp.JID(item[0]).domain for item in answer["disco_items"]["items"]}
        return self._call(run(), timeout + 5)

    def join(self, room, nick, timeout=TIMEOUT):
        async def run():
            self._xmpp["xep_0045"].join_muc(slixmpp.JID(room), nick)
        self._call(run())
        occupant = f"{room}/{nick}"

        def entered():
            for presence in list(self.presences):
                if presence["from"].full == occupant:
                    assert presence["type"] != "error", str(presence)
                    return True
            return False
        wait_until(entered, timeout, f"{self.jid} to enter {room}")

    def configure_instant_room(self, room):
        """Accepts the default settings of a room that this user has just made (XEP-0045 10.1.2),
        so that others may enter."""
        self.send_raw(
            f"<iq type='set' id='unlock' to='{room}'>"
            "<query xmlns='http://jabber.org/protocol/muc#owner'>"
            "<x xmlns='jabber:x:data' type='submit'/></query></iq>")
