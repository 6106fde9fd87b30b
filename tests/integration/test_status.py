"""What a running gate says of itself: on the control socket, and as a page."""

import json
import os
import signal
import socket
import subprocess

import pytest

from harness import gate as gate_module
from harness.environment import DOMAIN, RAW
from harness.process import wait_until


@pytest.fixture
def control(tmp_path):
    return tmp_path / "control.sock"


def ask(gate, *arguments, **options):
    return gate_module.run_command(*arguments, "-c", gate.config_path, **options)


def overview(gate):
    answer = ask(gate, "status", "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def streams(gate, *arguments):
    answer = ask(gate, "status", "streams", "--json", *arguments)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def rows(gate, *arguments):
    return streams(gate, *arguments)["streams"]


def only(found):
    assert len(found) == 1, found
    return found[0]


def say(control, line, timeout=20):
    """What the socket answers to these octets."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(control))
        received = b""
        try:
            connection.sendall(line)
            while part := connection.recv(65536):
                received += part
        except (ConnectionResetError, BrokenPipeError):
            pass
        return received


def test_streams_of_all_kinds_are_listed_with_what_they_are(env, control):
    """Both directions to a real server, and a client; the numbers of bytes are what was said."""
    with env.extra_gate(listen={"control": control}) as gate, \
            env.client("alice", gate=gate) as alice, \
            env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
        peer.establish()
        gate.expect_decision(kind="c2s", verdict="accepted")
        gate.expect_decision(kind="s2s_in", verdict="accepted", from_=RAW)
        found = {row["kind"]: row for row in rows(gate) if row["established"]}
        client, inbound = found["c2s"], found["s2s_in"]
        assert client["local"] == DOMAIN and client["remote"] is None
        assert client["authentication"] == "login" and client["tls"] == "TLSv1.3"
        assert client["cipher"].startswith("TLS_") and client["our_key"] in ("ecdsa", "rsa")
        assert client["peer_key"] is None
        assert client["to_backend_bytes"] > 0 and client["to_peer_bytes"] > 0
        assert inbound["local"] == DOMAIN and inbound["remote"] == RAW
        assert inbound["authentication"] == "external" and inbound["entry"] == "starttls"
        assert inbound["peer_key"].startswith(("ECDSA ", "RSA "))
        assert inbound["peer"].startswith("127.") and inbound["rule"] is None
        assert 0 <= inbound["idle_s"] <= inbound["age_s"] < 600
        listed = only(rows(gate, "--domain", RAW))
        assert listed["id"] == inbound["id"]
        assert only(rows(gate, "--domain", inbound["id"]))["remote"] == RAW
        assert rows(gate, "--domain", "nobody.example") == []
        table = ask(gate, "status", "streams").stdout
        assert inbound["id"] in table and alice.jid.host in table and "external" in table
        sums = overview(gate)["streams"]
        assert sums["c2s"] == 1 and sums["s2s_in"] == 1 and sums["tls"] == {"TLSv1.3": 2}
        assert sums["servers_by_authentication"]["external"] == 1
        gate.wait_metric(1, "portcullis_streams_standing", domain=DOMAIN, kind="s2s_in",
                         version="TLSv1.3", authentication="external")
    gate_is_gone = ask(gate, "status")
    assert gate_is_gone.returncode == 3 and str(control) in gate_is_gone.stderr


def test_outgoing_streams_are_listed(reloadable_gate):
    env, gate = reloadable_gate
    with env.client("alice") as alice, env.peer_client("prosody", "bob") as bob:
        alice.send(bob.full_jid, "hello")
        bob.wait_body("hello")
        domain = bob.jid.host
        gate.expect_decision(kind="s2s_out", verdict="accepted", to=domain)
        outbound = next(row for row in rows(gate, "--domain", domain) if row["kind"] == "s2s_out")
        assert outbound["local"] == DOMAIN and outbound["remote"] == domain
        assert outbound["authentication"] == "external" and outbound["established"]
        assert outbound["to_peer_bytes"] > 0 and outbound["peer_key"]


@pytest.fixture
def reloadable_gate(prosody_env):
    """The main gate, which the backend's own streams go through, with a control socket."""
    env = prosody_env
    path = env.gate.config_path
    text = path.read_text()
    control = path.with_name("control.sock")
    env.gate.finish()
    path.write_text(text.replace('control = "off"', f'control = "{control}"'))
    env.gate.start()
    yield env, env.gate
    env.gate.finish()
    path.write_text(text)
    env.gate.start()


def test_a_stream_is_closed_in_words(prosody_env, control):
    with prosody_env.extra_gate(listen={"control": control}) as gate, \
            prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=gate) as peer:
        peer.establish()
        stream = only(rows(gate, "--domain", RAW))
        closed = ask(gate, "status", "close", stream["id"], "--reason", "you are too <loud>")
        assert closed.returncode == 0 and closed.stdout == "1 stream ends\n", closed
        error = peer.stream_error()
        assert error.condition == "reset" and error.reason == "closed_by_operator"
        assert "you are too <loud>" in error.text
        peer.close()
        end = gate.expect_event(event="end", id=stream["id"])
        assert end["end"] == "operator" and end["undelivered"] == "0"
        again = ask(gate, "status", "close", stream["id"])
        assert again.returncode == 1 and "no stream has the id or the domain" in again.stderr
        gate.wait_metric(1, "portcullis_streams_closed_total", kind="s2s_in", end="operator")


