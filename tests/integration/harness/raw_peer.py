"""Scripted servers of the test Internet: as initiating entity (a TCP/TLS client with any
certificate) and as receiving entity, for everything a well-behaved server does not do."""

import base64
import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from xml.etree import ElementTree

from . import wire as wire_module
from .process import wait_until
from .wire import NS_SASL, NS_STREAM, NS_TLS, Wire, header, local_name

STARTTLS = f"<starttls xmlns='{NS_TLS}'/>"
PROCEED = f"<proceed xmlns='{NS_TLS}'/>"
OFFER_STARTTLS = (f"<stream:features><starttls xmlns='{NS_TLS}'><required/></starttls>"
                  "</stream:features>")
OFFER_EXTERNAL = (f"<stream:features><mechanisms xmlns='{NS_SASL}'>"
                  "<mechanism>EXTERNAL</mechanism></mechanisms></stream:features>")
OFFER_NOTHING = "<stream:features/>"
SUCCESS = f"<success xmlns='{NS_SASL}'/>"


def external(authzid):
    """`authzid` None: empty, "="."""
    text = "=" if authzid is None else base64.b64encode(authzid.encode()).decode()
    return f"<auth xmlns='{NS_SASL}' mechanism='EXTERNAL'>{text}</auth>"


def client_context(credential=None, alpn=None):
    """Shows `credential`, checks nothing: these peers want to be judged, not to judge."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if credential is not None:
        _load(context, credential)
    if alpn is not None:
        context.set_alpn_protocols(alpn)
    return context


def server_context(credential, trusted=None):
    """Asks for a client certificate if `trusted`, a PEM file of CAs, is given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(context, credential)
    if trusted is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(trusted)
    return context


def _load(context, credential):
    if credential.weak:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(credential.chain, credential.key)


class RawClient(Wire):
    """The initiating entity `domain`, connected to `address` (host, port) for `to`."""

    def __init__(self, address, domain, to, credential=None, source=None, timeout=10):
        source_address = (source, 0) if source else None
        super().__init__(socket.create_connection(address, timeout, source_address), timeout)
        self.domain = domain
        self.to = to
        self.credential = credential

    @property
    def local_address(self):
        return self.sock.getsockname()

    def open(self, from_=..., to=..., **fields):
        """Sends our stream header; from and to are ours unless given (None: left out)."""
        self.restart()
        self.send(header(self.domain if from_ is ... else from_,
                         self.to if to is ... else to, **fields))

    def negotiate_tls(self, from_=..., to=..., maximum=None):
        """Header, STARTTLS, handshake; the secured stream is not opened yet. `maximum`: name of an
        ssl.TLSVersion."""
        self.open(from_, to)
        features = self.element("features")
        assert features.find(f"{{{NS_TLS}}}starttls") is not None
        self.send(STARTTLS)
        self.element("proceed")
        context = client_context(self.credential)
        if maximum:
            context.maximum_version = ssl.TLSVersion[maximum]
        self.start_tls(context, server_hostname=self.to)

    def direct_tls(self, alpn=("xmpp-server",)):
        self.start_tls(client_context(self.credential, list(alpn) if alpn else None),
                       server_hostname=self.to)

    def secure(self):
        """Up to the features of the secured stream, which must offer EXTERNAL."""
        self.negotiate_tls()
        self.open()
        return self.expect_external()

    def expect_external(self):
        features = self.element("features")
        offered = [m.text for m in features.iter(f"{{{NS_SASL}}}mechanism")]
        assert offered == ["EXTERNAL"], offered
        return features

    def authenticate(self, authzid=None, timeout=None):
        self.send(external(authzid))
        self.element("success", timeout)

    def establish(self):
        """The whole negotiation; then stanzas may be sent."""
        self.secure()
        self.authenticate()
        self.open()
        self.element("features")
        return self

    def sasl_failure(self):
        """(condition, text) of the <failure/> that must come."""
        failure = self.element("failure")
        conditions = [local_name(c) for c in failure if local_name(c) != "text"]
        text = next((c.text for c in failure if local_name(c) == "text"), "")
        assert len(conditions) == 1, ElementTree.tostring(failure)
        return conditions[0], text


@dataclass
class Behaviour:
    """What a receiving entity does; the defaults are a decent server."""

    credential: object = None
    trusted: object = None           # PEM of the CAs for client certificates
    offer_starttls: bool = True
    probed: bool = False             # a backend: some streams only ask whether it answers
    behind_proceed: bytes = b""      # in the clear, in the segment of <proceed/>
    external: str = "accept"         # accept | refuse | absent
    features_twice: bool = False
    silent: bool = False             # accepts and says nothing
    reset_at: str = ""               # "connect", "header" or "tls"
    extra_after_success: bytes = b""  # sent behind the final features
    deaf_until: object = None        # threading.Event: established, it reads nothing until then
    refusals: list = field(default_factory=list)  # stream errors it was told instead of <auth/>
    stanzas: list = field(default_factory=list)  # what it was sent, as ElementTree elements
    headers: list = field(default_factory=list)  # the attributes of each header it was sent


