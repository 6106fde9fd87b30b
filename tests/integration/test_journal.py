"""Under systemd the log goes into the journal, with its fields."""

import os
import signal

import pytest

from harness.environment import RAW
from harness.gate import run_command
from harness.journal import JOURNALD, FakeJournal, Journal, Namespace, identity
from harness.process import wait_until
from harness.raw_peer import RawClient

CONNECTIONS = 60  # more than a socket holds that nobody reads


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A namespace with a fake journal, and a pipe as the stream that systemd would give."""
    namespace = Namespace(tmp_path).start()
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    monkeypatch.setenv("JOURNAL_STREAM", identity(writing))
    journal = FakeJournal(namespace)

    def in_child():
        namespace.enter()
        os.dup2(writing, 2)
    yield journal, reading, in_child
    os.close(reading)
    os.close(writing)
    namespace.stop()


def refuse(env, gate, count=1):
    for number in range(count):
        with RawClient((gate.wan, 5269), RAW, "unknown.example",
                       source=env.net.address(200 + number % 50)) as peer:
            peer.open()
            assert peer.stream_error().condition == "host-unknown"


def decisions(entries):
    return [entry for entry in entries if entry.get("PORTCULLIS_EVENT") == "decision"]


def read_pipe(reading):
    try:
        return os.read(reading, 65536).decode()
    except BlockingIOError:
        return ""


@pytest.mark.skipif(not JOURNALD.exists(), reason="no systemd-journald")
@pytest.mark.skipif(not os.path.ismount("/sys/fs/cgroup"),
                    reason="no control groups, without which systemd-journald 257 ends")
def test_real_journal(prosody_env, tmp_path, monkeypatch):
    """Found by its fields, with its priority; and the report reads what journalctl prints."""
    env = prosody_env
    journal = Journal(tmp_path).start()
    stream, stream_identity = journal.stream()
    monkeypatch.setenv("JOURNAL_STREAM", stream_identity)

    def in_child():
        journal.enter()
        os.dup2(stream.fileno(), 2)
    try:
        with env.extra_gate(in_child=in_child, log={"format": "auto"}) as gate:
            refuse(env, gate, 3)
            with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
                peer.establish()
            gate.wait_quiet("s2s_in")
            found = wait_until(lambda: _four(decisions(journal.entries())), 15,
                               lambda: f"four decisions\n{journal.journalctl()}")
            [started] = [entry for entry in journal.entries()
                         if entry.get("PORTCULLIS_EVENT") == "started"]
        for entry in found:
            assert entry["PRIORITY"] == "5"
            assert entry["SYSLOG_IDENTIFIER"] == "portcullis"
            assert entry["MESSAGE"].startswith("event=decision kind=s2s_in ")
            assert entry["_COMM"] == "portcullis"  # what the journal knows by itself
        assert found[0]["PORTCULLIS_REASON"] == "host_unknown"
        assert found[3]["PORTCULLIS_VERDICT"] == "accepted"
        assert len(found[3]["PORTCULLIS_CERT_SHA256"]) == 64
        assert started["PORTCULLIS_FILE"].endswith("portcullis.toml")
        assert f"s2s={gate.wan}:5269" in started["PORTCULLIS_ADDRESSES"]
        assert journal.journalctl("-o", "cat", "PORTCULLIS_REASON=host_unknown").count("\n") == 3
        for form in ("json", "short-iso", "cat"):
            log = tmp_path / f"{form}.log"
            log.write_text(journal.journalctl("-o", form))
            report = run_command("report", log)
            assert report.returncode in (0, 1), report.stderr
            assert "unknown.example" in report.stdout or "host_unknown" in report.stdout
    finally:
        stream.close()
        journal.stop()


def _four(found):
    return found if len(found) == 4 else None


def test_falls_back_to_standard_error_while_nobody_answers(prosody_env, fake):
    env = prosody_env
    journal, reading, in_child = fake
    with env.extra_gate(in_child=in_child, log={"format": "auto"}) as gate:
        refuse(env, gate)
        entry = wait_until(lambda: decisions(journal.entries()), 10, "a decision")[0]
        assert (entry["PRIORITY"], entry["PORTCULLIS_VERDICT"]) == ("5", "rejected")
        assert "event=" not in read_pipe(reading)  # what was said before there was a log
        journal.close()
        refuse(env, gate)
        line = wait_until(lambda: read_pipe(reading), 10, "a line on standard error")
        assert line.startswith("<5>event=decision kind=s2s_in ")
        journal.open()
        refuse(env, gate)
        assert wait_until(lambda: decisions(journal.entries()), 10, "a decision in the journal")
        gate.wait_quiet("s2s_in")
        assert gate.metrics().total("portcullis_log_lines_dropped_total") == 0


def test_steps_go_there_too_and_fall_back(prosody_env, fake):
    env = prosody_env
    journal, reading, in_child = fake
    steps = lambda: [one for one in journal.entries() if one.get("PORTCULLIS_EVENT") == "step"]
    with env.extra_gate(in_child=in_child, log={"format": "auto", "debug": True}) as gate:
        refuse(env, gate)
        entry = wait_until(steps, 10, "a step")[0]
        assert entry["PRIORITY"] == "7" and entry["MESSAGE"].startswith("event=step ")
        read_pipe(reading)
        journal.close()
        refuse(env, gate)
        said = []
        wait_until(lambda: said.append(read_pipe(reading)) or "<7>event=step " in "".join(said), 10,
                   "a step on standard error")
        assert gate.running()


def test_a_journal_that_reads_nothing_holds_nobody_up(prosody_env, fake):
    env = prosody_env
    journal, _, in_child = fake
    with env.extra_gate(in_child=in_child, log={"format": "auto"}, limits={"drain": "1s"}) as gate:
        refuse(env, gate, CONNECTIONS)
        gate.wait_metric(CONNECTIONS, "portcullis_streams_rejected_total", reason="host_unknown")
        assert gate.get("/livez")[0] == 200
        with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
            peer.establish()
            seen = []
            wait_until(lambda: seen.extend(decisions(journal.entries())) or
                       len(seen) == CONNECTIONS + 1, 10, lambda: f"all decisions, not {len(seen)}")
        # It ends although nobody reads its last lines.
        refuse(env, gate, CONNECTIONS)
        gate.wait_quiet("s2s_in")
        gate.process.send_signal(signal.SIGTERM)
        assert gate.process.wait(timeout=10) == 0
        gate.process = None


def test_format_text_stays_on_standard_error(prosody_env, fake):
    env = prosody_env
    journal, reading, in_child = fake
    with env.extra_gate(in_child=in_child, log={"format": "text"}) as gate:
        refuse(env, gate)
        seen = []
        wait_until(lambda: seen.append(read_pipe(reading)) or
                   "level=notice event=decision" in "".join(seen), 10, "a line")
        assert journal.entries() == []
