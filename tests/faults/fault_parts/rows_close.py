"""Proper ends of streams, with something still on its way."""

import signal
import socket
import time

from harness.process import wait_until

from .workload import Load, settle, wait_sent, written_octets
from .world import BACKEND_PORTS

BUSY_SECONDS = 6
ENDED_BOUND = 60


def busy_backend(senders=10, octets=3_000_000, size=3000):
    """Remote servers send and close properly while the backend is busy."""
    def play(arm):
        clients = [arm.client(number)[1] for number in range(senders)]
        servers, flows = [], []
        for jid in clients:
            domain = arm.fresh_domain()
            servers.append((arm.server(domain, side="closing server"), jid, domain))
        arm.backend.process.send_signal(signal.SIGSTOP)
        try:
            for server, jid, domain in servers:
                key = arm.fresh_key("in")
                for number in range(1, octets // size + 1):
                    server.send_message(key, number, jid, size, from_=f"peer@{domain}")
                server.close_properly()
                flows.append(key)
            time.sleep(BUSY_SECONDS)  # so long it is busy
        finally:
            arm.backend.process.send_signal(signal.SIGCONT)
        freed = time.monotonic()
        wait_until(lambda: all(server.ended.is_set() for server, _, _ in servers), ENDED_BOUND,
                   "the servers to be told that their streams are closed")
        settle(arm.log, 5, ENDED_BOUND)
        arm.recovery = time.monotonic() - freed
    return play


def shutdown_to_slow_client(rate=300_000, octets=3_000_000, size=1000):
    """The backend shuts down while a slow client still has much to read."""
    def play(arm):
        client, jid = arm.client(0, rate=rate, side="slow client")
        domain = arm.fresh_domain()
        server = arm.server(domain, side="sender")
        flow = arm.traffic.flow(arm.fresh_key("in"), server, jid, from_=f"peer@{domain}",
                                size=size, count=octets // size)
        # The backend must have taken all: what else comes is its own to lose.
        wait_sent([flow], 30)
        last = arm.fresh_key("last")
        server.send(f"<iq type='get' id='{last}-1' to='legacy.example' "
                    f"from='peer@{domain}'><ping xmlns='urn:xmpp:ping'/></iq>", last, 1)
        wait_until(lambda: arm.log.has_arrived(last), 30,
                   "the backend to have read everything")
        _wait_handed_to_kernel(arm, octets)
        arm.backend.ask_to_stop()
        wait_until(client.ended.is_set, ENDED_BOUND, "the end of the slow client's stream")
        arm.backend.stop(timeout=30)
        arm.backend.start()
        arm.recover()
        settle(arm.log, 3, 20)
    return play


def _wait_handed_to_kernel(arm, octets):
    """What a server still holds in its own memory when it ends a stream is its own to lose, and
    ejabberd does lose it. So it must have written everything."""
    place = arm.world.net.backend, BACKEND_PORTS["c2s"]
    wait_until(lambda: written_octets(place) >= octets, 30,
               "the backend to have written all messages")


def client_closes(messages=300, size=1000):
    """A client sends a ping and its closing tag while messages are on their way to it."""
    def play(arm):
        client, jid = arm.client(0, rate=1000, side="closing client")
        domain = arm.fresh_domain()
        server = arm.server(domain, side="sender")
        key = arm.fresh_key("in")
        for number in range(1, messages + 1):
            server.send_message(key, number, jid, size, from_=f"peer@{domain}")
        _wait_handed_to_kernel(arm, messages * size)
        ping = arm.fresh_key("ping")
        with client.holding():
            client.send(f"<iq type='get' id='{ping}-1' to='legacy.example'>"
                        "<ping xmlns='urn:xmpp:ping'/></iq>", ping, 1)
            client.close_properly()
        client.speed_up()
        wait_until(client.ended.is_set, ENDED_BOUND, "the end of the client's stream")
        arm.recover()
        settle(arm.log, 2, 20)
    return play


class _Watch:
    """When readiness, the listeners and the process of a gate went, in seconds after the signal."""

    def __init__(self, gate):
        self.gate = gate
        self.not_ready = self.refused = self.gone = None
        self._began = time.monotonic()

    def elapsed(self):
        return time.monotonic() - self._began

    def look(self):
        after = self.elapsed()
        # While its admin port is closed it is not ready either, but says so to nobody.
        if self.not_ready is None and self.gate.get("/readyz")[0] == 503:
            self.not_ready = after
        if self.refused is None:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex((self.gate.wan, 5222)) != 0:
                    self.refused = after
        if not self.gate.running():
            self.gone = after
        return self.gone is not None


def drain(seconds):
    """SIGTERM to the gate with `limits.drain`: streams are to live on nearly so long."""
    def play(arm):
        load = Load(arm)
        load.go_on(1)
        if not arm.gated:
            load.go_on(1)
            load.stop()
            return settle(arm.log, 3, 30)
        watch = _Watch(arm.gate)
        arm.gate.process.send_signal(signal.SIGTERM)
        first_end = None
        while not watch.look():
            now = watch.elapsed()
            if first_end is None and any(s.ended.is_set() for s in load.streams()):
                first_end = now
            if now > seconds + 20:
                break
            time.sleep(0.01)
        load.stop()
        settle(arm.log, 3, 20)
        arm.check(watch.not_ready is not None
                  and (watch.refused is None or watch.not_ready < watch.refused),
                  f"/readyz said 503 after {_at(watch.not_ready)}, the listeners refused after "
                  f"{_at(watch.refused)}")
        arm.check(first_end is not None and first_end >= 0.8 * seconds,
                  f"the first stream ended after {_at(first_end)}; drain is {seconds} s")
        arm.check(watch.gone is not None and watch.gone <= seconds + 5,
                  f"the gate was gone after {_at(watch.gone)}")
        arm.gate.start()
        arm.recover()
        settle(arm.log, 2, 10)
        return None
    return play


def _at(seconds):
    return "no time" if seconds is None else f"{seconds:.2f} s"
