"""Processes that take over from a gate, real ones and scripted ones."""

import array
import os
import socket

from . import gate as gate_module
from .process import Daemon, wait_until


class Successor(gate_module.Gate):
    """`run --take-over` with the configuration file of `before`."""

    def __init__(self, before, name):
        Daemon.__init__(self, name, before.directory,
                        [gate_module.binary(), "run", "--take-over", "-c", before.config_path])
        self.config_path = before.config_path
        self.admin = before.admin
        self.wan, self.outbound = before.wan, before.outbound
        self._events, self._read_to, self._counters = [], 0, set()

    def wait_ready(self):
        self.wait_log("event=started", 30)
        self._counters = self.metrics().counters()

    def wait_end(self, timeout=20):
        wait_until(lambda: not self.running(), timeout, lambda: f"{self.name} to end\n{self.tail()}")
        return self.process.returncode


class Scripted:
    """Asks for the listeners as a successor does, step by step."""

    def __init__(self, control):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(str(control))
        self.text, self.descriptors = b"", []

    def ask(self):
        self.socket.sendall(b"take-over\n")
        return self

    def receive(self):
        """The offer as lines; descriptors are in `descriptors`."""
        while not self._is_whole():
            data, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(64))
            for level, kind, octets in ancillary:
                assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
                self.descriptors += array.array("i", octets)
            self.text += data
            if not data:
                break
        return self.lines()

    def lines(self):
        return self.text.partition(b"end-of-offer\n")[0].decode().splitlines()

    def _is_whole(self):
        if b"\nend-of-offer\n" not in self.text:
            return False
        wanted = sum(int(line.split()[1]) for line in self.lines() if line.startswith("sockets "))
        wanted += sum(line.startswith("predecessor ") for line in self.lines())
        return len(self.descriptors) >= wanted

    def say(self, octets):
        self.socket.sendall(octets)

    def answer(self):
        """All that still comes, until the other end closes."""
        told = b""
        while data := self.socket.recv(4096):
            told += data
        return told.decode()

    def close(self):
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = []
        self.socket.close()
