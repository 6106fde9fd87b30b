"""`portcullis setup` and the files of the server: how they are read, which lines it writes there and
where, and what it takes back."""

import os
import pwd

import pytest

from harness import gate
from harness.environment import BACKENDS, DOMAIN, ROOMS
from harness.set_up import contents

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="needs root: servers have users of their own"),
              pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")]


def test_a_file_without_include_gets_one_line(make):
    world = make("prosody", includes=False)
    before = world.server_config.read_text()
    world.setup("--apply")
    after = world.server_config.read_text()
    assert after.startswith(before)
    assert after.removeprefix(before).count("Include") == 1
    assert 'certificate = "' in (world.server_folder / "portcullis.cfg.lua").read_text()
    assert world.undo().returncode == 0
    assert world.server_config.read_text() == before


def test_another_file_that_says_it_too_is_overruled(make):
    """The order in which Prosody includes a folder is not known before, so the line goes elsewhere."""
    world = make("prosody")
    (world.server_folder / "conf.d" / "mine.cfg.lua").write_text("s2s_ports = { 5269 }\n")
    inside = world.server_folder / "conf.d" / "portcullis.cfg.lua"
    beside = world.server_folder / "portcullis.cfg.lua"
    world.setup("--apply")
    assert "Include" in world.server_config.read_text().rpartition("Portcullis: begin")[2]
    assert not inside.exists()
    again = world.setup("--apply")
    assert "written:" not in again.stdout and not inside.exists(), again.stdout
    for mode in ("enforce", "observe"):
        world.setup(f"--{mode}", "--apply")
        assert f'mode "{mode}"' in beside.read_text() and not inside.exists()


def test_a_domain_that_setup_added_stays(make):
    world = make("prosody")
    ours = world.server_folder / "conf.d" / "portcullis.cfg.lua"
    world.setup("--domain", DOMAIN, "--domain", "new.example", "--apply")
    assert 'VirtualHost "new.example"' in ours.read_text()
    again = world.setup("--apply")
    assert "written:" not in again.stdout, again.stdout
    world.setup("--apply", "--enforce")
    assert ours.read_text().count('VirtualHost "new.example"') == 1
    assert '"new.example"' in (world.gate_folder / "portcullis.toml").read_text()


def test_the_file_of_the_other_place_goes(make):
    world = make("prosody")
    inside = world.server_folder / "conf.d" / "portcullis.cfg.lua"
    beside = world.server_folder / "portcullis.cfg.lua"
    mine = world.server_folder / "conf.d" / "mine.cfg.lua"
    stock = contents(world.server_folder)
    world.setup("--apply")
    assert inside.exists() and not beside.exists()
    mine.write_text("s2s_ports = { 5269 }\n")
    world.setup("--apply")
    assert beside.exists() and not inside.exists()
    mine.unlink()
    world.setup("--enforce", "--apply")
    assert inside.exists() and not beside.exists()
    assert "Portcullis" not in world.server_config.read_text()
    undone = world.undo()
    assert undone.returncode == 0, undone.stderr
    assert contents(world.server_folder) == stock


def test_what_a_host_says_for_itself_is_shown_and_not_overwritten(make):
    world = make("prosody")
    hosts = world.server_folder / "conf.d" / "hosts.cfg.lua"
    hosts.write_text(hosts.read_text().replace("\nComponent", "\ns2s_secure_auth = true\nComponent"))
    before = contents(world.server_folder)
    done = world.setup("--apply")
    assert f"{DOMAIN} has s2s_secure_auth = true" in done.stdout
    assert f"{hosts}:2" in done.stdout
    after = contents(world.server_folder)
    assert {name: after.get(name) for name in before} == before
    assert after.keys() - before.keys() == {"portcullis.crt", "portcullis.key"}, "the lines name these"
    assert "s2s_secure_auth = false" in done.stdout, "the lines are shown to be written by hand"
    assert world.undo().returncode == 0
    assert contents(world.server_folder) == before


