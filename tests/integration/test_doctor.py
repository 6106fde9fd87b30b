"""`portcullis doctor` before the gate starts and beside it, in front of real servers: what is right is
no finding, and what is wrong is named, with the line and what to do."""

import contextlib
import copy
import fcntl
import json
import os
import pathlib
import pwd
import socket
import subprocess
import threading

import pytest

from harness import gate as gate_module, prosody
from harness.doctor import Doctor
from harness.environment import (BACKEND_C2S, BACKEND_S2S, DEAD, DOMAIN, NO_SERVICE, NOWHERE,
                                 ROOMS)
from harness.settings import to_toml

# Of the whole machine, where other tests have connections that no gate sees.
OF_OTHERS = {"bypassed"}
WHOLE_TIME = 20  # it says 15; machines of tests are slow


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


def test_beside_the_running_gate_all_is_well(env):
    found = Doctor(env.gate.config_path)
    assert found.said["gate"]["running"], found.ran.stdout
    assert found.said["gate"]["process"] == env.gate.pid
    assert set(found.ids(severity="error")) <= OF_OTHERS, found.ran.stdout
    for check in ("ports", "capture", "configuration"):
        assert set(found.ids(check)) <= OF_OTHERS, found.ran.stdout
    assert set(found.ids("backend")) <= {"backend_trust_unseen"}, found.ran.stdout
    assert found.took < WHOLE_TIME


def test_before_the_gate_starts_its_ports_are_free(env, tmp_path):
    found = doctor(env, tmp_path)
    assert not found.said["gate"]["running"]
    assert found.ids("ports") == [], found.ran.stdout
    assert found.ids("backend") == ["backend_trust_unseen"], found.ran.stdout
    assert found.ids("clients") == ["clients_unseen"]
    assert set(found.ids("capture")) - OF_OTHERS == {"capture_by_others"}


def records_of(env, directory, domain):
    """What it says about the records of a name of the small Internet."""
    leaf = env.pki.leaf(domain)
    host = {"domain": domain, "aliases": [],
            "certificates": [{"chain": leaf.chain, "key": leaf.key}]}
    return doctor(env, directory, "--only", "records", host=host).ids()


def test_records_that_lead_here_or_not(prosody_env, tmp_path):
    """All addresses of these tests are this machine's; no name has records for clients."""
    def others(domain):
        return sorted(set(records_of(prosody_env, tmp_path, domain)) - {"no_server_records"})
    assert others("prosody-peer.example") == []
    assert others(prosody_env.misled("backend")) == ["record_leads_to_backend"]
    assert others(prosody_env.misled("web")) == ["record_of_wrong_port"]
    assert others(NO_SERVICE) == ["service_denied"]
    assert others(DOMAIN) == ["target_is_no_name"]
    assert others(NOWHERE) == []
    assert records_of(prosody_env, tmp_path, NOWHERE) == ["no_server_records"] * 2
    # It has an address of this machine and no records: RFC 6120 has a port for that.
    assert records_of(prosody_env, tmp_path, DEAD) == []


def test_records_without_a_resolver_are_not_guessed(prosody_env, tmp_path):
    path = config_of(prosody_env, tmp_path)
    path.write_text(path.read_text().replace(f"{prosody_env.net.internet_dns}:",
                                             f"{prosody_env.net.address(94)}:"))
    found = Doctor(path, "--only", "records")
    assert set(found.ids()) == {"records_unknown"}, found.ran.stdout
    assert found.took < WHOLE_TIME


def test_a_second_gate_on_the_same_ports_is_named(env, tmp_path):
    path = tmp_path / "portcullis.toml"
    path.write_text(env.gate.config_path.read_text())
    found = Doctor(path, "--only", "ports")
    assert set(found.ids(severity="error")) == {"another_gate"}, found.ran.stdout
    assert f"process {env.gate.pid}" in found.said["findings"][0]["what"]


def test_a_port_of_another_program_is_named(prosody_env, tmp_path):
    with socket.create_server((prosody_env.net.address(99), 5269)):
        found = doctor(prosody_env, tmp_path, "--only", "ports")
    one = found.one("port_taken")
    assert one["line"] and "5269" in one["what"] and "process" in one["what"], one


def test_check_online_says_the_same_in_its_own_format(env, tmp_path):
    path = config_of(env, tmp_path, s2s=f"{env.net.backend}:1")
    ran = gate_module.run_command("check", "--online", "-c", path, timeout=60)
    assert ran.returncode == 1, ran.stdout
    line = next(line for line in ran.stdout.splitlines() if "[backend_unreachable]" in line)
    number = 1 + next(i for i, text in enumerate(path.read_text().splitlines())
                      if text.startswith("s2s = ") and text.endswith(':1"'))
    assert line.startswith(f"{path}:{number}: error: "), line
    assert "fine" not in ran.stdout, ran.stdout
    assert gate_module.run_command("check", "-c", path).returncode == 0


