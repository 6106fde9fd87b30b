"""A piece of network between two parties, which can be slow, silent, or broken."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import threading
import time

BUFFER = 256 * 1024  # of the kernel: it hides little of how slow the link is
STEP = 0.05          # seconds between two looks of a slow or silent link


class Link:
    """Listens at `address` and carries each connection on to `target`, both (host, port). It is a
    process of its own: in the process of those who send, a fault would stop them for a moment, and
    there would be nothing on its way that it could meet."""

    def __init__(self, address, target):
        self.address = address
        self._process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__), *map(str, (*address, *target))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def slow_down(self, rate):
        """Octets a second in the direction of the target; None: as fast as it goes."""
        self._tell(f"slow_down {rate or 0}")

    def partition(self):
        """Nothing passes, and nobody is told."""
        self._tell("partition")

    def heal(self):
        self._tell("heal")

    def close(self):
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _tell(self, command):
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        self._answer()

    def _answer(self):
        answer = self._process.stdout.readline()
        assert answer == "done\n", f"the link {self.address} has ended"


class Carrier:
    """What a Link does, in its own process."""

    def __init__(self, address, target):
        self._target = target
        self._rate = None
        self._open = threading.Event()
        self._open.set()
        self._pairs = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(address)
        # What it accepts has the same, from its first packet on.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        threading.Thread(target=self._accept, daemon=True).start()

    def slow_down(self, rate):
        self._rate = int(rate) or None

    def partition(self):
        self._open.clear()

    def heal(self):
        self._open.set()

    def reset(self):
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for sock in (s for pair in pairs for s in pair):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                sock.shutdown(socket.SHUT_RD)  # whoever waits in recv() holds the socket open
                sock.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._target, 10)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for sock in (near, far):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._pairs.append((near, far))
            for source, sink, slow in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._carry, args=(source, sink, slow), daemon=True).start()

    def _carry(self, source, sink, slow):
        try:
            while True:
                rate = self._rate if slow else None
                data = source.recv(16384 if rate is None else max(1, int(rate * STEP)))
                self._open.wait()
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
                if rate is not None:
                    time.sleep(len(data) / rate)  # this is what makes it slow
        except OSError:
            # One side is gone: the other one learns it in the same way.
            for sock in (source, sink):
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    sock.close()

    def close(self):
        self.heal()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()


def main():
    host, port, target, target_port = sys.argv[1:]
    carrier = Carrier((host, int(port)), (target, int(target_port)))
    print("done", flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        getattr(carrier, command)(*arguments)
        print("done", flush=True)
    carrier.close()


if __name__ == "__main__":
    main()