def test_what_stays_strict_while_the_gate_observes_is_told(make):
    world = make("prosody")
    hosts = world.server_folder / "conf.d" / "hosts.cfg.lua"
    hosts.write_text('s2s_secure_domains = { "bank.example" }\n' + hosts.read_text().replace(
        "\nComponent", '\nmodules_disabled = { "dialback" }\nComponent'))
    observed = world.setup("--observe", "--dry-run").stdout
    assert "note: your configuration has s2s_secure_domains" in observed, observed
    assert f'note: {DOMAIN} has modules_disabled = {{ "dialback" }}: so Prosody refuses' in observed
    assert "so Prosody refuses" not in world.setup("--enforce", "--dry-run").stdout


def test_what_the_server_does_not_take_is_taken_back(make):
    world = make("ejabberd")
    made = gate.run_command("ca", "init", world.gate_folder / "local-ca")
    assert made.returncode == 0
    (world.gate_folder / "local-ca").chmod(0o700)  # ejabberd cannot read it
    before = contents(world.server_folder)
    done = world.setup("--apply", check=False)
    assert done.returncode == 1
    assert "s2s_cafile" in done.stderr and "files are as they were" in done.stderr, done.stderr
    assert contents(world.server_folder) == before
    assert not [path for path in world.server_folder.rglob("*") if ".before-portcullis-" in path.name]
    assert not (world.gate_folder / "backend.pem").exists(), "the gate expects nothing new then"


@pytest.mark.parametrize("kind", BACKENDS)
def test_a_file_that_was_changed_meanwhile_is_not_taken_back(make, kind):
    world = make(kind)
    world.setup("--apply")
    name = {"prosody": "conf.d/portcullis.cfg.lua", "ejabberd": "ejabberd.yml"}[kind]
    changed = world.server_folder / name
    changed.write_text(changed.read_text() + "\n")
    before = contents(world.server_folder)
    undone = world.undo()
    assert undone.returncode == 1
    assert "not as setup has left it" in undone.stderr
    assert contents(world.server_folder) == before


@pytest.mark.parametrize("line, words", [
    ("while true do end", "did not end within 10 seconds"),
    ("os.exit(3)", "ended without an answer"),
    ('local rest = string.rep("x", 1e9)', "not enough memory"),
    ("s2s_ports = {", "hosts.cfg.lua"),
], ids=["for-ever", "ends", "memory", "syntax"])
def test_a_configuration_that_cannot_be_read_is_told(make, line, words):
    world = make("prosody")
    hosts = world.server_folder / "conf.d" / "hosts.cfg.lua"
    hosts.write_text(hosts.read_text() + line + "\n")
    done = world.setup(check=False)
    assert done.returncode == 1
    assert str(world.server_config) in done.stderr and words in done.stderr, done.stderr
    assert not (world.gate_folder / "portcullis.toml").exists()


def test_what_a_configuration_prints_is_no_answer(make):
    world = make("prosody")
    hosts = world.server_folder / "conf.d" / "hosts.cfg.lua"
    hosts.write_text('print("portcullis-{}")\nio.stdout:write("x")\n' + hosts.read_text())
    done = world.setup()
    assert f"{DOMAIN}; services: {ROOMS}" in done.stdout


def test_nobody_else_runs_the_configuration(make):
    """It is a program, and root does not run it."""
    world = make("prosody")
    told = world.directory / "told"
    told.mkdir(mode=0o777)
    told.chmod(0o777)
    hosts = world.server_folder / "conf.d" / "hosts.cfg.lua"
    hosts.write_text(f'local file = io.open("{told}/file", "w")\nfile:close()\n' + hosts.read_text())
    world.setup()
    assert (told / "file").stat().st_uid != 0


@pytest.mark.parametrize("kind, name", [("prosody", "portcullis.key"), ("ejabberd", "portcullis.pem")])
@pytest.mark.parametrize("has_key", [False, True], ids=["something", "our-key"])
def test_a_private_key_is_closed_to_others(make, kind, name, has_key):
    """Whatever the rights were of what is there."""
    world = make(kind)
    key = world.server_folder / name
    if has_key:
        world.setup("--apply")
        os.chown(key, 65534, 65534)
    else:
        key.write_text("nothing yet\n")
    key.chmod(0o644)
    before = key.read_bytes()
    world.setup("--apply")
    status = key.stat()
    server = pwd.getpwnam(kind)
    assert (status.st_uid, status.st_gid) == (0, server.pw_gid)
    assert status.st_mode & 0o777 == 0o640
    assert (key.read_bytes() == before) == has_key
    assert "written:" not in world.setup("--apply").stdout
