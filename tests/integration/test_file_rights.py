"""Who may write the files that decide whom the gate trusts, and who can read them: what `check` says,
and what `run` does. No server is needed: what is wrong is found before one is called."""

import os
import shutil
import subprocess

import pytest

from harness import gate
from harness.file_rights import NEEDS, OTHER, THIRD, faults, give_to_group
from harness.file_rights import authority, pki, place  # the fixtures

pytestmark = NEEDS


def test_in_order(place):
    done = place.check()
    assert done.returncode == 0 and not [f for f in faults(done) if "mode is" in f], done.stdout


# ---- Owners

@pytest.mark.parametrize("name", ["portcullis.toml", "roots.pem", "keys/chain.pem", "ca/ca.pem"])
def test_file_of_another_user(place, name):
    path = place.directory / name
    os.chown(path, OTHER.pw_uid, 0)
    done = place.check()
    assert done.returncode == 1 and f"its owner (user {OTHER.pw_uid})" in done.stdout, done.stdout
    place.write(process={"user": OTHER.pw_name})
    for key in place.private:
        os.chown(key, OTHER.pw_uid, 0)
    assert place.check().returncode == 0, "it is the user that the gate runs as"


def test_certificate_of_the_backend_may_be_of_its_user(place):
    os.chown(place.directory / "backend.pem", OTHER.pw_uid, 0)
    done = place.check()
    assert done.returncode == 0 and f"its owner (user {OTHER.pw_uid})" in done.stdout, done.stdout


@pytest.mark.parametrize("user, taken", [(OTHER, True), (THIRD, False)])
def test_keys_are_judged_for_the_user_of_the_configuration(place, user, taken):
    """Root asks, as the unit's hooks and administrators do."""
    for key in place.private:
        shutil.chown(key, OTHER.pw_name, OTHER.pw_gid)
    place.write(process={"user": user.pw_name})
    done = place.check()
    assert (done.returncode == 0) == taken, done.stdout
    assert len([f for f in faults(done) if "Permission denied" in f]) == (0 if taken else 2)


def test_user_that_is_not_there(place):
    place.write(process={"user": "nobody-of-that-name"})
    assert place.check().stdout.count("warning: process.user: there is no user") == 1


# ---- What root can read and the user of the gate cannot

def close_file(path):
    path.chmod(0o600)


def close_folder(path):
    path.parent.chmod(0o700)


@pytest.mark.parametrize("close", [close_file, close_folder])
@pytest.mark.parametrize("name", ["portcullis.toml", "conf.d/10.toml", "backend.pem", "roots.pem",
                                  "keys/chain.pem", "keys/key.pem", "ca/ca.pem", "ca/ca.key"])
def test_check_by_root_says_what_the_start_says(place, name, close):
    place.write(process={"user": OTHER.pw_name})
    part = place.directory / "conf.d" / "10.toml"
    part.parent.mkdir()
    part.write_text("[limits]\ndepth = 32\n")
    give_to_group(*place.private)
    done = place.check()
    assert done.returncode == 0 and not faults(done), done.stdout
    close(place.directory / name)
    done = place.check()
    assert done.returncode == 1 and "Permission denied" in done.stdout, done.stdout
    assert f"error(s), with the files read as user {OTHER.pw_uid} (process.user)" in done.stdout
    started = gate.run_command("run", "-c", place.config)
    assert started.returncode == 78 and set(faults(done)) == {
        line for line in started.stderr.splitlines() if ": error: " in line}, started.stderr


def test_check_by_root_of_a_gate_of_root_reads_what_root_reads(place):
    for path in (place.config, place.directory / "roots.pem", *place.private):
        path.chmod(0o600)
    assert place.check().returncode == 0


def test_check_by_root_that_cannot_become_the_user_says_so(place):
    """As in a container without capabilities. Then it is not known what that user can read."""
    place.write(process={"user": OTHER.pw_name})
    done = subprocess.run(["setpriv", "--bounding-set=-setuid,-setgid", gate.binary(), "check",
                           "-c", place.config], capture_output=True, text=True, timeout=20,
                          check=False)
    assert done.returncode == 0, done.stdout
    assert f'warning: process.user: root has started this, and it cannot become "{OTHER.pw_name}"' \
        in done.stdout


# ---- One finding for one fault

@pytest.mark.parametrize("folder", ["keys", "ca", "."])
def test_one_fault_is_told_once(place, folder):
    path = place.directory / folder
    path.chmod(0o777)
    done = place.check()
    told = [fault for fault in faults(done) if f"{path}: mode is 0777" in fault]
    assert len(told) == 1 and ": error: " in told[0], done.stdout
    assert len([fault for fault in faults(done) if "mode is" in fault]) == 1, done.stdout


@pytest.mark.parametrize("folder", ["keys", "ca"])
def test_group_is_an_error_for_keys_and_told_once(place, folder):
    path = place.directory / folder
    os.chown(path, 0, OTHER.pw_gid)
    path.chmod(0o775)
    done = place.check()
    told = [fault for fault in faults(done) if f"{path}: mode is 0775" in fault]
    assert len(told) == 1 and ": error: " in told[0], done.stdout
    place.write(process={"user": OTHER.pw_name})
    for key in place.private:
        os.chown(key, OTHER.pw_uid, 0)
    done = place.check()
    assert done.returncode == 0 and f"{path}: mode" not in done.stdout, "it is our own group"
