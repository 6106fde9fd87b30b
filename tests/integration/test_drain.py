"""The end of the program step by step, ports of others, and a second start."""

import re
import signal
import socket
import subprocess
import time

import pytest
from harness import gate as gate_module
from harness.client import Client
from harness.environment import DOMAIN
from harness.process import wait_until
from harness.reloading import replace_file

RAW = "raw.example"


def _takes_connections(gate):
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((gate.wan, 5222)) == 0


def _phases(gate, mark):
    return [e["phase"] for e in gate.events(mark) if e["event"] == "draining"]


def test_steps_of_a_drain(env):
    """A login under way is finished, and an established stream lives until `drain` is over."""
    with env.extra_gate(limits={"drain": "2s"}) as gate:
        client = Client(f"alice@{DOMAIN}", (gate.wan, 5222), env.pki.roots).login()
        under_way = env.raw_client(RAW, env.good(RAW), gate=gate)
        gate.wait_metric(1, "portcullis_streams_active", kind="s2s_in")
        mark, began = gate.mark(), time.monotonic()
        gate.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not _takes_connections(gate), 5, "the listeners to close")
        status, body = gate.get("/readyz")
        assert status == 503 and "shutting down" in body
        assert gate.get("/livez")[0] == 200
        under_way.negotiate_tls()
        assert client.ping(DOMAIN)
        assert time.monotonic() - began < 2, "this machine is too slow to tell"
        client.wait_end()
        assert time.monotonic() - began > 1.9
        assert under_way.stream_error().condition == "system-shutdown"
        wait_until(lambda: not gate.running(), 10, "the gate to leave")
        assert gate.process.returncode == 0
        assert _phases(gate, mark)[:2] == ["streams", "clients"]
        ended = [e["end"] for e in gate.events(mark) if e["event"] == "end"]
        assert ended == ["drain"]
        gate.process = None


def test_notice_before_the_listeners_close(prosody_env):
    """What a balancer sees: not ready first, and connections are taken until drain_notice is over."""
    with prosody_env.extra_gate(limits={"drain_notice": "1s"}) as gate:
        mark, began = gate.mark(), time.monotonic()
        gate.process.send_signal(signal.SIGTERM)
        wait_until(lambda: gate.get("/readyz")[0] == 503, 5, "/readyz to say no")
        assert gate.metrics().total("portcullis_draining") == 1
        Client(f"alice@{DOMAIN}", (gate.wan, 5222), prosody_env.pki.roots).login()
        assert time.monotonic() - began < 1, "this machine is too slow to tell"
        wait_until(lambda: not _takes_connections(gate), 5, "the listeners to close")
        assert time.monotonic() - began > 0.9
        wait_until(lambda: not gate.running(), 10, "the gate to leave")
        assert gate.process.returncode == 0
        assert _phases(gate, mark)[:3] == ["notice", "streams", "clients"]
        gate.process = None


def _drain(gate, *options):
    return gate_module.run_command("drain", *options, "-c", gate.config_path)


def test_notice_of_the_command(prosody_env, tmp_path):
    """The command's time counts, whatever the configuration says, and newcomers are served in it."""
    listen = {"control": str(tmp_path / "control.sock")}
    with prosody_env.extra_gate(limits={"drain_notice": "1h"}, listen=listen) as gate:
        mark, began = gate.mark(), time.monotonic()
        done = _drain(gate, "--notice", "4s")
        assert done.returncode == 0 and "Shutting down, notice" in done.stdout, done
        status, body = gate.get("/readyz")
        assert status == 503 and "shutting down" in body
        client = Client(f"alice@{DOMAIN}", (gate.wan, 5222), prosody_env.pki.roots).login()
        assert client.ping(DOMAIN)
        with prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=gate) as peer:
            peer.establish()
        assert time.monotonic() - began < 4, "this machine is too slow to tell"
        wait_until(lambda: not _takes_connections(gate), 8, "the listeners to close")
        assert time.monotonic() - began > 3.9
        client.wait_end()
        wait_until(lambda: not gate.running(), 10, "the gate to leave")
        assert gate.process.returncode == 0
        assert _phases(gate, mark)[:3] == ["notice", "streams", "clients"]
        gate.process = None


def test_notice_may_begin_anew_until_the_listeners_close(prosody_env, tmp_path):
    listen = {"control": str(tmp_path / "control.sock")}
    with prosody_env.extra_gate(limits={"drain": "1h"}, listen=listen) as gate:
        client = Client(f"alice@{DOMAIN}", (gate.wan, 5222), prosody_env.pki.roots).login()
        assert _drain(gate, "--notice", "1h").returncode == 0
        assert _takes_connections(gate)
        assert _drain(gate, "--notice", "30m").returncode == 0
        assert _takes_connections(gate) and client.ping(DOMAIN), "a second request ends no stream"
        assert _drain(gate, "--notice", "0s").returncode == 0
        wait_until(lambda: not _takes_connections(gate), 5, "the listeners to close")
        late = _drain(gate, "--notice", "10s")
        assert late.returncode == 1 and "closed already" in late.stdout, late
        assert client.ping(DOMAIN) and gate.running(), "neither does one that comes too late"
        assert _drain(gate, "--now").returncode == 0
        client.wait_end()
        wait_until(lambda: not gate.running(), 5, "the gate to leave")
        assert gate.process.returncode == 0
        gate.process = None


