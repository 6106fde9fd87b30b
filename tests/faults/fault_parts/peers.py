"""The ends of the line: clients, remote servers that connect, and remote servers that are called."""

import base64
import contextlib
import secrets
import socket
import threading

from harness import raw_peer
from harness.backend import password
from harness.raw_peer import RawClient, RawServer
from harness.wire import NS_SASL, StreamEnd, header, local_name

from .stream import SLOW_BUFFER, Stream

NS_CLIENT = {"namespace": "jabber:client"}


def log_in(address, domain, user, secure, slow=False, timeout=20):
    """A client with a bound resource; returns (wire, full JID). `secure`: by STARTTLS."""
    wire = RawClient(address, None, domain, timeout=timeout)
    if slow:
        wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BUFFER)
    try:
        wire.open(**NS_CLIENT)
        wire.element("features")
        if secure:
            wire.send(raw_peer.STARTTLS)
            wire.element("proceed")
            wire.start_tls(raw_peer.client_context(), server_hostname=domain)
            wire.open(**NS_CLIENT)
            wire.element("features")
        secret = base64.b64encode(f"\0{user}\0{password(user)}".encode()).decode()
        wire.send(f"<auth xmlns='{NS_SASL}' mechanism='PLAIN'>{secret}</auth>")
        wire.element("success")
        wire.open(**NS_CLIENT)
        wire.element("features")
        resource = f"r{secrets.token_hex(5)}"
        wire.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  f"<resource>{resource}</resource></bind></iq>")
        bound = wire.element("iq")
        assert bound.get("type") == "result", "no resource was bound"
    except BaseException:
        wire.close()
        raise
    return wire, f"{user}@{domain}/{resource}"


def establish(address, domain, to, credential, source, timeout=20):
    """A remote server's stream, up to where it may send stanzas."""
    wire = RawClient(address, domain, to, credential, source=source, timeout=timeout)
    try:
        wire.negotiate_tls()
        wire.open()
        features = wire.element("features")
        assert any(m.text == "EXTERNAL" for m in features.iter(f"{{{NS_SASL}}}mechanism")), (
            "EXTERNAL is not offered")
        wire.send(raw_peer.external(domain))
        wire.element("success")
        wire.open()
        wire.element("features")
    except BaseException:
        wire.close()
        raise
    return wire


class Called:
    """The server of all scripted domains, which is called for each of them. A stream of a domain
    belongs to the arm that has taken this domain."""

    def __init__(self, address, credential):
        self._context = raw_peer.server_context(credential)
        self._owners = {}
        self._lock = threading.Lock()
        self._server = RawServer(address, None, script=self._serve)

    def belongs_to(self, domain, arm, rate=None):
        with self._lock:
            self._owners[domain] = (arm, rate)

    def _owner(self, domain):
        """(arm, rate); both None when nobody has this domain any more."""
        with self._lock:
            return self._owners.get(domain, (None, None))

    def forget(self, arm):
        with self._lock:
            self._owners = {d: o for d, o in self._owners.items() if o[0] is not arm}

    def _header(self, wire):
        asked = wire.next().attributes
        wire.send(header(asked.get("to"), asked.get("from"), extra=f" id='{secrets.token_hex(6)}'"))
        return asked.get("to")

    def _serve(self, wire, _):
        if self._owner(self._header(wire))[1] is not None:
            wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BUFFER)
        wire.send(raw_peer.OFFER_STARTTLS)
        wire.element("starttls")
        wire.send(raw_peer.PROCEED)
        wire.start_tls(self._context, server_side=True)
        self._header(wire)
        wire.send(raw_peer.OFFER_EXTERNAL)
        item = wire.next()
        if isinstance(item, StreamEnd) or local_name(item) != "auth":
            return
        wire.send(raw_peer.SUCCESS)
        wire.restart()
        domain = self._header(wire)
        wire.send(raw_peer.OFFER_NOTHING)
        arm, rate = self._owner(domain)
        if arm is not None:
            side = "called peer" if rate is None else f"called peer, {rate} octets/s"
            stream = arm.traffic.add(Stream(side, wire, arm.log, rate))
            stream.ended.wait(3600)

    def stop(self):
        with contextlib.suppress(AssertionError):  # whoever was cut off while it negotiated
            self._server.stop()
