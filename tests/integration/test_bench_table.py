"""The table of tests/bench: what is compared with what, how it is judged, and where it is written."""

import dataclasses
import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "bench"))

import alone  # noqa: E402
import cases  # noqa: E402
import crates  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
import taking_part  # noqa: E402

NAMES = ["haproxy", "nginx", "portcullis"]
CASES = {case.key: case for case in cases.CASES}


def cells(results, names=(*NAMES,), idle=None):
    """{title of a column: cell} for each row, from {key: {target: [cost of each round]}}."""
    measured = [case for case in cases.CASES if case.key in results]
    head, *rows = report.table(measured, results, idle or {}, list(names))
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize("ours, result", [(0.9, "good"), (0.95, "good"), (0.96, "ok"), (1.05, "ok"),
                                          (1.06, "MISSED")])
def test_beside_the_best_peer(ours, result):
    (row,) = cells({"setup-ecdsa": {"haproxy": [2.0], "nginx": [1.0], "portcullis": [ours]}})
    assert (row["Must"], row["Should"], row["Result"]) == ("<= 1.05 x", "<= 0.95 x", result)


@pytest.mark.parametrize("key, must, should", [
    ("setup-12", 1.05, 0.95), ("setup-rsa", 1.05, 1.0), ("resumed-12", 1.1, 1.0),
    ("resumed-13", 1.1, 1.0), ("starttls-ejabberd", 0.6, 0.5), ("starttls-prosody", 0.4, 0.3),
    ("echo-1", 1.0, 0.9), ("echo-32", 1.0, 0.9), ("echo-1k-1", 1.0, 0.9), ("echo-1k-32", 1.0, 0.9),
    ("many-1000", 1.15, 1.05), ("many-9000", 1.15, 1.05)])
def test_marks_of_costs(key, must, should):
    assert (CASES[key].must, CASES[key].should) == (must, should)


@pytest.mark.parametrize("key", ["up-16k", "up-1400", "down-16k", "down-1400"])
@pytest.mark.parametrize("throughput, result", [(0.99, "MISSED"), (1.0, "ok"), (1.09, "ok"),
                                                (1.11, "good")])
def test_more_throughput_is_better(key, throughput, result):
    (row,) = cells({key: {"haproxy": [1e-8], "nginx": [2e-8], "portcullis": [1e-8 / throughput]}})
    assert (row["Must"], row["Should"], row["Result"]) == (">= 1 x", ">= 1.1 x", result)
    assert row["nginx"] == "50.0 (0.50)"


def test_each_round_has_its_own_ratio():
    """A busy minute makes everybody dearer."""
    (row,) = cells({"echo-1": {"haproxy": [1.0, 5.0, 2.0], "nginx": [9.0, 9.0, 9.0],
                               "portcullis": [0.8, 4.0, 1.6]}})
    assert (row["portcullis"], row["Result"]) == ("1600000 (0.80)", "good")


@pytest.mark.parametrize("server, ours, result", [
    ("ejabberd", 0.5, "good"), ("ejabberd", 0.6, "ok"), ("ejabberd", 0.61, "MISSED"),
    ("prosody", 0.3, "good"), ("prosody", 0.4, "ok"), ("prosody", 0.41, "MISSED")])
def test_beside_a_server(server, ours, result):
    (row,) = cells({f"starttls-{server}": {server: [1.0], "portcullis": [ours]}})
    assert (row["haproxy"], row["server alone"], row["Result"]) == ("-", "1000000 (1.00)", result)


def test_without_the_server_nothing_is_judged():
    (row,) = cells({"starttls-prosody": {"portcullis": [1.0]}})
    assert (row["portcullis"], row["Result"]) == ("1000000", "-")


def test_many_connections_are_beside_few():
    few, many = cells({"echo-1": {"nginx": [1.0], "portcullis": [0.8]},
                       "many-9000": {"nginx": [3.0], "portcullis": [1.0]}})
    assert few["portcullis"] == "800000 (0.80)"
    assert (many["nginx"], many["portcullis"]) == ("3000000 (3.00)", "1000000 (1.25)")
    assert many["Result"] == "MISSED"


def test_two_workers_inform():
    row = cells({"echo-1": {"portcullis": [1.0]}, "workers-echo": {"portcullis": [9.0]}})[1]
    assert (row["Must"], row["Should"], row["Result"]) == ("-", "<= 1.35 x", "info")
    assert row["portcullis"] == "9000000 (9.00)"