def test_what_was_accepted_is_delivered_before_a_close(prosody_env, control):
    with prosody_env.extra_gate(listen={"control": control}) as gate, \
            prosody_env.client("alice", gate=gate) as alice, \
            prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=gate) as peer:
        peer.establish()
        for number in range(50):
            peer.send(f"<message from='bob@{RAW}' to='{alice.jid.bare}' type='chat'>"
                      f"<body>number {number}</body></message>")
        wait_until(lambda: only(rows(gate, "--domain", RAW))["to_backend_bytes"] > 0, 10, "traffic")
        assert ask(gate, "status", "close", RAW).returncode == 0
        assert peer.stream_error().condition == "reset"
        peer.close()
        end = gate.expect_event(event="end", kind="s2s_in", from_=RAW)
        assert end["undelivered"] == "0"


def test_closing_nobody_and_nonsense_are_errors(prosody_env, control):
    with prosody_env.extra_gate(listen={"control": control}) as gate:
        for target, words, code in (
                ("nobody.example", "no stream has", 1), ("x" * 300, "neither the id", 1),
                ("\x1b[2J", "neither the id", 1), ("a b", "neither the id", 2),
                ("a\nreload", "neither the id", 2), ("", "neither the id", 2)):
            closed = ask(gate, "status", "close", target)
            assert closed.returncode == code and words in closed.stderr, closed
            assert closed.stdout == "" and "\x1b" not in closed.stderr
        assert ask(gate, "status", "close").returncode == 2
        bogus = ask(gate, "status", "steams")
        assert bogus.returncode == 2 and 'did you mean "streams"?' in bogus.stderr


def test_refusals_are_kept_with_what_to_do(prosody_env, control):
    hostile = "<b>x</b>&\"'"
    with prosody_env.extra_gate(listen={"control": control}) as gate:
        for _ in range(3):
            with prosody_env.raw_client(RAW, prosody_env.pki.bad("expired", RAW), gate=gate) as bad:
                bad.negotiate_tls()
                bad.open()
                assert bad.stream_error().reason == "expired"
        with prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=gate) as bad:
            bad.negotiate_tls()
            bad.open(from_=hostile.replace("<", "&lt;").replace("&\"", "&amp;&quot;")
                     .replace("'", "&apos;"))
            bad.stream_error()
        found = overview(gate)["refusals"]
        expired = next(row for row in found if row["reason"] == "expired")
        assert expired["from"] == RAW and expired["times"] == 3 and expired["hint"]
        assert expired["verdict"] == "rejected" and expired["kind"] == "s2s_in"
        assert "What to do: " in ask(gate, "status").stdout
        status, html = gate.get("/")
        assert status == 200 and "<b>x</b>" not in html and "expired" in html


