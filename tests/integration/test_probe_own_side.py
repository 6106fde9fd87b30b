"""`portcullis probe`: what is wrong on our own side, in its words, its configuration or its certificate,
and the proxy through which it asks."""

import json
import pathlib

import pytest

from harness import gate
from harness.environment import RAW
from harness.probing import FAILED, INVALID, MET, NOT_MET, USAGE, only
from harness.probing import world  # the fixture
from harness.raw_peer import Behaviour
from harness.settings import to_toml
from harness.socks import PORT as SOCKS_PORT, SocksProxy


def test_a_certificate_of_ours_that_cannot_be_read(world):
    """The other server is judged all the same."""
    name = f"unread.{RAW}"
    settings = world.settings()
    settings["host"][0]["certificates"] = [{"chain": "/nowhere.crt", "key": "/nowhere.key"}]
    config = world.directory / "unread.toml"
    config.write_text(to_toml(settings))
    with world.raw(Behaviour(credential=world.pki.leaf(name))):
        found, text = world.probe(name, expect=MET, config=config)
    assert only(found)["external"] == "not_tried" and not found["certificate_shown"]
    assert "/nowhere.crt" in found["why_not_shown"] and "/nowhere.crt" in text


@pytest.mark.skipif(pathlib.Path("/etc/portcullis/portcullis.toml").exists(),
                    reason="this machine has a configuration")
def test_without_a_configuration(world):
    """What is asked through a proxy needs no DNS, so here it is the way to the test's Internet."""
    name = f"unknown.{RAW}"
    with SocksProxy(world.net.address(90)) as proxy, \
            world.raw(Behaviour(credential=world.pki.leaf(name))):
        proxy.routes[name, 5269] = (world.net.raw_peer, 5269)
        run = gate.run_command("probe", "--json", "--via",
                               f"{world.net.address(90)}:{SOCKS_PORT}", "--timeout", "60", name,
                               timeout=400)
    found = json.loads(run.stdout)
    assert run.returncode == NOT_MET
    assert found["policy"].startswith("the default policy") and found["local"] is None
    assert found["ruling"]["reason"] == "untrusted_issuer"  # the system's roots do not know it
    assert found["dns"] is None and only(found)["by_proxy"]
    assert only(found)["offers"]["mechanisms"] == ["EXTERNAL"]


def test_through_a_proxy(world):
    name = f"proxied.{RAW}"
    with SocksProxy(world.net.address(90)) as proxy, \
            world.raw(Behaviour(credential=world.pki.leaf(name))):
        proxy.routes[name, 5269] = (world.net.raw_peer, 5269)
        found, text = world.probe(name, "--via", f"{world.net.address(90)}:{SOCKS_PORT}",
                                  expect=MET)
    assert found["dns"] is None and only(found)["external"] == "accepted"
    assert "the proxy " in text


def test_through_a_proxy_that_is_not_there(world):
    found, _ = world.probe(f"proxied.{RAW}", "--via", f"{world.net.address(91)}:{SOCKS_PORT}",
                           expect=FAILED)
    assert found["outcome"] == "unknown"


@pytest.mark.parametrize("words,says", [
    (("192.0.2.1",), "192.0.2.1"), (("a_b.example",), "a_b.example"),
    (("a.example", "--via", "proxy:9050"), "--via"), (("a.example", "--via", "9050"), "--via"),
    (("a.example", "--local", "stranger.example"), "stranger.example"),
    (("a.example", "--timeout", "0"), "--timeout")])
def test_words_that_make_no_sense(world, words, says):
    run = world.run(words[0], *words[1:])
    assert run.returncode == USAGE and says in run.stderr and run.stdout == ""


def test_an_invalid_configuration(world):
    path = world.directory / "invalid.toml"
    path.write_text("version = 1\n[s2s]\nroots = 5\n")
    run = world.run(f"x.{RAW}", config=path)
    assert run.returncode == INVALID and "invalid.toml:3" in run.stderr


def test_roots_that_are_not_there(world):
    run = world.run(f"x.{RAW}", config=world.config(s2s={"roots": "/nowhere.pem"}))
    assert run.returncode == INVALID and "/nowhere.pem" in run.stderr
