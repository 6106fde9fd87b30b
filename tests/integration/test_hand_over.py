"""A successor takes the listeners over: nobody is refused, nothing is lost, and where it fails the
process before goes on as if nothing was asked."""

import contextlib
import itertools
import os
import pwd
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
from harness.successor import Scripted, Successor

RAW = "raw.example"

_serial = itertools.count(1)


@pytest.fixture
def control(tmp_path):
    return tmp_path / "control.sock"


@pytest.fixture
def running(prosody_env, control):
    """A gate with a control socket; a test may have ended it."""
    with prosody_env.extra_gate(listen={"control": str(control)},
                                limits={"hand_over": "1h", "drain": "100ms"}) as gate:
        yield gate
        if not gate.running():
            assert gate.process.returncode == 0
            gate.process = None


@pytest.fixture
def follow(prosody_env):
    started = []

    def make(before, name=None):
        one = Successor(before, name or f"successor-{len(started)}-of-{before.name}")
        started.append(one)
        return one
    yield make
    for one in started:
        one.stop()


def _client(env, gate):
    """A session of its own."""
    return Client(f"alice@{DOMAIN}/r{next(_serial)}", (gate.wan, 5222), env.pki.roots).login()


def _serves(env, gate):
    with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
        peer.establish()


def _goes_on(env, gate, mark, why):
    """It has noticed, has changed nothing, and would give again."""
    told = gate.expect_event(event="hand_over", since=mark)
    assert "nothing has changed" in told["detail"] and why in told["detail"], told
    assert gate.get("/readyz")[0] == 200
    _serves(env, gate)


def test_streams_stay_and_newcomers_go_to_the_successor(prosody_env, running, control, follow):
    env, old = prosody_env, running
    client = _client(env, old)
    new = follow(old).start()
    assert client.ping(DOMAIN)
    newcomer = _client(env, new)
    new.wait_metric(1, "portcullis_streams_active", kind="c2s")
    new.wait_metric(1, "portcullis_predecessors")
    new.wait_metric(1, "portcullis_predecessor_streams")
    status, body = new.get("/readyz")
    assert status == 200 and f"process {old.pid} serves 1 stream from before" in body, body
    assert gate_module.run_command("healthcheck", "-c", new.config_path).returncode == 0
    told = old.expect_event(event="hand_over", process=new.pid)
    assert "accepts from now on" in told["detail"]
    new.expect_event(event="hand_over", process=old.pid)
    # Commands reach the new one, and a start by mistake names it.
    assert gate_module.run_command("reload", "-c", new.config_path).returncode == 0
    new.expect_event(event="reload")
    second = gate_module.run_command("run", "-c", new.config_path)
    assert second.returncode == 1 and f"process {new.pid};" in second.stderr, second.stderr
    # The old one ends with its last stream.
    client.close()
    wait_until(lambda: not old.running(), 10, "the old process to end")
    assert old.process.returncode == 0 and control.exists()
    new.wait_metric(0, "portcullis_predecessors")
    new.wait_metric(0, "portcullis_predecessor_streams")
    assert newcomer.ping(DOMAIN)
    newcomer.close()
    assert new.stop() == 0 and not control.exists()


def test_the_time_is_over(prosody_env, control, follow):
    env = prosody_env
    with env.extra_gate(listen={"control": str(control)}, limits={"hand_over": "1s"}) as old:
        client = _client(env, old)
        peer = env.raw_client(RAW, env.good(RAW), gate=old).establish()
        began = time.monotonic()
        new = follow(old).start()
        client.wait_end()
        assert time.monotonic() - began > 0.9
        assert peer.stream_error().condition == "system-shutdown"
        wait_until(lambda: not old.running(), 10, "the old process to end")
        assert old.process.returncode == 0
        phases = [e["phase"] for e in old.events() if e["event"] == "draining"]
        assert phases[:2] == ["handed_over", "clients"]
        assert {e["end"] for e in old.events() if e["event"] == "end"} == {"drain"}
        _serves(env, new)
        old.process = None