class RawServer:
    """The receiving entity at `address`, one thread per connection, which runs
    `script(wire, behaviour)`: converse() unless another is given. Stanzas it is sent are in
    `behaviour.stanzas`; what went wrong in a script is raised by stop()."""

    def __init__(self, address, behaviour, port=5269, script=None):
        self.behaviour = behaviour
        self._script = script or converse
        self.connections = 0
        self.wires = []
        self._stopping = False
        self._faults = []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, port), family=family)
        if getattr(behaviour, "deaf_until", None):  # before accept(), or it would still be enlarged
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        wire = Wire(sock, timeout=60)
        self.wires.append(wire)
        try:
            self._script(wire, self.behaviour)
        except (wire_module.Closed, OSError, ssl.SSLError):
            pass  # the gate may leave whenever it likes
        except AssertionError as fault:
            if not self._stopping:
                self._faults.append(fault)
        finally:
            wire.close()

    def wait_connection(self, count=1, timeout=20):
        wait_until(lambda: self.connections >= count, timeout, f"connection {count} at the peer")

    def wait_stanza(self, matches=lambda stanza: True, timeout=20):
        # In a list: an element without children is false.
        return wait_until(lambda: [s for s in list(self.behaviour.stanzas) if matches(s)],
                          timeout, "a stanza at the peer")[0]

    def stop(self):
        self._stopping = True
        # close() alone leaves a thread in accept() holding the port.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for wire in self.wires:
            with contextlib.suppress(OSError):
                wire.sock.shutdown(socket.SHUT_RDWR)
            wire.close()
        if self._faults:
            raise self._faults[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _answer_header(wire, behaviour, stream_id):
    """Reads the initiating entity's header and answers it."""
    asked = wire.next().attributes
    behaviour.headers.append(asked)
    wire.send(header(asked.get("to"), asked.get("from"), extra=f" id='{stream_id}'"))
    return asked


def converse(wire, behaviour):
    """One connection, from the first byte to the last stanza."""
    if behaviour.reset_at == "connect":
        return wire.reset()
    if behaviour.silent:
        while wire.sock.recv(4096):
            pass
        return None
    _answer_header(wire, behaviour, "clear")
    if behaviour.reset_at == "header":
        return wire.reset()
    if not behaviour.offer_starttls:
        wire.send(OFFER_NOTHING)
        return wire.next()
    wire.send(OFFER_STARTTLS)
    if behaviour.features_twice:
        wire.send(OFFER_STARTTLS)
    item = wire.next()
    if behaviour.probed and isinstance(item, wire_module.StreamEnd):
        return None
    assert local_name(item) == "starttls", item
    wire.send(PROCEED.encode() + behaviour.behind_proceed)
    if behaviour.reset_at == "tls":
        return wire.reset()
    wire.start_tls(server_context(behaviour.credential, behaviour.trusted), server_side=True)
    return _converse_secured(wire, behaviour)


def _converse_secured(wire, behaviour):
    _answer_header(wire, behaviour, "secured")
    if behaviour.external == "absent":
        wire.send(OFFER_NOTHING)
        return wire.next()
    wire.send(OFFER_EXTERNAL)
    item = wire.next()
    if isinstance(item, wire_module.StreamEnd):
        return None
    if item.tag == f"{{{NS_STREAM}}}error":
        behaviour.refusals.append(wire_module.read_stream_error(item))
        return None
    assert wire_module.local_name(item) == "auth", item
    if behaviour.external == "refuse":
        wire.send(f"<failure xmlns='{NS_SASL}'><not-authorized/>"
                  "<text xml:lang='en'>we do not like you</text></failure>")
        return wire.next()
    wire.send(SUCCESS)
    wire.restart()
    _answer_header(wire, behaviour, "established")
    wire.send(OFFER_NOTHING.encode() + behaviour.extra_after_success)
    if behaviour.deaf_until is not None:
        behaviour.deaf_until.wait(120)
    while True:
        item = wire.next(timeout=600)
        if isinstance(item, wire_module.StreamEnd):
            wire.send(wire_module.STREAM_END)
            return None
        if item.tag != f"{{{NS_STREAM}}}error":
            behaviour.stanzas.append(item)
