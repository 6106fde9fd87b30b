"""`portcullis setup` with servers as they are packaged: what it writes is what they run with, in both
modes, and all of it can be taken back."""

import os
import pwd
import subprocess

import pytest

from harness import gate
from harness.environment import BACKEND_C2S, BACKEND_S2S, BACKENDS, DOMAIN, ROOMS
from harness.set_up import contents

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="needs root: servers have users of their own"),
              pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")]


def chat(world):
    """Both ways, each written first by one of the two."""
    with world.client() as alice, world.peer_client() as bob:
        alice.send(bob.full_jid, "from behind the gate")
        bob.wait_body("from behind the gate")
        bob.send(alice.full_jid, "from the Internet")
        alice.wait_body("from the Internet")


@pytest.mark.parametrize("kind", BACKENDS)
def test_from_the_package_to_enforce_and_back(make, kind):
    world = make(kind)
    before = contents(world.server_folder)
    shown = world.setup()
    assert contents(world.server_folder) == before, "nothing of the server changes without --apply"
    assert "+s2s" in shown.stdout or "+c2s_ports" in shown.stdout, shown.stdout
    assert ROOMS in shown.stdout
    world.setup("--apply")
    again = world.setup("--apply")
    assert "written:" not in again.stdout and "+++" not in again.stdout, again.stdout

    world.backend.start()
    world.start_internet()
    world.start_gate()
    assert 'mode = "observe"' in (world.gate_folder / "portcullis.toml").read_text()
    chat(world)
    world.stop_gate()
    world.backend.stop()

    strict = world.setup("--enforce", "--apply")
    assert 'mode = "enforce"' in (world.gate_folder / "portcullis.toml").read_text(), strict.stdout
    world.backend.start()
    world.start_gate()
    chat(world)
    world.stop_gate()
    world.backend.stop()
    written = {name for name in contents(world.server_folder) if name not in before}
    undone = world.undo()
    assert undone.returncode == 0, undone.stderr
    after = contents(world.server_folder)
    assert {name: after.get(name) for name in before if "data" not in name and "spool" not in name
            and not name.endswith((".log", ".dat"))} == {
        name: before[name] for name in before if "data" not in name and "spool" not in name
        and not name.endswith((".log", ".dat"))}
    assert not {name for name in written if "portcullis" in name} & after.keys()


@pytest.mark.parametrize("kind", BACKENDS)
def test_a_new_key_of_the_server_is_pinned_when_told(make, kind):
    world = make(kind)
    world.setup("--apply")
    pins = world.gate_folder / "backend.pem"
    right = pins.read_bytes()
    world.backend.start()
    world.start_internet()  # for the resolver
    world.write_conf_d()
    trust = ("backend", "trust", "-c", world.gate_folder / "portcullis.toml")
    same = gate.run_command(*trust)
    assert same.returncode == 0 and "nothing is changed" in same.stdout, same.stdout + same.stderr

    stale = world.pki.self_made(DOMAIN, ROOMS).chain.read_bytes()
    pins.write_bytes(stale)
    shown = gate.run_command(*trust, ROOMS)
    assert shown.returncode == 1 and pins.read_bytes() == stale
    assert "pinned, not shown: spki-sha256:" in shown.stdout
    assert "shown, not pinned: spki-sha256:" in shown.stdout
    written = gate.run_command(*trust, "--yes")
    assert written.returncode == 0 and "portcullis reload" in written.stdout, written.stderr
    assert pins.read_bytes() == right
    assert [copy.read_bytes() for copy in world.gate_folder.glob("backend.pem.before-*")] == [stale]

    world.backend.stop()
    away = gate.run_command(*trust, "--yes")
    assert away.returncode == 3 and pins.read_bytes() == right
    assert f"shows no certificate for {DOMAIN}: " in away.stderr, away.stderr
    other = gate.run_command(*trust, "other.example")
    assert other.returncode == 2 and "no [[host]] serves other.example" in other.stderr


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


@pytest.mark.parametrize("name", ["c2s_interfaces", "s2s_interfaces"])
def test_an_interface_that_is_named_elsewhere_does_not_win(make, name):
    world = make("prosody")
    main = world.server_config
    main.write_text(main.read_text().replace("\nVirtualHost", f'\n{name} = {{ "*" }}\nVirtualHost', 1))
    world.setup("--apply")
    world.backend.start()
    port = {"c2s_interfaces": BACKEND_C2S, "s2s_interfaces": BACKEND_S2S}[name]
    shown = subprocess.run(["ss", "-ltnH", f"sport = :{port}"], capture_output=True, text=True,
                           check=True).stdout
    # Servers of other tests have addresses of their own.
    listening = [address for address in (line.split()[3] for line in shown.splitlines())
                 if not address.startswith("127.77.")]
    assert listening == [f"127.0.0.1:{port}"], shown


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


def test_every_certificate_that_ejabberd_may_show_is_pinned(make):
    world = make("ejabberd")
    shown = [world.pki.self_made(*names).chain for names in ((DOMAIN, ROOMS), (DOMAIN,))]
    text = world.server_config.read_text()
    assert "\ncertfiles:\n" in text
    world.server_config.write_text(text.replace(
        "\ncertfiles:\n", "\ncertfiles:\n" + "".join(f'  - "{path}"\n' for path in shown)))
    world.setup()
    pins = (world.gate_folder / "backend.pem").read_text()
    assert all(path.read_text() in pins for path in shown), pins


