"""Who connects and never says anything was not refused: load balancers look whether a port answers,
and Openfire opens an empty connection before each stream."""

import socket
import struct

import pytest

from harness.gate import run_command

SILENT = "portcullis_connections_silent_total"
REFUSED = "portcullis_streams_rejected_total"
PORTS = [("s2s_in", 5269), ("s2s_in", 5270), ("c2s", 5222), ("c2s", 5223)]

# PROXY protocol: "it is only me".
LOCAL = b"\r\n\r\n\0\r\nQUIT\n" + b"\x20\0\0\0"
UNKNOWN = b"PROXY UNKNOWN\r\n"
OF_A_CHECK = b"PROXY TCP4 192.0.2.9 192.0.2.1 4242 5269\r\n"


def look(address, says=b"", reset=False):
    with socket.create_connection(address, 5) as sock:
        sock.sendall(says)
        if reset:  # as HAProxy ends its checks
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def expect_silence(gate, kind, looks):
    """What `looks` does, each with a connection of its own, is counted and nowhere else seen."""
    before, mark = gate.metrics(), gate.mark()
    for one in looks:
        one()
    gate.wait_metric(before.total(SILENT, kind=kind) + len(looks), SILENT, kind=kind)
    gate.wait_quiet(kind)
    assert gate.metrics().total(REFUSED, kind=kind) == before.total(REFUSED, kind=kind)
    assert not [e for e in gate.events(mark) if e.get("kind") == kind]
    gate.check_conservation()


@pytest.mark.parametrize("kind, port", PORTS)
def test_a_check_of_a_port_is_no_refusal(prosody_env, kind, port):
    gate = prosody_env.inbound
    at = (gate.wan, port)
    expect_silence(gate, kind, [lambda: look(at), lambda: look(at, reset=True)] * 2)


def test_nor_is_one_of_the_outbound_listener(prosody_env):
    gate = prosody_env.inbound
    at = (gate.outbound, 5269)
    expect_silence(gate, "s2s_out", [lambda: look(at), lambda: look(at, reset=True)])


def test_nor_behind_the_proxy_protocol(prosody_env):
    with prosody_env.extra_gate(listen={"proxy_protocol_from": ["127.0.0.0/8"]}) as gate:
        for kind, port in PORTS:
            expect_silence(gate, kind, [
                lambda says=says, at=(gate.wan, port): look(at, says)
                for says in (b"", LOCAL, UNKNOWN, OF_A_CHECK)])
        # The control: a header that is none is a fault, and so is a peer that begins and leaves.
        for says in (b"PROXY nonsense\r\n", LOCAL + b"<"):
            mark = gate.mark()
            look((gate.wan, 5269), says)
            gate.expect_decision(since=mark, kind="s2s_in", verdict="rejected")


def test_the_report_does_not_know_them(prosody_env):
    with prosody_env.extra_gate() as gate:
        for kind, port in PORTS:
            expect_silence(gate, kind, [lambda at=(gate.wan, port): look(at)])
        report = run_command("report", gate.log_path)
        assert report.returncode == 0, report.stderr
        assert "peer_left" not in report.stdout


def test_one_that_says_something_is_refused(prosody_env):
    gate, kind = prosody_env.inbound, "s2s_in"
    with prosody_env.refusal(kind, "peer_left"):
        look((gate.wan, 5269), b" ")
    silent = gate.metrics().total(SILENT, kind=kind)
    with prosody_env.refusal(kind, "peer_left"):
        look((gate.wan, 5270), b"\x16\x03\x01")
    assert gate.metrics().total(SILENT, kind=kind) == silent
