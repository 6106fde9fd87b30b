"""A configuration that is nearly empty, with the packaged defaults: no path and no port is named."""

import os
import pathlib
import socket
import tempfile

import pytest

from harness import ejabberd, gate, prosody
from harness.activation import activated, as_unit_says
from harness.backend import Site
from harness.pki import Pki
from harness.raw_peer import RawClient
from harness.sandbox import Sandbox

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for namespaces")

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOMAIN = "legacy.example"
ROOMS = f"conference.{DOMAIN}"
PEER = "peer.example"
LOCAL_CA = "/var/lib/portcullis/local-ca"
THREE_LINES = f'[[host]]\ndomain = "{DOMAIN}"\nbackend.kind = "prosody"\n'


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def sandbox():
    if gate.binary() is None:
        pytest.fail("no portcullis binary: build it, or name it in PORTCULLIS_BINARY")
    # The servers run as other users, who may not enter pytest's own folders.
    with tempfile.TemporaryDirectory(prefix="portcullis-sandbox-") as directory:
        os.chmod(directory, 0o755)
        made = Sandbox(directory)
        yield made
        made.close()


def certify(sandbox, pki, stem=f"/etc/portcullis/certs/{DOMAIN}", key_type="ecdsa", mode=0o600):
    made = pki.leaf(DOMAIN, ROOMS, key_type=key_type, label="default")
    sandbox.write(f"{stem}.pem", made.chain.read_bytes())
    sandbox.write(f"{stem}.key", made.key.read_bytes(), mode)


def prepare(sandbox, pki):
    """All but the configuration: certificates, the server's own, the local CA."""
    own = pki.self_made(DOMAIN, ROOMS)
    certify(sandbox, pki)
    sandbox.write("/etc/portcullis/backend.pem", own.chain.read_bytes())
    done = sandbox.run("ca", "init", LOCAL_CA)
    assert done.returncode == 0, done.stderr
    # The test Internet has a CA of its own.
    sandbox.write("/etc/portcullis/roots.pem", pki.roots.read_bytes())
    sandbox.write("/etc/portcullis/conf.d/10-test.toml", '[s2s]\nroots = "roots.pem"\n')
    return own


def is_open(sandbox, address, port):
    def connect():
        with socket.create_connection((address, port), timeout=2):
            return True
    try:
        return sandbox.inside(connect)
    except OSError:
        return False


def open_ports(sandbox):
    return [port for port in (5222, 5223, 5269, 5270, 9270) if is_open(sandbox, "127.0.0.1", port)]


def check(sandbox, **environment):
    done = sandbox.run("check", environment=environment)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("kind, lines, backend", [
    ("prosody", "", prosody.backend),
    ("ejabberd", 'backend.c2s_proxy_protocol = "v2"\n', ejabberd.backend)],
    ids=["prosody", "ejabberd"])
def test_few_lines_serve_a_server_as_its_guide_says(sandbox, pki, kind, lines, backend):
    own = prepare(sandbox, pki)
    lines = THREE_LINES.replace("prosody", kind) + lines
    sandbox.write("/etc/portcullis/portcullis.toml", lines)
    status, text = check(sandbox)
    assert status == 0 and text.count("warning") == 1, text
    assert "portcullis.toml:3:16: warning: any user of this machine can open \"127.0.0.1:15222\"" in text
    sandbox.write("/etc/portcullis/portcullis.toml", lines + "backend.allow_clear_c2s = true\n")
    status, text = check(sandbox)
    assert status == 0, text
    assert "/etc/portcullis/portcullis.toml, conf.d/10-test.toml: fine, 1 host(s)" in text
    assert "warning" not in text
    site = Site(DOMAIN, "127.0.0.1", 15269, 15222, "127.0.0.3",
                str(sandbox.path(f"{LOCAL_CA}/ca.pem")))
    sandbox.started(backend(site, sandbox.directory / kind, own))
    running = sandbox.gate()
    assert open_ports(sandbox) == [5222, 5223, 5269, 5270, 9270]
    assert is_open(sandbox, "127.0.0.2", 5269)

    credential = pki.leaf(PEER)
    peer = sandbox.inside(lambda: RawClient(("127.0.0.1", 5269), PEER, DOMAIN, credential))
    with peer:
        peer.establish()
        peer.send(f"<iq type='get' id='1' from='{PEER}' to='{DOMAIN}'>"
                  "<ping xmlns='urn:xmpp:ping'/></iq>")
        running.expect_decision(kind="s2s_in", verdict="accepted", from_=PEER)

    reloaded = sandbox.run("reload")
    assert reloaded.returncode == 0 and "ok generation=2" in reloaded.stdout, reloaded.stderr
    running.finish()


