"""What a service manager and an operator see of an upgrade: `portcullis reload --upgrade`."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from harness import gate as gate_module
from harness.net import Net
from harness.process import wait_until
from harness.settings import to_toml
from test_service_manager import WATCHDOG, Service

pytestmark = pytest.mark.skipif(gate_module.binary() is None, reason="no portcullis binary")


def _gone(pid):
    """Also one that nobody has waited for."""
    with contextlib.suppress(FileNotFoundError):
        state = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
        return state.rpartition(")")[2].split()[0] == "Z"
    return True


class Installed:
    """A program that a package would replace, and the service that runs it."""

    def __init__(self, directory):
        self.program = directory / "portcullis"
        shutil.copy2(gate_module.binary(), self.program)
        self.net = Net()
        self.service = Service(directory, self.net, WATCHDOG_USEC=int(WATCHDOG * 1_000_000))
        self.service.argv[0] = str(self.program)
        self.service.start()
        self.manager = self.service.manager
        self.successors = []

    def replace(self):
        new = self.program.with_name("portcullis.new")
        shutil.copy2(gate_module.binary(), new)
        os.replace(new, self.program)

    def reload(self):
        """As the unit does, and with its log where the service has its own."""
        with open(self.service.log_path, "ab") as log:
            return subprocess.run([self.program, "reload", "--upgrade", "-c", self.service.config],
                                  stdout=subprocess.PIPE, stderr=log, text=True, timeout=60,
                                  check=False)

    def main_process(self):
        self.successors.append(int(self.manager.expect_key("MAINPID")))
        return self.successors[-1]

    def close(self):
        self.service.stop()
        for pid in self.successors:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for pid in self.successors:
            wait_until(lambda: _gone(pid), 15, f"process {pid} to leave")  # pylint: disable=W0640
        self.manager.close()
        self.net.close()


@pytest.fixture
def installed(tmp_path):
    made = Installed(tmp_path)
    yield made
    made.close()


def test_a_replaced_program_is_replaced(installed):
    service, manager = installed.service, installed.manager
    done = installed.reload()
    assert done.returncode == 0 and "generation" in done.stdout, "nothing was replaced: a reload"
    assert service.running()
    installed.replace()
    done = installed.reload()
    assert done.returncode == 0, service.tail()
    assert f"{installed.program} was replaced: a new process takes over" in done.stdout
    process = installed.main_process()
    assert process != service.pid
    manager.expect(READY="1")
    # It has no parent here, runs in a session of its own, and feeds the watchdog.
    assert os.getsid(process) != os.getsid(0)
    manager.expect(3 * WATCHDOG, WATCHDOG="1")
    wait_until(lambda: not service.running(), 10, "the old one to end: it has no streams")
    assert service.process.returncode == 0
    # The old one has said nothing behind its last word about itself.
    assert not any("STOPPING" in message for message in manager.read())
    assert gate_module.run_command("reload", "-c", service.config).returncode == 0
    manager.expect(RELOADING="1")
    os.kill(process, signal.SIGTERM)
    manager.expect(STOPPING="1")


def test_a_configuration_that_the_new_one_refuses(installed):
    service, manager = installed.service, installed.manager
    installed.replace()
    service.config.write_text(to_toml({**service.settings, "version": 99}))
    done = installed.reload()
    assert done.returncode == 1
    assert "the running portcullis goes on" in service.log()
    assert service.running()
    assert not any("MAINPID" in message for message in manager.read())
    service.config.write_text(to_toml(service.settings))
    assert installed.reload().returncode == 0, service.tail()
    installed.main_process()


def test_who_does_not_belong_to_the_service(installed):
    """In another control group nobody would look after it. Here the old one says so of itself."""
    service = installed.service
    offered = subprocess.run(
        ["/usr/bin/python3", "-c",
         "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
         "s.sendall(b'take-over\\n'); print(s.recv(4096).decode())",
         service.settings["listen"]["control"]], capture_output=True, text=True, timeout=20,
        check=True).stdout
    own = pathlib.Path("/proc/self/cgroup").read_text(encoding="ascii").strip().replace("\n", " ")
    assert f"cgroup {own}\n" in offered and f"notify {service.manager.address}\n" in offered
    assert "watchdog 1000000\n" in offered and "dialback " in offered
