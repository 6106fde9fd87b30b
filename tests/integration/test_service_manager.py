"""What a service manager is told: sd_notify(3), with a real socket in its place."""

import os
import re
import signal
import time

import pytest

from harness import gate as gate_module
from harness.net import Net
from harness.pki import Pki
from harness.process import Daemon, wait_until
from harness.service_manager import NotifySocket, stopped_threads
from harness.settings import to_toml

pytestmark = pytest.mark.skipif(gate_module.binary() is None, reason="no portcullis binary")

WATCHDOG = 1.0  # seconds
DEAD_AFTER = 5  # seconds after which a loop counts as stuck


class Service(Daemon):
    """A gate for clients only, as a service manager starts it."""

    def __init__(self, directory, net, address=None, **variables):
        self.manager = NotifySocket(address or directory / "notify")
        self.net = net
        credential = Pki(directory / "pki").self_made("legacy.example")
        self.settings = {
            "version": 1, "workers": 2,
            "listen": {"c2s": [f"{net.gate}:5222"], "c2s_direct": "off", "admin": "off",
                       "control": directory / "control.sock"},
            "host": [{"domain": "legacy.example",
                      "certificates": [{"chain": credential.chain, "key": credential.key}],
                      "backend": {"c2s": f"{net.backend}:15222"}}]}
        self.config = directory / "portcullis.toml"
        self.config.write_text(to_toml(self.settings))
        variables = {name: str(value) for name, value in variables.items()}
        super().__init__("service", directory,
                         [gate_module.binary(), "run", "-c", self.config],
                         {"NOTIFY_SOCKET": self.manager.address, **variables})

    def wait_ready(self):
        self.ready = self.manager.expect(READY="1")


@pytest.fixture
def net():
    own = Net()
    yield own
    own.close()


@pytest.fixture
def start(tmp_path, net):
    services = []

    def make(**options):
        services.append(Service(tmp_path, net, **options))
        return services[-1].start()
    yield make
    for service in services:
        service.stop()
        service.manager.close()


def test_ready_comes_when_the_listeners_are_open(start, net):
    service = start()
    assert "1 host" in service.ready["STATUS"]
    listening = open("/proc/net/tcp", encoding="ascii").read()
    octets = "".join(f"{int(part):02X}" for part in reversed(net.gate.split(".")))
    assert f"{octets}:{5222:04X}" in listening


def test_a_name_without_a_file(start, tmp_path):
    service = start(address=f"@portcullis-{os.getpid()}-{tmp_path.name}")
    assert service.running()


def test_reload_is_announced_and_its_end_too(start):
    service = start()
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    done = gate_module.run_command("reload", "-c", service.config)
    assert done.returncode == 0, done.stderr
    reloading = service.manager.expect(RELOADING="1")
    assert int(reloading["MONOTONIC_USEC"]) >= before
    assert "generation 2" in service.manager.expect(READY="1")["STATUS"]


def test_sighup_is_announced_too(start):
    service = start()
    service.process.send_signal(signal.SIGHUP)
    service.manager.expect(RELOADING="1")
    service.manager.expect(READY="1")


def test_a_failed_reload_ends_as_ready_and_says_so(start):
    service = start()
    service.config.write_text(to_toml({**service.settings, "version": 99}))
    assert gate_module.run_command("reload", "-c", service.config).returncode == 1
    service.manager.expect(RELOADING="1")
    status = service.manager.expect(READY="1")["STATUS"]
    assert re.search(r"failed.*generation 1", status), status


def test_stopping_says_how_long_it_may_take(start):
    service = start()
    service.process.send_signal(signal.SIGTERM)
    stopping = service.manager.expect(STOPPING="1")
    assert int(stopping["EXTEND_TIMEOUT_USEC"]) > 10_000_000
    wait_until(lambda: not service.running(), 15, "the gate to leave")
    assert service.process.returncode == 0
    assert not any("READY" in message for message in service.manager.read())


def test_an_invalid_configuration_is_never_ready(tmp_path, net):
    service = Service(tmp_path, net)
    service.config.write_text("version = 99\n")
    service.launch()
    assert service.process.wait(20) == 78
    assert service.manager.read() == []
    service.manager.close()


def test_a_manager_that_is_not_there_does_not_prevent_the_start(start, tmp_path):
    absent = tmp_path / "absent"
    service = Service(tmp_path, Net(), NOTIFY_SOCKET=absent)
    service.launch()
    try:
        wait_until(lambda: "event=started" in service.log(), 20, service.tail)
        assert str(absent) in service.log()
    finally:
        service.stop()
        service.manager.close()
        service.net.close()


def test_the_watchdog_is_fed_until_a_worker_hangs(start):
    service = start(WATCHDOG_USEC=int(WATCHDOG * 1_000_000))
    for _ in range(3):
        service.manager.expect(2 * WATCHDOG, WATCHDOG="1")
    with stopped_threads(service.pid):
        # The first thread goes on, and must notice by itself.
        silent_since = time.monotonic()

        def silent():
            nonlocal silent_since
            if service.manager.read():
                silent_since = time.monotonic()
                service.manager.messages.clear()
            return time.monotonic() - silent_since > 3 * WATCHDOG
        wait_until(silent, DEAD_AFTER + 10, "silence")
    service.manager.expect(10, WATCHDOG="1")


@pytest.mark.parametrize("variables", [{}, {"WATCHDOG_USEC": 100_000, "WATCHDOG_PID": 1}],
                         ids=["none", "another-process"])
def test_nobody_is_told_who_does_not_watch(start, variables):
    service = start(**variables)
    # Its first message would come before the loop turns for the first time.
    assert gate_module.run_command("reload", "-c", service.config).returncode == 0
    assert not any("WATCHDOG" in message for message in service.manager.read())