def test_the_packaged_socket_unit_opens_the_default_listeners(sandbox, pki):
    prepare(sandbox, pki)
    sandbox.write("/etc/portcullis/portcullis.toml", THREE_LINES)
    sockets, variables = as_unit_says(ROOT / "deploy/systemd/portcullis.socket")
    running = sandbox.gate(variables, start_with=activated(sockets))
    assert open_ports(sandbox) == [5222, 5223, 5269, 5270, 9270]
    assert is_open(sandbox, "127.0.0.2", 5269)
    assert "handed in" not in running.log()
    running.finish()


def test_clients_alone_need_no_local_ca(sandbox, pki):
    certify(sandbox, pki)
    sandbox.write("/etc/portcullis/portcullis.toml", THREE_LINES + 'backend.s2s = "off"\n')
    status, text = check(sandbox)
    assert status == 0, text
    running = sandbox.gate()
    assert open_ports(sandbox) == [5222, 5223, 9270]
    assert not is_open(sandbox, "127.0.0.2", 5269)
    running.finish()


def test_every_default_can_be_turned_off(sandbox, pki):
    prepare(sandbox, pki)
    sandbox.write("/etc/portcullis/portcullis.toml", THREE_LINES + """
[listen]
s2s_direct = []
c2s = "off"
c2s_direct = "off"
control = "off"
""")
    running = sandbox.gate()
    assert open_ports(sandbox) == [5269, 9270]
    done = sandbox.run("reload")
    assert done.returncode == 3 and 'control = "off"' in done.stderr
    running.finish()


def test_default_control_socket_is_not_demanded(sandbox, pki):
    prepare(sandbox, pki)
    sandbox.write("/etc/portcullis/portcullis.toml", THREE_LINES)
    sandbox.write("/run/portcullis/control.sock", "precious")  # so that it cannot be made
    running = sandbox.gate()
    told = running.expect_event(event="control")["detail"]
    assert "/run/portcullis/control.sock" in told and "SIGHUP" in told
    assert open_ports(sandbox) == [5222, 5223, 5269, 5270, 9270]
    assert sandbox.run("reload").returncode == 3
    running.finish()


def test_control_socket_that_is_named_is_demanded(sandbox, pki):
    prepare(sandbox, pki)
    sandbox.write("/etc/portcullis/portcullis.toml",
                  THREE_LINES + '[listen]\ncontrol = "/run/portcullis/no-folder/control.sock"\n')
    done = sandbox.run("run")
    assert done.returncode == 1 and "no-folder/control.sock" in done.stderr
    assert open_ports(sandbox) == []


def test_what_is_missing_is_told_with_what_to_do(sandbox, pki):
    sandbox.write("/etc/portcullis/portcullis.toml", THREE_LINES)
    status, text = check(sandbox)
    assert status == 1
    assert f"/etc/portcullis/certs: holds no certificate of {DOMAIN}" in text
    assert f"live/{DOMAIN}/fullchain.pem" in text
    assert "/etc/portcullis/backend.pem: No such file or directory" in text
    assert "copy the certificate that Prosody shows" in text
    assert f"portcullis ca init {LOCAL_CA}" in text
    assert f'cafile = "{LOCAL_CA}/ca.pem"' in text
    assert sandbox.run("run").returncode == 78


def test_without_any_file(sandbox):
    status, text = check(sandbox)
    assert status == 1
    assert "/etc/portcullis/portcullis.toml: error: the file cannot be opened" in text
    assert "PORTCULLIS_DOMAIN and PORTCULLIS_BACKEND" in text
    assert sandbox.run("run").returncode == 78


