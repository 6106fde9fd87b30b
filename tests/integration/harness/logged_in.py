"""A client that is logged in through a gate and whose every octet the test writes."""

import base64
import socket

from . import raw_peer
from .backend import password
from .environment import DOMAIN
from .wire import NS_SASL, StreamEnd

NS_CLIENT = "jabber:client"


class Secured(raw_peer.RawClient):
    """Under TLS, and not logged in yet. `buffer`: of its receiving socket."""

    def __init__(self, gate, buffer=None):
        super().__init__((gate.wan, 5222), None, DOMAIN, timeout=20)
        if buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._open()
        self.send(raw_peer.STARTTLS)
        self.element("proceed")
        self.start_tls(raw_peer.client_context(), server_hostname=DOMAIN)
        self._open()

    def _open(self):
        self.open(from_=None, namespace=NS_CLIENT)
        self.element("features")

    def to_the_end(self):
        """All elements until </stream:stream>."""
        items = []
        while not isinstance(item := self.next(), StreamEnd):
            items.append(item)
        return items


class Authenticated(Secured):
    """The password was taken, and nothing more was asked for."""

    def __init__(self, gate, user, buffer=None):
        super().__init__(gate, buffer)
        plain = base64.b64encode(f"\0{user}\0{password(user)}".encode()).decode()
        self.send(f"<auth xmlns='{NS_SASL}' mechanism='PLAIN'>{plain}</auth>")
        self.element("success")
        self._open()


class LoggedIn(Authenticated):
    """The same, with a resource."""

    def __init__(self, gate, user, buffer=None):
        super().__init__(gate, user, buffer)
        self.send("<iq id='b' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  "<resource>raw</resource></bind></iq>")
        self.element("iq")
        self.send("<iq id='s' type='set'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"
                  "</iq>")
        self.element("iq")
        self.jid = f"{user}@{DOMAIN}/raw"
