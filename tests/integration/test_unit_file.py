"""The systemd unit, as far as it can be looked at without systemd running; tests/packaging starts it."""

import configparser
import re
import subprocess

import pytest

from harness import gate
from harness.docs import ROOT

UNIT = ROOT / "deploy" / "systemd" / "portcullis.service"
MOST_EXPOSURE = 1.5


@pytest.fixture(scope="module")
def service():
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(UNIT)
    return parser["Service"]


def test_exposure():
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager",
         f"--threshold={round(10 * MOST_EXPOSURE)}", UNIT],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"exposure level for portcullis.service: ([0-9.]+)", done.stdout)
    assert found and float(found[1]) <= MOST_EXPOSURE, done.stdout


@pytest.mark.parametrize("line", ["ExecStartPre", "ExecStart", "ExecReload"])
@pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")
def test_its_commands_are_ours(service, line):
    program, *arguments = service[line].lstrip("-").split()
    assert program == "/usr/bin/portcullis"
    done = gate.run_command(*arguments, "--help")
    assert done.returncode == 0 and f"portcullis {arguments[0]}" in done.stdout, done.stderr


@pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")
def test_an_invalid_configuration_is_not_tried_again(service, tmp_path):
    broken = tmp_path / "portcullis.toml"
    broken.write_text("version = 99\n")
    assert gate.run_command("run", "-c", broken).returncode == int(service["RestartPreventExitStatus"])


def test_descriptors_suffice_for_the_default_limit(service):
    table = (ROOT / "docs" / "configuration.md").read_text()
    connections = sum(int(number) for number in re.findall(
        r"^\| `(?:inbound|outbound|client|refused)_connections` \| `(\d+)`", table, re.MULTILINE))
    assert connections > 0
    assert int(service["LimitNOFILE"]) > 2 * connections
