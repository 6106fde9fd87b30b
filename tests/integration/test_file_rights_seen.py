"""Who may write the files that decide whom the gate trusts, where the gate sees them otherwise than the
machine does: through a mount that is read-only, in a volume, in a user namespace."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness import gate
from harness.docs import ROOT
from harness.file_rights import EVERYBODY, NEEDS, NO_ACCOUNT, OTHER, THIRD, faults, give_to_group
from harness.file_rights import authority, pki, place  # the fixtures

pytestmark = NEEDS


# ---- How a file is mounted excuses nothing

@pytest.mark.parametrize("name", ["portcullis.toml", "backend.pem", "roots.pem", "keys/chain.pem"])
def test_read_only_view_of_a_file_that_everybody_writes(place, name):
    (place.directory / name).chmod(0o666)
    done = place.read_only("check", "-c", place.config)
    assert done.returncode == 1
    assert [EVERYBODY in fault for fault in faults(done) if "mode is" in fault] == [True], done.stdout
    started = place.read_only("run", "-c", place.config)
    assert started.returncode == 78 and f"{EVERYBODY} can change" in started.stderr


def test_read_only_view_of_a_folder_that_everybody_writes(place):
    place.directory.chmod(0o777)
    done = place.read_only("check", "-c", place.config)
    assert done.returncode == 1
    assert [f"error: {place.directory}: mode is 0777; {EVERYBODY}" in fault
            for fault in faults(done) if "mode is" in fault] == [True], done.stdout


def kubernetes_volume(place, mode):
    """As the kubelet makes it: files of root behind links, in a folder with the group of fsGroup."""
    volume = place.directory / "config"
    data = volume / "..2026_11_27"
    data.mkdir(parents=True)
    data.chmod(0o2755)
    os.replace(place.config, data / "portcullis.toml")
    (volume / "..data").symlink_to(data.name)
    (volume / "portcullis.toml").symlink_to("..data/portcullis.toml")
    for path in (volume, data, data / "portcullis.toml"):
        os.chown(path, 0, 10001)
    volume.chmod(mode)
    return volume / "portcullis.toml"


# A ConfigMap is a plain folder, a Secret and a projected volume are memory (tmpfs).
@pytest.mark.parametrize("mode", [0o2777, 0o3777])
def test_volumes_of_kubernetes_are_fine(place, mode):
    config = kubernetes_volume(place, mode)
    done = place.read_only("check", "-c", config)
    assert done.returncode == 0 and not [f for f in faults(done) if "mode is" in f], done.stdout


def test_what_only_looks_like_one_is_not(place):
    config = kubernetes_volume(place, 0o2777)
    assert place.check(config).returncode == 1, "it can be written to from here"
    os.lchown(config.parent / "..data", OTHER.pw_uid, 0)
    done = place.read_only("check", "-c", config)
    assert done.returncode == 1 and f"{config.parent}: mode is 2777" in done.stdout


@pytest.mark.parametrize("mode", [0o777, 0o2777])
def test_volume_that_everybody_writes(place, mode):
    """An emptyDir that an init container fills. A subPath is a mount of a folder in the volume."""
    volume, mounted = place.directory / "shared", place.directory / "mounted"
    mounted.mkdir()
    (volume / "gate").mkdir(parents=True, mode=0o750)
    shutil.copy(place.config, volume / "gate")
    volume.chmod(mode)
    done = place.check(volume / "gate" / place.config.name)
    assert done.returncode == 1 and f"{volume}: mode is {mode:04o}; {EVERYBODY}" in done.stdout
    advice = re.search('see "(.*)" in containers.md', done.stdout)
    pages = ROOT / "docs" / "containers.md"
    assert f"## {advice[1]}\n" in pages.read_text()
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
         f'mount --bind {volume}/gate {mounted}; exec "$@"', "sh",
         gate.binary(), "check", "-c", mounted / place.config.name],
        capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0 and not faults(done), done.stdout


def test_file_mounted_into_a_container_keeps_the_owner_of_outside(place):
    os.chown(place.config, NO_ACCOUNT, NO_ACCOUNT)
    done = place.read_only("check", "-c", place.config)
    assert done.returncode == 0, done.stdout
    assert f"{place.config}: warning: its owner (user {NO_ACCOUNT})" in done.stdout


# ---- A user namespace, as PrivateUsers=yes of the unit makes it: it knows root and the gate's user

def check_as_the_unit(place):
    """As OTHER, where every owner but root and OTHER looks like user 65534."""
    binary = shutil.copy(gate.binary(), place.directory / "program")  # OTHER can reach it there
    with subprocess.Popen(
            ["unshare", "--user", "sh", "-ec", 'echo made; read mapped; exec "$@"', "sh",
             "setpriv", f"--reuid={OTHER.pw_uid}", f"--regid={OTHER.pw_gid}", "--clear-groups",
             binary, "check", "-c", place.config],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "made\n"
        for kind, number in (("uid", OTHER.pw_uid), ("gid", OTHER.pw_gid)):
            pathlib.Path(f"/proc/{program.pid}/{kind}_map").write_text(f"0 0 1\n{number} {number} 1\n")
        output, _ = program.communicate("mapped\n", timeout=20)
    return subprocess.CompletedProcess(program.args, program.returncode, output)


@pytest.fixture
def place_of_other(place):
    made = subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False)
    if made.returncode != 0 or not os.access("/proc/self/uid_map", os.W_OK):
        pytest.skip("this machine does not let us make user namespaces")
    place.write(process={"user": OTHER.pw_name})
    give_to_group(*place.private)
    return place


# The third is the account "nobody", which has the number that stands for unknown ones.
@pytest.mark.parametrize("owner, known", [(NO_ACCOUNT, False), (THIRD.pw_uid, True),
                                          (65534, True)])
@pytest.mark.parametrize("name", ["portcullis.toml", "keys/chain.pem"])
def test_owner_whom_the_user_namespace_does_not_know(place_of_other, name, owner, known):
    """The start must not refuse what `check` by root takes."""
    place = place_of_other
    os.chown(place.directory / name, owner, 0)
    by_root, by_unit = place.check(), check_as_the_unit(place)
    assert by_root.returncode == (1 if known else 0), by_root.stdout
    assert f"its owner (user {owner})" in by_root.stdout
    assert by_unit.returncode == 0, by_unit.stdout
    assert ["warning: " in f and "its owner (user 65534)" in f for f in faults(by_unit)] == [True]


def test_user_namespace_excuses_nobody_else(place_of_other):
    place = place_of_other
    done = check_as_the_unit(place)
    assert done.returncode == 0 and not faults(done), done.stdout
    os.chown(place.config, NO_ACCOUNT, 0)
    place.config.chmod(0o666)
    done = check_as_the_unit(place)
    assert done.returncode == 1 and f"error: {EVERYBODY} can change" in done.stdout, done.stdout
    place.config.chmod(0o644)
    os.chown(place.keys / "key.pem", NO_ACCOUNT, OTHER.pw_gid)
    assert check_as_the_unit(place).returncode == 1, "a key must not be of an unknown user"
