"""A running gate takes a new configuration and new certificates, or changes nothing."""

import datetime
import os
import signal
import socket
import stat

import pytest

from harness import gate as gate_module
from harness.environment import DOMAIN, RAW
from harness.process import wait_until
from harness.reloading import Reloadable, leaf_der, replace_file
from harness.wire import Closed


@pytest.fixture
def world(prosody_env):
    """Runs with a first certificate; `served` is the one that connections get."""
    reloadable = Reloadable(prosody_env)
    served = reloadable.renew()
    with reloadable.running() as running:
        running.served = served
        yield running


def message(number):
    return f"<message from='a@{RAW}' to='alice@{DOMAIN}/nobody' id='m{number}' type='error'/>"


def broken(world, what):
    """Makes the next reload fail; returns what must stand in the log."""
    if what == "toml":
        world.write("version = 1\n[listen\n")
        return "portcullis.toml:2"
    if what == "value":
        world.write(limits={"stanza_bytes": "lots"})
        return "stanza_bytes"
    if what == "missing-key":
        world.key().unlink()
        return str(world.key())
    if what == "other-key":
        replace_file(world.key(), world.issue().key.read_bytes())
        return str(world.key())
    if what == "other-name":
        replace_file(world.chain(), world.env.good(RAW).chain.read_bytes())
        replace_file(world.key(), world.env.good(RAW).key.read_bytes())
        return DOMAIN
    if what == "local-ca":
        world.write(local_ca={"directory": world.directory / "nothing"})
        return "nothing"
    assert what == "address-taken"
    world.write(listen={"c2s": [f"{world.env.net.backend}:15222"]})
    return f"{world.env.net.backend}:15222"


FAULTS = ("toml", "value", "missing-key", "other-key", "other-name", "local-ca", "address-taken")


def test_sighup_takes_a_new_certificate_and_keeps_streams(env):
    reloadable = Reloadable(env)
    old = reloadable.renew()
    with reloadable.running() as world, world.connect() as peer, env.client("alice",
                                                                           gate=world.gate) as alice:
        peer.establish()
        assert world.shown() == old
        new = world.renew()
        reload = world.hang_up()
        assert (reload["outcome"], reload["generation"]) == ("ok", "2")
        assert world.shown() == new and world.shown(direct=True) == new
        peer.send(f"<message from='a@{RAW}' to='{alice.full_jid}' type='chat'>"
                  "<body>still here</body></message>")
        alice.wait_body("still here")
        assert world.generation() == 2 and world.reload_failed() == 0


@pytest.mark.parametrize("what", FAULTS)
def test_a_bad_reload_changes_nothing(world, what):
    with world.connect() as peer:
        peer.establish()
        expected, mark = broken(world, what), world.gate.mark()
        reload = world.hang_up()
        assert (reload["outcome"], reload["generation"]) == ("failed", "1")
        assert any(expected in finding for finding in world.findings(mark)), world.gate.tail(9)
        assert world.reload_failed() == 1 and world.generation() == 1
        assert world.shown() == world.served
        assert peer.send(message(1))
        world.gate.wait_metric(1, "portcullis_streams_active", kind="s2s_in", phase="relaying")
    new = world.renew()
    world.write()
    assert world.hang_up()["outcome"] == "ok"
    assert world.shown() == new and world.reload_failed() == 0


def test_command_reports_success(world):
    new = world.renew()
    done = world.command()
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ok generation=2\n"
    assert world.shown() == new
    assert world.gate.expect_event(event="reload", trigger="control")["outcome"] == "ok"


@pytest.mark.parametrize("what", [w for w in FAULTS if w != "toml"])
def test_command_reports_failure(world, what):
    expected = broken(world, what)
    done = world.command()
    assert done.returncode == 1, done.stderr
    *findings, last = done.stdout.splitlines()
    assert last == "failed"
    assert any("error: " in f and expected in f for f in findings), done.stdout
    assert world.shown() == world.served


def test_command_needs_toml_to_find_the_socket(world):
    broken(world, "toml")
    done = world.command()
    assert done.returncode == 1 and "portcullis.toml:2" in done.stderr
    assert world.generation() == 1


