"""The binary as an operator uses it."""

import os
import stat
import subprocess

import pytest
from cryptography import x509

from harness import gate
from harness.settings import to_toml

pytestmark = pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")


def test_version():
    done = gate.run_command("version")
    assert done.returncode == 0 and "OpenSSL" in done.stdout


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["ca"], ["check", "-x"]])
def test_wrong_usage(arguments):
    done = gate.run_command(*arguments)
    assert done.returncode == 2
    assert "help" in done.stderr


def test_ca_init(tmp_path):
    folder = tmp_path / "ca"
    assert gate.run_command("ca", "init", folder).returncode == 0
    key = (folder / "ca.key").stat()
    assert stat.S_IMODE(key.st_mode) == 0o600
    certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical and constraints.value.ca and constraints.value.path_length == 0
    shown = gate.run_command("ca", "show", folder)
    assert shown.returncode == 0 and shown.stdout.strip()


def test_roots_that_are_a_folder(tmp_path):
    path = tmp_path / "portcullis.toml"
    path.write_text('[[host]]\ndomain = "legacy.example"\n[host.backend]\nkind = "prosody"\n'
                    f'[s2s]\nroots = "{tmp_path}"\n')
    done = gate.run_command("check", "-c", path)
    assert f"portcullis.toml:6: error: {tmp_path}: is a folder; name a file in it" in done.stdout


def test_ca_init_never_overwrites(tmp_path):
    folder = tmp_path / "ca"
    assert gate.run_command("ca", "init", folder).returncode == 0
    before = (folder / "ca.key").read_bytes()
    again = gate.run_command("ca", "init", folder)
    assert again.returncode != 0 and str(folder) in again.stderr
    assert "go on with it" in again.stderr
    assert (folder / "ca.key").read_bytes() == before


def test_check_accepts_the_running_configuration(env):
    done = gate.run_command("check", "-c", env.gate.config_path)
    assert done.returncode == 0, done.stderr
    assert "memory: streams may take " in done.stdout


@pytest.mark.parametrize("change, word", [
    ({"lisen": {}}, "lisen"),
    ({"limits": {"stanza_bytes": "lots"}}, "stanza_bytes"),
    ({"limits": {"idle": "5 parsecs"}}, "idle"),
    ({"limits": {"memory": "1MiB"}}, "memory"),
    ({"s2s": {"min_tls": "1.0"}}, "min_tls"),
    ({"version": 99}, "version"),
    ({"listen": {"s2s": ["nowhere"]}}, "nowhere"),
], ids=["unknown-table", "size", "duration", "memory", "tls", "version", "address"])
def test_check_names_the_place(env, tmp_path, change, word):
    path = tmp_path / "portcullis.toml"
    path.write_text(to_toml({**env.settings(env.gate.wan, env.gate.outbound), **change}))
    done = gate.run_command("check", "-c", path)
    assert done.returncode != 0
    assert word in done.stderr + done.stdout
    assert "portcullis.toml:" in done.stderr + done.stdout


def test_run_refuses_a_local_ca_that_others_can_read(env, tmp_path):
    folder = tmp_path / "ca"
    assert gate.run_command("ca", "init", folder).returncode == 0
    os.chmod(folder / "ca.key", 0o644)
    settings = env.settings(env.net.address(90), env.net.address(91))
    settings["local_ca"]["directory"] = folder
    path = tmp_path / "portcullis.toml"
    path.write_text(to_toml(settings))
    done = gate.run_command("run", "-c", path)
    assert done.returncode != 0 and "ca.key" in done.stderr + done.stdout


def test_run_says_which_address_is_taken(env, tmp_path):
    path = tmp_path / "portcullis.toml"
    settings = env.settings(env.net.address(90), env.net.address(91))
    settings["outbound"]["listen"] = [f"{env.net.backend}:15222"]  # the backend is there
    path.write_text(to_toml(settings))
    done = gate.run_command("run", "-c", path)
    assert done.returncode != 0
    assert f"{env.net.backend}:15222" in done.stderr + done.stdout


def test_metrics_are_well_formed(env):
    status, text = env.gate.get("/metrics")
    assert status == 200
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                             text=True, check=False)
    assert checked.returncode == 0, checked.stderr + checked.stdout


@pytest.mark.parametrize("path, status", [
    ("/livez", 200), ("/readyz", 200), ("/metrics", 200), ("/", 200), ("/status", 200),
    ("/status.json", 200), ("/index.html", 404), ("/etc/passwd", 404),
    ("/../../etc/passwd", 404)])
def test_admin_paths(env, path, status):
    assert env.gate.get(path)[0] == status
