"""Podman and buildah, with settings under which they run on a machine without systemd and without
an engine, and images made from a Debian of this machine's own mirror: there need be no registry."""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDER = pathlib.Path(os.environ.get("PORTCULLIS_PACKAGING_FOLDER", "/var/tmp/portcullis-packaging"))
BASE = "localhost/portcullis-test-base:13"
IMAGE = "localhost/portcullis-test:latest"
GATE_USER = 10001

# What every container here is run with: nothing that the program does not need.
HARDENED = ("--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges")
# The timer of podman's health checks needs systemd; the check itself does not.
NO_TIMER = ("--no-healthcheck",)

_CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""
_STORAGE_CONF = """
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""


class Failed(AssertionError):
    pass


def prepare():
    """Installs the packages of this machine; ends the part where it cannot work."""
    problem = "" if os.geteuid() == 0 else "only root can do this"
    if not problem and os.environ.get("PORTCULLIS_NO_INSTALL") != "1":
        done = subprocess.run([ROOT / "deploy/install-packages", "image", "test"], check=False)
        problem = "" if done.returncode == 0 else "the packages of this machine are not there"
    tools = ("podman", "buildah", "runc", "debootstrap", "docker-compose", "nsenter", "ip")
    missing = [tool for tool in tools if not shutil.which(tool)]
    if not problem and missing:
        problem = f"missing: {', '.join(missing)}; deploy/install-packages image brings them"
    if problem:
        print(f"{problem}\n\n0 passed, 1 failed")
        sys.exit(1)


def _environment():
    folder = FOLDER / "image"
    folder.mkdir(parents=True, exist_ok=True)
    paths = {"CONTAINERS_CONF": folder / "containers.conf",
             "CONTAINERS_STORAGE_CONF": folder / "storage.conf"}
    paths["CONTAINERS_CONF"].write_text(_CONTAINERS_CONF)
    paths["CONTAINERS_STORAGE_CONF"].write_text(_STORAGE_CONF.format(folder=folder))
    return {**os.environ, **{name: str(path) for name, path in paths.items()}}


def run(*command, timeout=120, check=True, stdin=None):
    """The finished process; an error shows the command and the end of what it said."""
    command = [str(word) for word in command]
    done = subprocess.run(command, env=_environment(), stdin=stdin or subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
        raise Failed(f"{shlex.join(command)[:300]}: exit {done.returncode}\n{said}")
    return done


def podman(*arguments, **options):
    return run("podman", *arguments, **options)


def popen(*command, log):
    """A command that goes on in the background; its output goes to the file `log`."""
    with open(log, "ab") as out:
        return subprocess.Popen([str(word) for word in command], env=_environment(),
                                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)


def exists(image):
    return podman("image", "exists", image, check=False).returncode == 0


def inspect(name, kind="image"):
    found = json.loads(podman(kind, "inspect", name).stdout)
    return found[0] if isinstance(found, list) else found  # of a Pod there is no list


def size(image):
    """In MB, as `podman images` counts."""
    return inspect(image)["Size"] / 1_000_000


def make_base():
    """A minimal Debian 13, made once."""
    if exists(BASE):
        return "there already"
    root = FOLDER / "image" / "base"
    shutil.rmtree(root, ignore_errors=True)
    run(ROOT / "tests" / "support" / "make_debian", "trixie", root, timeout=900)
    run("sh", "-c", 'tar -C "$1" -c . | podman import '
        '--change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" - "$2"',
        "sh", root, BASE, timeout=300)
    shutil.rmtree(root)
    return f"{size(BASE):.0f} MB"


def build(tag, dockerfile, context, arguments=(), volumes=(), timeout=3600):
    """Builds with buildah, in the format that knows HEALTHCHECK. PORTCULLIS_KEEP_IMAGES=1: an image
    that is there is taken as it is, which is what one wants while one works on the parts."""
    if os.environ.get("PORTCULLIS_KEEP_IMAGES") == "1" and exists(tag):
        return "kept"
    options = []
    for argument in (f"BASE={BASE}", *arguments):
        options += ["--build-arg", argument]
    for volume in volumes:
        options += ["--volume", volume]
    run("buildah", "bud", "--layers", "--isolation", "chroot", "--network", "host", "--format",
        "docker", *options, "--file", dockerfile, "--tag", tag, context, timeout=timeout)
    return ""


def build_image():
    """The image of this source tree. The compiler's cache outlives the build."""
    cache = FOLDER / "image" / "ccache"
    cache.mkdir(exist_ok=True)
    level = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", "2")
    return build(IMAGE, ROOT / "deploy/docker/Dockerfile", ROOT,
          ("PACKAGES=build ccache", "CMAKE_CXX_COMPILER_LAUNCHER=ccache",
           f"CMAKE_BUILD_PARALLEL_LEVEL={level}"),
          (f"{cache}:/root/.cache/ccache",))
