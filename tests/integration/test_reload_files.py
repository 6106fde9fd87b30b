"""Certificates that are renewed without a word to the gate, the ways that ACME clients and
Kubernetes do it."""

import os
import pathlib
import shutil

import pytest

from harness.environment import DOMAIN
from harness.reloading import Reloadable, leaf_der, replace_file

TAKEN = 20  # seconds; two are waited for the writer to finish


def put(pair, directory, suffix=""):
    """The pair under the names that the gate's configuration has."""
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(pair.chain, directory / f"{DOMAIN}{suffix}.pem")
    key = directory / f"{DOMAIN}{suffix}.key"
    shutil.copyfile(pair.key, key)
    key.chmod(0o600)


def swap_link(link, target):
    temporary = link.with_name(link.name + ".new")
    temporary.symlink_to(target)
    os.replace(temporary, link)


class Plain:
    """Written over in place."""

    def __init__(self, directory):
        self.directory = self.serving = directory

    def put(self, pair, _number):
        put(pair, self.directory)


class Certbot:
    """live/NAME.pem -> ../archive/NAME-N.pem"""

    def __init__(self, directory):
        self.directory, self.serving = directory, directory / "live"
        self.serving.mkdir()

    def put(self, pair, number):
        put(pair, self.directory / "archive", f"-{number}")
        for kind in ("pem", "key"):
            swap_link(self.serving / f"{DOMAIN}.{kind}",
                      pathlib.Path("..", "archive", f"{DOMAIN}-{number}.{kind}"))


class Kubernetes:
    """NAME.pem -> ..data/NAME.pem, ..data -> ..N; the old folder is removed."""

    def __init__(self, directory):
        self.directory = self.serving = directory

    def put(self, pair, number):
        put(pair, self.directory / f"..{number}")
        swap_link(self.directory / "..data", f"..{number}")
        for kind in ("pem", "key"):
            link = self.directory / f"{DOMAIN}.{kind}"
            if not link.is_symlink():
                link.symlink_to(pathlib.Path("..data", link.name))
        shutil.rmtree(self.directory / f"..{number - 1}", ignore_errors=True)


class LinkAbove:
    """The folder itself is a link: current -> release-N"""

    def __init__(self, directory):
        self.directory, self.serving = directory, directory / "current"

    def put(self, pair, number):
        put(pair, self.directory / f"release-{number}")
        swap_link(self.serving, f"release-{number}")


@pytest.mark.parametrize("style", [Plain, Certbot, Kubernetes, LinkAbove])
def test_renewed_without_a_signal(prosody_env, tmp_path, style):
    layout = style(tmp_path)
    reloadable = Reloadable(prosody_env, certificates=layout.serving)
    layout.put(reloadable.issue(), 1)
    with reloadable.running() as world, world.connect() as peer:
        peer.establish()
        for number in (2, 3):  # the second time what is watched has been replaced once
            pair = world.issue()
            layout.put(pair, number)
            world.gate.expect_event(TAKEN, event="reload", trigger="files", outcome="ok",
                                    generation=number)
            assert world.shown() == leaf_der(pair.chain)
        world.gate.wait_metric(1, "portcullis_streams_active", kind="s2s_in", phase="relaying")


@pytest.mark.parametrize("first", ["chain", "key"])
def test_pair_renewed_in_two_steps(prosody_env, first):
    reloadable = Reloadable(prosody_env)
    old = reloadable.renew()
    with reloadable.running() as world:
        pair = world.issue()
        steps = {"chain": (world.chain(), pair.chain), "key": (world.key(), pair.key)}
        path, content = steps.pop(first)
        replace_file(path, content.read_bytes())
        refused = world.gate.expect_event(TAKEN, event="reload", trigger="files")
        assert refused["outcome"] == "failed" and refused["generation"] == "1"
        assert f"level=notice event=reload outcome=failed" in world.gate.log()
        assert world.shown() == old
        assert world.reload_failed() == 0, "half a renewal is no failure yet"
        (path, content), = steps.values()
        replace_file(path, content.read_bytes())
        taken = world.gate.expect_event(TAKEN, event="reload", outcome="ok")
        assert taken["generation"] == "2"
        assert world.shown() == leaf_der(pair.chain)


def test_pair_that_never_fits_becomes_an_error(prosody_env):
    reloadable = Reloadable(prosody_env)
    old = reloadable.renew()
    with reloadable.running() as world:
        replace_file(world.key(), world.issue().key.read_bytes())
        world.gate.wait_metric(1, "portcullis_policy_reload_failed", timeout=30)
        failed = [e for e in world.gate.events() if e["event"] == "reload"]
        assert [e["outcome"] for e in failed] == ["failed", "failed"]
        assert "level=error event=reload outcome=failed" in world.gate.log()
        assert world.shown() == old
        new = world.renew()
        world.gate.expect_event(TAKEN, event="reload", outcome="ok", generation=2)
        assert world.shown() == new and world.reload_failed() == 0


def test_nothing_is_loaded_when_nothing_changed(prosody_env):
    reloadable = Reloadable(prosody_env)
    reloadable.renew()
    with reloadable.running() as world:
        replace_file(world.chain(), world.chain().read_bytes())
        (world.certificates / "unrelated").write_text("nobody names this file")
        # A half-written configuration is not what a certificate's renewal puts into effect.
        world.write("version = 1\n[listen\n")
        os.utime(world.key())
        # Whatever these set off is over when a change that counts has been taken.
        new = world.renew()
        taken = world.gate.expect_event(TAKEN, event="reload")
        assert (taken["outcome"], taken["generation"]) == ("ok", "2")
        assert world.shown() == new
        assert len([e for e in world.gate.events() if e["event"] == "reload"]) == 1
        world.write()
