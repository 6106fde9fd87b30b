"""`portcullis enforce`: what it would cost, and the step itself, with a running gate in observe mode
and real servers."""

import json
import re
import stat

import pytest

from harness import gate as gate_module

MAY_NOT_BE_ASKED = 3


@pytest.fixture
def env(observing_prosody):
    return observing_prosody


@pytest.fixture
def observing_gate(env, tmp_path):
    """The gate that DNS leads to, observing, with a control socket."""
    with env.changed_gate(policy={"mode": "observe"},
                          listen={"control": tmp_path / "control.sock"}) as gate:
        yield gate


def run(gate, *arguments):
    return gate_module.run_command("enforce", "-c", gate.config_path, "--log", gate.log_path,
                                   *arguments, timeout=60)


def mode_in(path):
    return re.findall(r'^mode = "(\w+)"', path.read_text(), re.MULTILINE)


def federated(env, software, habit, alice):
    """A client of that peer, with whom alice has spoken in both directions."""
    bob = env.real_peer(software, habit).client()
    bob.send(alice.full_jid, f"in from {software} {habit}")
    alice.wait_body(f"in from {software} {habit}")
    alice.send(bob.full_jid, f"out to {software} {habit}")
    bob.wait_body(f"out to {software} {habit}")
    return bob


def test_a_dry_run_says_who_ends_and_changes_nothing(env, observing_gate):
    before = observing_gate.config_path.read_bytes()
    bad = env.peer_domain("prosody", "plain")
    with env.client("alice") as alice, \
            federated(env, "prosody", "plain", alice), \
            federated(env, "prosody", "strict", alice):
        text = run(observing_gate)
        found = run(observing_gate, "--json")
        assert observing_gate.metrics().total("portcullis_verdicts_total", verdict="rejected") == 0
        alice.send(f"bob@{bad}", "still let through")
    assert text.returncode == 0 and found.returncode == 0, text.stderr + found.stderr
    assert "Nothing was changed" in text.stdout and "strict lines back" in text.stdout
    plan = json.loads(found.stdout)
    assert plan["outcome"] == "dry run" and plan["mode"] == "observe"
    assert plan["where"].startswith(f"{observing_gate.config_path}:")
    lost = {(row["kind"], row["remote"], row["reason"]) for row in plan["streams"]["lost"]}
    assert ("s2s_in", bad, "plaintext_refused") in lost
    assert ("s2s_out", bad, "starttls_not_offered") in lost
    assert not [row for row in lost if row[1] == env.peer_domain("prosody", "strict")]
    assert bad in {row["domain"] for row in plan["would_be_refused"]}
    assert bad in text.stdout and env.peer_domain("prosody", "strict") not in text.stdout
    assert observing_gate.config_path.read_bytes() == before


