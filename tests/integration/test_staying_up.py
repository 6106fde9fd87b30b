"""The gate when what it depends on fails, and when it is told to stop."""

import signal
import threading
import time

import pytest

from harness import gate as gate_module
from harness import raw_peer
from harness.environment import DOMAIN, RAW
from harness.process import wait_until

# As docs/backends quotes them.
NOT_TRUSTED = {"prosody": "Your server's certificate is not trusted",
               "ejabberd": "unable to verify the first certificate"}


def test_backend_down(env):
    """The peer hears that it is temporary; the operator reads where nobody answers."""
    nobody = f"{env.net.address(66)}:15269"
    with env.extra_gate(backend={"s2s": nobody}) as gate:
        with env.refusal("s2s_in", "backend_unavailable", gate=gate, from_=RAW, to=DOMAIN):
            with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
                peer.secure()
                peer.send(raw_peer.external(RAW))
                error = peer.stream_error()
        assert error.condition == "remote-connection-failed"
        assert env.net.address(66) not in error.text
        line = gate.expect_event(event="backend", kind="s2s_in", reason="backend_unavailable")
        assert nobody in (line.get("address"), line.get("detail", ""))
        assert gate.get("/livez")[0] == 200


def test_backend_that_does_not_trust_the_local_ca(env):
    """The operator gets the backend's own words and the setting to look at, the peer neither."""
    other_ca = env.directory / f"other-ca-{env.kind}"
    assert gate_module.run_command("ca", "init", other_ca).returncode == 0
    with env.extra_gate(local_ca={"directory": other_ca}) as gate:
        with env.refusal("s2s_in", "backend_misconfigured", gate=gate, from_=RAW, to=DOMAIN):
            with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
                peer.secure()
                peer.send(raw_peer.external(RAW))
                error = peer.stream_error()
        assert NOT_TRUSTED[env.kind] not in error.text
        line = gate.expect_event(event="backend", kind="s2s_in", reason="backend_misconfigured")
        assert NOT_TRUSTED[env.kind] in line["detail"]
        setting = {"prosody": "s2s_ssl", "ejabberd": "s2s_cafile"}[env.kind]
        assert setting in line["detail"] and setting not in error.text


def test_backend_with_another_certificate(env):
    """Something else answers at the backend's address: nothing of the peer may reach it."""
    wrong = env.pki.bad("self_signed", DOMAIN)
    with env.extra_gate(backend={"certificate": wrong.chain}) as gate:
        with env.refusal("s2s_in", "not_the_backend", gate=gate, from_=RAW):
            with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
                peer.secure()
                peer.send(raw_peer.external(RAW))
                error = peer.stream_error()
        assert error.condition == "internal-server-error" and str(wrong.chain) not in error.text
        line = gate.expect_event(event="backend", kind="s2s_in")
        assert f"is not one of those in {wrong.chain} ({gate.config_path}:" in line["detail"]
        assert "spki-sha256:" in line["detail"] and "copy it there" in line["detail"]


def test_sigterm_ends_streams_in_words(env):
    with env.extra_gate() as gate:
        established = env.raw_client(RAW, env.good(RAW), gate=gate).establish()
        fresh = env.raw_client(RAW, gate=gate)
        fresh.open()
        fresh.element("features")
        mark = gate.mark()
        gate.process.send_signal(signal.SIGTERM)
        assert established.stream_error().condition == "system-shutdown"
        assert fresh.stream_error().condition == "system-shutdown"
        wait_until(lambda: not gate.running(), 15, "the gate to leave")
        assert gate.process.returncode == 0
        ended = [e["end"] for e in gate.events(mark) if e["event"] == "end"]
        assert ended == ["drain"]
        gate.process = None


def test_sigterm_does_not_wait_for_the_stubborn(prosody_env):
    """A client that neither reads nor closes is cut off when the drain time is over."""
    with prosody_env.extra_gate(limits={"drain": "1s"}) as gate:
        stubborn = prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=gate).establish()
        assert gate.stop(timeout=8) == 0
        stubborn.close()
        gate.process = None


@pytest.mark.parametrize("established", [False, True], ids=["negotiating", "established"])
def test_half_closed_connection_goes_away(env, established):
    gate = env.inbound
    with env.raw_client(RAW, env.good(RAW)) as peer:
        if established:
            peer.establish()
        else:
            peer.open()
            peer.element("features")
        peer.close_sending()
        gate.wait_quiet("s2s_in", timeout=10)