def test_nothing_from_outside_is_an_error(sandbox, pki):
    prepare(sandbox, pki)
    sandbox.write("/etc/portcullis/portcullis.toml", THREE_LINES + """
[listen]
s2s = "off"
s2s_direct = "off"
c2s = "off"
c2s_direct = "off"
""")
    status, text = check(sandbox)
    assert status == 1 and "portcullis.toml:5:1: error: nothing from outside" in text
    assert sandbox.run("run").returncode == 78


CONTAINER = {"PORTCULLIS_DOMAIN": DOMAIN, "PORTCULLIS_ALIASES": ROOMS,
             "PORTCULLIS_BACKEND": "prosody"}


def test_a_container_without_a_file(sandbox, pki):
    certify(sandbox, pki)
    sandbox.write("/etc/portcullis/backend.pem", pki.self_made(DOMAIN, ROOMS).chain.read_bytes())
    running = sandbox.gate(CONTAINER)
    assert open_ports(sandbox) == [5222, 5223, 5269, 5270, 9270]
    assert "have your server trust /var/lib/portcullis/local-ca/ca.pem" in running.log()
    authority = sandbox.path(f"{LOCAL_CA}/ca.pem").read_bytes()
    status, text = check(sandbox, **CONTAINER)
    assert status == 0, text
    assert "environment (PORTCULLIS_DOMAIN, PORTCULLIS_BACKEND): fine, 1 host(s)" in text
    reloaded = sandbox.run("reload", environment=CONTAINER)
    assert reloaded.returncode == 0, reloaded.stderr
    running.finish()
    running.start()  # the local CA is kept
    assert sandbox.path(f"{LOCAL_CA}/ca.pem").read_bytes() == authority
    running.finish()


@pytest.mark.parametrize("changes, words", [
    ({"PORTCULLIS_BACKEND": ""}, "PORTCULLIS_BACKEND is not"),
    ({"PORTCULLIS_DOMAIN": ""}, "PORTCULLIS_DOMAIN is empty"),
    ({"PORTCULLIS_DOMAIN": "../../etc"}, "PORTCULLIS_BACKEND):2:10: error: host.domain"),
    ({"PORTCULLIS_DOMAIN": 'x" ]\n[listen]\n'}, "PORTCULLIS_BACKEND):2:10: error: host.domain"),
    ({"PORTCULLIS_BACKEND": "metronome@xmpp"}, "host.backend.kind cannot be"),
    ({"PORTCULLIS_BACKEND": "prosody@xmpp"}, "error: the passwords of your clients"),
    ({"PORTCULLIS_CONFIG": "/etc/portcullis/none.toml"}, "none.toml: error: the file cannot"),
], ids=["no-backend", "no-domain", "traversal", "injection", "kind", "clear", "named-file"])
def test_a_wrong_environment(sandbox, changes, words):
    environment = {**CONTAINER, **changes}
    status, text = check(sandbox, **environment)
    assert status == 1 and words in text, text
    assert sandbox.run("run", environment=environment).returncode == 78
    assert not sandbox.path(LOCAL_CA).exists()


def test_a_file_wins_over_the_environment(sandbox, pki):
    prepare(sandbox, pki)
    sandbox.write("/etc/portcullis/portcullis.toml", THREE_LINES)
    status, text = check(sandbox, PORTCULLIS_DOMAIN="other.example")
    assert status == 0 and text.startswith("/etc/portcullis/portcullis.toml"), text


def test_a_file_named_by_the_environment_is_said(sandbox, pki):
    prepare(sandbox, pki)
    sandbox.path("/etc/portcullis/conf.d/10-test.toml").unlink()
    named = sandbox.write("/etc/portcullis/sub/gate.toml", THREE_LINES.replace(
        DOMAIN, "${SERVED:-nobody.example}"))
    sandbox.write("/etc/portcullis/sub/conf.d/x.toml", f'[s2s]\nroots = "{pki.roots}"\n')
    status, text = check(sandbox, PORTCULLIS_CONFIG="/etc/portcullis/sub/gate.toml", SERVED=DOMAIN)
    assert named.exists() and status == 0, text
    assert "sub/gate.toml (PORTCULLIS_CONFIG), conf.d/x.toml: fine" in text


