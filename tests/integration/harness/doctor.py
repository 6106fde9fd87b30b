"""What `portcullis doctor --json` says."""

import json
import time

from . import gate as gate_module


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