@pytest.mark.parametrize("memory, result", [(16.4, "good"), (17.3, "ok"), (17.4, "MISSED")])
def test_idle_connections(memory, result):
    (row,) = cells({}, idle={"haproxy": 1.0, "nginx": 40.0, "portcullis": memory})
    assert (row["Must"], row["Should"], row["Result"]) == ("<= 17.3 kB", "<= 16.4 kB", result)


@pytest.mark.parametrize("key", ["setup-ecdsa", "many-9000", "up-16k"])
@pytest.mark.parametrize("ours, result", [(1.05, "good"), (1.06, "MISSED")])
def test_beside_another_build(key, ours, result):
    (row,) = cells({key: {"before": [1.0], "portcullis": [ours]}}, ["before", "portcullis"])
    assert row["Should"] == "-"
    assert row["Result"] == result


def test_a_part_of_what_is_sent_in_bulk():
    assert "400000000" in CASES["up-16k"].load_of(1)
    assert "50000000" in CASES["up-16k"].load_of(8)
    for key in ("down-16k", "echo-1", "setup-ecdsa"):
        assert CASES[key].load_of(8) == CASES[key].load


def test_what_a_row_is_beside_is_measured_too():
    def keys(word, **more):
        return [case.key for case in cases.chosen(lambda key: key.startswith(word), **more)]
    assert keys("many-9000") == ["echo-1", "many-9000"]
    assert keys("workers-setup") == ["setup-ecdsa", "workers-setup"]
    assert keys("many-9000", two_builds=True) == ["many-9000"]
    assert keys("starttls", two_builds=True) == ["starttls-ejabberd"]
    assert keys("workers", two_builds=True) == []
    assert keys("") == [case.key for case in cases.CASES]
    assert {"setup-ecdsa", "setup-rsa", "setup-12"} <= set(keys("", two_builds=True))


@dataclasses.dataclass
class Asked:
    targets: list
    before: str | None = None
    xmpp_proxy: pathlib.Path | None = None
    no_build: bool = True
    binaries: dict = dataclasses.field(default_factory=dict)


def test_who_is_not_there_is_left_out(monkeypatch):
    monkeypatch.setattr(peers, "missing", lambda name: "gone" if name == "hitch" else "")
    monkeypatch.setattr(alone, "missing", lambda name: "gone" if name == "prosody" else "")
    monkeypatch.setattr(crates, "find", lambda may_build: (None, "no cargo"))
    asked = Asked(["haproxy", "hitch", "xmpp-proxy", "portcullis"])
    servers, sentences = taking_part.choose(asked, cases.CASES)
    assert (asked.targets, servers) == (["haproxy", "portcullis"], ["ejabberd"])
    assert sentences == ["hitch was left out: gone.", "xmpp-proxy was left out: no cargo.",
                         "prosody was left out: gone."]


def test_who_is_not_asked_for_is_not_missed(monkeypatch):
    monkeypatch.setattr(alone, "missing", lambda name: "gone")
    asked = Asked(["portcullis"])
    assert taking_part.choose(asked, [CASES["echo-1"]]) == ([], [])
    asked = Asked(["before", "portcullis"], before="other")
    assert taking_part.choose(asked, cases.CASES) == ([], [])


def cargo(folder, script):
    program = folder / "cargo"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(folder)


def test_cargo_builds_once(tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    monkeypatch.setenv("PATH", cargo(tmp_path, f"/bin/mkdir -p {cache}/bin; : > {cache}/bin/xmpp-proxy"),
                       prepend=":")
    assert crates.find(False, cache)[0] is None
    assert crates.find(True, cache) == (cache / "bin" / "xmpp-proxy", "")
    cargo(tmp_path, "exit 1")
    assert crates.find(True, cache) == (cache / "bin" / "xmpp-proxy", "")


def test_why_cargo_did_not_build(tmp_path, monkeypatch):
    folder = cargo(tmp_path, "echo 'error: too old' >&2; echo 'error: more' >&2; exit 101")
    monkeypatch.setenv("PATH", folder)
    assert crates.find(True, tmp_path / "cache") == (None, "cargo could not build it (error: too old)")
    monkeypatch.setenv("PATH", "")
    assert "no cargo" in crates.find(True, tmp_path / "cache")[1]


def test_tables_stand_between_their_own_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Head\n\n<!-- bench:begin -->\nold\n<!-- bench:end -->\n\nTail\n")
    report.write_into(page, "new", "bench-debian-13")
    report.write_into(page, "newer", "bench")
    assert page.read_text() == (
        "# Head\n\n<!-- bench:begin -->\nnewer\n<!-- bench:end -->\n\nTail\n\n"
        "<!-- bench-debian-13:begin -->\nnew\n<!-- bench-debian-13:end -->\n")