@pytest.mark.parametrize("how", ["end", "signal"])
def test_the_old_one_is_ended_before_its_time(prosody_env, running, follow, how):
    """A stop of the service sends both SIGTERM."""
    client = _client(prosody_env, running)
    new = follow(running).start()
    if how == "signal":
        running.process.send_signal(signal.SIGTERM)
    else:
        assert new.stop() == 0
        assert client.ping(DOMAIN), "that the new one ends is no reason"
        running.process.send_signal(signal.SIGTERM)
    client.wait_end()
    wait_until(lambda: not running.running(), 10, "the old process to end")
    assert running.process.returncode == 0


def test_five_in_a_row_know_of_each_other(prosody_env, running, follow):
    """Each has a stream; the last one counts those of all."""
    chain, clients = [running], [_client(prosody_env, running)]
    for _ in range(5):
        chain.append(follow(chain[-1]).start())
        clients.append(_client(prosody_env, chain[-1]))
    last = chain[-1]
    last.wait_metric(5, "portcullis_predecessors")
    last.wait_metric(5, "portcullis_predecessor_streams")
    for i, client in enumerate(clients[:-1]):
        assert client.ping(DOMAIN)
        client.close()
        wait_until(lambda: not chain[i].running(), 10, "it to end with its stream")
        assert chain[i].process.returncode == 0
        last.wait_metric(4 - i, "portcullis_predecessors")
    assert clients[-1].ping(DOMAIN)
    clients[-1].close()


STEPS = ["connected", "asked", "received", "garbage", "endless", "wrong-case", "confirmed"]


@pytest.mark.parametrize("step", STEPS)
def test_a_successor_that_fails_changes_nothing(prosody_env, running, control, step):
    client, mark = _client(prosody_env, running), running.mark()
    one = Scripted(control)
    if step != "connected":
        one.ask()
    if step not in ("connected", "asked"):
        lines = one.receive()
        assert f"process {running.pid}" in lines
        # Eight of four addresses, two of the responder's none, the control socket, and the lock.
        assert len(one.descriptors) == 12, lines
    if step == "garbage":
        one.say(b"\0\xff<stream:stream>\n")
    if step == "endless":
        with contextlib.suppress(OSError):
            one.say(b"a" * 100_000)
    if step == "wrong-case":
        one.say(b"Confirm\n")
    if step == "garbage":
        assert one.answer() == "it says what a successor does not say\nfailed\n"
    if step == "confirmed":  # and gone before the old one has read it
        running.process.send_signal(signal.SIGSTOP)
        one.say(b"confirm\n")
    one.close()
    if step == "confirmed":
        running.process.send_signal(signal.SIGCONT)
    if step == "connected":
        _serves(prosody_env, running)
    else:
        _goes_on(prosody_env, running, mark, {"garbage": "does not say", "wrong-case": "does not say",
                                              "endless": ""}.get(step, "has ended"))
    assert client.ping(DOMAIN)
    client.close()
    # The next one gets it.
    again = Scripted(control).ask()
    assert again.receive()
    again.close()


def test_only_one_at_a_time(running, control):
    first = Scripted(control).ask()
    first.receive()
    second = Scripted(control).ask()
    assert second.answer() == "another process is taking over already\nfailed\n"
    done = gate_module.run_command("reload", "-c", running.config_path)
    assert done.returncode == 1 and "taking over just now" in done.stdout, done
    first.close()
    running.wait_log("nothing has changed")
    assert gate_module.run_command("reload", "-c", running.config_path).returncode == 0


