"""Who may write the files that decide whom the gate trusts: what `check` says, and what `run` does.
No server is needed: what is wrong is found before one is called."""

import errno
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import threading

import pytest

from harness import gate
from harness.docs import ROOT
from harness.pki import Pki
from harness.settings import to_toml

pytestmark = [pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary"),
              pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount and to give away")]

DOMAIN = "legacy.example"
OTHER = pwd.getpwnam("daemon")  # on every Debian
THIRD = pwd.getpwnam("games")
NO_ACCOUNT = 54321
EVERYBODY = "every user of this machine"


class Place:
    """A folder with a configuration and all that it names, in order."""

    def __init__(self, directory, pki, authority):
        self.directory = pathlib.Path(directory)
        self.config = self.directory / "portcullis.toml"
        self.keys = self.directory / "keys"
        self.local_ca = self.directory / "ca"
        own, backend = pki.leaf(DOMAIN, label="rights"), pki.self_made(DOMAIN)
        self.keys.mkdir()
        shutil.copy(own.chain, self.keys / "chain.pem")
        shutil.copy(own.key, self.keys / "key.pem")
        shutil.copy(backend.chain, self.directory / "backend.pem")
        shutil.copy(pki.roots, self.directory / "roots.pem")
        shutil.copytree(authority, self.local_ca)
        self.private = (self.keys / "key.pem", self.local_ca / "ca.key")
        self.settings = {
            "listen": {"s2s": ["127.77.251.1:5269"], "s2s_direct": [], "c2s": [], "c2s_direct": [],
                       "admin": "off", "control": "off"},
            "outbound": {"listen": []},
            "local_ca": {"directory": self.local_ca},
            "s2s": {"roots": self.directory / "roots.pem"},
            "process": {"user": "root"},
            "host": [{"domain": DOMAIN,
                      "certificates": [{"chain": self.keys / "chain.pem",
                                        "key": self.keys / "key.pem"}],
                      "backend": {"s2s": "127.77.251.2:15269",
                                  "certificate": self.directory / "backend.pem"}}]}
        self.write()

    def write(self, **changes):
        self.config.write_text(to_toml({**self.settings, **changes}))
        self.config.chmod(0o644)

    def check(self, config=None):
        return gate.run_command("check", "-c", config or self.config)

    def read_only(self, *arguments):
        """The same with the folder mounted read-only, as ProtectSystem=strict of the unit and
        containers do it."""
        folder = self.directory
        return subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
             f'mount --bind {folder} {folder}; mount -o remount,bind,ro {folder}; exec "$@"', "sh",
             gate.binary(), *map(str, arguments)],
            capture_output=True, text=True, timeout=20, check=False)


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority") / "ca"
    assert gate.run_command("ca", "init", folder).returncode == 0
    return folder


@pytest.fixture
def place(pki, authority):
    # Other users must be able to enter it, and pytest's own folders they may not.
    with tempfile.TemporaryDirectory(prefix="portcullis-rights-") as directory:
        os.chmod(directory, 0o755)
        yield Place(directory, pki, authority)


def faults(done):
    return [line for line in done.stdout.splitlines() if ": error: " in line or ": warning: " in line]


def give_to_group(*paths):
    for path in paths:
        os.chown(path, 0, OTHER.pw_gid)
        path.chmod(0o640)


def test_in_order(place):
    done = place.check()
    assert done.returncode == 0 and not [f for f in faults(done) if "mode is" in f], done.stdout


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


# ---- One reading decides

class Changing:
    """A configuration that is another one whenever it is opened."""

    def __init__(self, path, texts):
        os.mkfifo(path)
        self.opened = 0
        self._path = path
        self._texts = texts
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        for text in self._texts:
            file = self._open()
            if file is None:
                return
            self.opened += 1
            # For the next opening, so that this one reads to the end of its own text.
            os.mkfifo(f"{self._path}.next")
            os.rename(f"{self._path}.next", self._path)
            with os.fdopen(file, "w") as stream:
                stream.write(text)

    def _open(self):
        while not self._end.wait(0.005):
            try:
                return os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # nobody has opened it yet
                    raise
        return None

    def close(self):
        self._end.set()
        self._thread.join()


def test_what_cannot_be_read_at_first_is_not_read_again(place):
    """An editor was writing at that moment. The second reading would be good, and served as root,
    because the first had not named a user."""
    good = place.config.read_text()
    changing = Changing(place.directory / "changing.toml", ["[process", good])
    try:
        done = gate.run_command("run", "-c", place.directory / "changing.toml")
    finally:
        changing.close()
    assert done.returncode == 78 and "changing.toml:1:" in done.stderr, done.stderr
    assert changing.opened == 1


def test_configuration_is_read_once(place):
    """The second text could name another user than the one that the gate has become."""
    place.write(process={"user": OTHER.pw_name})
    for key in place.private:
        key.chmod(0o644)
    changing = Changing(place.directory / "changing.toml",
                        [place.config.read_text(), place.config.read_text()])
    try:
        done = gate.run_command("run", "-c", place.directory / "changing.toml")
    finally:
        changing.close()
    assert done.returncode == 78 and "others can use the key" in done.stderr, done.stderr
    assert changing.opened == 1


def test_configuration_that_the_user_could_not_read_again(place):
    place.write(process={"user": OTHER.pw_name})
    place.config.chmod(0o600)
    done = gate.run_command("run", "-c", place.config)
    assert done.returncode == 78
    assert f"{place.config}: error: the user that this program runs as cannot read it" in done.stderr
