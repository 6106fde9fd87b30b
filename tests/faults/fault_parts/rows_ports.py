"""Second starts, ports of others, reloads that never end, and a resolver that takes its time."""

import contextlib
import re
import signal
import socket
import subprocess
import threading
import time

from harness import gate as gate_module
from harness.environment import DOMAIN
from harness.process import wait_until
from harness.reloading import replace_file

from .peers import log_in
from .workload import Load, settle

FOREIGN_PORT = 5322


class _Logins:
    """Clients that log in, one behind the other, until stop()."""

    def __init__(self, arm):
        self.served, self.failures = 0, []
        self._arm, self._running = arm, True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while self._running:
            try:
                wire, _ = log_in(self._arm.place("c2s"), DOMAIN, "bob", self._arm.gated)
                wire.close()
                self.served += 1
            except (AssertionError, OSError) as fault:
                self.failures.append(str(fault)[:100])

    def stop(self):
        self._running = False
        self._thread.join()


def _second_start(arm, name, config):
    """Starts the program beside the first one and gives it three seconds to refuse."""
    path = arm.gate.directory / f"{name}.toml"
    path.write_text(config)
    log = arm.gate.directory / f"{name}.log"
    with log.open("wb") as out:
        second = subprocess.Popen([gate_module.binary(), "run", "-c", path], stdout=out,
                                  stderr=subprocess.STDOUT)
    try:
        second.wait(3)
        status = second.returncode
    except subprocess.TimeoutExpired:
        status = None
    finally:
        second.terminate()
        second.wait(20)
    arm.check(status not in (None, 0), f"second start {name}: "
              + ("it runs beside the first one" if status is None else f"exit code {status}"))


def second_start(arm):
    """The same configuration, without control socket, and without admin port. While it is tried
    clients log in at the first gate."""
    load = Load(arm, pairs=2)
    logins = _Logins(arm)
    load.go_on(1)
    if arm.gated:
        same = arm.gate.config_path.read_text()
        no_control = re.sub(r"^control = .*$", 'control = "off"', same, flags=re.MULTILINE)
        no_admin = re.sub(r"^admin = .*$", 'admin = "off"', no_control, flags=re.MULTILINE)
        assert same != no_control != no_admin
        for name, config in (("of the same configuration", same),
                             ("without control", no_control), ("without admin", no_admin)):
            _second_start(arm, name.replace(" ", "-"), config)
    logins.stop()
    arm.check(not logins.failures, f"{len(logins.failures)} of "
                                   f"{logins.served + len(logins.failures)} logins failed")
    load.stop()
    settle(arm.log, 3, 20)


def foreign_port(arm):
    """A reload names a port that another process of the same user listens on, with SO_REUSEPORT."""
    load = Load(arm, pairs=2)
    if arm.gated:
        with socket.socket() as foreign:
            foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            foreign.bind((arm.gate.wan, FOREIGN_PORT))
            foreign.listen(64)
            config = arm.gate.config_path.read_text()
            wider = config.replace(f'c2s = ["{arm.gate.wan}:5222"]',
                                   f'c2s = ["{arm.gate.wan}:5222", "{arm.gate.wan}:{FOREIGN_PORT}"]')
            assert wider != config
            replace_file(arm.gate.config_path, wider.encode())
            told = gate_module.run_command("reload", "-c", arm.gate.config_path)
            astray = _count_astray(arm, foreign) if told.returncode == 0 else 0
            arm.check(told.returncode == 1, f"the reload's exit code is {told.returncode}; "
                                            f"{astray} of 20 clients went to the other process")
    load.go_on(1)
    load.stop()
    settle(arm.log, 3, 20)


def _count_astray(arm, foreign):
    clients = [socket.create_connection((arm.gate.wan, FOREIGN_PORT), 5) for _ in range(20)]
    foreign.setblocking(False)
    astray = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            foreign.accept()[0].close()
            astray += 1
    for client in clients:
        client.close()
    return astray


IDLE = 3  # seconds; the value of limits.idle of that row


def frequent_reloads(arm):
    """Reloads come more often than the gate looks for idle streams; an idle one must end."""
    load = Load(arm, pairs=2)
    if arm.gated:
        idle = arm.server(arm.fresh_domain(), side="idle server")
        began = last = time.monotonic()
        while not idle.ended.is_set() and time.monotonic() - began < 4 * IDLE:
            if time.monotonic() - last >= 0.5:
                last = time.monotonic()
                arm.gate.process.send_signal(signal.SIGHUP)
            time.sleep(0.02)
        took = time.monotonic() - began
        arm.check(idle.ended.is_set(), f"an idle stream ended after {took:.1f} s"
                  if idle.ended.is_set() else
                  f"an idle stream lives after {took:.1f} s; limits.idle is {IDLE} s")
    load.stop()
    settle(arm.log, 3, 20)


def slow_resolver(arm):
    """A client writes to servers whose names take two seconds to resolve."""
    client, _ = arm.client(0)
    arm.world.resources.resolver.delay = 2.0
    try:
        began = time.monotonic()
        for _ in range(4):
            arm.traffic.flow(arm.fresh_key("out"), client, f"peer@{arm.fresh_domain()}", count=1)
        wait_until(lambda: len(arm.log.sent) == 4, 10, "the messages to be sent")
        settle(arm.log, 30, 40)
        arm.recovery = time.monotonic() - began
    finally:
        arm.world.resources.resolver.delay = 0.0
