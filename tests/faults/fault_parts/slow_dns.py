"""A resolver that passes every question on, and takes its time. Over TCP it takes none."""

import contextlib
import socket
import threading
import time

from .link import Link


class SlowResolver:
    def __init__(self, address, upstream):
        self.delay = 0.0
        self._upstream = upstream
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._over_tcp = Link(address, upstream)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                question, asker = self._socket.recvfrom(65535)
            except OSError:
                return
            threading.Thread(target=self._answer, args=(question, asker), daemon=True).start()

    def _answer(self, question, asker):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as up:
            up.settimeout(5)
            up.sendto(question, self._upstream)
            answer = up.recv(65535)
            time.sleep(self.delay)  # the fault itself
            self._socket.sendto(answer, asker)

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._over_tcp.close()
