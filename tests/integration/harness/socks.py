"""A small SOCKS5 proxy (RFC 1928), such as Tor offers, and names of onion services. It knows no
network: each name and port that it may be asked for leads to an address that the test says."""

import base64
import contextlib
import hashlib
import os
import socket
import struct
import threading

PORT = 9050
NO_LOGIN, BY_NAME = 0, 2
HOST_UNREACHABLE = 4
DONE = b"\x05%c\x00\x01" + bytes(6)


def onion_name(key=None):
    """The name of the onion service with that public key (rend-spec-v3, section 6)."""
    key = key or os.urandom(32)
    version = b"\x03"
    checksum = hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2]
    return base64.b32encode(key + checksum + version).decode().lower() + ".onion"


def wrong_name(name):
    """The same with another first character: the form is right and the checksum is not."""
    return ("b" if name[0] == "a" else "a") + name[1:]


def _exactly(connection, count):
    octets = b""
    while len(octets) < count:
        more = connection.recv(count - len(octets))
        if not more:
            raise EOFError
        octets += more
    return octets


def _pump(source, target):
    with contextlib.suppress(OSError):
        while octets := source.recv(65536):
            target.sendall(octets)
        target.shutdown(socket.SHUT_WR)


class SocksProxy:
    """Listens at (address, PORT) as long as the context lasts. What it does with a request can be
    changed while it runs."""

    def __init__(self, address):
        self.address = address
        self.routes = {}      # (name, port) -> (address, port)
        self.method = BY_NAME
        self.code = None      # the reply to every request; None: by `routes`
        self.says = None      # instead of any answer to the greeting
        self.silent = None    # what is not answered: "greeting" or "request"
        self.requests = []    # (name, port)
        self.logins = []      # (user, password)
        self._sockets = []
        self._listener = None

    @property
    def url(self):
        return f"socks5://{self.address}:{PORT}"

    def __enter__(self):
        self._listener = socket.create_server((self.address, PORT))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # A thread that waits in accept() holds the socket open, close() alone does not wake it.
        for one in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._sockets.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, EOFError):
            version, count = _exactly(connection, 2)
            methods = _exactly(connection, count)
            assert version == 5 and set(methods) == {NO_LOGIN, BY_NAME}, methods
            if self.silent == "greeting":
                return None
            if self.says is not None:
                connection.sendall(self.says)
                return connection.shutdown(socket.SHUT_WR)
            connection.sendall(bytes([5, self.method]))
            if self.method == BY_NAME:
                self._log_in(connection)
            request = self._request(connection)
            self.requests.append(request)
            if self.silent == "request":
                return None
            route = self.routes.get(request)
            code = self.code if self.code is not None else 0 if route else HOST_UNREACHABLE
            if code != 0:
                connection.sendall(DONE % code)
                return connection.shutdown(socket.SHUT_WR)
            far = socket.create_connection(route)
            self._sockets.append(far)
            connection.sendall(DONE % 0)
            threading.Thread(target=_pump, args=(far, connection), daemon=True).start()
            _pump(connection, far)
        return None

    def _log_in(self, connection):
        version = _exactly(connection, 1)[0]
        assert version == 1
        user, word = (_exactly(connection, _exactly(connection, 1)[0]).decode() for _ in range(2))
        self.logins.append((user, word))
        connection.sendall(b"\x01\x00")

    @staticmethod
    def _request(connection):
        version, command, reserved, kind = _exactly(connection, 4)
        assert (version, command, reserved, kind) == (5, 1, 0, 3), "a name, not an address"
        name = _exactly(connection, _exactly(connection, 1)[0]).decode()
        return name, struct.unpack("!H", _exactly(connection, 2))[0]
