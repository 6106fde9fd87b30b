"""What deploy/prometheus and deploy/grafana show of a real gate, in a real Prometheus."""

import datetime
import re
import subprocess

import pytest
import yaml

from harness import raw_peer
from harness.docs import ROOT
from harness.environment import DOMAIN, RAW
from harness.process import wait_until
from harness.prometheus import RULES, Dashboard, Prometheus, metrics_in

ALERTS_PAGE = ROOT / "docs" / "alerts.md"


def alerts():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"]
            for rule in group["rules"]]


def promtool(*arguments, **options):
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True,
                          check=False, cwd=RULES.parent, **options)


class Watched:
    """A gate about which there is something to tell, and a Prometheus that has seen all of it."""

    def __init__(self, env, gate):
        self.env, self.gate = env, gate
        target = gate.admin.removeprefix("http://")
        self.prometheus = env.started(
            Prometheus(env.directory / "prometheus", env.net.address(60), [target]))
        # What happens between two scrapes is an increase.
        self._wait_scrapes(2)
        self._make_traffic()
        self._wait_scrapes(self._scrapes() + 2)

    def _wait_scrapes(self, count):
        wait_until(lambda: self._scrapes() >= count, 60, f"{count} scrapes")

    def _scrapes(self):
        counted = self.prometheus.query('count_over_time(up{job="portcullis"}[5m])')
        return int(counted[0]["value"][1]) if counted else 0

    def _make_traffic(self):
        with self.env.raw_client(RAW, self.env.good(RAW), gate=self.gate) as good:
            good.establish()
        with self.env.raw_client(RAW, self.env.pki.bad("expired", RAW), gate=self.gate) as refused:
            refused.negotiate_tls()
            refused.open()
            assert refused.stream_error().reason == "expired"
        with self.env.client("alice", gate=self.gate):
            pass
        self.gate.expect_decision(reason="expired")

    def value(self, expression):
        """Of a query that has one answer."""
        series, = self.prometheus.query(expression)
        return float(series["value"][1])


@pytest.fixture(scope="module")
def watched_worlds():
    made = {}
    yield made
    for context, _ in made.values():
        context.__exit__(None, None, None)


@pytest.fixture
def watched(prosody_env, watched_worlds):
    if prosody_env not in watched_worlds:
        env = prosody_env
        until = datetime.date.today() + datetime.timedelta(days=5)
        settings = env.settings("0.0.0.0", "0.0.0.0")["s2s"]
        context = env.extra_gate(
            s2s={**settings, "rule": [{"match": [RAW]}],
                 "exception": [{"domain": "slow.example", "allow": ["expired"], "until": until,
                                "why": "they promised to renew"}]})
        watched_worlds[env] = (context, Watched(env, context.__enter__()))
    return watched_worlds[prosody_env][1]


def test_a_real_scrape_is_well_formed(watched):
    status, text = watched.gate.get("/metrics")
    assert status == 200
    checked = promtool("check", "metrics", input=text)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_backend_is_up_and_a_refusal_has_a_fault(watched):
    for kind in ("s2s_in", "c2s"):
        assert watched.value(f'portcullis_backend_up{{domain="{DOMAIN}", kind="{kind}"}}') == 1
    assert watched.value('portcullis_streams_rejected_total{kind="s2s_in", reason="expired", '
                         'fault="peer"}') == 1


def test_every_variable_of_the_dashboard_has_values(watched):
    choices = Dashboard().choices(watched.prometheus)
    assert choices["job"] == ["portcullis"]
    assert choices["instance"] == [watched.gate.admin.removeprefix("http://")]
    assert choices["kind"] == ["c2s", "s2s_in", "s2s_out"]
    assert DOMAIN in choices["domain"]


# What shows nothing when all is well: nothing was observed, excepted or refused while relaying, and
# no reload took place. The first call of another server makes the times of DNS.
EMPTY_WHEN_ALL_IS_WELL = {"What enforce would refuse A", "Reloads",
                          "Let through by exceptions, and refused stanzas A",
                          "Let through by exceptions, and refused stanzas B",
                          "Ended streams, and stanzas that did not arrive B",
                          "Ended streams, and stanzas that did not arrive C"}


def test_every_expression_of_the_dashboard_has_an_answer(watched):
    dashboard = Dashboard()
    choices = dashboard.choices(watched.prometheus)
    empty, names = set(), watched.prometheus.metric_names()
    seen = 0
    for place, expression in dashboard.expressions():
        filled = dashboard.fill(expression, choices)
        assert "$" not in filled, place
        assert metrics_in(expression) <= names, f"{place}: {metrics_in(expression) - names}"
        if not watched.prometheus.query(filled):
            empty.add(place)
        seen += 1
    assert seen > 30
    assert empty == EMPTY_WHEN_ALL_IS_WELL