def test_the_page_and_its_headers(prosody_env, control):
    with prosody_env.extra_gate(listen={"control": control}) as gate, \
            prosody_env.raw_client(RAW, prosody_env.good(RAW), gate=gate) as peer:
        peer.establish()
        gate.expect_decision(kind="s2s_in", verdict="accepted", from_=RAW)
        with gate_module.urllib.request.urlopen(gate.admin + "/status", timeout=10) as answer:
            html = answer.read().decode()
            policy = answer.headers["Content-Security-Policy"]
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in policy and "style-src 'sha256-" in policy
        assert "unsafe" not in policy
        assert "ENFORCE" in html and RAW in html and "external" in html
        status, text = gate.get("/status.json")
        read = json.loads(text)
        assert status == 200 and read["mode"] == "enforce"
        assert read["stream_list"]["streams"][0]["remote"] == RAW
        backends = {row["kind"]: row for row in read["backends"]}
        assert backends["s2s_in"]["up"] is True and backends["s2s_in"]["since"]
        assert {row["use"] for row in read["certificates"]} == {"serving", "local_ca"}
        assert read["hosts"][0]["domain"] == DOMAIN
        assert gate.get("/status/../secret")[0] == 404


def test_debug_lines_for_one_domain_and_a_time(prosody_env, control):
    def steps(gate, since):
        return [e for e in gate.events(since) if e["event"] == "step"]

    def connect(gate, domain):
        with prosody_env.raw_client(domain, prosody_env.good(domain), gate=gate) as peer:
            peer.establish()
            peer.close()
            gate.expect_event(event="end", from_=domain)

    with prosody_env.extra_gate(listen={"control": control}) as gate:
        wanted, other = prosody_env.fresh_name(), prosody_env.fresh_name()
        assert ask(gate, "debug", wanted, "--for", "1h").returncode == 0
        connect(gate, other)
        assert steps(gate, 0) == []
        connect(gate, wanted)
        written = steps(gate, 0)
        assert {"wan", "backend"} == {e["side"] for e in written}
        assert any(e["state"] == "relaying" for e in written)
        assert overview(gate)["debug"][0]["target"] == wanted
        assert ask(gate, "debug", wanted, "--for", "0s").returncode == 0
        assert overview(gate)["debug"] == []
        count = len(written)
        connect(gate, prosody_env.fresh_name())
        assert len(steps(gate, 0)) == count
        assert ask(gate, "debug", wanted, "--for", "0s").returncode == 1
        assert ask(gate, "debug", wanted, "--for", "25h").returncode == 1
        assert ask(gate, "debug", wanted, "--for", "soon").returncode == 2
        assert ask(gate, "debug", wanted, "--for", "1s").returncode == 0
        wait_until(lambda: overview(gate)["debug"] == [], 20, "the time to be over")


def test_debug_is_bounded(prosody_env, control):
    with prosody_env.extra_gate(listen={"control": control}) as gate:
        for number in range(16):
            answer = say(control, f"debug 600 d{number}.example\n".encode())
            assert answer.endswith(b"\nok\n"), answer
        more = say(control, b"debug 600 more.example\n")
        assert more.endswith(b"\nfailed\n") and b"16 others" in more


