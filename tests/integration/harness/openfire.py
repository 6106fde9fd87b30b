"""What Openfire does on the wire as a backend by dialback, after its public source: the answers of
its port for servers, its question about a key on a connection of its own, and its own streams."""

import contextlib
import hashlib
import secrets
import socket
import threading
from xml.etree import ElementTree

from .wire import NS_SERVER, NS_STREAM, STREAM_END, Closed, Header, StreamEnd, Wire, local_name

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_FEATURES = ('<stream:features><starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>'
             '<dialback xmlns="urn:xmpp:features:dialback"><errors/></dialback>'
             '<limits xmlns="urn:xmpp:stream-limits:0"><max-bytes>1048576</max-bytes>'
             '<idle-seconds>1800</idle-seconds></limits></stream:features>')
_FAILED = ('<stream:error xmlns:stream="http://etherx.jabber.org/streams"><internal-server-error '
           'xmlns="urn:ietf:params:xml:ns:xmpp-streams"/><text '
           'xmlns="urn:ietf:params:xml:ns:xmpp-streams">An error occurred while processing data raw '
           'inbound data.</text></stream:error></stream:stream>')


def _header(**fields):
    written = "".join(f' {name.rstrip("_")}="{value}"' for name, value in fields.items() if value)
    return (f'{_DECLARATION}<stream:stream xmlns:stream="{NS_STREAM}" xmlns="{NS_SERVER}" '
            f'xmlns:db="jabber:server:dialback"{written}>')


def _modern(asked):
    return "1.0" if asked.get("version") else None


class PlayedOpenfire:
    def __init__(self, address, domains):
        self.domains = set(domains)
        self.gate = None        # where dnsutil.dnsOverride leads: (address, port)
        self.stanzas = []       # what reached it
        self.asked = []         # (from, to, answer) of its questions about keys
        self.headers = []       # the attributes of each header that it was sent
        self._secret = secrets.token_hex(5)
        self._listener = socket.create_server((address, 15269))
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else accept() would keep it open
        self._listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # ---- Its own streams

    def connect(self):
        """As it does: once only to look, then to speak."""
        socket.create_connection(self.gate, 5).close()
        return Wire(socket.create_connection(self.gate, 5))

    @contextlib.contextmanager
    def stream(self, name, version="1.0", local=None, secret=None):
        """A stream to `name` on which stanzas may be said."""
        local = local or min(self.domains)
        with self.connect() as wire:
            if version:
                wire.send(_header(from_=local, to=name, version=version))
            else:
                wire.send(_header(to=name, from_=local))
            answer = wire.next(timeout=5).attributes
            if version:
                features = wire.element("features", timeout=5)
                assert [local_name(f) for f in features if local_name(f) != "limits"] == ["dialback"]
            assert answer.get("version") == version
            key = self._key(answer["id"], secret)
            wire.send(f'<db:result from="{local}" to="{name}">{key}</db:result>')
            yield wire

    # ---- The streams of others

    def _key(self, stream_id, secret=None):
        return hashlib.sha1((stream_id + (secret or self._secret)).encode()).hexdigest()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with contextlib.suppress(Closed, OSError), Wire(sock, timeout=600) as wire:
            stream_id = secrets.token_hex(5)
            while True:
                item = wire.next()
                if isinstance(item, StreamEnd):
                    wire.send(STREAM_END)
                    return
                if isinstance(item, Header):
                    self._answer_header(wire, item.attributes, stream_id)
                elif local_name(item) == "result":
                    if not self._judge(wire, item, stream_id):
                        return
                elif local_name(item) == "verify":
                    right = self._key(item.get("id")) == (item.text or "").strip()
                    wire.send(f'<db:verify from="{item.get("to")}" to="{item.get("from")}" '
                              f'type="{"valid" if right else "invalid"}" id="{item.get("id")}"/>')
                else:
                    self.stanzas.append(item)

    def _answer_header(self, wire, asked, stream_id):
        self.headers.append(asked)
        wire.send(_header(from_=asked.get("to"), to=asked.get("from"), id=stream_id,
                          version=_modern(asked)) + (_FEATURES if _modern(asked) else ""))

    def _judge(self, wire, item, stream_id):
        local, remote = item.get("to"), item.get("from")
        if local not in self.domains:
            return self._refuse(wire, item, "item-not-found", "Service not hosted here")
        try:
            answer = self._ask(local, remote, stream_id, (item.text or "").strip())
        except (Closed, OSError, ElementTree.ParseError):
            answer = None
        self.asked.append((local, remote, answer))
        if answer == "valid":
            return wire.send(f'<db:result from="{local}" to="{remote}" type="valid"/>')
        if answer == "invalid":
            wire.send(f'<db:result from="{local}" to="{remote}" type="invalid"/>{STREAM_END}')
            return False
        return self._refuse(wire, item, "remote-server-timeout", "Authoritative server failed")

    @staticmethod
    def _refuse(wire, item, condition, text):
        ns = 'xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"'
        wire.send(f'<db:result from="{item.get("to")}" to="{item.get("from")}" type="error">'
                  f'<error type="cancel"><{condition} {ns}/><text {ns}>{text}</text></error>'
                  f'</db:result>{_FAILED}')
        return False

    def _ask(self, local, remote, stream_id, key):
        """It does not wait for the end of the stream."""
        with Wire(socket.create_connection(self.gate, 5)) as wire:
            wire.send(_header(to=remote, from_=local, version="1.0"))
            assert isinstance(wire.next(), Header)
            wire.element("features")
            wire.send('<db:verify xmlns:db="jabber:server:dialback" '
                      f'from="{local}" to="{remote}" id="{stream_id}">{key}</db:verify>')
            answer = wire.element("verify")
            assert (answer.get("from"), answer.get("to"), answer.get("id")) == (
                remote, local, stream_id), answer.attrib
            wire.send(STREAM_END)
            return answer.get("type")