def test_by_hand_the_old_pins_stay_beside_the_new_ones(make):
    world = make("prosody")
    hosts = world.server_folder / "conf.d" / "hosts.cfg.lua"
    hosts.write_text(hosts.read_text().replace("\nComponent", "\ns2s_secure_auth = true\nComponent"))
    pins = world.gate_folder / "backend.pem"
    old = world.pki.self_made(DOMAIN, ROOMS).chain.read_text()
    pins.write_text(old)
    world.setup("--apply")
    shown = (world.server_folder / "portcullis.crt").read_text()
    assert pins.read_text() == old + shown
    world.setup("--apply")
    assert pins.read_text() == old + shown


@pytest.mark.parametrize("kind", BACKENDS)
def test_a_dry_run_writes_nothing_at_all(make, kind):
    world = make(kind)
    before = contents(world.directory)
    world.setup("--apply", "--dry-run")
    assert contents(world.directory) == before


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


def test_a_portcullis_toml_of_the_operator_is_kept(make):
    world = make("prosody")
    toml = world.gate_folder / "portcullis.toml"
    mine = (f'[[host]]\ndomain = "{DOMAIN}"\nbackend.kind = "prosody"\n'
            '[[s2s.exception]]\ndomain = "old.example"\nallow = ["expired"]\n'
            'until = 2027-01-31\nwhy = "their administrator is on holiday"\n')
    toml.write_text(mine)
    before = contents(world.directory)
    done = world.setup("--apply", check=False)
    assert done.returncode == 1 and "nothing was changed" in done.stderr, done.stderr
    assert contents(world.directory) == before, "gate and server do not contradict each other"
    assert "s2s.exception" in done.stdout and "line" in done.stdout
    done = world.setup("--apply", "--yes")
    assert toml.read_text() != mine
    copies = list(world.gate_folder.glob("portcullis.toml.before-portcullis-*"))
    assert [copy.read_text() for copy in copies] == [mine], done.stdout


def test_the_mode_stays_until_the_other_one_is_said(make):
    world = make("prosody")
    toml = world.gate_folder / "portcullis.toml"
    ours = world.server_folder / "conf.d" / "portcullis.cfg.lua"
    world.setup("--enforce", "--apply")
    again = world.setup("--apply")
    assert 'mode "enforce"' in again.stdout and "written:" not in again.stdout, again.stdout
    assert "s2s_secure_auth = true" in ours.read_text()
    world.setup("--observe", "--apply")
    assert 'mode = "observe"' in toml.read_text() and "s2s_secure_auth = false" in ours.read_text()


def test_a_value_that_would_be_another_is_not_replaced(make):
    world = make("prosody")
    toml = world.gate_folder / "portcullis.toml"
    world.setup("--apply")
    mine = toml.read_text()
    assert f'domain = "{DOMAIN}"' in mine
    for old, new, said in ((f'"{DOMAIN}"', '"other.example"', "host[0].domain"),
                           ('capture = "dns"', 'capture = "none"', "outbound.capture"),
                           (f'["{ROOMS}"]', f'["{ROOMS}", "more.{DOMAIN}"]', "host[0].aliases")):
        changed = mine.replace(old, new, 1)
        assert changed != mine
        toml.write_text(changed)
        done = world.setup("--apply", check=False)
        assert done.returncode == 1 and said in done.stdout, done.stdout + done.stderr
        assert toml.read_text() == changed


def test_what_conf_d_says_as_well_is_told_before_anything_is_changed(make):
    world = make("prosody")
    (world.gate_folder / "conf.d").mkdir()
    (world.gate_folder / "conf.d" / "mine.toml").write_text('[outbound]\ncapture = "dns"\n')
    before = contents(world.directory)
    done = world.setup("--apply", check=False)
    assert done.returncode == 1 and "mine.toml" in done.stderr, done.stderr
    assert contents(world.directory) == before


def test_a_mode_of_conf_d_is_the_mode(make):
    world = make("prosody")
    toml = world.gate_folder / "portcullis.toml"
    toml.write_text(f'[[host]]\ndomain = "{DOMAIN}"\nbackend.kind = "prosody"\n')
    (world.gate_folder / "conf.d").mkdir()
    (world.gate_folder / "conf.d" / "mode.toml").write_text('[policy]\nmode = "enforce"\n')
    world.setup("--apply")
    assert "mode" not in toml.read_text().replace("mode for", "").partition("[[host]]")[0]
    assert "s2s_secure_auth = true" in (
        world.server_folder / "conf.d" / "portcullis.cfg.lua").read_text()
    before = contents(world.directory)
    other = world.setup("--observe", "--apply", check=False)
    assert other.returncode == 1 and "mode.toml:2 gives the mode" in other.stderr, other.stderr
    assert contents(world.directory) == before


def test_a_mode_that_cannot_be_read_has_to_be_said(make):
    world = make("prosody")
    (world.gate_folder / "portcullis.toml").write_text('mode = \n')
    before = contents(world.directory)
    done = world.setup("--apply", check=False)
    assert done.returncode == 1 and "say --observe or --enforce" in done.stderr, done.stderr
    assert contents(world.directory) == before


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


@pytest.mark.parametrize("words, said", [
    (("--observe", "--enforce"), "contradict"),
    (("--undo", "--apply"), "--undo goes without"),
    (("--domain", "a_b.example"), "--domain a_b.example"),
])
def test_words_that_make_no_sense(make, words, said):
    done = make("prosody").setup(*words, check=False)
    assert done.returncode in (1, 2) and said in done.stderr, done.stderr


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
