"""Each of the three parties is killed and terminated under load."""

import signal
import time

from harness.process import wait_until

from .judge import PROBE
from .workload import Load, settle

BEFORE = 3  # seconds of load
AFTER = 1


def _end(daemon, signal_number):
    """Ends it, and returns when it is gone."""
    daemon.process.send_signal(signal_number)
    daemon.process.wait(30)


def backend(signal_number):
    def play(arm):
        load = Load(arm, pairs=8, rate=60)
        load.go_on_to_any_moment(BEFORE)
        _end(arm.backend, signal_number)
        load.go_on(AFTER)
        load.stop()
        arm.counted_before_end = arm.counted()
        arm.backend.start()
        arm.recover()
        settle(arm.log, 3, 20)
    return play


def gate(signal_number):
    """Without the gate nothing happens."""
    def play(arm):
        load = Load(arm, pairs=8, rate=60)
        load.go_on_to_any_moment(BEFORE)
        if not arm.gated:
            load.stop()
            return settle(arm.log, 3, 20)
        _end(arm.gate, signal_number)
        load.go_on(AFTER)
        load.stop()
        arm.gate.start()
        arm.recover()
        return settle(arm.log, 3, 20)
    return play


def peer(kind, signal_number, rate=100):
    """A real server on the Internet, whose client writes with one of the backend's."""
    def play(arm):
        near, near_jid = arm.client(0)
        far, far_jid = arm.peer_client(kind, "alice")
        flows = [arm.traffic.flow(arm.fresh_key("in"), far, near_jid, rate=rate),
                 arm.traffic.flow(arm.fresh_key("out"), near, far_jid, rate=rate)]
        _flowing(arm, flows)
        time.sleep(BEFORE)  # the length of the load
        peer_server = arm.world.resources.peers[kind]
        _end(peer_server, signal_number)
        time.sleep(AFTER)
        for flow in flows:
            flow.stop()
        died = time.monotonic()
        peer_server.start()
        _again(arm, kind, near, died)
        settle(arm.log, 4, 30)
    return play


def _flowing(arm, flows):
    wait_until(lambda: {f.key for f in flows} <= arm.log.flows_arrived(), 30,
               lambda: f"both directions to flow: {arm.log.words()} {arm.log.bounces()}")


def _again(arm, kind, near, died):
    """The peer's users come back; `near` is still there, and writes until it is heard."""
    _, far_jid = arm.peer_client(kind, "alice")
    key, number = arm.fresh_key(PROBE), 0

    def heard():
        nonlocal number
        number += 1
        near.send_message(key, number, far_jid, 200)
        until = time.monotonic() + 1
        while time.monotonic() < until:
            if arm.log.has_arrived(key):
                return True
            time.sleep(0.02)
        return False
    wait_until(heard, 60, "a message to the peer that is back")
    arm.recovery = time.monotonic() - died


KILLED, TERMINATED = signal.SIGKILL, signal.SIGTERM
