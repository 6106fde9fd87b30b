"""The leg to the backend's client port: with TLS and the pinned key, or in the clear and meant."""

import contextlib
import socket
import threading

import pytest

from harness import gate as gate_module
from harness.client import LoginFailed
from harness.environment import DOMAIN
from harness.settings import to_toml

STREAM = (f"<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' from='{DOMAIN}' "
          "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
PLAIN = ("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
         "<mechanism>PLAIN</mechanism></mechanisms></stream:features>")


def test_login_by_starttls_to_the_backend(prosody_env):
    mark = prosody_env.backend.mark()
    with prosody_env.extra_gate(backend={"c2s_tls": "starttls"}) as gate:
        with prosody_env.client("alice", gate=gate) as alice:
            assert alice.ping(DOMAIN)
        prosody_env.backend.wait_log("Stream encrypted", since=mark)
        # The gate's own question whether it answers is in the clear, and understood.
        gate.wait_metric(1, "portcullis_backend_up", kind="c2s", domain=DOMAIN)


def test_another_key_is_not_the_backends(prosody_env):
    wrong = prosody_env.pki.bad("self_signed", DOMAIN)
    with prosody_env.extra_gate(backend={"c2s_tls": "starttls", "certificate": wrong.chain}) as gate:
        with prosody_env.refusal("c2s", "not_the_backend", gate=gate):
            with pytest.raises(LoginFailed):
                prosody_env.client("alice", gate=gate)


@contextlib.contextmanager
def impostor(address):
    """A program that took the port, and asks everybody to log in. Gives what it was told."""
    told = bytearray()

    def serve(listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                connection.sendall((STREAM + PLAIN).encode())
                with contextlib.suppress(OSError):
                    while part := connection.recv(4096):
                        told.extend(part)
                        if b"<auth" in part:
                            break

    with socket.create_server((address, 15222)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield told
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.mark.parametrize("tls", ["starttls", "off"])
def test_a_program_in_place_of_the_backend(prosody_env, tls):
    """It is sent the password exactly if the configuration says that nobody can be there."""
    address = prosody_env.net.address(67)
    with impostor(address) as told:
        backend = {"c2s": f"{address}:15222", "c2s_tls": tls}
        with prosody_env.extra_gate(backend=backend) as gate:
            with pytest.raises(LoginFailed):
                prosody_env.client("alice", gate=gate)
            if tls == "starttls":
                gate.expect_decision(kind="c2s", verdict="rejected", reason="backend_without_tls")
    assert (b"<auth" in told) == (tls == "off"), told


# ---- What `check` says

def checked(env, tmp_path, listen=None, outbound=None, **backend):
    settings = env.settings("127.77.250.1", "127.77.250.2")
    settings["host"][0]["backend"] |= {"allow_clear_c2s": False, **backend}
    settings["listen"] |= listen or {}
    settings["outbound"] |= outbound or {}
    path = tmp_path / "portcullis.toml"
    path.write_text(to_toml(settings))
    return path, gate_module.run_command("check", "-c", path)


@pytest.mark.parametrize("changes, status, words", [
    ({"c2s": "xmpp.example.com:5222"}, 1, "error: the passwords of your clients would go to"),
    ({"c2s": "192.0.2.10:5222"}, 1, "error: the passwords of your clients would go to"),
    ({"c2s": "192.0.2.10:5222", "c2s_tls": "starttls"}, 0, "fine"),
    ({"c2s": "192.0.2.10:5222", "allow_clear_c2s": True}, 0, "fine"),
    ({}, 0, "warning: any user of this machine can open"),
    ({"allow_clear_c2s": True, "outbound": {"listen": ["0.0.0.0:5399"]}}, 0,
     "warning: \"0.0.0.0:5399\" can be reached by everybody"),
    ({"allow_clear_c2s": True, "listen": {"admin": "0.0.0.0:9270"}}, 0,
     "warning: whoever reaches this machine can read /metrics"),
], ids=["name", "address", "tls", "meant", "loopback", "outbound", "admin"])
def test_dangerous_ends_are_remarked(prosody_env, tmp_path, changes, status, words):
    path, done = checked(prosody_env, tmp_path, **changes)
    assert done.returncode == status, done.stdout
    assert words in done.stdout, done.stdout
    if words == "fine":
        assert "warning" not in done.stdout and "error" not in done.stdout, done.stdout
    else:
        assert f"{path}:" in done.stdout.splitlines()[0], done.stdout


@pytest.mark.parametrize("mode, status, word", [(0o666, 1, "error"), (0o640, 0, "fine")])
def test_who_may_write_the_configuration(prosody_env, tmp_path, mode, status, word):
    path, _ = checked(prosody_env, tmp_path, allow_clear_c2s=True)
    path.chmod(mode)
    done = gate_module.run_command("check", "-c", path)
    assert done.returncode == status and word in done.stdout, done.stdout
    if status:
        assert f"{path}: error: every user of this machine can change" in done.stdout
        assert gate_module.run_command("run", "-c", path).returncode == 78
