"""Ends that are slow, or silent for a while, and are not dead."""

import signal
import time

from harness.process import wait_until

from .judge import PROBE
from .workload import Load, settle, wait_sent

SLOW_SECONDS = 180
SLOW_OCTETS = 12 * 1024 * 1024  # more than all kernels on the way take
SLOW_SIZE = 3000
FULL_SPEED_BOUND = 120


def _slow_phase(arm, streams, seconds):
    """Lets a slow end be slow; returns early when its streams are gone."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not any(stream.ended.is_set() for stream in streams):
        time.sleep(0.2)  # the length of the fault is what is wanted
    gone = [stream.side for stream in streams if stream.ended.is_set()]
    arm.check(not gone, f"{', '.join(gone) or 'nobody'} ended after "
                        f"{seconds - max(0, until - time.monotonic()):.0f} s of steady reading")


def slow_client(rate, seconds=SLOW_SECONDS):
    """A client reads what a remote server writes to it at `rate` octets a second."""
    def play(arm):
        client, jid = arm.client(0, rate=rate, side="slow client")
        domain = arm.fresh_domain()
        server = arm.server(domain, side="sender")
        flow = arm.traffic.flow(arm.fresh_key("in"), server, jid, from_=f"peer@{domain}",
                                size=SLOW_SIZE, count=SLOW_OCTETS // SLOW_SIZE)
        _slow_phase(arm, [client, server], seconds)
        client.speed_up()
        _rest(arm, [flow])
    return play


def slow_peers(rates, seconds=SLOW_SECONDS):
    """Remote servers read what clients of the backend write to them at these rates."""
    def play(arm):
        routes = [(arm.client(number, side="sender")[0], f"peer@{arm.fresh_domain(rate)}")
                  for number, rate in enumerate(rates)]
        for client, to in routes:  # one message each, so that the streams stand
            arm.traffic.flow(arm.fresh_key(PROBE), client, to, count=1)
        wait_until(lambda: len(arm.log.flows_arrived()) == len(rates), 30,
                   "the slow servers to be called")
        called = arm.called_streams()
        flows = [arm.traffic.flow(arm.fresh_key("out"), client, to, size=SLOW_SIZE,
                                  count=SLOW_OCTETS // SLOW_SIZE) for client, to in routes]
        _slow_phase(arm, called, seconds)
        for stream in called:
            stream.speed_up()
        _rest(arm, flows)
    return play


def slow_backend(rate, seconds=SLOW_SECONDS):
    """The backend reads what a remote server and a client write at `rate` octets a second each."""
    def play(arm):
        client, jid = arm.client(0, side="sender")
        domain = arm.fresh_domain()
        server = arm.server(domain, side="sender")
        for link in arm.links.values():
            link.slow_down(rate)
        count = SLOW_OCTETS // SLOW_SIZE
        flows = [arm.traffic.flow(arm.fresh_key("in"), server, jid, from_=f"peer@{domain}",
                                  size=SLOW_SIZE, count=count),
                 arm.traffic.flow(arm.fresh_key("self"), client, jid, size=SLOW_SIZE,
                                  count=count)]
        _slow_phase(arm, [client, server], seconds)
        for link in arm.links.values():
            link.slow_down(None)
        _rest(arm, flows)
    return play


def _rest(arm, flows):
    began = time.monotonic()
    wait_sent(flows, FULL_SPEED_BOUND)
    settle(arm.log, 15, FULL_SPEED_BOUND)
    arm.recovery = time.monotonic() - began


def frozen_backend(seconds, rate=40, size=2500):
    """The backend's process stands still under load, in both directions, and goes on."""
    def play(arm):
        load = Load(arm, rate=rate, size=size)
        load.go_on(2)
        arm.backend.process.send_signal(signal.SIGSTOP)
        try:
            load.go_on(seconds)
        finally:
            arm.backend.process.send_signal(signal.SIGCONT)
        thawed = time.monotonic()
        load.go_on(2)
        load.stop(120)
        settle(arm.log, 8, 120)
        arm.recovery = time.monotonic() - thawed
        gone = sum(stream.ended.is_set() for stream in load.streams())
        arm.check(not gone, f"{gone} of {len(load.streams())} streams ended")
    return play


def frozen_gate(seconds):
    """The gate's process stands still under load; without the gate nothing happens."""
    def play(arm):
        load = Load(arm)
        if arm.gated:
            arm.gate.process.send_signal(signal.SIGSTOP)
        try:
            load.go_on(seconds)
        finally:
            if arm.gated:
                arm.gate.process.send_signal(signal.SIGCONT)
        thawed = time.monotonic()
        load.stop()
        settle(arm.log, 5, 60)
        arm.recovery = time.monotonic() - thawed
    return play