def test_yes_writes_it_and_ends_who_does_not_meet_it(env, observing_gate):
    path = observing_gate.config_path
    path.write_text("# kept\n" + path.read_text() + "# and this\n")
    path.chmod(0o640)
    before = path.read_text()
    bad, good = env.peer_domain("prosody", "plain"), env.peer_domain("prosody", "strict")
    with env.client("alice") as alice, \
            federated(env, "prosody", "plain", alice), \
            federated(env, "prosody", "strict", alice) as carol:
        done = run(observing_gate, "--yes")
        assert done.returncode == 0, done.stderr + done.stdout
        assert 'mode = "enforce" is in force' in done.stdout
        observing_gate.expect_event(event="end", kind="s2s_in", from_=bad,
                                    why="plaintext_refused (judged again)")
        alice.send(carol.full_jid, "still there")
        carol.wait_body("still there")
        assert not [e for e in observing_gate.events() if e["event"] == "end" and good in (
            e["from"], e["to"])]
    assert path.read_text() == before.replace('mode = "observe"', 'mode = "enforce"', 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.with_name(path.name + ".before-portcullis-enforce").read_text() == before
    again = run(observing_gate)
    assert again.returncode == 0 and 'mode is "enforce" already' in again.stdout
    observing_gate.expect_event(event="reload", outcome="ok")


def test_a_file_that_is_not_in_force_yet_is_taken(observing_gate):
    path = observing_gate.config_path
    path.write_text(path.read_text().replace('mode = "observe"', 'mode = "enforce"', 1))
    told = run(observing_gate)
    assert told.returncode == 1 and "the running portcullis observes" in told.stderr
    done = run(observing_gate, "--yes")
    assert done.returncode == 0 and 'mode = "enforce" is in force' in done.stdout, done.stderr
    observing_gate.expect_event(event="reload", outcome="ok")
    again = run(observing_gate)
    assert again.returncode == 0 and 'mode is "enforce" already' in again.stdout


def test_a_gate_that_serves_another_file_is_left_alone(observing_gate, tmp_path):
    other = tmp_path / "portcullis.toml"
    other.write_text(observing_gate.config_path.read_text())
    before = other.read_bytes()
    done = gate_module.run_command("enforce", "-c", other, "--yes")
    assert done.returncode == 1 and str(observing_gate.config_path) in done.stderr, done.stderr
    assert other.read_bytes() == before
    assert not [e for e in observing_gate.events() if e["event"] == "reload"]


def test_what_the_running_gate_does_not_take_is_put_back(env, observing_gate):
    """Another gate has the port that the file names by now."""
    path = observing_gate.config_path
    taken = f"{env.inbound.wan}:5222"
    text = path.read_text()
    changed = re.sub(r"^c2s_direct = .*$", f'c2s_direct = ["{taken}"]', text, flags=re.MULTILINE)
    assert changed != text
    path.write_text(changed)
    done = run(observing_gate, "--yes")
    assert done.returncode == 1
    assert taken in done.stderr and "is as it was before" in done.stderr
    assert path.read_text() == changed
    observing_gate.expect_event(event="reload", outcome="failed")


def test_a_file_that_check_refuses_is_put_back(env, observing_gate):
    """A certificate of it has gone since it was loaded; so the streams cannot be judged either."""
    path = observing_gate.config_path
    before = path.read_text()
    broken = before.replace(str(env.directory), str(env.directory / "gone"))
    assert broken != before
    path.write_text(broken)
    done = run(observing_gate, "--yes")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "gone" in done.stderr and path.read_text() == broken


def test_nothing_is_changed_where_no_gate_answers(env, observing_gate, tmp_path):
    path = tmp_path / "portcullis.toml"
    text = observing_gate.config_path.read_text()
    path.write_text(re.sub(r"^control = .*$", f'control = "{tmp_path}/none.sock"', text,
                           flags=re.MULTILINE))
    before = path.read_bytes()
    for arguments in ([], ["--yes"]):
        done = gate_module.run_command("enforce", "-c", path, "--log", observing_gate.log_path,
                                       *arguments)
        assert done.returncode == MAY_NOT_BE_ASKED, done.stdout
        assert "nothing was changed" in done.stderr and "cannot be asked" in done.stdout
        assert path.read_bytes() == before
        assert sorted(tmp_path.glob("portcullis*")) == [path]


def test_a_mode_that_is_not_written_as_such_is_left_to_the_operator(env, observing_gate,
                                                                    monkeypatch):
    path = observing_gate.config_path
    text = path.read_text().replace('mode = "observe"', 'mode = "${GATE_MODE}"', 1)
    path.write_text(text)
    monkeypatch.setenv("GATE_MODE", "observe")
    done = run(observing_gate, "--yes")
    assert done.returncode == 1 and "write it yourself" in done.stderr
    assert f"{path}:" in done.stderr and path.read_text() == text


def test_a_configuration_that_is_invalid_is_not_touched(observing_gate, tmp_path):
    path = tmp_path / "portcullis.toml"
    path.write_text("version = 1\n[policy]\nmode = \"observ\"\n")
    done = gate_module.run_command("enforce", "-c", path, "--yes")
    assert done.returncode == 78 and "observ" in done.stderr
    assert mode_in(path) == ["observ"]
