"""`portcullis doctor` and the packet filter: whether its table is there and the right one, and what
goes around the gate without it."""

import subprocess
import sys

import pytest

from harness import egress, gate as gate_module
from harness.doctor import Doctor

_STAY_CONNECTED = """
import socket, sys
with socket.create_connection((sys.argv[1], 5269), 5) as there:
    print(there.recv(4).decode(), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def led():
    if reason := egress.missing():
        pytest.skip(reason)
    world = egress.Led("prosody")
    yield world
    world.close()


def test_the_table_of_the_packet_filter_is_compared(led):
    def found():
        return Doctor(led.gate.config_path, "--only", "capture").ids()
    config = led.gate.config_path
    assert found() == [], "as it was installed"
    egress.done("nft", "add", "chain", "inet", "portcullis", "odd")
    assert found() == ["egress_table_differs"]
    egress.done(gate_module.binary(), "egress", "--remove", "-c", config)
    assert found() == ["egress_table_missing"]
    egress.done(gate_module.binary(), "egress", "--install", "-c", config)
    assert found() == []


def test_a_way_around_the_gate_is_seen(led):
    """A connection that is no longer led anywhere, because the table was taken away."""
    config = led.gate.config_path
    egress.done(gate_module.binary(), "egress", "--remove", "-c", config)
    stays = subprocess.Popen(
        ["setpriv", "--reuid=prosody", "--clear-groups", sys.executable, "-c",
         _STAY_CONNECTED, egress.OTHER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert stays.stdout.readline().strip() == "here"
        found = Doctor(config, "--only", "capture")
        assert "bypassed" in found.ids(severity="error"), found.ran.stdout
        assert "prosody (" in found.one("bypassed")["what"]
    finally:
        stays.communicate()
        egress.done(gate_module.binary(), "egress", "--install", "-c", config)
    assert Doctor(config, "--only", "capture").ids() == []
