"""The guides of docs/backends, followed word for word on the files that Debian packages."""

import base64
import hashlib
import pathlib
import re
import subprocess
from xml.etree import ElementTree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from harness import docs, gate
from harness.environment import BACKENDS, DOMAIN, World

PACKAGED = pathlib.Path("/etc/prosody/prosody.cfg.lua")
_SETTING = re.compile(r"^(\w+) = ", re.M)

needs_binary = pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")


def guide(kind):
    return (docs.BACKENDS / f"{kind}.md").read_text()


@pytest.fixture(scope="module")
def world():
    world = World()
    yield world
    world.close()


# ---- Prosody

def without_comments(text):
    return "\n".join(line.partition("--")[0].rstrip() for line in text.splitlines())


def without_setting(text, name):
    """Without `name = ...`, which may be a table of several lines."""
    return re.sub(rf"^{name} = (\{{.*?^\}}|[^\n]*)\n", "", text, flags=re.M | re.S)


def followed_prosody(directory):
    """The packaged file with the lines of the guide above its first VirtualHost, each setting that
    was there exchanged."""
    base = without_comments(PACKAGED.read_text()) + "\n"
    lines = without_comments(docs.block("prosody.md", "prosody.cfg.lua")) + "\n"
    for name in _SETTING.findall(lines):
        base = without_setting(base, name)
    before, virtual_host, _ = base.partition('VirtualHost "localhost"')
    assert virtual_host
    config = directory / "prosody.cfg.lua"
    config.write_text(before.replace('certificates = "certs"', f'certificates = "{directory}"')
                      + lines + docs.block("prosody.md", "hosts.cfg.lua"))
    return config


def test_no_setting_of_prosody_stands_twice(tmp_path):
    names = _SETTING.findall(followed_prosody(tmp_path).read_text())
    assert {n for n in names if names.count(n) > 1} == set()
    packaged = set(_SETTING.findall(without_comments(PACKAGED.read_text())))
    told = set(_SETTING.findall(docs.block("prosody.md", "prosody.cfg.lua")))
    for name in packaged & told:
        assert f"`{name}`" in guide("prosody").partition("<!-- file: prosody.cfg.lua")[0], name


def test_prosody_takes_the_configuration(world):
    """As `prosodyctl check config`, which the guide tells to run."""
    config = followed_prosody(world.directory)
    done = subprocess.run(["prosodyctl", "--config", config, "check", "config"],
                          capture_output=True, text=True, timeout=30, check=False)
    said = done.stdout + done.stderr
    assert "Error" not in said and "unknown" not in said.lower(), said
    for name in _SETTING.findall(docs.block("prosody.md", "prosody.cfg.lua")):
        assert name not in said, said


# ---- Openfire, which is no package: its page, its file and what the gate says agree

def rows(text):
    return dict(re.findall(r"^ *\| `([\w.-]+)`[^|]*\| `([^`]*)` \|$", text, re.M))


def leaves(element, path=()):
    """The settings that stand in openfire.xml, by the names that the admin console has for them."""
    here = (*path, element.tag)
    if not len(element):
        return {".".join(here[1:]): element.text}
    return {name: value for child in element for name, value in leaves(child, here).items()}


def test_file_of_openfire_has_the_settings_of_its_guide():
    told = rows(guide("openfire").partition("## Why these lines")[0])
    assert len(told) == 11
    template = docs.ROOT / "deploy" / "openfire" / "openfire.xml"
    assert leaves(ElementTree.parse(template).getroot()) == told


@needs_binary
def test_explain_names_the_settings_of_openfires_guide():
    strict, _, observed = guide("openfire").partition("## While Portcullis only observes")
    said = " ".join(gate.run_command("explain", "openfire").stdout.split())
    before, _, behind = said.partition("in observe mode:")
    for text, page in ((before, strict), (behind, observed)):
        named = dict(re.findall(r"([a-z]+(?:\.[\w.]+)+) = ([^\s;]+)", text)).items()
        assert named and named - rows(page).items() <= {("xmpp.client.tls.policy", "required")}


# ---- What all guides have in common

@needs_binary
@pytest.mark.parametrize("kind", (*BACKENDS, "openfire"))
def test_the_gate_takes_the_configuration(tmp_path, kind):
    config = tmp_path / "portcullis.toml"
    config.write_text(docs.block(f"{kind}.md", "portcullis.toml"))
    done = gate.run_command("explain", "peer.example", "-c", config)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind, block, asks", [
    ("prosody", "prosody.cfg.lua", lambda host, port: f'forward = "{host}@{port}"'),
    ("ejabberd", "inetrc",
     lambda host, port: f"{{nameserver, {{{host.replace('.', ',')}}}, {port}}}.")])
def test_the_server_asks_where_the_gate_answers(kind, block, asks):
    assert 'capture = "dns"' in docs.block(f"{kind}.md", "portcullis.toml")
    page = (docs.ROOT / "docs" / "configuration.md").read_text()
    [(host, port)] = re.findall(r'^\| `dns` \| `\["([\d.]+):(\d+)"\]` \|', page, re.M)
    assert asks(host, port) in docs.block(f"{kind}.md", block)


@needs_binary
@pytest.mark.parametrize("kind", BACKENDS)
def test_explain_names_the_settings_of_the_guide(kind):
    """Both speak of what the server does by the address of a client."""
    said = gate.run_command("explain", kind).stdout
    [line] = [part for part in re.split(r"\n  (?=\w)", said) if part.strip().startswith("by address")]
    for word in re.findall(r"\w+_\w+", line):
        assert word in guide(kind), word


def test_the_key_is_printed_as_the_guide_says(world, tmp_path):
    credential = world.pki.self_made("legacy.example")
    [command] = re.findall(r"^openssl x509 -in /etc/portcullis/backend.pem .*?base64$",
                           guide("prosody"), re.M | re.S)
    done = subprocess.run(
        ["sh", "-c", command.replace("/etc/portcullis/backend.pem", str(credential.chain))],
        capture_output=True, text=True, timeout=20, check=True)
    certificate = x509.load_pem_x509_certificate(pathlib.Path(credential.chain).read_bytes())
    key = certificate.public_key().public_bytes(serialization.Encoding.DER,
                                                serialization.PublicFormat.SubjectPublicKeyInfo)
    assert done.stdout.strip() == base64.b64encode(hashlib.sha256(key).digest()).decode()


def test_every_service_of_the_server_is_an_alias(env):
    told = docs.block(f"{env.kind}.md", "portcullis.toml")
    aliases = set(re.findall(r'"([^"]+)"', re.search(r"aliases = \[(.*?)\]", told)[1]))
    with env.client("alice") as alice:
        assert alice.disco_items(DOMAIN) - {DOMAIN} == aliases
