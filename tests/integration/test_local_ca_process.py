"""The local CA's key is in a process of its own, and the gate gets on without it for a while."""

import json
import os
import pathlib
import signal

import pytest
from cryptography.hazmat.primitives import serialization

from harness import gate as gates
from harness import raw_peer
from harness.environment import DOMAIN
from harness.process import wait_until

ENDED = "level=error event=local_ca .* has ended;"
RUNS = "level=notice event=local_ca .* runs again"


def children(pid):
    return [int(child) for child in
            pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def key_process(gate):
    """The one child of the gate. One that was started for a reload and not needed ends at once."""
    wait_until(lambda: len(living_children(gate.pid)) == 1, 5,
               lambda: f"one child, not {living_children(gate.pid)}")
    return living_children(gate.pid)[0]


def is_alive(pid):
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def living_children(pid):
    return [child for child in children(pid) if is_alive(child)]


# A larger mapping is the shadow of a sanitizer, which has no data of the program.
SHADOW = 1 << 30


def memory_of(pid):
    """All that the process can write to, where keys would be."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if not rights.startswith("rw") or "[v" in line:
                continue
            start, end = (int(at, 16) for at in span.split("-"))
            if end - start > SHADOW:
                continue
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except OSError:
                continue


def holds_key(pid, path):
    """As a number of 32 octets in either order, or as the text of the file."""
    pem = pathlib.Path(path).read_bytes()
    number = serialization.load_pem_private_key(pem, None).private_numbers().private_value
    wanted = [number.to_bytes(32, "big"), number.to_bytes(32, "little"), pem.splitlines()[1]]
    return any(needle in part for part in memory_of(pid) for needle in wanted)


@pytest.fixture
def own_ca_gate(prosody_env):
    """A gate with the backend's CA, in a folder that the test may change."""
    env = prosody_env
    folder = env.directory / "ca-of-its-own"
    folder.mkdir(exist_ok=True)
    for name in ("ca.pem", "ca.key"):
        (folder / name).write_bytes((env.local_ca_directory / name).read_bytes())
        (folder / name).chmod(0o600)
    with env.extra_gate(local_ca={"directory": folder}) as gate:
        yield env, gate, folder


def established(env, gate):
    """A stream of a domain for which nothing was minted yet."""
    name = env.fresh_name()
    with env.raw_client(name, env.good(name), gate=gate) as peer:
        peer.establish()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the memory of the gate")
def test_the_gate_never_has_the_key(own_ca_gate):
    env, gate, folder = own_ca_gate
    established(env, gate)
    gate.process.send_signal(signal.SIGHUP)
    gate.expect_event(event="reload", outcome="ok")
    established(env, gate)
    assert holds_key(key_process(gate), folder / "ca.key"), "the search finds no key at all"
    assert not holds_key(gate.pid, folder / "ca.key")


def test_process_that_ends_is_started_again(own_ca_gate):
    env, gate, folder = own_ca_gate
    established(env, gate)
    first = key_process(gate)
    os.kill(first, signal.SIGTERM)  # as a service manager sends to all processes of a unit
    established(env, gate)
    assert key_process(gate) == first

    os.kill(first, signal.SIGKILL)
    gate.wait_log(ENDED)
    wait_until(lambda: children(gate.pid) not in ([], [first]), 10, "another process")
    gate.wait_log(RUNS)
    established(env, gate)
    assert gate.metrics().total("portcullis_local_ca_restarts_total", outcome="success") == 1


def failed_checks(readiness):
    return [check["name"] for check in json.loads(readiness)["checks"] if not check["ok"]]


def test_streams_are_refused_in_words_meanwhile(own_ca_gate):
    env, gate, folder = own_ca_gate
    (folder / "ca.key").rename(folder / "hidden")
    os.kill(key_process(gate), signal.SIGKILL)
    gate.wait_log(ENDED)
    name = env.fresh_name()
    with env.refusal("s2s_in", "local_ca_unavailable", gate=gate, from_=name, to=DOMAIN):
        with env.raw_client(name, env.good(name), gate=gate) as peer:
            peer.secure()
            peer.send(raw_peer.external(name))
            error = peer.stream_error()
    assert error.condition == "remote-connection-failed"
    assert "key" not in error.text
    status, checks = gate.get("/readyz")
    assert status == 200, "clients and known domains need the gate"
    assert failed_checks(checks) == ["local_ca"]
    healthcheck = gates.run_command("healthcheck", "-c", gate.config_path)
    assert healthcheck.returncode == 0 and "warning: local_ca: " in healthcheck.stdout
    (folder / "hidden").rename(folder / "ca.key")
    gate.wait_log(RUNS, timeout=15)
    wait_until(lambda: failed_checks(gate.get("/readyz")[1]) == [], 5, "the warning to end")
    established(env, gate)


def test_process_ends_with_a_gate_that_was_killed(prosody_env):
    with prosody_env.extra_gate() as gate:
        holder = key_process(gate)
        gate.kill()
        wait_until(lambda: not is_alive(holder), 5, "the process with the key to end")
        gate.process = None
