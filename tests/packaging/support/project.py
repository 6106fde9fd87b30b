"""The files of deploy/compose, read by the real compose tool and run by podman: the containers get
what stands there, and a setting that this file does not know is an error."""

import pathlib
import shutil
import subprocess

import containers
from containers import podman
from harness import compose
from namespaces import Networks

# What is left to an engine: when containers start again, and how many descriptors they may have.
_OF_THE_ENGINE = {"image", "restart", "depends_on", "ports", "stop_grace_period", "ulimits"}


class Project:
    """One topology with one server, in a folder of its own, as an operator has it."""

    def __init__(self, folder, topology, server):
        self.folder = pathlib.Path(folder)
        self.name = f"portcullis-{topology}-{server}"
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(compose.FOLDER, self.folder)
        self.config = compose.config(topology, server, self.folder)
        self.networks = None
        self._namespaces = {}
        self._started = []

    def connect(self):
        self.networks = Networks(self.config["networks"])
        for service, settings in self.config["services"].items():
            if "networks" in settings:
                self._namespaces[service] = self.networks.namespace(service, settings["networks"])

    def container(self, service):
        return f"{self.name}-{service}"

    def _namespace_of(self, service):
        mode = self.config["services"][service].get("network_mode", "")
        return self._namespaces[mode.partition("service:")[2] or service]

    def arguments(self, service):
        """What podman needs to run the container as the compose file says."""
        settings = dict(self.config["services"][service])
        options = ["--network", f"ns:{self._namespace_of(service)}", "--no-healthcheck"]
        for key in ("networks", "network_mode", *_OF_THE_ENGINE):
            settings.pop(key, None)
        for volume in settings.pop("volumes", []):
            source, rest = volume.split(":", 1)
            options += ["-v", f"{source}:{rest}" if "/" in source else f"{self.name}-{source}:{rest}"]
        for name, value in settings.pop("environment", {}).items():
            options += ["-e", f"{name}={value}"]
        for capability in settings.pop("cap_drop", []):
            options += ["--cap-drop", capability]
        for option in settings.pop("security_opt", []):
            options += ["--security-opt", option]
        if settings.pop("read_only", False):
            options.append("--read-only")
        if "user" in settings:
            options += ["--user", settings.pop("user")]
        for name, value in settings.pop("sysctls", {}).items():
            self._set(service, name, value)
        assert not settings, f"{service}: what is {settings}?"
        return options

    def _set(self, service, name, value):
        """A setting of the network namespace, which podman does not set in one that it is given."""
        path = "/proc/sys/" + name.replace(".", "/")
        subprocess.run(["nsenter", f"--net={self._namespace_of(service)}", "sh", "-c",
                        f"echo {value} >{path}"], check=True)

    def once(self, service, image, *command):
        """As `docker compose run --rm --no-deps SERVICE COMMAND`."""
        return podman("run", "--rm", *self.arguments(service), image, *command)

    def start(self, service, image, *command, options=()):
        name = self.container(service)
        podman("rm", "-f", "-i", name)
        self._started.append(name)
        podman("run", "-d", "--name", name, *self.arguments(service), *options, image, *command)

    def execute(self, service, *command, check=True):
        return podman("exec", self.container(service), *command, check=check)

    def log(self, service):
        done = podman("logs", self.container(service), check=False)
        return done.stdout + done.stderr

    def pid(self, service):
        return containers.inspect(self.container(service), "container")["State"]["Pid"]

    def stop(self, service):
        """Its exit code."""
        podman("stop", "-t", "20", self.container(service))
        return containers.inspect(self.container(service), "container")["State"]["ExitCode"]

    def close(self):
        for name in reversed(self._started):
            podman("rm", "-f", "-i", name, check=False)
        podman("volume", "rm", "-f", f"{self.name}-server-data", check=False)
        if self.networks:
            self.networks.close()
