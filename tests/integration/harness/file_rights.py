"""A configuration with all that it names, whose owners and modes a test then changes; and what `check`
says about them."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import pytest

from . import gate
from .pki import Pki
from .settings import to_toml

NEEDS = [pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary"),
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