def test_reset_while_relaying(env):
    gate = env.inbound
    mark = gate.mark()
    env.raw_client(RAW, env.good(RAW)).establish().reset()
    end = gate.expect_event(event="end", since=mark, kind="s2s_in", from_=RAW)
    assert end["end"] in ("peer", "error")
    gate.wait_quiet("s2s_in")


def test_backend_restart_ends_the_peers_stream_properly(env):
    """By the backend's own stream error, or by </stream:stream> where it gave none: never by a
    bare close, so that the peer opens a new stream for its next stanza."""
    with env.raw_client(RAW, env.good(RAW)) as peer:
        peer.establish()
        env.backend.restart()
        item = peer.next()
        if type(item).__name__ != "StreamEnd":
            assert item.tag.endswith("}error")
            item = peer.next()
        assert type(item).__name__ == "StreamEnd"
        peer.send("</stream:stream>")
        peer.expect_closed()
    env.inbound.wait_quiet("s2s_in")


def test_peer_that_stops_reading_does_not_grow_the_gate(prosody_env):
    """The backend has to wait, memory stays bounded, and nothing is lost once it reads again."""
    env, name, count = prosody_env, prosody_env.fresh_name(), 120
    hears = threading.Event()

    def sent():
        return env.gate.metrics().total("portcullis_bytes_total", kind="s2s_out",
                                        direction="from_backend")

    with env.raw_server(name, deaf_until=hears) as server, env.client("alice") as alice:
        alice.send(f"sink@{name}", "first")
        env.gate.expect_decision(kind="s2s_out", verdict="accepted", to=name)
        memory, before = resident_kilobytes(env.gate), sent()
        for number in range(count):
            alice.send(f"sink@{name}", f"{number} " + "x" * 200_000)
        wait_until(unchanged_for(2, sent), 30, "the gate to stop sending")
        assert sent() - before < count * 200_000, "the peer took everything: nothing was tested"
        assert resident_kilobytes(env.gate) - memory < 8 * 1024
        hears.set()
        server.wait_stanza(lambda _: len(server.behaviour.stanzas) > count, timeout=60)
        bodies = [s.find("{jabber:server}body").text for s in server.behaviour.stanzas[1:]]
        assert [b.split()[0] for b in bodies] == [str(n) for n in range(count)]


def unchanged_for(seconds, value):
    """A condition: value() has been the same for this long."""
    last = [None, 0.0]

    def stable():
        now = time.monotonic()
        if value() != last[0]:
            last[:] = [value(), now]
        return now - last[1] > seconds
    return stable


def resident_kilobytes(gate):
    with open(f"/proc/{gate.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def test_federation_denied_both_ways(env):
    name = env.fresh_name()
    with env.extra_gate(federation={"deny": [name]}) as gate:
        with env.refusal("s2s_in", "federation_denied", gate=gate, from_=name):
            with env.raw_client(name, env.good(name), gate=gate) as peer:
                peer.negotiate_tls()
                peer.open()
                assert peer.stream_error().condition == "policy-violation"
        with env.refusal("s2s_out", "federation_denied", gate=gate, to=name):
            with raw_peer.RawClient((gate.outbound, 5269), DOMAIN, name,
                                    env.backend_credential, timeout=20) as backend:
                backend.negotiate_tls()
                backend.open()
                backend.stream_error()


def test_tls_1_3_only(env):
    with env.extra_gate(s2s={"min_tls": "1.3"}) as gate:
        with env.raw_client(RAW, env.good(RAW), gate=gate) as modern:
            modern.secure()
        gate.wait_quiet("s2s_in")
        mark = gate.mark()
        with env.raw_client(RAW, env.good(RAW), gate=gate) as old:
            old.open()
            old.element("features")
            old.send(raw_peer.STARTTLS)
            old.element("proceed")
            context = raw_peer.client_context(old.credential)
            context.maximum_version = raw_peer.ssl.TLSVersion.TLSv1_2
            with pytest.raises(OSError):
                old.start_tls(context, server_hostname=DOMAIN)
                old.open()
                old.stream_error()
                raise ConnectionError("refused in words")
        gate.expect_decision(since=mark, kind="s2s_in", verdict="rejected",
                             reason="tls_version_too_low")


def test_ipv6(env):
    port = 20_000 + env.net.number
    with env.extra_gate(listen={"s2s": [f"[::1]:{port}"]}) as gate:
        with raw_peer.RawClient(("::1", port), RAW, DOMAIN, env.good(RAW)) as peer:
            peer.establish()
            line = gate.expect_decision(kind="s2s_in", verdict="accepted", from_=RAW)
            assert "::1" in line["peer"]
