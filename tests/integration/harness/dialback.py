"""A scripted server that knows server dialback (XEP-0220), and no other way to prove who it or
anybody else is unless told so. Both of its sides are here: it connects to the gate, and the gate
connects to it."""

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field

from . import raw_peer, wire as wire_module
from .process import wait_until
from .wire import NS_SASL, NS_STREAM, NS_TLS, Header, StreamEnd, header, local_name

NS_DIALBACK = "jabber:server:dialback"
NS_FEATURE = "urn:xmpp:features:dialback"
DECLARED = f" xmlns:db='{NS_DIALBACK}'"

_DIALBACK = f"<dialback xmlns='{NS_FEATURE}'><errors/></dialback>"
_STARTTLS = f"<starttls xmlns='{NS_TLS}'/>"
_EXTERNAL = f"<mechanisms xmlns='{NS_SASL}'><mechanism>EXTERNAL</mechanism></mechanisms>"
_NOT_AUTHORIZED = ("<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                   "</stream:error></stream:stream>")


def key(secret, receiving, originating, stream_id):
    """XEP-0185: whoever knows the secret can check it, without having seen the stream."""
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    return hmac.new(hashed.encode(), f"{receiving} {originating} {stream_id}".encode(),
                    hashlib.sha256).hexdigest()


def result(from_, to, text="", kind=None):
    return _element("result", from_, to, text, kind)


def verify(from_, to, stream_id, text="", kind=None):
    return _element("verify", from_, to, text, kind, stream_id)


def _element(name, from_, to, text, kind, stream_id=None):
    fields = {"from": from_, "to": to, "id": stream_id, "type": kind}
    written = "".join(f" {k}='{v}'" for k, v in fields.items() if v is not None)
    return f"<db:{name}{written}>{text}</db:{name}>"


@dataclass
class Seen:
    """What happened at a peer, for assertions."""

    stanzas: list = field(default_factory=list)
    verifies: list = field(default_factory=list)   # (from, to, answer) of each db:verify
    results: list = field(default_factory=list)    # (from, to, answer) of each db:result
    external: list = field(default_factory=list)   # the EXTERNAL responses it accepted
    refusals: list = field(default_factory=list)   # stream errors it was told
    shown: list = field(default_factory=list)      # DER of each client's certificate, or None


class DialbackClient(raw_peer.RawClient):
    """The initiating side, up to the features of the stream that dialback happens on."""

    def negotiate(self, tls=True):
        """Returns the features; `stream_id` is then the one that keys are made for."""
        features = self._open()
        if not tls:
            return features
        assert features.find(f"{{{NS_TLS}}}starttls") is not None
        self.send(raw_peer.STARTTLS)
        self.element("proceed")
        self.start_tls(raw_peer.client_context(self.credential), server_hostname=self.to)
        return self._open()

    def _open(self):
        self.open(extra=DECLARED)
        item = self.next()
        assert isinstance(item, Header), item
        self.stream_id = item.attributes["id"]
        return self.element("features")


class DialbackPeer:
    """The server of `domain` at `address`. It finds every other domain at `gate`, (host, port).

    credential        shown in both directions; None: no TLS at all
    client_credential shown when it connects, if that is another one; None: none is shown
    external          offers SASL EXTERNAL to whoever shows a certificate of `trusted`
    honest            answers db:verify truthfully; False: calls every key invalid

    tls_when_connecting may be changed for a peer that has a credential.
    """

    def __init__(self, domain, address, gate, credential=None, client_credential=..., trusted=None,
                 external=False, honest=True, port=5269):
        self.domain = domain
        self.seen = Seen()
        self._address = address
        self._gate = gate
        self._credential = credential
        self._client_credential = (
            credential if client_credential is ... else client_credential)
        self._trusted = trusted
        self._external = external
        self._honest = honest
        self.tls_when_connecting = credential is not None
        self._secret = secrets.token_hex(16)
        self._changed = threading.Lock()
        self._server = raw_peer.RawServer(
            address, self.seen, port, script=lambda wire, _: _Conversation(self, wire).run())

    @property
    def connections(self):
        return self._server.connections

    # As initiating entity.

    def connect(self, to, gate=None, domain=None):
        """Connected and negotiated as far as dialback needs it: (client, features)."""
        client = DialbackClient(gate or self._gate, domain or self.domain, to,
                                self._client_credential,
                                source=self._address, timeout=30)
        try:
            return client, client.negotiate(tls=self.tls_when_connecting)
        except BaseException:
            client.close()
            raise

    def key_for(self, client, domain=None):
        """For our own domain, or for another one that this server serves."""
        return key(self._secret, client.to, domain or self.domain, client.stream_id)

    def ask(self, client, text=None):
        """Sends the key (or `text` for one) and returns the type of the answer."""
        client.send(result(self.domain, client.to, self.key_for(client) if text is None else text))
        answer = client.element("result", timeout=40)
        assert answer.tag == f"{{{NS_DIALBACK}}}result", answer.tag
        assert (answer.get("from"), answer.get("to")) == (client.to, self.domain)
        return answer.get("type")

    def established(self, to, gate=None):
        """A client that may send stanzas."""
        client, _ = self.connect(to, gate)
        answer = self.ask(client)
        assert answer == "valid", answer
        return client

    def call_back(self, originating, stream_id, text, receiving=None):
        """Whether the server of `originating` says that the key, sent to `receiving` (us, or
        another domain of this server), is its own."""
        receiving = receiving or self.domain
        client, _ = self.connect(originating, domain=receiving)
        with client:
            client.send(verify(receiving, originating, stream_id, text))
            answer = client.element("verify", timeout=40)
            assert (answer.get("from"), answer.get("to"), answer.get("id")) == (
                originating, receiving, stream_id), answer.attrib
            client.send(wire_module.STREAM_END)
            return answer.get("type") == "valid"

    # As receiving entity.

    def genuine(self, receiving, originating, stream_id, text):
        return self._honest and hmac.compare_digest(
            key(self._secret, receiving, originating, stream_id), text)

    def note(self, what, value):
        with self._changed:
            getattr(self.seen, what).append(value)

    def wait_stanza(self, matches=lambda stanza: True, timeout=30):
        return self._server.wait_stanza(matches, timeout)

    def wait_seen(self, what, timeout=20):
        return wait_until(lambda: getattr(self.seen, what), timeout,
                          f"{what} at {self.domain}: {self.seen}")

    def stop(self):
        self._server.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class _Conversation:
    """One connection that the peer accepted."""

    def __init__(self, peer, wire):
        self._peer = peer
        self._wire = wire
        self._secure = False
        self._pairs = set()      # (from, to) that may send stanzas
        self._remote = None
        self._stream_id = None

    def run(self):
        handlers = {"starttls": self._start_tls, "auth": self._accept_external,
                    "result": self._judge_result, "verify": self._answer_verify,
                    "error": self._note_refusal}
        while True:
            item = self._wire.next(timeout=600)
            if isinstance(item, StreamEnd):
                self._wire.send(wire_module.STREAM_END)
                return
            if isinstance(item, Header):
                self._answer_header(item.attributes)
            else:
                handlers.get(local_name(item), self._take_stanza)(item)

    def _answer_header(self, asked):
        self._remote = asked.get("from")
        self._stream_id = secrets.token_hex(8)
        peer = self._peer
        offers = _DIALBACK
        if peer._credential is not None and not self._secure:
            offers += _STARTTLS
        if peer._external and self._secure and not self._pairs:
            offers += _EXTERNAL
        self._wire.send(header(peer.domain, self._remote,
                               extra=f" id='{self._stream_id}'{DECLARED}")
                        + f"<stream:features>{offers}</stream:features>")

    def _start_tls(self, _):
        self._wire.send(raw_peer.PROCEED)
        context = raw_peer.server_context(self._peer._credential, self._peer._trusted)
        self._wire.start_tls(context, server_side=True)
        self._peer.note("shown", self._wire.sock.getpeercert(binary_form=True))
        self._secure = True

    def _accept_external(self, item):
        assert self._peer._external and self._wire.sock.getpeercert(), "EXTERNAL was not offered"
        self._peer.note("external", item.text)
        self._pairs.add((self._remote, self._peer.domain))
        self._wire.send(raw_peer.SUCCESS)
        self._wire.restart()

    def _judge_result(self, item):
        from_, to = item.get("from"), item.get("to")
        assert to.endswith(self._peer.domain) and item.get("type") is None, item.attrib
        genuine = self._peer.call_back(from_, self._stream_id, item.text, to)
        answer = "valid" if genuine else "invalid"
        if genuine:
            self._pairs.add((from_, to))
        self._peer.note("results", (from_, to, answer))
        self._wire.send(result(to, from_, kind=answer))

    def _answer_verify(self, item):
        from_, to, stream_id = item.get("from"), item.get("to"), item.get("id")
        genuine = self._peer.genuine(from_, to, stream_id, item.text or "")
        answer = "valid" if genuine else "invalid"
        self._peer.note("verifies", (from_, to, answer))
        self._wire.send(verify(to, from_, stream_id, kind=answer))

    def _note_refusal(self, item):
        assert item.tag == f"{{{NS_STREAM}}}error", item.tag
        self._peer.note("refusals", wire_module.read_stream_error(item))

    def _take_stanza(self, item):
        pair = (item.get("from").rpartition("@")[2].partition("/")[0],
                item.get("to").rpartition("@")[2].partition("/")[0])
        if pair not in self._pairs:
            self._wire.send(_NOT_AUTHORIZED)
            raise AssertionError(f"stanza of {pair} before dialback: {item.attrib}")
        self._peer.note("stanzas", item)
