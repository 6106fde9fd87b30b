#!/usr/bin/python3
"""The story of the quickstart with an installed package: the gate is the unit that systemd starts,
with the configuration in /etc/portcullis. usage: chat.py prosody|ejabberd   (the backend)"""

import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "deploy" / "demo")]

from harness import ejabberd  # noqa: E402
from harness import gate as gate_module  # noqa: E402
from harness.settings import to_toml  # noqa: E402
from quickstart import Story, tell  # noqa: E402
from world import Demo  # noqa: E402

UNIT = "portcullis.service"
ETC = pathlib.Path("/etc/portcullis")
LOCAL_CA = pathlib.Path("/var/lib/portcullis/local-ca")


def systemctl(*words):
    return subprocess.run(["systemctl", *words, UNIT], capture_output=True, text=True, check=False)


def installed(source, folder, mode):
    """A copy where the unit may read it; /tmp is not what it sees there."""
    target = folder / pathlib.Path(source).name
    shutil.copy(source, target)
    shutil.chown(target, "root", "portcullis")
    target.chmod(mode)
    return target.relative_to(ETC)


class InstalledGate(gate_module.Gate):
    """Its process is systemd's, and its log is the journal."""

    def __init__(self, directory, config, address):
        super().__init__(directory, config, address)
        self.config = config
        self.began = int(time.time())

    def launch(self):
        (ETC / "portcullis.toml").write_text(self.config)
        self.launched_at = self.mark()
        started = systemctl("start")
        assert started.returncode == 0, started.stderr + self.tail()

    def log(self, since=0):
        subprocess.run(["journalctl", "--sync"], check=True)
        text = subprocess.run(["journalctl", "--unit", UNIT, "--output", "cat", "--no-pager",
                               "--since", f"@{self.began}"],
                              capture_output=True, encoding="latin-1", check=True).stdout
        return text[since:]

    def mark(self):
        return len(self.log())

    def running(self):
        return systemctl("is-active").returncode == 0

    def ask_to_stop(self):
        systemctl("stop")

    def stop(self, timeout=20):
        self.ask_to_stop()
        return int(systemctl("show", "--value", "--property", "ExecMainStatus").stdout)

    def finish(self):
        assert self.running(), self.tail()
        self.check_conservation()
        status = self.stop()
        assert status == 0, f"{UNIT} ended with {status}"


class PackagedDemo(Demo):
    """The local CA is the one that the package made."""

    def client(self, user, *, mechanism=None, **settings):
        # Ejabberd 24.12 refuses SCRAM with the GS2 flag y, which every client sends that could
        # bind a channel, on a connection without TLS. PLAIN is what is left there.
        if self.kind == "ejabberd" and ejabberd.version() == (24, 12):
            mechanism = "PLAIN"
        return super().client(user, mechanism=mechanism, **settings)

    def make_local_ca(self):
        self.local_ca_directory = LOCAL_CA

    def _make_gate(self, name, wan, outbound, changes, in_child=None):
        settings = self.settings(wan, outbound)
        certs = ETC / "certs"
        host = settings["host"][0]
        for pair in host["certificates"]:
            folder = certs / pathlib.Path(pair["key"]).parent.name
            folder.mkdir(exist_ok=True)
            pair["chain"] = installed(pair["chain"], folder, 0o644)
            pair["key"] = installed(pair["key"], folder, 0o640)
        host["backend"]["certificate"] = installed(host["backend"]["certificate"], ETC, 0o644)
        settings["s2s"] = {"roots": installed(self.pki.roots, ETC, 0o644)}
        # As they are by default. Addresses are not, as all servers share one machine here.
        settings["listen"].pop("control")
        for section in ("local_ca", "limits", "log", "workers"):
            settings.pop(section, None)
        gate = InstalledGate(self.directory / name, to_toml(settings), wan)
        gate.wan, gate.outbound = wan, outbound
        return gate


def main():
    story = Story()
    demo = PackagedDemo(sys.argv[1])
    try:
        tell(demo, story)
    finally:
        demo.close()
    return 1 if story.failed else 0


if __name__ == "__main__":
    sys.exit(main())
