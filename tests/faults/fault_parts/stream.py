"""An established stream of a workload: sends numbered stanzas and notes what arrives, without ever
waiting, as slowly as it is told to."""

import collections
import re
import ssl
import threading
import time
from xml.etree import ElementTree

from harness import wire as wire_module
from harness.wire import STREAM_END, StreamEnd, local_name

PIECE = 16 * 1024        # octets of one write
TURN = 256 * 1024        # octets read in one turn, so that no stream starves the others
QUEUE = 64 * 1024        # octets that wait in us; what flows make beyond has to wait
# Of the kernel, for those who read slowly: so much less than is sent that it hides nothing, and
# enough to be fast later. It stays as it is, because a window that was small stays small.
SLOW_BUFFER = 256 * 1024
NOTHING_NOW = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError)

_NUMBERED = re.compile(r"([a-z][a-z0-9]*)-(\d+)")


class Stream:
    """`side`: who this is, in the words of the table. `rate`: octets a second that it reads; None:
    all there is."""

    def __init__(self, side, wire, log, rate=None):
        self.side = side
        self.rate = rate
        self.log = log
        self.ended = threading.Event()
        self.arrivals = 0
        self._wire = wire
        self._sock = wire.sock
        self._sock.setblocking(False)
        self._sending = threading.RLock()  # rows send, too, not only the thread of Traffic
        self._out = bytearray()
        self._taken = 0                    # octets that the kernel took so far
        self._marks = collections.deque()  # (octets taken when it is sent, flow, number, size)
        self._closing = False              # we have sent our closing tag
        self._words = []
        self._read_at = time.monotonic()
        self._may_read = 0.0

    # --- for those who use it; its owner, Traffic, calls turn() in a thread of its own.

    def send(self, text, flow=None, number=None):
        data = text.encode()
        with self._sending:
            self._out += data
            if flow is not None:
                self._marks.append((self._taken + len(self._out), flow, number, len(data)))

    def send_message(self, flow, number, to, size, from_=None):
        origin = f" from='{from_}'" if from_ else ""
        head = (f"<message{origin} to='{to}' type='chat' id='{flow}-{number}'>"
                f"<body>{flow}-{number} ")
        tail = "</body></message>"
        self.send(head + "x" * max(0, size - len(head) - len(tail)) + tail, flow, number)

    def speed_up(self):
        """Reads everything from now on."""
        self.rate = None

    def close_properly(self, before=""):
        """Our closing tag, behind everything that waits; then it reads to the end."""
        with self._sending:
            self._closing = True
            self.send(before + STREAM_END)

    def holding(self):
        """Within it nothing is written, so that what is sent goes out in one piece."""
        return self._sending

    @property
    def room(self):
        """Whether a flow should make more."""
        return len(self._out) < QUEUE and not self._closing and not self.ended.is_set()

    @property
    def waiting(self):
        """Octets that the kernel has not taken yet."""
        return 0 if self.ended.is_set() else len(self._out)

    # --- turns

    def turn(self, now):
        """Whether anything moved."""
        if self.ended.is_set():
            return False
        with self._sending:
            wrote = self._write()
        return self._read(now) or wrote

    def _write(self):
        moved = False
        while self._out:
            try:
                taken = self._sock.send(bytes(self._out[:PIECE]))
            except NOTHING_NOW:
                break
            except OSError:
                self._out.clear()  # what else there is to read says how it ended
                break
            moved = True
            self._taken += taken
            del self._out[:taken]
            while self._marks and self._marks[0][0] <= self._taken:
                self.log.note_sent(*self._marks.popleft()[1:])
        return moved

    def _allowance(self, now):
        if self.rate is None:
            return TURN
        self._may_read = min(self._may_read + (now - self._read_at) * self.rate, 1 + self.rate)
        return int(self._may_read)

    def _read(self, now):
        left, moved = self._allowance(now), False
        self._read_at = now
        while left > 0 and not self.ended.is_set():
            try:
                data = self._sock.recv(min(left, 65536))
            except NOTHING_NOW:
                break
            except (OSError, ssl.SSLError) as fault:
                self._end("reset" if isinstance(fault, ConnectionError) else "cut")
                break
            if not data:
                self._end("closed")
                break
            moved = True
            left -= len(data)
            self._may_read -= len(data)
            self._take(data)
        return moved

    def _take(self, data):
        try:
            items = self._wire.take(data)
        except ElementTree.ParseError:
            self._words.append("broken XML")
            return self._end("broken")
        for item in items:
            if isinstance(item, StreamEnd):
                self._words.append("closing tag")
                if not self._closing:
                    self.close_properly()
            elif isinstance(item, ElementTree.Element):
                self._take_element(item)
        return None

    def _take_element(self, element):
        name = local_name(element)
        if name == "error":
            error = wire_module.read_stream_error(element)
            self._words.append(error.condition + (f" ({error.text})" if error.text else ""))
            return
        if name == "iq" and element.get("type") == "get":
            self.send(f"<iq type='result' to='{element.get('from', '')}' "
                      f"id='{element.get('id', '')}'/>" if element.get("from")
                      else f"<iq type='result' id='{element.get('id', '')}'/>")
            return
        found = _NUMBERED.fullmatch(element.get("id", ""))
        if name not in ("message", "iq") or not found:
            return
        flow, number = found[1], int(found[2])
        if element.get("type") == "error":
            self.log.note_bounced(flow, number, *_condition(element))
        else:
            self.arrivals += 1
            self.log.note_arrived(flow, number)

    def _end(self, how):
        bare = {"closed": "closed without words", "reset": "reset", "cut": "cut off within TLS",
                "broken": ""}[how]
        # Behind a closing tag or an error the end of the connection is no news.
        self.log.note_told(self.side, ", ".join(self._words) or bare)
        self.ended.set()
        self._wire.close()

    def abandon(self):
        """Closed by us at the end of a row; nobody is told anything."""
        if not self.ended.is_set():
            self.ended.set()
            self._wire.close()

    def reset(self):
        self.ended.set()
        self._wire.reset()


def _condition(stanza):
    """(condition, text) of a stanza error."""
    condition = text = ""
    error = next((child for child in stanza if local_name(child) == "error"), None)
    for child in error if error is not None else ():
        if local_name(child) == "text":
            text = child.text or ""
        elif not condition:
            condition = local_name(child)
    return condition, text
