"""`portcullis doctor` and the server behind the gate: what is wrong with it, or with what the configuration
says of it, is named, with what to do."""

import contextlib
import copy
import fcntl
import os
import socket
import threading

import pytest

from harness import gate as gate_module, prosody
from harness.doctor import OF_OTHERS, WHOLE_TIME, asked, config_of, doctor
from harness.environment import BACKEND_C2S, BACKEND_S2S, DOMAIN, ROOMS


def test_a_wrong_pin_is_told_with_the_key_that_is_shown(env, tmp_path):
    found = asked(env, tmp_path, certificate=env.pki.self_made("other.example").chain)
    assert "spki-sha256:" in found.one("backend_key_not_pinned")["what"]
    assert found.ids(severity="error") == ["backend_key_not_pinned"]


def test_another_local_ca_is_not_trusted(env, tmp_path):
    made = gate_module.run_command("ca", "init", tmp_path / "ca")
    assert made.returncode == 0, made.stderr
    found = asked(env, tmp_path, local_ca={"directory": tmp_path / "ca"}, kind=env.kind)
    assert found.ids(severity="error") == ["backend_distrusts"], found.ran.stdout
    assert "cafile" in found.one("backend_distrusts")["do"]


def test_swapped_ports_are_told_for_both(env, tmp_path):
    found = asked(env, tmp_path, s2s=f"{env.net.backend}:{BACKEND_C2S}",
                  c2s=f"{env.net.backend}:{BACKEND_S2S}", c2s_proxy_protocol="off",
                  s2s_proxy_protocol="v2" if env.proxy_protocol else "off")
    assert found.ids(severity="error") == ["backend_ports_swapped"] * 2, found.ran.stdout


def test_a_port_where_nobody_listens_is_unreachable(env, tmp_path):
    found = asked(env, tmp_path, s2s=f"{env.net.backend}:1", c2s=f"{env.net.backend}:2")
    assert found.ids(severity="error") == ["backend_unreachable"] * 2, found.ran.stdout
    assert "refused" in found.said["findings"][0]["what"]


def test_a_domain_that_is_not_served_is_told(env, tmp_path):
    found = asked(env, tmp_path, host={"aliases": [ROOMS, f"nobody.{DOMAIN}"],
                                       "certificates": [{"chain": leaf.chain, "key": leaf.key}
                                                        for leaf in [env.pki.leaf(
                                                            DOMAIN, ROOMS, f"nobody.{DOMAIN}")]]})
    one = found.one("backend_unknown_domain")
    assert f"nobody.{DOMAIN}" in one["what"]


def test_a_strict_backend_loses_mail_in_observe_mode(env, tmp_path):
    found = asked(env, tmp_path, mode="observe", kind=env.kind)
    one = found.one("backend_too_strict")
    setting = {"prosody": "s2s_secure_auth = false", "ejabberd": "s2s_use_starttls: optional"}
    assert setting[env.kind] in one["do"], one
    assert found.ids(severity="error") == ["backend_too_strict"], found.ran.stdout


def test_a_lenient_backend_fits_observe_mode_and_not_enforce(observing, tmp_path):
    found = asked(observing, tmp_path, mode="observe")
    assert set(found.ids()) <= {"backend_trust_unseen"}, found.ran.stdout
    found = asked(observing, tmp_path, mode="enforce", kind=observing.kind)
    assert "backend_too_lenient" in found.ids(severity="warning"), found.ran.stdout
    assert found.ids(severity="error") == []


def test_a_backend_that_knows_only_dialback_is_fine(by_dialback, tmp_path):
    found = asked(by_dialback, tmp_path)
    assert found.ids() == [], found.ran.stdout


def test_a_backend_without_tls_cannot_do_it_by_certificates(by_dialback, tmp_path):
    if by_dialback.kind == "jabberd2":
        pytest.skip("knows TLS")
    ca = tmp_path / "ca"
    assert gate_module.run_command("ca", "init", ca).returncode == 0
    found = asked(by_dialback, tmp_path, s2s_auth="tls", local_ca={"directory": ca},
                  certificate=by_dialback.backend_credential.chain)
    assert found.ids(severity="error") == ["backend_without_tls"], found.ran.stdout