def test_a_drain_refuses_it(prosody_env, running, control):
    client = _client(prosody_env, running)
    waiting = Scripted(control).ask()
    waiting.receive()
    replace_file(running.config_path, running.config_path.read_bytes())
    assert gate_module.run_command("drain", "-c", running.config_path).returncode == 0
    assert "shutting down" in waiting.answer()
    waiting.close()
    late = Scripted(control).ask()
    with contextlib.suppress(OSError):
        assert late.answer() in ("portcullis is shutting down\nfailed\n", "")
    late.close()
    client.wait_end()
    wait_until(lambda: not running.running(), 10, "the gate to leave")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_user_gets_nothing(prosody_env, running, control, tmp_path):
    """Not by the file's mode, and not by who asks."""
    nobody = pwd.getpwnam("nobody")
    ask = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
           "s.sendall(b'take-over\\n'); print(s.recv(4096).decode())")
    argv = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
            "/usr/bin/python3", "-c", ask, str(control)]
    for folder in (tmp_path, *tmp_path.parents):
        with contextlib.suppress(PermissionError):
            folder.chmod(folder.stat().st_mode | 0o111)
    refused = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert "PermissionError" in refused.stderr, refused
    control.chmod(0o666)
    asked = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert "only the user that portcullis runs as" in asked.stdout, asked
    _serves(prosody_env, running)


def test_killed_at_any_moment(prosody_env, running, follow):
    """However far it came: if it had not confirmed, the old one is there; if it had, it was the one
    that served, and another start follows it."""
    client = _client(prosody_env, running)
    confirmed = False
    for attempt in range(8):
        one = follow(running)
        one.launch()
        time.sleep(0.01 * attempt)  # where it is then does not matter
        one.kill()
        confirmed = f"process={one.pid}" in running.log() and "accepts from now on" in running.log()
        if confirmed:
            break
        assert running.running()
        _serves(prosody_env, running)
    assert client.ping(DOMAIN)
    client.close()
    if confirmed:
        wait_until(lambda: not running.running(), 10, "the old process to end")


@pytest.mark.parametrize("fault", ["toml", "file", "port"])
def test_a_configuration_that_cannot_be_used(prosody_env, running, follow, fault):
    client, text = _client(prosody_env, running), running.config_path.read_text()
    with socket.socket() as foreign:
        foreign.bind((running.wan, 0))
        foreign.listen(1)
        bad = {"toml": text + "\n[limitz]\n",
               "file": text.replace("roots = ", "roots = \"/nowhere.pem\"\n#"),
               "port": re.sub(r"^s2s = \[", f's2s = ["{running.wan}:{foreign.getsockname()[1]}", ',
                              text, flags=re.MULTILINE)}[fault]
        assert bad != text
        replace_file(running.config_path, bad.encode())
        one = follow(running)
        one.launch()
        assert one.wait_end() == {"toml": 78, "file": 78, "port": 1}[fault], one.tail()
        assert {"toml": "limitz", "file": "nowhere.pem", "port": "cannot listen"}[fault] in one.log()
    assert client.ping(DOMAIN)
    _serves(prosody_env, running)
    replace_file(running.config_path, text.encode())
    new = follow(running).start()
    _serves(prosody_env, new)
    client.close()


def test_without_one_before_there_is_nothing_to_take(prosody_env, running):
    config = running.config_path.with_name("alone.toml")
    text = running.config_path.read_text()
    for path, told in (("nowhere.sock", "No such file"), ("off", 'control = "off"')):
        changed = re.sub(r'^control = .*$', f'control = "{path}"', text, flags=re.MULTILINE)
        config.write_text(changed)
        done = gate_module.run_command("run", "--take-over", "-c", config)
        assert done.returncode == 1 and told in done.stderr, done


def test_more_and_fewer_workers(prosody_env, running, follow):
    """No socket is closed, so none of them resets what waits in it."""
    text, chain = running.config_path.read_text(), [running]
    for workers in (5, 1, 3):
        replace_file(running.config_path,
                     re.sub(r"^workers = .*$", f"workers = {workers}", text, flags=re.M).encode())
        chain.append(follow(chain[-1]).start())
        chain[-1].expect_event(event="started", workers=workers)
        for _ in range(20):
            _serves(prosody_env, chain[-1])
    assert len(_listening(chain[-1].wan, 5269)) == 5


def _listening(host, port):
    """The sockets of the kernel's table that listen there."""
    wanted = "".join(f"{int(part):02X}" for part in reversed(host.split("."))) + f":{port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        return [row for row in map(str.split, table) if row[1] == wanted and row[3] == "0A"]
