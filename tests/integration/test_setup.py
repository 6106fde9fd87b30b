"""`portcullis setup` with servers as they are packaged: what it writes is what they run with, in both
modes, and all of it can be taken back. The servers that run here have the addresses that setup
writes, which are the same for all: no other file may start one."""

import os
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


@pytest.mark.parametrize("kind", BACKENDS)
def test_a_dry_run_writes_nothing_at_all(make, kind):
    world = make(kind)
    before = contents(world.directory)
    world.setup("--apply", "--dry-run")
    assert contents(world.directory) == before


@pytest.mark.parametrize("words, said", [
    (("--observe", "--enforce"), "contradict"),
    (("--undo", "--apply"), "--undo goes without"),
    (("--domain", "a_b.example"), "--domain a_b.example"),
])
def test_words_that_make_no_sense(make, words, said):
    done = make("prosody").setup(*words, check=False)
    assert done.returncode in (1, 2) and said in done.stderr, done.stderr
