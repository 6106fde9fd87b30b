"""The program gives up files and system calls before it serves."""

import ctypes
import os
import pathlib
import re
import signal

import pytest

from harness.environment import RAW
from harness.gate import is_sanitized, run_command
from harness.process import family, wait_until

CREATE_RULESET = 444  # landlock_create_ruleset(2)
_libc = ctypes.CDLL(None)


def landlock_version():
    return _libc.syscall(CREATE_RULESET, None, 0, 1)


pytestmark = pytest.mark.skipif(is_sanitized(), reason="with a sanitizer nothing is confined")
needs_landlock = pytest.mark.skipif(landlock_version() < 1, reason="no Landlock in this kernel")


def status_of(process, name):
    text = pathlib.Path(f"/proc/{process}/status").read_text()
    return re.search(rf"^{name}:\s*(\S+)", text, re.MULTILINE).group(1)


def filters(gate):
    """How many filters of system calls each process has: the gate, and that with the key."""
    return [int(status_of(process, "Seccomp_filters")) for process in family(gate.pid)]


def without(*calls):
    """For a child: the kernel knows none of these calls, as in many containers."""
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    allow, unknown = 0x7fff0000, 0x00050000 | 38

    def apply():
        context = ctypes.c_void_p(seccomp.seccomp_init(allow))
        for call in calls:
            number = seccomp.seccomp_syscall_resolve_name(call.encode())
            assert seccomp.seccomp_rule_add(context, unknown, number, 0) == 0
        assert seccomp.seccomp_load(context) == 0
    return apply


def level_of_confinement(gate):
    return re.search(r"level=(\w+) event=confinement", gate.log()).group(1)


@needs_landlock
def test_is_on_by_default_and_says_so(prosody_env):
    gate = prosody_env.gate
    line = gate.expect_event(event="confinement")
    assert int(line["landlock"]) == landlock_version()
    assert line["seccomp"] == "on" and line["key_process"] == "on"
    assert "the process with the local CA's key opens no file" in line["detail"]
    assert level_of_confinement(gate) == "notice"
    assert str(gate.directory.parent) in line["detail"]
    assert [status_of(process, "Seccomp") for process in family(gate.pid)] == ["2", "2"]
    # That with the key has a shorter list.
    assert filters(gate) == [1, 1]
    assert status_of(gate.pid, "NoNewPrivs") == "1"


@needs_landlock
def test_a_reload_cannot_reach_another_folder(prosody_env, tmp_path):
    """It says which line, and that it takes a restart; what runs goes on. The restart does it."""
    env = prosody_env
    elsewhere = tmp_path / "deep" / "certificates"
    elsewhere.mkdir(parents=True)
    with env.extra_gate() as gate:
        before = gate.config_path.read_text()
        chain = re.search(r'chain = "([^"]+)"', before).group(1)
        (elsewhere / "chain.pem").write_bytes(pathlib.Path(chain).read_bytes())
        gate.config_path.write_text(before.replace(chain, str(elsewhere / "chain.pem"), 1))
        mark = gate.mark()
        gate.process.send_signal(signal.SIGHUP)
        finding = gate.expect_event(event="finding", since=mark)
        assert re.match(rf"{re.escape(str(gate.config_path))}:\d+: error: {elsewhere}/chain.pem is "
                        "outside of the folders", finding["detail"])
        assert finding["detail"].endswith("restart portcullis to use it")
        assert gate.expect_event(event="reload", since=mark)["outcome"] == "failed"
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()
        # What another process says of it: the file itself is fine.
        checked = run_command("check", "-c", gate.config_path)
        assert "outside of the folders" not in checked.stdout + checked.stderr
        gate.wait_quiet("s2s_in")
        gate.stop()
        gate.start()
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()


@needs_landlock
def test_a_reload_takes_a_new_file_of_conf_d(prosody_env):
    with prosody_env.extra_gate() as gate:
        folder = gate.config_path.parent / "conf.d"
        folder.mkdir()
        (folder / "10.toml").write_text(
            '[[s2s.rule]]\nmatch = ["another.example"]\nmin_tls = "1.3"\n')
        mark = gate.mark()
        gate.process.send_signal(signal.SIGHUP)
        assert gate.expect_event(event="reload", since=mark)["outcome"] == "ok"


def test_off(prosody_env):
    env = prosody_env
    with env.extra_gate(process={"confinement": "off"}) as gate:
        line = gate.expect_event(event="confinement")
        assert (line["landlock"], line["seccomp"]) == ("off", "off")
        assert line["detail"] == 'process.confinement is "off"' and line["key_process"] == "off"
        assert level_of_confinement(gate) == "notice"
        assert filters(gate) == [0, 0]


def test_goes_on_without_what_the_kernel_does_not_have(prosody_env):
    env = prosody_env
    with env.extra_gate(in_child=without("landlock_create_ruleset")) as gate:
        line = gate.expect_event(event="confinement")
        assert (line["landlock"], line["seccomp"], line["key_process"]) == ("off", "on", "off")
        assert line["detail"].count("this kernel has no Landlock") == 2, line
        assert "the process with the local CA's key can do more than it needs" in line["detail"]
        assert level_of_confinement(gate) == "warning"
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()


def test_required_and_not_to_be_had(prosody_env):
    """The process with the key is the first that cannot be confined."""
    env = prosody_env
    with pytest.raises(AssertionError, match="confinement is \"required\", and not all of it is to be "
                       "had for the process that holds the local CA's key: this kernel has no Landlock"):
        with env.extra_gate(in_child=without("landlock_create_ruleset"),
                            process={"confinement": "required"}):
            pass


@needs_landlock
def test_required_and_there(prosody_env):
    env = prosody_env
    with env.extra_gate(process={"confinement": "required"}) as gate:
        line = gate.expect_event(event="confinement")
        assert (line["seccomp"], line["key_process"]) == ("on", "on")


@needs_landlock
def test_the_key_is_held_again_after_its_process_was_killed(prosody_env):
    """It is started by the confined gate then, and has both lists."""
    env = prosody_env
    with env.extra_gate() as gate:
        gate_process, key_process = family(gate.pid)
        mark = gate.mark()
        os.kill(key_process, signal.SIGKILL)
        gate.expect_event(event="local_ca", since=mark)
        wait_until(lambda: len(family(gate_process)) == 2, 10, "the process to be started again")
        wait_until(lambda: filters(gate) == [1, 2], 10, lambda: f"two lists: {filters(gate)}")
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()
