"""`portcullis healthcheck`, as a container's runtime calls it."""

import os
import signal
import socket
import threading
import time

import pytest

from harness import gate
from harness.environment import RAW
from harness.settings import to_toml

pytestmark = pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")


def healthcheck(config):
    return gate.run_command("healthcheck", "-c", config)


def test_ready(prosody_env):
    done = healthcheck(prosody_env.gate.config_path)
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr


def test_draining_is_not_ready(prosody_env):
    """A client that neither reads nor closes keeps the gate draining."""
    with prosody_env.extra_gate(limits={"drain": "5s"}) as running:
        stubborn = prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=running).establish()
        running.process.send_signal(signal.SIGTERM)
        running.wait_log("event=draining")
        done = healthcheck(running.config_path)
        assert (done.returncode, done.stdout) == (1, "not ready: draining: shutting down\n"), \
            done.stderr
        stubborn.close()
        assert running.stop(timeout=20) == 0
        running.process = None


def test_stopped(prosody_env):
    with prosody_env.extra_gate() as running:
        config = running.config_path
    done = healthcheck(config)
    assert (done.returncode, done.stdout) == (3, "")
    assert "Connection refused" in done.stderr


def test_frozen_process_costs_bounded_time(prosody_env):
    with prosody_env.extra_gate() as running:
        os.kill(running.pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            done = healthcheck(running.config_path)
            assert time.monotonic() - started < 15
        finally:
            os.kill(running.pid, signal.SIGCONT)
    assert (done.returncode, done.stdout) == (3, "")
    assert "in time" in done.stderr


@pytest.fixture
def asked(prosody_env, tmp_path):
    """What the command says when something else answers at the admin address."""
    def ask(answer):
        settings = prosody_env.settings(prosody_env.net.address(90), prosody_env.net.address(91))
        with socket.create_server((prosody_env.net.address(90), gate.ADMIN_PORT)) as listener:
            def serve():
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    answer(connection)
            thread = threading.Thread(target=serve)
            thread.start()
            path = tmp_path / "portcullis.toml"
            path.write_text(to_toml(settings))
            done = healthcheck(path)
            thread.join(20)
        return done
    return ask


def endless(connection):
    """More octets than any answer has."""
    try:
        while True:
            connection.sendall(b"x" * 1000)
    except OSError:
        pass


def dripping(connection):
    try:
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)
    except OSError:
        pass


@pytest.mark.parametrize("answer", [
    lambda c: None,
    lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ready\": true"),
    lambda c: c.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"),
    lambda c: c.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    endless,
    dripping,
], ids=["nothing", "half", "ssh", "other-server", "other-json", "endless", "dripping"])
def test_whoever_else_answers_is_not_ready(asked, answer):
    done = asked(answer)
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert "cannot be asked" in done.stderr


def test_admin_off(prosody_env, tmp_path):
    settings = prosody_env.settings(prosody_env.net.address(90), prosody_env.net.address(91))
    settings["listen"]["admin"] = "off"
    path = tmp_path / "portcullis.toml"
    path.write_text(to_toml(settings))
    done = healthcheck(path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "admin" in done.stderr and "[listen]" in done.stderr