def test_the_dashboard_uses_every_metric_that_an_operator_asks_about(watched):
    used = set()
    for _, expression in Dashboard().expressions():
        used |= {re.sub(r"_(bucket|sum|count)$", "", name) for name in metrics_in(expression)}
    there = {re.sub(r"_(bucket|sum|count)$", "", name)
             for name in watched.prometheus.metric_names()
             if name.startswith(("portcullis_", "process_"))}
    # Information that only the alerts or nobody needs as a curve.
    assert there - used == {"process_start_time_seconds"}


def test_panels_do_not_overlap_and_have_ids():
    panels = Dashboard().content["panels"]
    assert len({p["id"] for p in panels}) == len(panels)
    cells = [(x, y) for p in panels for at in [p["gridPos"]]
             for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])]
    assert len(set(cells)) == len(cells) and max(x for x, _ in cells) < 24


def test_the_rules_load_and_every_metric_in_them_exists(watched):
    rules = [rule for group in watched.prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert {r["name"] for r in rules} == {a["alert"] for a in alerts()}
    wait_until(lambda: all(r["lastEvaluation"] > "2000" for g in
                           watched.prometheus.get("rules")["groups"] for r in g["rules"]), 20,
               "the rules to be evaluated")
    for rule in watched.prometheus.get("rules")["groups"]:
        for one in rule["rules"]:
            assert one["health"] == "ok", one
            missing = metrics_in(one["query"]) - watched.prometheus.metric_names()
            assert not missing, f"{one['name']}: {missing}"


def test_the_right_alerts_wait_or_fire(watched):
    """The exception ends within the week; nothing else is amiss."""
    wait_until(lambda: watched.prometheus.get("alerts")["alerts"], 20, "an alert")
    assert {a["labels"]["alertname"] for a in watched.prometheus.get("alerts")["alerts"]} == {
        "PortcullisExceptionEnding"}


def test_a_backend_that_nobody_calls_is_asked(env):
    """Also behind the PROXY protocol, which the ejabberd here wants from clients."""
    with env.extra_gate() as gate:
        for kind in ("s2s_in", "c2s"):
            up = f'portcullis_backend_up{{domain="{DOMAIN}",kind="{kind}"}} 1\n'
            wait_until(lambda: up in gate.get("/metrics")[1], 20, lambda: f"{up}{gate.tail()}")
        assert gate.metrics().total("portcullis_backend_connections_total") == 0
        assert not [e for e in gate.events() if e["event"] == "backend"]


def test_a_backend_that_ends_and_comes_back(watched):
    backend = watched.env.backend
    backend.stop()
    try:
        with watched.env.raw_client(RAW, watched.env.good(RAW), gate=watched.gate) as caller:
            caller.secure()
            caller.send(raw_peer.external(RAW))
            assert caller.stream_error().condition == "remote-connection-failed"
        watched.gate.wait_metric(0, "portcullis_backend_up", kind="s2s_in")
        wait_until(lambda: any(a["labels"]["alertname"] == "PortcullisBackendDown" for a in
                               watched.prometheus.get("alerts")["alerts"]), 20, "the alert")
    finally:
        backend.start()
    # Nobody calls it now.
    watched.gate.wait_metric(1, "portcullis_backend_up", timeout=60, kind="s2s_in")


def test_promtool_is_content():
    for arguments in (("check", "rules", "rules.yml"), ("check", "config", "prometheus.yml"),
                      ("test", "rules", "rules_test.yml", "rules_slow_test.yml")):
        done = promtool(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case_that_fires_and_one_that_does_not():
    fires, silent = set(), set()
    for name in ("rules_test.yml", "rules_slow_test.yml"):
        for case in yaml.safe_load((RULES.parent / name).read_text())["tests"]:
            for test in case["alert_rule_test"]:
                (fires if test["exp_alerts"] else silent).add(test["alertname"])
    names = {a["alert"] for a in alerts()}
    assert fires == names and silent == names


@pytest.mark.parametrize("alert", alerts(), ids=lambda a: a["alert"])
def test_an_alert_says_what_to_do(alert):
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    page, _, anchor = alert["annotations"]["runbook_url"].rpartition("/alerts.md#")
    assert "file:///usr/share/doc/portcullis" in page
    assert anchor == alert["alert"].lower()
    assert f"\n### {alert['alert']}\n" in ALERTS_PAGE.read_text()


def test_the_page_knows_no_alert_that_there_is_not():
    sections = re.findall(r"^### (Portcullis\w+)$", ALERTS_PAGE.read_text(), re.MULTILINE)
    assert sorted(sections) == sorted(a["alert"] for a in alerts())