def test_a_wrong_pin_is_told_with_the_key_that_is_shown(env, tmp_path):
    found = asked(env, tmp_path, certificate=env.pki.self_made("other.example").chain)
    assert "spki-sha256:" in found.one("backend_key_not_pinned")["what"]
    assert found.ids(severity="error") == ["backend_key_not_pinned"]


def test_another_local_ca_is_not_trusted(env, tmp_path):
    made = gate_module.run_command("ca", "init", tmp_path / "ca")
    assert made.returncode == 0, made.stderr
    found = asked(env, tmp_path, local_ca={"directory": tmp_path / "ca"}, kind=env.kind)
    assert found.ids(severity="error") == ["backend_distrusts"], found.ran.stdout
    assert "cafile" in found.one("backend_distrusts")["do"]


def test_swapped_ports_are_told_for_both(env, tmp_path):
    found = asked(env, tmp_path, s2s=f"{env.net.backend}:{BACKEND_C2S}",
                  c2s=f"{env.net.backend}:{BACKEND_S2S}", c2s_proxy_protocol="off",
                  s2s_proxy_protocol="v2" if env.proxy_protocol else "off")
    assert found.ids(severity="error") == ["backend_ports_swapped"] * 2, found.ran.stdout


def test_a_port_where_nobody_listens_is_unreachable(env, tmp_path):
    found = asked(env, tmp_path, s2s=f"{env.net.backend}:1", c2s=f"{env.net.backend}:2")
    assert found.ids(severity="error") == ["backend_unreachable"] * 2, found.ran.stdout
    assert "refused" in found.said["findings"][0]["what"]


def test_a_domain_that_is_not_served_is_told(env, tmp_path):
    found = asked(env, tmp_path, host={"aliases": [ROOMS, f"nobody.{DOMAIN}"],
                                       "certificates": [{"chain": leaf.chain, "key": leaf.key}
                                                        for leaf in [env.pki.leaf(
                                                            DOMAIN, ROOMS, f"nobody.{DOMAIN}")]]})
    one = found.one("backend_unknown_domain")
    assert f"nobody.{DOMAIN}" in one["what"]


def test_a_strict_backend_loses_mail_in_observe_mode(env, tmp_path):
    found = asked(env, tmp_path, mode="observe", kind=env.kind)
    one = found.one("backend_too_strict")
    setting = {"prosody": "s2s_secure_auth = false", "ejabberd": "s2s_use_starttls: optional"}
    assert setting[env.kind] in one["do"], one
    assert found.ids(severity="error") == ["backend_too_strict"], found.ran.stdout


def test_a_lenient_backend_fits_observe_mode_and_not_enforce(observing, tmp_path):
    found = asked(observing, tmp_path, mode="observe")
    assert set(found.ids()) <= {"backend_trust_unseen"}, found.ran.stdout
    found = asked(observing, tmp_path, mode="enforce", kind=observing.kind)
    assert "backend_too_lenient" in found.ids(severity="warning"), found.ran.stdout
    assert found.ids(severity="error") == []


def test_a_backend_that_knows_only_dialback_is_fine(by_dialback, tmp_path):
    found = asked(by_dialback, tmp_path)
    assert found.ids() == [], found.ran.stdout


def test_a_backend_without_tls_cannot_do_it_by_certificates(by_dialback, tmp_path):
    if by_dialback.kind == "jabberd2":
        pytest.skip("knows TLS")
    ca = tmp_path / "ca"
    assert gate_module.run_command("ca", "init", ca).returncode == 0
    found = asked(by_dialback, tmp_path, s2s_auth="tls", local_ca={"directory": ca},
                  certificate=by_dialback.backend_credential.chain)
    assert found.ids(severity="error") == ["backend_without_tls"], found.ran.stdout


def test_a_proxy_header_that_is_expected_is_told(ejabberd_env, tmp_path):
    found = asked(ejabberd_env, tmp_path, c2s_proxy_protocol="off")
    one = found.one("backend_wants_proxy")
    assert 'c2s_proxy_protocol = "v2"' in one["do"], one
    assert found.ids(severity="error") == ["backend_wants_proxy"], found.ran.stdout


def test_a_proxy_header_that_is_not_understood_is_told(env, tmp_path):
    found = asked(env, tmp_path, s2s_proxy_protocol="v2")
    assert found.ids(severity="error") == ["backend_takes_no_proxy"], found.ran.stdout
    assert 's2s_proxy_protocol = "off"' in found.one("backend_takes_no_proxy")["do"]


@contextlib.contextmanager
def program(address, says):
    """One that takes connections on both ports, and answers with `says`, or not at all."""
    listeners = [socket.create_server((address, port)) for port in (BACKEND_S2S, BACKEND_C2S)]
    held = []

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                there, _ = listener.accept()
                held.append(there)
                if says:
                    there.recv(4096)
                    there.sendall(says)
    threads = [threading.Thread(target=serve, args=(one,)) for one in listeners]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for one in listeners:
            one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in threads:
            thread.join()
        for one in held:
            one.close()