def test_watch_ends_on_sigint(prosody_env, control):
    with prosody_env.extra_gate(listen={"control": control}) as gate:
        watch = subprocess.Popen(
            [str(gate_module.binary()), "status", "--watch", "-c", str(gate.config_path)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        seen = []
        while len(seen) < 2:
            line = watch.stdout.readline()
            assert line, watch.stderr.read()
            if line.startswith("MODE: ENFORCE"):
                seen.append(line)
        watch.send_signal(signal.SIGINT)
        _, complaints = watch.communicate(timeout=20)
        assert watch.returncode == 0 and complaints == ""


GARBAGE = [b"\n", b"\x00\xff\n", b"status\n", b"status xml\n", b"close\n", b"close \n",
           b"debug\n", b"debug x y\n", b"debug -1 a.example\n", b"debug 99999999999 a.example\n",
           b"streams text \x1b[2J\n", b"streams text " + b"a." * 400 + b"\n"]


def test_garbage_on_the_control_socket_is_answered_or_cut_off(prosody_env, control):
    with prosody_env.extra_gate(listen={"control": control}) as gate:
        for line in GARBAGE:
            answer = say(control, line)
            assert answer.endswith(b"failed\n"), (line, answer)
            assert b"\x1b" not in answer
        assert say(control, b"x" * 100_000) == b""
        assert say(control, b"status text\n").endswith(b"\nok\n")
        assert gate.running()


def test_two_clients_and_one_that_does_not_read(prosody_env, control):
    with prosody_env.extra_gate(listen={"control": control}) as gate:
        deaf = socket.socket(socket.AF_UNIX)
        half = socket.socket(socket.AF_UNIX)
        with deaf, half:
            deaf.connect(str(control))
            deaf.sendall(b"status json\n")  # and never reads
            half.connect(str(control))
            half.sendall(b"stat")  # and says no more
            both = [subprocess.Popen(
                [str(gate_module.binary()), "status", "streams", "--json", "-c",
                 str(gate.config_path)], stdout=subprocess.PIPE) for _ in range(2)]
            for one in both:
                text, _ = one.communicate(timeout=20)
                assert one.returncode == 0 and json.loads(text)["streams"] == []
        assert overview(gate)["mode"] == "enforce"


def test_many_streams_are_counted_and_bounded(prosody_env, control):
    """More streams than the page lists."""
    with prosody_env.extra_gate(listen={"control": control}, limits={
            "connections_per_address": 1000}) as gate:
        held = []
        try:
            for _ in range(105):
                connection = socket.create_connection((gate.wan, 5269))
                held.append(connection)
            wait_until(lambda: streams(gate)["matching"] == 105, 20, "all connections")
            found = streams(gate)
            assert found["shown"] == 105 and not any(r["established"] for r in found["streams"])
            assert overview(gate)["streams"]["negotiating"] == 105
            read = json.loads(gate.get("/status.json")[1])["stream_list"]
            assert read["shown"] == 100 and read["matching"] == 105
            assert "105 connections; the newest 100 are shown, and 5 more" in gate.get("/")[1]
        finally:
            for connection in held:
                connection.close()


def test_a_loop_that_hangs_is_said(prosody_env, control):
    """A whole process that is stopped answers nobody, and the asking command says so in time."""
    with prosody_env.extra_gate(listen={"control": control}) as gate:
        os.kill(gate.pid, signal.SIGSTOP)
        try:
            with socket.socket(socket.AF_UNIX) as waiting:
                waiting.connect(str(control))
                waiting.sendall(b"status text\n")
                waiting.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    waiting.recv(10)
        finally:
            os.kill(gate.pid, signal.SIGCONT)
        assert overview(gate)["silent_loops"] == 0


def test_observe_mode_is_said_with_what_was_let_through(observing_prosody, control):
    with observing_prosody.extra_gate(listen={"control": control}) as gate:
        read = overview(gate)
        assert read["mode"] == "observe"
        assert "MODE: OBSERVE" in ask(gate, "status").stdout


def test_a_failed_reload_is_shown(prosody_env, control):
    with prosody_env.extra_gate(listen={"control": control}) as gate:
        assert overview(gate)["last_reload"] is None
        text = gate.config_path.read_text()
        gate.config_path.write_text(text + "\n[limitz]\n")
        assert ask(gate, "reload").returncode == 1
        read = overview(gate)
        # The file cannot be read by the asking side's rules either, but names the socket.
        assert read["last_reload"]["ok"] is False and read["last_reload"]["trigger"] == "control"
        assert read["gate"]["level"] != "ok" and read["generation"] == 1
        gate.config_path.write_text(text)
        assert ask(gate, "reload").returncode == 0
        assert overview(gate)["last_reload"]["ok"] is True
        assert overview(gate)["generation"] == 2
