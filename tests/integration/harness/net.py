"""Addresses. Every environment has a /24 of the loopback network to itself, so that several can
run at the same time with the standard ports."""

import fcntl
import os
import socket
import tempfile


class Net:
    """127.77.N.0/24, held by a lock until close()."""

    def __init__(self):
        for number in range(1, 250):
            path = os.path.join(tempfile.gettempdir(), f"portcullis-integration-{number}.lock")
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
                continue
            self._lock = descriptor
            self.number = number
            if self._is_free():
                return
            self.close()
        raise RuntimeError("no free 127.77.N.0/24: too many environments at once")

    def _is_free(self):
        """A gate of a run that was killed may have outlived it, and would take a part of what comes
        for ours: its listeners allow others on the same port."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.gate, 5269))
            except OSError:
                return False
        return True

    def address(self, host):
        return f"127.77.{self.number}.{host}"

    @property
    def backend(self):
        return self.address(1)

    @property
    def outbound(self):
        """The gate's listener for the backend's captured outgoing streams."""
        return self.address(2)

    @property
    def other_outbound(self):
        """The same of a second gate, where a test has one that DNS leads to."""
        return self.address(5)

    @property
    def capture_dns(self):
        """The only resolver the backend knows."""
        return self.address(3)

    @property
    def gate(self):
        """The gate's WAN side."""
        return self.address(10)

    @property
    def prosody_peer(self):
        return self.address(20)

    @property
    def ejabberd_peer(self):
        return self.address(21)

    @property
    def raw_peer(self):
        """Where every name below raw.example points."""
        return self.address(30)

    @property
    def internet_dns(self):
        return self.address(53)

    def close(self):
        os.close(self._lock)