def test_a_silent_backend_does_not_keep_it(prosody_env, tmp_path):
    at = prosody_env.net.address(97)
    with program(at, b""):
        found = doctor(prosody_env, tmp_path, s2s=f"{at}:{BACKEND_S2S}", c2s=f"{at}:{BACKEND_C2S}")
    assert found.ids(severity="error") == ["backend_silent"] * 2, found.ran.stdout
    assert found.took < WHOLE_TIME


def test_another_program_is_no_backend(prosody_env, tmp_path):
    at = prosody_env.net.address(96)
    with program(at, b"HTTP/1.1 400 Bad Request\r\n\r\n\x1b[2J"):
        found = asked(prosody_env, tmp_path, s2s=f"{at}:{BACKEND_S2S}", c2s=f"{at}:{BACKEND_C2S}")
    assert found.ids(severity="error") == ["backend_not_xmpp"] * 2, found.ran.stdout
    assert "\x1b" not in found.ran.stdout


def test_prosody_that_demands_tls_of_clients_lets_nobody_log_in(prosody_env, tmp_path):
    site = copy.copy(prosody_env.backend.site)
    site = type(site)(DOMAIN, prosody_env.net.address(95), BACKEND_S2S, BACKEND_C2S,
                      prosody_env.net.capture_dns, site.s2s_roots)
    server = prosody.backend(site, prosody_env.directory / "demanding",
                             prosody_env.backend_credential)
    text = (server.directory / "prosody.cfg.lua").read_text()
    (server.directory / "prosody.cfg.lua").write_text(
        text.replace("c2s_require_encryption = false", "c2s_require_encryption = true"))
    prosody_env.started(server)
    found = asked(prosody_env, tmp_path, kind="prosody", s2s=f"{site.address}:{BACKEND_S2S}",
                  c2s=f"{site.address}:{BACKEND_C2S}")
    assert "c2s_require_encryption = false" in found.one("backend_without_login")["do"]
    server.stop()
    found = asked(prosody_env, tmp_path, s2s=f"{site.address}:{BACKEND_S2S}",
                  c2s=f"{site.address}:{BACKEND_C2S}")
    assert found.ids(severity="error") == ["backend_unreachable"] * 2, found.ran.stdout


def test_words_of_the_command_line(prosody_env):
    refused = gate_module.run_command("doctor", "--only", "nonsense")
    assert refused.returncode == 2 and "nonsense" in refused.stderr
    two = Doctor(prosody_env.gate.config_path, "--only", "clock", "--only", "limits")
    assert two.said["checks"] == ["clock", "limits"]
    assert {one["check"] for one in two.said["findings"]} <= {"clock", "limits"}


def test_it_needs_a_configuration(tmp_path):
    found = Doctor(tmp_path / "none.toml")
    assert found.ids() == ["configuration_error"]


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


def test_settings_that_were_not_loaded_are_told(prosody_env, tmp_path):
    with prosody_env.extra_gate(listen={"control": str(tmp_path / "control.sock")},
                                limits={"idle": "76m"}) as gate:
        only = ("--only", "configuration")
        assert "other_settings" not in Doctor(gate.config_path, *only).ids()
        text = gate.config_path.read_text()
        gate.config_path.write_text("# a remark\n" + text)
        assert "other_settings" not in Doctor(gate.config_path, *only).ids()
        changed = text.replace('idle = "76m"', 'idle = "77m"')
        assert changed != text
        gate.config_path.write_text(changed)
        assert Doctor(gate.config_path, *only).one("other_settings")["severity"] == "warning"
        assert gate_module.run_command("reload", "-c", gate.config_path).returncode == 0
        assert "other_settings" not in Doctor(gate.config_path, *only).ids()
        # However the file is named.
        (tmp_path / "link").symlink_to(gate.config_path.parent)
        linked = tmp_path / "link" / gate.config_path.name
        assert "other_settings" not in Doctor(linked, *only).ids()
        # A reload takes this, and it is not in force before a restart.
        waits = changed.replace("workers = 2", "workers = 3")
        assert waits != changed
        gate.config_path.write_text(waits)
        reloaded = gate_module.run_command("reload", "-c", gate.config_path)
        assert reloaded.returncode == 0 and "workers has changed" in reloaded.stdout, reloaded
        assert Doctor(gate.config_path, *only).one("other_settings")["severity"] == "warning"
        assert Doctor(linked, *only).one("other_settings")["severity"] == "warning"


def test_two_commands_do_not_change_the_pins_at_once(env, tmp_path):
    """`setup --apply` has the folder: `backend trust` waits for nobody and changes nothing."""
    config = config_of(env, tmp_path)
    holder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        refused = gate_module.run_command("backend", "trust", "--yes", "-c", config)
        assert refused.returncode == 1, refused
        assert "another portcullis command changes the files" in refused.stderr, refused
        # Looking needs no lock.
        looked = gate_module.run_command("backend", "trust", "-c", config)
        assert "another portcullis command" not in looked.stderr, looked
    finally:
        os.close(holder)
