"""What a service manager sees of a service: its messages on NOTIFY_SOCKET."""

import contextlib
import ctypes
import os
import socket

from .process import wait_until

_libc = ctypes.CDLL(None, use_errno=True)
_PTRACE_SEIZE, _PTRACE_INTERRUPT, _PTRACE_DETACH = 0x4206, 0x4207, 17
_WAIT_ALL = 0x40000000  # __WALL: threads, too


class NotifySocket:
    """Each message is a dict of its assignments, in the order in which they came."""

    def __init__(self, address):
        self.address = str(address)
        self.messages = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address.replace("@", "\0", 1))
        self._socket.setblocking(False)

    def read(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                lines = self._socket.recv(4096).decode().split("\n")
                self.messages.append(dict(line.split("=", 1) for line in lines))
        return self.messages

    def expect(self, timeout=10, **fields):
        """The next message with these fields; all before it are taken off, too."""
        def found():
            for i, message in enumerate(self.read()):
                if all(message.get(k) == v for k, v in fields.items()):
                    self.messages = self.messages[i + 1:]
                    return message
            return None
        return wait_until(found, timeout, lambda: f"{fields} among {self.messages}")

    def expect_key(self, key, timeout=10):
        """What the next message says that has it; all before it are taken off, too."""
        def found():
            for i, message in enumerate(self.read()):
                if key in message:
                    self.messages = self.messages[i + 1:]
                    return message[key]
            return None
        return wait_until(found, timeout, lambda: f"{key} among {self.messages}")

    def close(self):
        self._socket.close()


def _ptrace(request, thread):
    if _libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace of thread {thread}")


@contextlib.contextmanager
def stopped_threads(pid):
    """All threads of a process but its first stand still, as if each hung."""
    threads = [int(t) for t in os.listdir(f"/proc/{pid}/task") if int(t) != pid]
    assert threads, "there is only one thread"
    for thread in threads:
        _ptrace(_PTRACE_SEIZE, thread)
        _ptrace(_PTRACE_INTERRUPT, thread)
        os.waitpid(thread, _WAIT_ALL)
    try:
        yield
    finally:
        for thread in threads:
            _ptrace(_PTRACE_DETACH, thread)
