"""capture = "dns", and something on this machine asks another resolver and goes around the gate."""

import socket
import subprocess
import sys

import pytest

from harness import egress
from harness.egress import OTHER, OtherMachine, OutsideNet
from harness.environment import Environment

METRIC = "portcullis_connections_around_gate"
SOON = 60  # it looks every 20 seconds

_STAY_CONNECTED = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5) as there:
    print(there.recv(4).decode(), flush=True)
    sys.stdin.read()
"""


class Around(Environment):
    NET = OutsideNet
    PEER_KINDS = ()

    def __init__(self):
        super().__init__("prosody")
        self.other = self.started(OtherMachine(self.directory / "other"))


@pytest.fixture(scope="module")
def around():
    if reason := egress.missing():
        pytest.skip(reason)
    world = Around()
    yield world
    world.close()


def connected(user, port):
    """A program of that user that stays connected to another machine until its input ends."""
    program = subprocess.Popen(
        ["setpriv", f"--reuid={user}", "--clear-groups", sys.executable, "-c", _STAY_CONNECTED,
         OTHER, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert program.stdout.readline().strip() == "here"
    return program


def test_a_way_around_the_gate_is_noticed(around):
    program = connected("prosody", 5269)
    try:
        around.gate.wait_metric(1, METRIC, SOON)
        line = around.gate.expect_event(event="backend", address=f"{OTHER}:5269")
        assert "the user prosody (" in line["detail"] and "outbound.dns" in line["detail"]
    finally:
        program.communicate()
    around.gate.wait_metric(0, METRIC, SOON)


def test_other_ports_and_the_gate_itself_are_no_way_around(around):
    """The second connection is of the user that the gate runs as, as its own are."""
    program = connected("prosody", 443)
    with socket.create_connection((OTHER, 5269), 5):
        seen = around.gate.mark()
        noticed = connected("nobody", 5269)
        try:
            around.gate.wait_metric(1, METRIC, SOON)
            line = around.gate.expect_event(event="backend", since=seen)
            assert "the user nobody (" in line["detail"]
        finally:
            noticed.communicate()
            program.communicate()
