"""What the process may still do once it serves."""

import contextlib
import grp
import os
import pathlib
import pwd
import shutil
import signal

import pytest

from harness.environment import DOMAIN, ROOMS
from harness.gate import run_command
from harness.raw_peer import RawClient
from test_local_ca_process import key_process

USER = "daemon"  # on every Debian
BIND_LOW_PORTS = 1 << 10
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def core_limits(pid):
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[4:6] for line in limits if line.startswith("Max core file size"))


def assert_few_powers(pid):
    status = status_of(pid)
    assert status["NoNewPrivs"] == "1"
    assert status["Umask"] == "0077"
    assert core_limits(pid) == ["0", "0"]


def test_no_core_dump_and_no_new_powers(prosody_env):
    gate = prosody_env.inbound
    assert_few_powers(gate.pid)
    assert_few_powers(key_process(gate))


@contextlib.contextmanager
def dropped_gate(env, **changes):
    """Started by root, with files that USER's group may read."""
    leaf = env.pki.leaf(DOMAIN, ROOMS, label="dropped")
    ca = env.directory / "ca-for-a-user"
    if not ca.exists():
        assert run_command("ca", "init", ca).returncode == 0
    for key in (leaf.key, ca / "ca.key"):
        shutil.chown(key, "root", USER)
        os.chmod(key, 0o640)
    host = env.settings("", "")["host"]
    host[0]["certificates"] = [{"chain": leaf.chain, "key": leaf.key}]
    with env.extra_gate(process={"user": USER}, host=host, local_ca={"directory": ca},
                        **changes) as gate:
        yield gate


def assert_dropped(pid, powers):
    user, group = pwd.getpwnam(USER).pw_uid, grp.getgrnam(USER).gr_gid
    status = status_of(pid)
    assert set(status["Uid"].split()) == {str(user)}
    assert set(status["Gid"].split()) == {str(group)}
    assert set(status["Groups"].split()) <= {str(group)}
    for name in ("CapEff", "CapPrm"):
        assert int(status[name], 16) == powers, name
    for name in ("CapInh", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    # Of a process that can be dumped these files are its own user's.
    assert pathlib.Path(f"/proc/{pid}/environ").stat().st_uid == 0
    assert_few_powers(pid)


@as_root
def test_root_becomes_the_user_of_the_configuration(prosody_env):
    with dropped_gate(prosody_env) as gate:
        assert_dropped(gate.pid, 0)
        assert_dropped(key_process(gate), 0)
        # What was read at the start can be read again.
        mark = gate.mark()
        gate.process.send_signal(signal.SIGHUP)
        gate.expect_event(event="reload", outcome="ok", since=mark)


@as_root
def test_ports_below_1024_are_all_that_is_kept(prosody_env):
    env = prosody_env
    address = env.net.address(90)
    with dropped_gate(env, listen={"c2s_direct": [f"{address}:443"]}) as gate:
        assert_dropped(gate.pid, BIND_LOW_PORTS)
        assert_dropped(key_process(gate), 0)
        config = gate.config_path.read_text()
        gate.config_path.write_text(config.replace(f"{address}:443", f"{address}:444"))
        mark = gate.mark()
        gate.process.send_signal(signal.SIGHUP)
        gate.expect_event(event="reload", outcome="ok", since=mark)
        RawClient((address, 444), "x.example", DOMAIN).close()


def with_ambient(*names):
    """Of a program that is to be started: as USER with these capabilities, as by a unit with
    AmbientCapabilities=."""
    entry = pwd.getpwnam(USER)
    wanted = ",".join(f"+{name}" for name in names)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups",
            "--pdeathsig=TERM", f"--inh-caps={wanted}", f"--ambient-caps={wanted}", "--"]


@as_root
@pytest.mark.parametrize("port, kept", [(443, BIND_LOW_PORTS), (5443, 0)])
def test_capabilities_of_another_user_than_root(prosody_env, port, kept):
    env = prosody_env
    address = env.net.address(91)
    with dropped_gate(env, start_with=with_ambient("net_bind_service", "net_raw"),
                      listen={"c2s_direct": [f"{address}:{port}"]}) as gate:
        for pid, powers in ((gate.pid, kept), (key_process(gate), 0)):
            status = status_of(pid)
            assert set(status["Uid"].split()) == {str(pwd.getpwnam(USER).pw_uid)}
            for name in ("CapEff", "CapPrm"):
                assert int(status[name], 16) == powers, name
            for name in ("CapInh", "CapAmb"):
                assert int(status[name], 16) == 0, name
        RawClient((address, port), "x.example", DOMAIN).close()


@as_root
def test_key_process_of_a_gate_that_stays_root_has_no_capability(prosody_env):
    with prosody_env.extra_gate(process={"user": "root"}) as gate:
        status = status_of(key_process(gate))
        assert set(status["Uid"].split()) == {"0"}
        for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"):
            assert int(status[name], 16) == 0, name


@as_root
@pytest.mark.parametrize("process", [{"user": "nobody-of-that-name"},
                                     {"user": USER, "group": "no-group-of-that-name"}])
def test_unknown_user_or_group(tmp_path, process):
    config = tmp_path / "portcullis.toml"
    lines = "\n".join(f'{key} = "{value}"' for key, value in process.items())
    config.write_text('[[host]]\ndomain = "a.example"\nbackend.host = "127.0.0.1"\n'
                      f"[process]\n{lines}\n")
    done = run_command("run", "-c", config)
    assert done.returncode == 78
    wrong = list(process)[-1]
    assert f"process.{wrong}" in done.stderr and process[wrong] in done.stderr
