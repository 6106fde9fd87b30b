"""Who sends what to whom, and the thread that moves all of it."""

import math
import random
import re
import subprocess
import threading
import time

from harness.process import wait_until

from .judge import PROBE

PAUSE = 0.004  # when nothing moved


class Flow:
    """Numbered stanzas from one stream to an address. `rate`: a second; None: as fast as they are
    taken. `count` None: until stop()."""

    def __init__(self, key, stream, to, from_=None, rate=None, size=400, count=None, delay=0):
        self.key, self.stream, self.to, self.from_ = key, stream, to, from_
        self.rate, self.size, self.count = rate, size, count
        self.made = 0
        self._delay = delay  # seconds
        self._began = None
        self._stopped = False

    def stop(self):
        self._stopped = True

    @property
    def done(self):
        over = self._stopped or self.made == self.count or self.stream.ended.is_set()
        return over and self.stream.waiting == 0

    def turn(self, now):
        self._began = self._began or now + self._delay
        due = (self.count if self.rate is None
               else math.floor((now - self._began) * self.rate) + 1)
        while (not self._stopped and self.stream.room and self.made != self.count
               and (due is None or self.made < due)):
            self.made += 1
            self.stream.send_message(self.key, self.made, self.to, self.size, self.from_)


class Traffic:
    """Runs streams and flows until stop()."""

    def __init__(self):
        self._streams, self._flows = [], []
        self._lock = threading.Lock()
        self._running = True
        self._fault = None
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._thread.start()

    def add(self, stream):
        with self._lock:
            self._streams.append(stream)
        return stream

    def streams(self):
        with self._lock:
            return list(self._streams)

    def flow(self, *arguments, **options):
        made = Flow(*arguments, **options)
        with self._lock:
            self._flows.append(made)
        return made

    def _run(self):
        try:
            while self._running:
                with self._lock:
                    streams, flows = list(self._streams), list(self._flows)
                now = time.monotonic()
                for flow in flows:
                    flow.turn(now)
                if not any([stream.turn(now) for stream in streams]):
                    time.sleep(PAUSE)  # nothing to do; the next look, not a condition
        except Exception as fault:  # told by stop(), in the thread that judges
            self._fault = fault

    def stop(self):
        self._running = False
        self._thread.join()
        for stream in self._streams:
            stream.abandon()
        fault, self._fault = self._fault, None
        if fault:
            raise fault


def wait_sent(flows, timeout):
    """Until all of it was taken by the kernel, or its stream is gone."""
    wait_until(lambda: all(flow.done for flow in flows), timeout,
               lambda: f"senders to be done: {[(f.key, f.made) for f in flows if not f.done]}")


def settle(log, quiet, bound):
    """Until nothing is missing, or nothing more has come for `quiet` seconds."""
    began = last = time.monotonic()
    seen = -1
    while time.monotonic() - began < bound:
        now = time.monotonic()
        if log.missing() == 0:
            return
        if (state := len(log.arrived) + len(log.bounced)) != seen:
            seen, last = state, now
        if now - last > quiet:
            return
        time.sleep(0.05)


def written_octets(place):
    """The most that the server at `place`, (address, port), has given its kernel on one of its
    connections: what was acknowledged, and what waits (Send-Q)."""
    listed = subprocess.run(["ss", "-tinHO", "src", f"{place[0]}:{place[1]}"], check=True,
                            capture_output=True, text=True).stdout
    written = [0]
    for line in listed.splitlines():
        acknowledged = re.search(r"\bbytes_acked:(\d+)", line)
        written.append(int(line.split()[2]) + (int(acknowledged[1]) if acknowledged else 0))
    return max(written)


class Load:
    """Pairs of a client of the backend and a remote server that write to each other at a steady
    rate. What a server writes comes in; what a client writes leaves on the backend's own stream."""

    def __init__(self, arm, pairs=6, rate=40, size=400, outbound=True):
        self.arm = arm
        self._period = 1 / rate
        self.flows, self.clients, self.servers = [], [], []
        routes = []
        for number in range(pairs):
            client, jid = arm.client(number)
            domain = arm.fresh_domain()
            server = arm.server(domain)
            self.clients.append(client)
            self.servers.append(server)
            routes.append(("in", server, jid, f"peer@{domain}"))
            if outbound:
                routes.append(("out", client, f"peer@{domain}", None))
        # What streams that are just being opened do to stanzas is a row of its own.
        self._await([arm.traffic.flow(arm.fresh_key(PROBE), stream, to, from_, count=1)
                     for _, stream, to, from_ in routes])
        # In turn and not all in the same moment: else a fault meets a stanza of each, or of none.
        step = 1 / (rate * len(routes))
        for number, (prefix, stream, to, from_) in enumerate(routes):
            self.flows.append(arm.traffic.flow(arm.fresh_key(prefix), stream, to, from_, rate=rate,
                                               size=size, delay=number * step))
        self._await(self.flows)

    def _await(self, flows):
        """Until something of each has arrived."""
        keys, log = {flow.key for flow in flows}, self.arm.log
        wait_until(lambda: keys <= log.flows_arrived(), 30,
                   lambda: f"flows to arrive: {keys - log.flows_arrived()}\n"
                           f"{log.words()} {log.bounces()}")

    def go_on(self, seconds):
        """The length of a load is what is wanted here; nothing is waited for."""
        time.sleep(seconds)

    def go_on_to_any_moment(self, seconds):
        """So long, and a random part of the time between two stanzas of a flow: else a fault would
        come at the same point of all flows in each round."""
        self.go_on(seconds + random.uniform(0, self._period))

    def stop(self, timeout=60):
        for flow in self.flows:
            flow.stop()
        wait_sent(self.flows, timeout)

    def streams(self):
        return self.clients + self.servers
