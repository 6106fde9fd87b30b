"""`portcullis doctor` before the gate starts and beside it, in front of real servers: what is right is
no finding, and what is wrong is named, with the line and what to do."""

import socket

from harness import gate as gate_module
from harness.doctor import OF_OTHERS, WHOLE_TIME, Doctor, config_of, doctor
from harness.environment import DEAD, DOMAIN, NO_SERVICE, NOWHERE


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


def test_words_of_the_command_line(prosody_env):
    refused = gate_module.run_command("doctor", "--only", "nonsense")
    assert refused.returncode == 2 and "nonsense" in refused.stderr
    two = Doctor(prosody_env.gate.config_path, "--only", "clock", "--only", "limits")
    assert two.said["checks"] == ["clock", "limits"]
    assert {one["check"] for one in two.said["findings"]} <= {"clock", "limits"}


def test_it_needs_a_configuration(tmp_path):
    found = Doctor(tmp_path / "none.toml")
    assert found.ids() == ["configuration_error"]


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
