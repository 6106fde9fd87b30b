"""One XMPP connection under byte-level control: send anything, read elements."""

import select
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass
from xml.etree import ElementTree

NS_STREAM = "http://etherx.jabber.org/streams"
NS_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
NS_TLS = "urn:ietf:params:xml:ns:xmpp-tls"
NS_SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
NS_SERVER = "jabber:server"
NS_REASON = "urn:xmpp:portcullis:0"

STREAM_END = "</stream:stream>"


class Closed(AssertionError):
    """The other end closed the connection, or reset it, where something else was expected."""


@dataclass(frozen=True)
class StreamError:
    condition: str
    text: str
    reason: str  # ours: <reason xmlns='urn:xmpp:portcullis:0'/>


@dataclass(frozen=True)
class Header:
    attributes: dict


@dataclass(frozen=True)
class StreamEnd:
    """</stream:stream>"""


def local_name(element):
    return element.tag.rpartition("}")[2]


def read_stream_error(element):
    condition = text = reason = ""
    for child in element:
        if child.tag == f"{{{NS_ERRORS}}}text":
            text = child.text or ""
        elif child.tag.startswith(f"{{{NS_ERRORS}}}"):
            condition = local_name(child)
        elif child.tag == f"{{{NS_REASON}}}reason":
            reason = child.text or ""
    return StreamError(condition, text, reason)


def header(from_=None, to=None, version="1.0", namespace=NS_SERVER, extra=""):
    fields = {"from": from_, "to": to, "version": version}
    written = "".join(f" {k}='{v}'" for k, v in fields.items() if v is not None)
    return (f"<?xml version='1.0'?><stream:stream xmlns='{namespace}' "
            f"xmlns:stream='{NS_STREAM}'{written}{extra}>")


class Wire:
    """A connected socket. Every read has a deadline, after which it fails."""

    def __init__(self, sock, timeout=10):
        self.sock = sock
        self.timeout = timeout
        self.received = bytearray()  # everything of the present TLS state, for messages
        self.restart()
        sock.settimeout(timeout)
        if sock.family != socket.AF_UNIX:
            # Or what follows a handshake would wait for its delayed acknowledgement, 40 ms.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def restart(self):
        """A new stream begins: before a new header, and after TLS."""
        self._parser = ElementTree.XMLPullParser(events=("start", "end"))
        self._depth = 0
        self._items = deque()

    def send(self, data):
        """Returns whether the other end still took it."""
        if isinstance(data, str):
            data = data.encode()
        try:
            self.sock.sendall(data)
        except (OSError, ssl.SSLError):
            return False
        return True

    def send_slowly(self, data, seconds_each, stop_after):
        """Byte by byte until stop_after seconds have passed or the other end has closed. Returns
        whether it closed."""
        deadline = time.monotonic() + stop_after
        for position in range(len(data)):
            readable, _, _ = select.select([self.sock], [], [], seconds_each)
            if readable or not self.send(data[position:position + 1]):
                return True
            if time.monotonic() > deadline:
                return False
        return False

    def next(self, timeout=None):
        """Header, Element or StreamEnd; Closed at the end of the connection."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while not self._items:
            data = self._receive(deadline)
            if not data:
                raise Closed(f"closed after {bytes(self.received[-500:])!r}")
            self.received += data
            self._parser.feed(data)
            self._collect()
        return self._items.popleft()

    def take(self, data):
        """For those who read the socket themselves: what is complete with `data`, as next() would
        return it."""
        self._parser.feed(data)
        self._collect()
        items = list(self._items)
        self._items.clear()
        return items

    def _receive(self, deadline):
        while True:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise AssertionError(f"nothing came within the time; so far "
                                     f"{bytes(self.received[-5000:])!r}")
            self.sock.settimeout(remaining)
            try:
                return self.sock.recv(65536)
            except socket.timeout:
                continue
            except (ConnectionError, ssl.SSLError):
                return b""

    def _collect(self):
        for event, element in self._parser.read_events():
            if event == "start":
                self._depth += 1
                if self._depth == 1:
                    self._items.append(Header(dict(element.attrib)))
            else:
                self._depth -= 1
                if self._depth == 1:
                    self._items.append(element)
                elif self._depth == 0:
                    self._items.append(StreamEnd())

    def element(self, name, timeout=None):
        """The next element, which must be called `name`; headers are skipped."""
        item = self.next(timeout)
        while isinstance(item, Header):
            item = self.next(timeout)
        assert not isinstance(item, StreamEnd), f"stream ended instead of <{name}/>"
        if local_name(item) == "error" and name != "error":
            raise AssertionError(f"{read_stream_error(item)} instead of <{name}/>")
        assert local_name(item) == name, f"{ElementTree.tostring(item)!r} instead of <{name}/>"
        return item

    def stream_error(self, timeout=None, then_close=True):
        """Skips headers and features; what comes must be a stream error, then the end. Our side is
        closed then, as servers do; the gate waits some time for that."""
        item = self.next(timeout)
        while isinstance(item, Header) or (
                not isinstance(item, StreamEnd) and local_name(item) == "features"):
            item = self.next(timeout)
        assert not isinstance(item, StreamEnd), "stream ended without an error"
        assert item.tag == f"{{{NS_STREAM}}}error", ElementTree.tostring(item)
        error = read_stream_error(item)
        assert isinstance(self.next(timeout), StreamEnd), "no </stream:stream> behind the error"
        self.send("</stream:stream>")  # as servers and clients do
        self.expect_closed(timeout)
        if then_close:
            self.close()
        return error

    def expect_closed(self, timeout=None):
        """Nothing but the end of the connection comes."""
        deadline = time.monotonic() + (timeout or self.timeout)
        assert not self._items, f"unexpected: {list(self._items)}"
        data = self._receive(deadline)
        assert data == b"", f"unexpected: {data!r}"

    def start_tls(self, context, server_side=False, server_hostname=None):
        self.sock.settimeout(self.timeout)
        self.sock = context.wrap_socket(self.sock, server_side=server_side,
                                        server_hostname=server_hostname)
        self.received = bytearray()
        self.restart()

    def close_sending(self):
        """Half-close: the other end reads the end, and can still write."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