def test_a_proxy_header_that_is_expected_is_told(ejabberd_env, tmp_path):
    found = asked(ejabberd_env, tmp_path, c2s_proxy_protocol="off")
    one = found.one("backend_wants_proxy")
    assert 'c2s_proxy_protocol = "v2"' in one["do"], one
    assert found.ids(severity="error") == ["backend_wants_proxy"], found.ran.stdout


def test_a_proxy_header_that_is_not_understood_is_told(env, tmp_path):
    found = asked(env, tmp_path, s2s_proxy_protocol="v2")
    assert found.ids(severity="error") == ["backend_takes_no_proxy"], found.ran.stdout
    assert 's2s_proxy_protocol = "off"' in found.one("backend_takes_no_proxy")["do"]


@contextlib.contextmanager
def program(address, says):
    """One that takes connections on both ports, and answers with `says`, or not at all."""
    listeners = [socket.create_server((address, port)) for port in (BACKEND_S2S, BACKEND_C2S)]
    held = []

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                there, _ = listener.accept()
                held.append(there)
                if says:
                    there.recv(4096)
                    there.sendall(says)
    threads = [threading.Thread(target=serve, args=(one,)) for one in listeners]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for one in listeners:
            one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in threads:
            thread.join()
        for one in held:
            one.close()


def test_a_silent_backend_does_not_keep_it(prosody_env, tmp_path):
    at = prosody_env.net.address(97)
    with program(at, b""):
        found = doctor(prosody_env, tmp_path, s2s=f"{at}:{BACKEND_S2S}", c2s=f"{at}:{BACKEND_C2S}")
    errors = [one for one in found.ids(severity="error") if one not in OF_OTHERS]
    assert errors == ["backend_silent"] * 2, found.ran.stdout
    assert "backend_not_asked" not in found.ids(), "all was asked: a silent port has no more to say"
    assert found.took < WHOLE_TIME


def test_another_program_is_no_backend(prosody_env, tmp_path):
    at = prosody_env.net.address(96)
    with program(at, b"HTTP/1.1 400 Bad Request\r\n\r\n\x1b[2J"):
        found = asked(prosody_env, tmp_path, s2s=f"{at}:{BACKEND_S2S}", c2s=f"{at}:{BACKEND_C2S}")
    assert found.ids(severity="error") == ["backend_not_xmpp"] * 2, found.ran.stdout
    assert "\x1b" not in found.ran.stdout


def test_prosody_that_demands_tls_of_clients_lets_nobody_log_in(prosody_env, tmp_path):
    site = copy.copy(prosody_env.backend.site)
    site = type(site)(DOMAIN, prosody_env.net.address(95), BACKEND_S2S, BACKEND_C2S,
                      prosody_env.net.capture_dns, site.s2s_roots)
    server = prosody.backend(site, prosody_env.directory / "demanding",
                             prosody_env.backend_credential)
    text = (server.directory / "prosody.cfg.lua").read_text()
    (server.directory / "prosody.cfg.lua").write_text(
        text.replace("c2s_require_encryption = false", "c2s_require_encryption = true"))
    prosody_env.started(server)
    found = asked(prosody_env, tmp_path, kind="prosody", s2s=f"{site.address}:{BACKEND_S2S}",
                  c2s=f"{site.address}:{BACKEND_C2S}")
    assert "c2s_require_encryption = false" in found.one("backend_without_login")["do"]
    server.stop()
    found = asked(prosody_env, tmp_path, s2s=f"{site.address}:{BACKEND_S2S}",
                  c2s=f"{site.address}:{BACKEND_C2S}")
    assert found.ids(severity="error") == ["backend_unreachable"] * 2, found.ran.stdout


def test_two_commands_do_not_change_the_pins_at_once(env, tmp_path):
    """`setup --apply` has the folder: `backend trust` waits for nobody and changes nothing."""
    config = config_of(env, tmp_path)
    holder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        refused = gate_module.run_command("backend", "trust", "--yes", "-c", config)
        assert refused.returncode == 1, refused
        assert "another portcullis command changes the files" in refused.stderr, refused
        # Looking needs no lock.
        looked = gate_module.run_command("backend", "trust", "-c", config)
        assert "another portcullis command" not in looked.stderr, looked
    finally:
        os.close(holder)