def test_notice_that_is_no_time_drains_nothing(prosody_env, tmp_path):
    listen = {"control": str(tmp_path / "control.sock")}
    with prosody_env.extra_gate(listen=listen) as gate:
        for words in (["--notice", "10"], ["--notice", "2h"], ["--notice", "-1s"],
                      ["--notice", "soon"], ["--now", "--notice", "10s"]):
            refused = _drain(gate, *words)
            assert refused.returncode == 2 and "--notice" in refused.stderr, (words, refused)
        assert gate.get("/readyz")[0] == 200 and _takes_connections(gate)


def test_without_streams_nobody_waits(prosody_env):
    with prosody_env.extra_gate(limits={"drain": "1h"}) as gate:
        began = time.monotonic()
        assert gate.stop(timeout=10) == 0
        assert time.monotonic() - began < 3
        gate.process = None


@pytest.mark.parametrize("how", ["signal", "command"])
def test_second_time_ends_at_once(prosody_env, tmp_path, how):
    control = tmp_path / "control.sock"
    listen = {"control": str(control)}
    with prosody_env.extra_gate(limits={"drain": "1h"}, listen=listen) as gate:
        client = Client(f"alice@{DOMAIN}", (gate.wan, 5222), prosody_env.pki.roots).login()
        mark = gate.mark()
        if how == "signal":
            gate.process.send_signal(signal.SIGTERM)
        else:
            done = gate_module.run_command("drain", "-c", gate.config_path)
            assert done.returncode == 0 and "1 streams are left" in done.stdout, done
        gate.expect_event(event="draining", since=mark, phase="streams")
        wait_until(lambda: not _takes_connections(gate), 5, "the listeners to close")
        assert gate.running()
        if how == "signal":
            gate.process.send_signal(signal.SIGTERM)
        else:
            assert gate_module.run_command("drain", "--now", "-c", gate.config_path).returncode == 0
        client.wait_end()
        wait_until(lambda: not gate.running(), 5, "the gate to leave")
        assert gate.process.returncode == 0 and not control.exists()
        gate.process = None


def test_second_start_harms_nothing(prosody_env):
    """Neither the same configuration nor one with the same ports opens anything."""
    with prosody_env.extra_gate() as gate:
        with prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=gate) as peer:
            peer.establish()
            second = gate_module.run_command("run", "-c", gate.config_path)
            assert second.returncode == 1
            assert f"process {gate.pid};" in second.stderr
            other = gate.config_path.with_name("other.toml")
            other.write_text(re.sub(r"^admin = .*$", 'admin = "off"', gate.config_path.read_text(),
                                    flags=re.MULTILINE))
            start = subprocess.Popen([gate_module.binary(), "run", "-c", other],
                                     stderr=subprocess.PIPE, text=True)
            for _ in range(50):
                with prosody_env.raw_client(RAW, gate=gate) as newcomer:
                    newcomer.open()
                    newcomer.element("features")
            _, told = start.communicate(timeout=10)
            assert start.returncode == 1 and "cannot listen" in told


def test_port_of_another_process_is_refused(prosody_env, tmp_path):
    control = tmp_path / "control.sock"
    with prosody_env.extra_gate(listen={"control": str(control)}) as gate, \
            socket.socket() as foreign:
        foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        foreign.bind((gate.wan, 0))
        foreign.listen(64)
        address = f"{gate.wan}:{foreign.getsockname()[1]}"
        config = gate.config_path.read_text()
        # The free port beside it must not be opened either.
        with socket.socket() as free:
            free.bind((gate.wan, 0))
            beside = free.getsockname()[1]
        wider = config.replace(f'c2s = ["{gate.wan}:5222"',
                               f'c2s = ["{gate.wan}:{beside}", "{address}", "{gate.wan}:5222"')
        assert wider != config
        replace_file(gate.config_path, wider.encode())
        done = gate_module.run_command("reload", "-c", gate.config_path)
        assert done.returncode == 1 and address in done.stdout and "served by" in done.stdout
        with socket.socket() as probe:
            assert probe.connect_ex((gate.wan, beside)) != 0
        assert _takes_connections(gate)
        foreign.close()
        done = gate_module.run_command("reload", "-c", gate.config_path)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("shared", ["s2s", "outbound", "dns", "admin", "control"])
def test_each_port_is_of_one_program(prosody_env, tmp_path, shared):
    """One address alone is enough to be refused, and it is named."""
    env, control, wan = prosody_env, tmp_path / "control.sock", prosody_env.net.address(90)
    responder = f"{env.net.address(91)}:5353"
    with env.extra_gate(listen={"control": str(control)},
                        outbound={"capture": "dns", "dns": [responder]}) as gate:
        listen = {"s2s": [f"{gate.wan if shared == 's2s' else wan}:5269"],
                  "admin": f"{gate.wan if shared == 'admin' else wan}:{gate_module.ADMIN_PORT}",
                  "control": str(control) if shared == "control" else "off"}
        outbound = {"listen": [f"{gate.outbound}:5269" if shared == "outbound" else f"{wan}:5299"]}
        if shared == "dns":
            outbound |= {"capture": "dns", "dns": [responder]}
        other = env._make_gate(f"other-{shared}", wan, env.net.address(92),
                               {"listen": listen, "outbound": outbound})
        other.launch()
        assert other.process.wait(20) == 1, other.tail()
        where = {"s2s": f"{gate.wan}:5269", "outbound": f"{gate.outbound}:5269", "dns": responder,
                 "admin": f"{gate.wan}:{gate_module.ADMIN_PORT}", "control": str(control)}[shared]
        assert where in other.log() and "event=started" not in other.log(), other.tail()
        assert _takes_connections(gate)
