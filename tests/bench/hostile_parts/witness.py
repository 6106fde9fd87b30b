"""What others notice while a gate is attacked. Each witness is a process of its own, and writes a
line for each thing that it tried: when it began (CLOCK_MONOTONIC), how long it took, and how it
ended. It runs until SIGTERM."""

import os
import pathlib
import signal
import socket
import ssl
import sys
import time

if __name__ == "__main__":  # a program beside a package: reach the modules of both
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from hostile_parts import place
from harness.raw_peer import RawClient
from harness.wire import Closed

PATIENCE = 3  # seconds until an answer does not count any more
DOMAIN = "bench.example"
HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams' "
          f"to='{DOMAIN}' version='1.0' xml:lang='en'>")
AUTH = ("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
        "AGp1bGlldABzZWNyZXQ=</auth>")
ECHO = "<iq type='set' id='mode'><mode xmlns='bench' kind='echo'/></iq>"
PING = b"<message to='romeo@bench.example'><body>ping</body></message>"


class Stopped(Exception):
    pass


def _stop(*_):
    raise Stopped


class Ledger:
    def __init__(self, path):
        self._file = open(path, "w", encoding="ascii", buffering=1)

    def note(self, began, ended_as):
        self._file.write(f"{began:.6f} {time.monotonic() - began:.6f} {ended_as}\n")


def connect(source, timeout=PATIENCE):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["xmpp-client"])
    plain = socket.create_connection((place.GATE, 5223), timeout, (source, 0))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname=DOMAIN)


def exchange(stream, words, until):
    stream.sendall(words.encode())
    heard = b""
    while until not in heard:
        more = stream.recv(65536)
        if not more:
            raise OSError(f"closed: {heard[-300:]!r}")
        heard += more


def ping(ledger, _):
    """A client that is logged in, and whose messages come back."""
    stream = connect(place.WELL_BEHAVED[0])
    exchange(stream, HEADER, b"</stream:features>")
    exchange(stream, AUTH, b"<success")
    exchange(stream, HEADER, b"</stream:features>")
    exchange(stream, ECHO, b"</iq>")
    stream.settimeout(None)
    while True:
        began = time.monotonic()
        try:
            exchange(stream, PING.decode(), b"</message>")
        except Stopped:
            ledger.note(began, "waiting")
            raise
        except OSError:
            ledger.note(began, "lost")
            return
        ledger.note(began, "ok")
        time.sleep(0.01)


def attempt(ledger, what, pause):
    """Again and again; whoever is stopped in the middle says nothing of that one."""
    number = 0
    while True:
        began = time.monotonic()
        try:
            what(number)
            ledger.note(began, "ok")
        except (OSError, AssertionError, Closed, ValueError) as fault:
            ledger.note(began, "failed " + " ".join(str(fault).split())[:150])
        number += 1
        time.sleep(max(0, pause - (time.monotonic() - began)))


def newcomer(ledger, _):
    """Clients that come anew, each from another address, up to the stream features."""
    def come(number):
        sources = place.WELL_BEHAVED[1:]
        with connect(sources[number % len(sources)]) as stream:
            exchange(stream, HEADER, b"</stream:features>")
    attempt(ledger, come, 0.1)


def outgoing(ledger, credential):
    """The backend's streams to others, each to another domain, up to the relay."""
    def go(number):
        client = RawClient((place.OUTBOUND, 5269), DOMAIN, f"n{number}.good.example",
                           credential, timeout=PATIENCE)
        try:
            client.establish()
        finally:
            client.close()
    attempt(ledger, go, 0.2)


def livez(ledger, _):
    """What an orchestrator asks, which restarts the gate when it gets no answer in a second."""
    def ask(_):
        with socket.create_connection(("127.0.0.1", place.ADMIN_PORT), 1) as connection:
            connection.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
            answer = connection.recv(4096).partition(b"\r\n")[0]
        if b" 200" not in answer:
            raise OSError(answer.decode("latin-1") or "closed")
    attempt(ledger, ask, 0.1)


KINDS = {each.__name__: each for each in (ping, newcomer, outgoing, livez)}


class Files:
    """A certificate as harness.raw_peer wants it."""

    weak = False

    def __init__(self, chain, key):
        self.chain, self.key = chain, key


def main():
    kind, path, chain, key = sys.argv[1:]
    signal.signal(signal.SIGTERM, _stop)
    try:
        os.nice(-10)  # a witness that waits for its own turn would blame the gate
    except OSError:
        pass
    try:
        KINDS[kind](Ledger(path), Files(chain, key))
    except Stopped:
        pass


if __name__ == "__main__":
    main()
