"""`portcullis setup` and the files of the gate: its mode, what the operator has written there, and the
keys of the server that are pinned."""

import os

import pytest

from harness import gate
from harness.environment import DOMAIN, ROOMS
from harness.set_up import contents

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="needs root: servers have users of their own"),
              pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")]


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