def test_command_says_what_to_set(prosody_env, tmp_path):
    reloadable = Reloadable(prosody_env)
    path = tmp_path / "portcullis.toml"
    for listen, word in (('[listen]\ncontrol = "off"\n', "control"), (f'[listen]\ncontral = "{tmp_path}/x"\n', "control"),
                         (f'[listen]\ncontrol = "{tmp_path}/none.sock"\n', "none.sock")):
        path.write_text("version = 1\n" + listen)
        done = gate_module.run_command("reload", "-c", path)
        assert done.returncode == 3 and "SIGHUP" in done.stderr and word in done.stderr
    assert not reloadable.control.exists()


def test_restart_keys_are_named(world):
    world.write(workers=3, log={"debug": True}, dns={"servers": ["127.0.0.1:53"]})
    done = world.command()
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "ok generation=2"
    for key in ("workers", "log.debug", "dns.servers"):
        assert any(f": warning: {key} " in line for line in done.stdout.splitlines()), done.stdout
    assert "listen.admin" not in done.stdout
    # Still so at the next reload: the process runs with the old ones.
    assert "workers" in world.command().stdout
    world.write()
    assert world.command().stdout == "ok generation=4\n"


def test_listeners_come_and_go(world):
    wan, net = world.gate.wan, world.env.net
    added = net.address(251)
    with world.connect() as peer:
        peer.establish()
        world.write(listen={"s2s": [f"{wan}:5269", f"{added}:5269"], "s2s_direct": []})
        assert world.command().returncode == 0
        with socket.create_connection((added, 5269), 5):
            pass
        wait_until(lambda: refused(wan, 5270), 5, "the removed listener to be closed")
        world.write()
        assert world.command().returncode == 0
        wait_until(lambda: refused(added, 5269), 5, "the added listener to be closed")
        assert world.shown(direct=True) == world.served
        assert peer.send(message(1))
        assert world.gate.metrics().total("portcullis_streams_active", kind="s2s_in",
                                          phase="relaying") == 1