def test_one_key_in_two_files(sandbox, pki):
    prepare(sandbox, pki)
    sandbox.write("/etc/portcullis/portcullis.toml", THREE_LINES + "[limits]\ndepth = 32\n")
    sandbox.write("/etc/portcullis/conf.d/20-limits.toml", "[limits]\ndepth = 16\n")
    status, text = check(sandbox)
    assert status == 1
    assert ("/etc/portcullis/conf.d/20-limits.toml:2:1: error: limits.depth is set already, see "
            "/etc/portcullis/portcullis.toml:5; remove one") in text


def test_a_host_in_conf_d(sandbox, pki):
    prepare(sandbox, pki)
    second = "second.example"
    made = pki.leaf(second, label="second")
    sandbox.write(f"/etc/portcullis/certs/{second}.pem", made.chain.read_bytes())
    sandbox.write(f"/etc/portcullis/certs/{second}.key", made.key.read_bytes(), 0o600)
    sandbox.write("/etc/portcullis/portcullis.toml", THREE_LINES)
    host = sandbox.write("/etc/portcullis/conf.d/20-second.toml",
                         THREE_LINES.replace(DOMAIN, second))
    status, text = check(sandbox)
    assert status == 0 and "conf.d/20-second.toml: fine, 2 host(s)" in text, text
    host.write_text(THREE_LINES)
    status, text = check(sandbox)
    assert status == 1
    assert ("conf.d/20-second.toml:2:10: error: \"legacy.example\" is served already, see "
            "/etc/portcullis/portcullis.toml:2; ") in text


SERVICE = 54321  # a user and a group that own nothing else


def test_a_service_that_is_not_root_reads_keys_by_its_group(sandbox, pki):
    prepare(sandbox, pki)
    sandbox.write("/etc/portcullis/portcullis.toml", THREE_LINES)
    keys = [sandbox.path(f"/etc/portcullis/certs/{DOMAIN}.key"),
            sandbox.path(f"{LOCAL_CA}/ca.key")]

    def checked(mode, group):
        for key in keys:
            os.chown(key, 0, group)
            key.chmod(mode)
        done = sandbox.run("check", user=SERVICE)
        return done.returncode, done.stdout + done.stderr

    for mode in (0o640, 0o440):
        status, text = checked(mode, SERVICE)
        assert status == 0, text
    for mode, group in ((0o600, SERVICE), (0o640, 0)):
        status, text = checked(mode, group)
        assert status == 1
        for key in (f"{DOMAIN}.key", "ca.key"):
            assert f"{key}: Permission denied" in text
    status, text = checked(0o644, SERVICE)
    assert status == 1 and text.count("mode is 0644; others can use the key") == 2


def test_a_folder_that_the_service_may_not_enter_is_said(sandbox, pki):
    """As certbot leaves its folders."""
    prepare(sandbox, pki)
    made = pki.leaf(DOMAIN, ROOMS, label="default")
    live = "/etc/portcullis/letsencrypt/live"
    sandbox.write(f"{live}/{DOMAIN}/fullchain.pem", made.chain.read_bytes())
    sandbox.write(f"{live}/{DOMAIN}/privkey.pem", made.key.read_bytes(), 0o640)
    sandbox.write("/etc/portcullis/portcullis.toml",
                  THREE_LINES + 'backend.s2s = "off"\nacme_dir = "letsencrypt"\n')
    folder, key = sandbox.path(live), sandbox.path(f"{live}/{DOMAIN}/privkey.pem")
    os.chown(key, 0, SERVICE)
    folder.chmod(0o700)
    done = sandbox.run("check", user=SERVICE)
    assert done.returncode == 1 and "this user may not look there" in done.stdout, done.stdout
    os.chown(folder, 0, SERVICE)
    folder.chmod(0o750)
    done = sandbox.run("check", user=SERVICE)
    assert done.returncode == 0, done.stdout
