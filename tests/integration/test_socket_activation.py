"""Listeners that are opened for us: LISTEN_FDS of sd_listen_fds(3)."""

import shutil
import socket

import pytest
from harness import gate as gate_module
from harness.activation import activated
from harness.client import Client
from harness.environment import DOMAIN
from harness.process import wait_until
from harness.successor import Successor

RAW = "raw.example"


@pytest.fixture
def sockets(prosody_env):
    """The addresses that extra_gate() will use next."""
    net, number = prosody_env.net, prosody_env._extra + 1
    wan, outbound = net.address(100 + number % 70), net.address(180 + number % 70)
    return {"s2s": f"tcp,{wan},5269", "s2s_direct": f"tcp,{wan},5270", "c2s": f"tcp,{wan},5222",
            "c2s_direct": f"tcp,{wan},5223", "outbound": f"tcp,{outbound},5269"}


def test_all_listeners_are_handed_in(prosody_env, sockets, tmp_path):
    env, control = prosody_env, tmp_path / "control.sock"
    start_with = activated([*sockets.values(), f"unix,{control},0"], [*sockets, "control"])
    with env.extra_gate(start_with=start_with, listen={"control": str(control)}) as gate:
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()
        Client(f"alice@{DOMAIN}", (gate.wan, 5222), env.pki.roots).login().close()
        assert gate_module.run_command("reload", "-c", gate.config_path).returncode == 0
        assert "handed in" not in gate.log() and "LISTEN_FDS" not in gate.log()
        assert _listening(gate.wan, 5269) == 1, "the workers share the one that was handed in"
        # They go over to a successor, as others do.
        new = Successor(gate, "activated-successor").start()
        with env.raw_client(RAW, env.good(RAW), gate=new) as peer:
            peer.establish()
        wait_until(lambda: not gate.running(), 10, "the old process to end")
        gate.process = None
        assert new.stop() == 0
    assert control.exists(), "it is the one who made it that removes it"


def _listening(host, port):
    wanted = "".join(f"{int(part):02X}" for part in reversed(host.split("."))) + f":{port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        return sum(row[1] == wanted and row[3] == "0A" for row in map(str.split, table))


def test_what_is_not_named_is_said_and_closed(prosody_env, sockets):
    wan = sockets["s2s"].split(",")[1]
    # s2s_direct and others are named and not handed in: opened as ever.
    start_with = activated([sockets["s2s"], f"tcp,{wan},8080", f"udp,{wan},8081",
                            f"bound,{wan},8082"], ["s2s", "http", "", "silent"])
    with prosody_env.extra_gate(start_with=start_with) as gate:
        log = gate.log()
        assert f'TCP {wan}:8080 (socket 2 of LISTEN_FDS, \\"http\\")' in log, log
        assert f"UDP {wan}:8081 (socket 3 of LISTEN_FDS)" in log, log
        assert 'socket 4 of LISTEN_FDS, "silent" does not listen' in log, log
        with socket.socket() as probe:
            assert probe.connect_ex((wan, 8080)) != 0
        with prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=gate, port=5270) as peer:
            peer.direct_tls()


@pytest.mark.parametrize("variables", [{"LISTEN_PID": "1"}, {"LISTEN_FDS": "many"},
                                       {"LISTEN_FDS": "-1"}])
def test_what_makes_no_sense_is_not_used(prosody_env, sockets, variables):
    """The socket is then in the way of the gate's own, which says so."""
    start_with = activated([sockets["s2s"]], **variables)
    with pytest.raises(AssertionError, match="cannot listen on"):
        with prosody_env.extra_gate(start_with=start_with):
            pass


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="systemd has it")
def test_by_systemds_own_program(prosody_env, sockets):
    env = prosody_env
    addresses = [":".join(one.split(",")[1:]) for one in sockets.values()]
    listen = [part for address in addresses for part in ("-l", address)]
    env._extra += 1
    number = env._extra
    gate = env._make_gate(f"gate-{number}", env.net.address(100 + number % 70),
                          env.net.address(180 + number % 70), {})
    gate.argv = ["systemd-socket-activate", *listen, "--", *gate.argv]
    gate.launch()
    try:
        # It starts the program when the first one connects, who then is served.
        wait_until(lambda: "Listening on" in gate.log(), 20, gate.tail)
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()
        assert "handed in" not in gate.log()
    finally:
        assert gate.stop() == 0
