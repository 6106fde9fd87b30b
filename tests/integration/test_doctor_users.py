"""`portcullis doctor` of a user who may not see everything: he is told so, and alarmed by nothing else."""

import contextlib
import copy
import json
import os
import pathlib
import pwd
import subprocess

import pytest

from harness import gate as gate_module
from harness.doctor import Doctor
from harness.settings import to_toml


def _as_nobody(*words):
    """The findings, by id, as a user who has nothing to do with the gate sees them."""
    nobody = pwd.getpwnam("nobody")
    ran = subprocess.run(["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}",
                          "--clear-groups", gate_module.binary(), "doctor", "--json", *words],
                         capture_output=True, text=True, timeout=60, check=False)
    said = json.loads(ran.stdout)
    assert ran.returncode == (1 if said["errors"] else 0), ran
    return said


def _open_folders(path):
    for folder in path.parents:
        with contextlib.suppress(PermissionError):
            folder.chmod(folder.stat().st_mode | 0o111)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_who_may_not_look_is_told_so_and_not_alarmed(prosody_env, tmp_path):
    with prosody_env.extra_gate(listen={"control": str(tmp_path / "control.sock")}) as gate:
        _open_folders(gate.config_path)
        _open_folders(tmp_path / "control.sock")
        gate.config_path.chmod(0o644)
        said = _as_nobody("-c", str(gate.config_path))
        found = {one["id"]: one for one in said["findings"]}
        assert said["gate"] == {"running": True, "process": None, "user": None}
        assert not [one for one in said["findings"] if one["severity"] == "error"], said
        assert {"files_unseen", "processes_unseen", "bypass_unseen"} <= set(found)
        for one in ("files_unseen", "processes_unseen", "bypass_unseen"):
            assert "could not be seen as this user; run with sudo" in found[one]["what"], found[one]
        # Nothing at all can be said where the file itself is closed, and that is an error.
        gate.config_path.chmod(0o600)
        closed = _as_nobody("-c", str(gate.config_path))["findings"]
        assert [one["severity"] for one in closed] == ["error"], closed
        assert "Permission denied" in closed[0]["what"]
        assert closed[0]["file"] == str(gate.config_path)
        # The same as root: no such note.
        seen = Doctor(gate.config_path)
        assert "files_unseen" not in seen.ids() and "processes_unseen" not in seen.ids()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_who_would_run_it_is_told_what_cannot_be_read(prosody_env, tmp_path):
    """No gate runs. A file that is closed to its own user would keep it from starting."""
    settings = copy.deepcopy(prosody_env.settings(prosody_env.net.address(99),
                                                  prosody_env.net.address(98)))
    pair = settings["host"][0]["certificates"][0]
    for name, mode in (("chain", 0o644), ("key", 0o600)):
        copied = tmp_path / name
        copied.write_bytes(pathlib.Path(pair[name]).read_bytes())
        copied.chmod(mode)
        pair[name] = copied
    settings["host"][0]["certificates"] = [pair]
    path = tmp_path / "portcullis.toml"
    _open_folders(path)

    def look(user):
        settings["process"] = {"user": user}
        if not user:
            del settings["process"]
        path.write_text(to_toml(settings))
        path.chmod(0o644)
        said = _as_nobody("-c", str(path), "--only", "configuration")
        assert not said["gate"]["running"], said
        return {one["id"] for one in said["findings"] if str(pair["key"]) in one["what"]}
    for its_own in (None, "nobody", "no-such-user"):
        assert look(its_own) == {"configuration_error"}, its_own
    assert look("daemon") == {"files_unseen"}
