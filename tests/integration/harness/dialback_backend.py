"""A backend that the gate knows by dialback, and in the place of the gate's outbound listener a
scripted one: it can also say what the gate never would."""

import contextlib
import hashlib
import hmac
import secrets
import socket
import threading

from . import dns
from .by_dialback import DialbackEnvironment
from .dialback import DECLARED, key, result, verify
from .wire import STREAM_END, Closed, Header, StreamEnd, Wire, header, local_name

def backend_key(secret, receiving, originating, stream_id):
    """As the gate makes keys for its backend: the place has a secret of its own, which follows from
    that of the file."""
    derived = hmac.new(secret.encode(), b"portcullis backend dialback", hashlib.sha256).hexdigest()
    return key(derived, receiving, originating, stream_id)


class Responder:
    """What the backend finds under every other domain. It takes the backend's own keys without a
    question, and answers what the backend asks about keys by `judge`, a function of the right key
    and the key in question: the type of the answer, or None for no answer at all."""

    def __init__(self, address, secret):
        self.secret = secret
        self.judge = self.honest
        self.asked = []  # (from, to, answer) of each db:verify
        self._listener = socket.create_server((address, 5269))
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def honest(right, text):
        return "valid" if hmac.compare_digest(right, text) else "invalid"

    @contextlib.contextmanager
    def answering(self, judge):
        self.judge = judge
        try:
            yield self
        finally:
            self.judge = self.honest

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # else accept() would keep it open
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with contextlib.suppress(Closed, OSError), Wire(sock, timeout=600) as wire:
            while True:
                item = wire.next()
                if isinstance(item, StreamEnd):
                    wire.send(STREAM_END)
                    return
                if isinstance(item, Header):
                    self._answer_header(wire, item.attributes)
                elif local_name(item) == "result":
                    wire.send(result(item.get("to"), item.get("from"), kind="valid"))
                elif local_name(item) == "verify":
                    self._answer_question(wire, item)

    @staticmethod
    def _answer_header(wire, asked):
        modern = asked.get("version") == "1.0"
        wire.send(header(asked.get("to"), asked.get("from"), version="1.0" if modern else None,
                         extra=f" id='{secrets.token_hex(8)}'{DECLARED}"))
        if modern:
            wire.send("<stream:features><dialback xmlns='urn:xmpp:features:dialback'/>"
                      "</stream:features>")

    def _answer_question(self, wire, item):
        from_, to, stream_id = item.get("from"), item.get("to"), item.get("id")
        right = backend_key(self.secret, from_, to, stream_id)
        answer = self.judge(right, (item.text or "").strip())
        self.asked.append((from_, to, answer))
        if answer is not None:
            wire.send(verify(to, from_, stream_id, kind=answer))


class ScriptedAnswers(DialbackEnvironment):
    def __init__(self, kind):
        self.secret = secrets.token_hex(32)
        super().__init__(kind)

    def start_capture(self):
        capture = dns.capture_by_srv if self.kind == "ejabberd" else dns.capture_by_address
        self.started(capture(self.directory / "capture", self.net))
        self.secret_file = self.directory / "dialback.secret"
        self.secret_file.touch(mode=0o600)
        self.secret_file.write_text(f"{self.secret}\n")
        self.responder = Responder(self.net.outbound, self.secret)

    def make_local_ca(self):
        """The gate needs none. The settings of the guides name one, and ejabberd wants to see it."""
        self.pki.local_ca(self.local_ca_directory)

    def _outbound(self, listen):
        """Nobody finds the gate's own one."""
        return {"listen": [f"{self.net.address(66)}:5269"] if listen == self.net.outbound
                else [f"{listen}:5269"], "allow_networks": ["127.0.0.0/8"]}

    def settings(self, wan, outbound):
        settings = super().settings(wan, outbound)
        settings["s2s"]["dialback_secret"] = self.secret_file
        return settings

    def close(self):
        self.responder.stop()
        super().close()
