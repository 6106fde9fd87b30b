"""A resolver that does not answer: the operator reads whom the gate asked, and which setting names
it; nobody else does."""

import contextlib
import json
import socket
import subprocess

import pytest

from harness import gate as gate_module
from harness.environment import DOMAIN, NOWHERE
from harness.settings import to_toml


@pytest.fixture
def env(prosody_env):
    return prosody_env


@contextlib.contextmanager
def silent(address):
    """Takes questions, and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, \
            socket.create_server((address, 53)):
        udp.bind((address, 53))
        yield


@contextlib.contextmanager
def nobody(_address):
    yield


@pytest.mark.parametrize("resolver", [silent, nobody], ids=["silent", "nobody"])
def test_the_log_names_the_resolver_and_the_setting(env, resolver):
    address = env.net.address(97)
    name = env.fresh_name()
    with resolver(address), env.changed_gate(dns={"servers": [f"{address}:53"]},
                                             limits={"dial": "4s"}) as gate:
        with env.client("alice") as alice:
            alice.send(f"somebody@{name}", "are you there?")
            found = gate.expect_decision(timeout=30, kind="s2s_out", verdict="rejected",
                                         from_=DOMAIN, to=name)
            _, text = alice.wait_bounce(f"somebody@{name}", 60)
        assert found["reason"] in ("dns_timeout", "dns_failed"), found
        for part in (f"the resolver asked is {address}:53, by servers of [dns]",
                     "nothing has been answered since the start"):
            assert part in found["detail"], found
        assert address not in (text or ""), "users need not know whom the gate asks"


def in_a_machine_with(resolv_conf, *command):
    """Runs `command` where /etc/resolv.conf is this file."""
    return subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
         'mount --bind "$1" /etc/resolv.conf; shift; exec "$@"', "sh", resolv_conf, *command],
        capture_output=True, text=True, timeout=60, check=False)


def config_of(env, folder):
    """The resolvers of the machine are asked."""
    settings = env.settings(env.net.address(99), env.net.address(98))
    settings["dns"] = {"servers": []}
    settings["outbound"].pop("capture", None)
    settings["outbound"].pop("dns", None)
    path = folder / "portcullis.toml"
    path.write_text(to_toml(settings))
    return path


NAME_OF_NOBODY = f"nobody.{NOWHERE}"
EMPTY = "/etc/resolv.conf names no resolver, so 127.0.0.1:53 is asked; name one in servers of [dns]"


def test_probe_where_resolv_conf_is_empty(env, tmp_path):
    (tmp_path / "resolv.conf").write_text("search example\n")
    asked = in_a_machine_with(tmp_path / "resolv.conf", gate_module.binary(), "probe",
                              "-c", config_of(env, tmp_path), "--timeout", "2", "peer.example")
    assert asked.returncode == 1, asked
    assert "servers of [dns] is empty" in asked.stdout and EMPTY in asked.stdout, asked.stdout


def test_probe_where_resolv_conf_names_one_that_is_down(env, tmp_path):
    address = env.net.address(97)
    (tmp_path / "resolv.conf").write_text(f"nameserver {address}\n")
    asked = in_a_machine_with(tmp_path / "resolv.conf", gate_module.binary(), "probe",
                              "-c", config_of(env, tmp_path), "--timeout", "2", "peer.example")
    assert asked.returncode == 1, asked
    assert f"the resolver asked is {address}:53, by /etc/resolv.conf" in asked.stdout, asked.stdout


def test_doctor_where_resolv_conf_is_empty(env, tmp_path):
    (tmp_path / "resolv.conf").write_text("")
    asked = in_a_machine_with(tmp_path / "resolv.conf", gate_module.binary(), "doctor",
                              "-c", config_of(env, tmp_path), "--only", "records", "--json")
    found = [one for one in json.loads(asked.stdout)["findings"] if one["id"] == "records_unknown"]
    assert found and all(EMPTY in json.dumps(one) for one in found), asked.stdout


def test_a_resolver_that_answers_is_not_named(env):
    """The domain is at fault where there is none."""
    with env.client("alice") as alice:
        with env.refusal("s2s_out", "no_such_service", from_=DOMAIN, to=NAME_OF_NOBODY) as found:
            alice.send(f"somebody@{NAME_OF_NOBODY}", "are you there?")
            alice.wait_bounce(f"somebody@{NAME_OF_NOBODY}", 60)
    assert "resolver" not in found[0]["detail"]
