"""`portcullis setup --apply` that is stopped on its way, and `--undo` where others have written, too:
nothing of theirs is lost, and nothing of setup stays behind."""

import fcntl
import functools
import os
import pwd
import shutil
import signal
import subprocess

import pytest

from harness import gate
from harness.environment import BACKENDS
from harness.process import wait_until
from harness.set_up import contents

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="needs root: servers have users of their own"),
              pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")]


def stopped_in_the_check(world, how):
    """Setup of Prosody, stopped while Prosody's own code reads what was written."""
    own = world.server_folder / "conf.d" / "portcullis.cfg.lua"
    hosts = world.server_folder / "conf.d" / "hosts.cfg.lua"
    before = hosts.read_text()
    mark = world.directory / "in-the-check"
    mark.write_text("")
    mark.chmod(0o666)
    hosts.write_text(before + f'''
local file = io.popen("cat {own} 2>&1")  -- io.open is shown what setup plans
local text = file:read("*a")
if text:find("No such file") then text = "" end
if text ~= "" then
  local mark = io.open("{mark}", "w") mark:write("x") mark:close()
  while true do end
end
''')
    command = [gate.binary(), "setup", "--backend", "prosody", "--server-config", world.server_config,
               "-c", world.gate_folder / "portcullis.toml", "--acme-dir", world.certs, "--apply"]
    # Who runs the tests with nohup, or behind a shell, hands an ignored signal on.
    heed = functools.partial(signal.signal, how, signal.SIG_DFL) if how != signal.SIGKILL else None
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          preexec_fn=heed) as process:
        wait_until(mark.read_text, 30, "the check of the server")
        process.send_signal(how)
        _, said = process.communicate(timeout=60)
    hosts.write_text(before)
    assert process.returncode == -how
    return said


def test_a_run_that_is_killed_is_taken_back(make):
    world = make("prosody")
    before = contents(world.server_folder)
    stopped_in_the_check(world, signal.SIGKILL)
    assert contents(world.server_folder) != before
    undone = world.undo()
    assert undone.returncode == 0, undone.stderr
    assert contents(world.server_folder) == before
    assert "nothing of setup" in world.undo().stdout


def test_a_run_that_is_killed_is_brought_to_its_end_by_the_next(make):
    world = make("prosody")
    before = contents(world.server_folder)
    stopped_in_the_check(world, signal.SIGKILL)
    assert '"applying"' in (world.gate_folder / "setup.json").read_text()
    world.setup("--enforce", "--apply")
    assert '"done"' in (world.gate_folder / "setup.json").read_text()
    assert world.undo().returncode == 0
    assert contents(world.server_folder) == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_asked_to_end_takes_everything_back(make, how):
    world = make("prosody")
    before = contents(world.server_folder)
    said = stopped_in_the_check(world, how)
    assert "stopped by a signal" in said and "files are as they were" in said
    assert contents(world.server_folder) == before
    assert not (world.gate_folder / "setup.json").exists()
    assert not [path for path in world.server_folder.rglob("*") if ".before-portcullis-" in path.name]


def test_what_the_operator_wrote_between_two_runs_is_not_lost(make):
    world = make("ejabberd")
    before = world.server_config.read_text()
    world.setup("--apply")
    text = world.server_config.read_text()
    world.server_config.write_text(text.replace("\nhosts:\n", "\nhosts:\n  - new.example\n"))
    world.setup("--enforce", "--apply", "--yes")
    changed = contents(world.server_folder)
    undone = world.undo()
    assert undone.returncode == 1 and "nothing was taken back" in undone.stderr, undone.stderr
    assert contents(world.server_folder) == changed
    copies = sorted(world.server_folder.glob("ejabberd.yml.before-portcullis-*"),
                    key=lambda copy: "new.example" in copy.read_text())
    assert [copy.read_text() == before for copy in copies] == [True, False]
    assert f"in {copies[1]}" in undone.stderr and f"in {copies[0]}" in undone.stderr

    world.server_config.write_text(before)
    assert world.undo().returncode == 0
    assert world.server_config.read_text() == before


@pytest.mark.parametrize("kind", BACKENDS)
def test_an_undo_that_was_stopped_is_done_again(make, kind):
    world = make(kind)
    before = contents(world.server_folder)
    world.setup("--apply")
    first = {"prosody": "portcullis.crt", "ejabberd": "inetrc"}[kind]
    copy = next(iter(world.server_folder.glob(f"{first}.before-*")), None)
    if copy:
        shutil.copy(copy, world.server_folder / first)
    else:
        (world.server_folder / first).unlink()
    undone = world.undo()
    assert undone.returncode == 0, undone.stderr
    assert contents(world.server_folder) == before


def test_a_copy_that_somebody_has_changed_is_not_put_back(make):
    """The copies lie in the server's folder, and its user could put a link to any file there."""
    world = make("ejabberd")
    secret = world.directory / "secret"
    secret.write_text("of root\n")
    secret.chmod(0o600)
    world.setup("--apply")
    changed = contents(world.server_folder)
    copy, = world.server_folder.glob("ejabberd.yml.before-portcullis-*")
    right = copy.read_text()
    copy.unlink()
    copy.symlink_to(secret)
    user = pwd.getpwnam("ejabberd")
    os.chown(copy, user.pw_uid, user.pw_gid, follow_symlinks=False)
    undone = world.undo()
    assert undone.returncode == 1 and "not followed" in undone.stderr, undone.stderr
    assert contents(world.server_folder) == changed

    copy.unlink()
    copy.write_text(right + "#")
    undone = world.undo()
    assert undone.returncode == 1 and "not the copy that setup has made" in undone.stderr
    assert contents(world.server_folder) == changed
    copy.write_text(right)
    assert world.undo().returncode == 0


@pytest.mark.parametrize("kind, name", [("prosody", "portcullis.crt"), ("ejabberd", "portcullis.pem")])
def test_a_link_of_the_server_s_user_is_not_followed(make, kind, name):
    world = make(kind)
    other = world.directory / "other"
    other.write_text("of root\n")
    link = world.server_folder / name
    link.symlink_to(other)
    user = pwd.getpwnam(kind)
    os.chown(link, user.pw_uid, user.pw_gid, follow_symlinks=False)
    done = world.setup("--apply", check=False)
    assert done.returncode == 1 and "not followed" in done.stderr, done.stdout + done.stderr
    assert other.read_text() == "of root\n" and link.is_symlink()


def test_two_runs_do_not_mix(make):
    world = make("prosody")
    world.setup("--apply")
    before = contents(world.directory)
    folder = os.open(world.gate_folder, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        for done in (world.setup("--enforce", "--apply", check=False), world.undo()):
            assert done.returncode == 1 and "another portcullis command" in done.stderr, done.stderr
        assert contents(world.directory) == before
    finally:
        os.close(folder)
    assert world.undo().returncode == 0
