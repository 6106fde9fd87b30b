"""What `portcullis doctor --json` says, also of a configuration that no gate runs with."""

import copy
import json
import time

from . import gate as gate_module
from .settings import to_toml

# Of the whole machine, where other tests have connections that no gate sees.
OF_OTHERS = {"bypassed"}
WHOLE_TIME = 20  # it says 15; machines of tests are slow


class Doctor:
    """What it found, by id."""

    def __init__(self, config, *words):
        began = time.monotonic()
        self.ran = gate_module.run_command("doctor", "-c", config, "--json", *words, timeout=60)
        self.took = time.monotonic() - began
        assert self.ran.returncode in (0, 1), self.ran.stderr
        self.said = json.loads(self.ran.stdout)
        assert self.ran.returncode == (1 if self.said["errors"] else 0)

    def ids(self, check=None, severity=None):
        return sorted(one["id"] for one in self.said["findings"]
                      if check in (None, one["check"]) and severity in (None, one["severity"]))

    def one(self, wanted):
        found = [one for one in self.said["findings"] if one["id"] == wanted]
        assert len(found) == 1, self.ran.stdout
        return found[0]


def config_of(env, directory, **backend):
    """A configuration of its own, with which no gate runs; `mode` is that of [policy]."""
    settings = copy.deepcopy(env.settings(env.net.address(99), env.net.address(98)))
    mode = backend.pop("mode", None)
    if mode:
        settings["policy"]["mode"] = mode
        settings["s2s"].pop("rule", None)
    settings["local_ca"] = backend.pop("local_ca", settings.get("local_ca", {}))
    if not settings["local_ca"]:
        del settings["local_ca"]
    settings["host"][0].update(backend.pop("host", {}))
    settings["host"][0]["backend"].update(backend)
    path = directory / "portcullis.toml"
    path.write_text(to_toml(settings))
    path.chmod(0o644)
    return path


def doctor(env, directory, *words, **backend):
    return Doctor(config_of(env, directory, **backend), *words)


def asked(env, directory, **backend):
    """Findings about the backend only."""
    return doctor(env, directory, "--only", "backend", **backend)