def refused(address, port):
    try:
        socket.create_connection((address, port), 5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_limits_follow(world):
    world.write(limits={"connections_per_address": 1})
    assert world.command().returncode == 0
    with world.connect() as first:
        first.establish()
        with pytest.raises((Closed, AssertionError, OSError)):
            with world.connect() as second:
                second.establish()
        assert world.gate.metrics().total("portcullis_limit_hits_total",
                                          limit="connections_per_address") == 1
        world.write()
        assert world.command().returncode == 0
        with world.connect() as third:
            third.establish()


def test_each_host_gets_its_own_certificate(prosody_env):
    reloadable = Reloadable(prosody_env, domains=("two.example", "three.example"))
    for domain in reloadable.domains:
        reloadable.renew(domain)
    with reloadable.running() as world:
        for renewed in ("two.example", DOMAIN):
            new = world.renew(renewed)
            assert world.command().returncode == 0
            expected = {d: leaf_der(world.chain(d)) for d in world.domains}
            assert expected[renewed] == new and len(set(expected.values())) == 3
            for domain, certificate in expected.items():
                assert world.shown(domain) == certificate
                assert world.shown(domain, direct=True) == certificate


@pytest.mark.parametrize("pattern", ["exact", "suffix"])
def test_newly_denied_domain_loses_its_stream(world, pattern):
    name = world.env.fresh_name()
    with world.env.raw_client(name, world.env.good(name), gate=world.gate) as denied, \
            world.connect() as kept:
        denied.establish()
        kept.establish()
        world.write(federation={"deny": [name if pattern == "exact" else f"*.{RAW}"]})
        assert world.command().returncode == 0
        assert denied.stream_error().condition == "policy-violation"
        assert kept.send(message(1))
        world.gate.wait_metric(1, "portcullis_streams_active", kind="s2s_in", phase="relaying")
        with world.env.refusal("s2s_in", "federation_denied", gate=world.gate, from_=name):
            with world.env.raw_client(name, world.env.good(name), gate=world.gate) as again:
                again.negotiate_tls()
                again.open()
                assert again.stream_error().condition == "policy-violation"


@pytest.mark.parametrize("whose", ["its own", "another's"])
def test_streams_are_judged_again_by_new_roots(world, whose):
    """A rule now trusts another CA for one domain: its stream ends, all others stay."""
    name, other = world.env.fresh_name(), world.env.fresh_name()
    rule = {"match": [name if whose == "its own" else other],
            "roots": world.env.local_ca_directory / "ca.pem"}
    with world.env.raw_client(name, world.env.good(name), gate=world.gate) as peer:
        peer.establish()
        world.write(s2s={"roots": world.env.pki.roots, "rule": [rule]})
        assert world.command().returncode == 0
        if whose == "its own":
            error = peer.stream_error()
            assert error.condition == "policy-violation"
            assert error.reason in ("untrusted_issuer", "missing_intermediate")
        else:
            assert peer.send(message(1))
            world.gate.wait_metric(1, "portcullis_streams_active", kind="s2s_in", phase="relaying")


def expired_exception():
    return {"exception": [{"domain": "slow.example", "allow": ["expired"], "why": "a test",
                           "until": datetime.date.today() - datetime.timedelta(days=2)}]}


def test_an_exception_that_is_over_fails_a_reload_but_no_start(prosody_env):
    reloadable = Reloadable(prosody_env)
    reloadable.renew()
    with reloadable.running(s2s={**expired_exception(), "roots": prosody_env.pki.roots}) as world:
        assert "warning: the exception ended" in world.gate.log()
        checked = gate_module.run_command("check", "-c", world.gate.config_path)
        assert checked.returncode == 1 and "error: the exception ended" in checked.stdout
        done = world.command()
        assert done.returncode == 1 and "error: the exception ended" in done.stdout
        # Renewed certificates do not wait for somebody to tidy up.
        new = world.renew()
        world.gate.expect_event(event="reload", trigger="files", outcome="ok", timeout=20)
        assert world.shown() == new


def test_drain_during_and_after_reloads(world):
    peer = world.connect().establish()
    assert world.command().returncode == 0
    for _ in range(5):
        world.gate.process.send_signal(signal.SIGHUP)
    mark = world.gate.mark()
    world.gate.process.send_signal(signal.SIGTERM)
    world.gate.process.send_signal(signal.SIGHUP)
    assert peer.stream_error().condition == "system-shutdown"
    wait_until(lambda: not world.gate.running(), 15, "the gate to leave")
    assert world.gate.process.returncode == 0
    assert [e["end"] for e in world.gate.events(mark) if e["event"] == "end"] == ["drain"]
    assert not world.control.exists()
    world.gate.process = None


@pytest.mark.parametrize("mode", ["observe", "enforce"])
def test_started_line_names_the_mode(prosody_env, mode):
    reloadable = Reloadable(prosody_env)
    reloadable.renew()
    with reloadable.running(policy={"mode": mode}) as world:
        assert world.gate.expect_event(event="started")["mode"] == mode


def test_control_socket_is_private_and_exclusive(world):
    status = os.stat(world.control)
    assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o600
    second = gate_module.run_command("run", "-c", world.gate.config_path)
    assert second.returncode == 1 and f"process {world.gate.pid};" in second.stderr
    other = world.gate.config_path.with_name("other.toml")
    other.write_text(world.gate.config_path.read_text().replace(":52", ":62"))
    second = gate_module.run_command("run", "-c", other)
    assert second.returncode == 1 and str(world.control) in second.stderr
    assert world.command().returncode == 0


@pytest.mark.parametrize("sent, answer", [
    (b"reload\n", b"ok generation=2\n"), (b"reload now\n", b"failed\n"), (b"\n", b"failed\n"),
    (b"RELOAD\n", b"failed\n"), (b"r" * 5000, b""), (b"\xff\0\n", b"failed\n")])
def test_control_answers_one_bounded_line(world, sent, answer):
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(10)
        control.connect(str(world.control))
        control.sendall(sent)
        received = b""
        try:
            while part := control.recv(4096):
                received += part
        except ConnectionResetError:
            assert not answer
        assert received.endswith(answer)
    assert world.generation() == (2 if answer.startswith(b"ok") else 1)


def test_a_stale_control_socket_is_replaced(prosody_env):
    reloadable = Reloadable(prosody_env)
    reloadable.renew()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(reloadable.control))
    with reloadable.running() as world:
        assert world.command().returncode == 0


def test_a_file_at_the_control_path_stays(prosody_env, tmp_path):
    reloadable = Reloadable(prosody_env, certificates=tmp_path)
    reloadable.renew()
    reloadable.control.write_text("precious")
    with pytest.raises(AssertionError, match="not a socket"):
        with reloadable.running():
            pass
    assert reloadable.control.read_text() == "precious"
