"""The files of deploy/compose as the real compose tool reads them, that of Debian 12 (1.29) or of
Debian 13 (2.26)."""

import os
import shutil
import subprocess

import yaml

from .docs import ROOT

FOLDER = ROOT / "deploy" / "compose"
TOPOLOGIES = ("sidecar", "separate")
SERVERS = ("prosody", "ejabberd", "openfire")


def is_installed():
    return shutil.which("docker-compose") is not None


def _short(volume):
    """SOURCE:TARGET:MODE, which the newer tool writes as a mapping."""
    if isinstance(volume, str):
        return volume
    mode = "ro" if volume.get("read_only") else "rw"
    return f"{volume['source']}:{volume['target']}:{mode}"


def config(topology, server, folder=FOLDER):
    """What `docker-compose config` makes of the two files; volumes are texts, whatever its release."""
    done = subprocess.run(
        ["docker-compose", "-f", f"{topology}.yml", "-f", f"{server}.yml", "config"], cwd=folder,
        env={**os.environ, "XMPP_SERVER_IMAGE": "server"}, capture_output=True, text=True,
        check=False)
    assert done.returncode == 0, f"docker-compose config: {done.stderr}"
    found = yaml.safe_load(done.stdout)
    for service in found["services"].values():
        service["volumes"] = [_short(volume) for volume in service.get("volumes", [])]
    return found
