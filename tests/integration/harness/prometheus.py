"""A real Prometheus that scrapes gates, and what an operator would see in it."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

import yaml

from .docs import ROOT
from .process import Daemon, make_directory, wait_until

RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "portcullis.json"
EXAMPLE = ROOT / "deploy" / "prometheus" / "prometheus.yml"

_METRIC = re.compile(r"\b(?:portcullis|process)_[a-z_]+\b")


def metrics_in(expression):
    """The names of metrics in an expression of PromQL, without those in quotes."""
    return set(_METRIC.findall(re.sub(r"\"[^\"]*\"", "", expression)))


class QueryFailed(AssertionError):
    pass


class Prometheus(Daemon):
    """Our example configuration with the gate's address, every second."""

    def __init__(self, directory, address, targets):
        directory = make_directory(directory)
        self.url = f"http://{address}:9090"
        config = yaml.safe_load(EXAMPLE.read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(RULES)]
        config["scrape_configs"][0]["static_configs"] = [{"targets": targets}]
        path = directory / "prometheus.yml"
        path.write_text(yaml.safe_dump(config))
        super().__init__("prometheus", directory, [
            "prometheus", f"--config.file={path}", f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address={address}:9090"])

    def wait_ready(self):
        def ready():
            assert self.running(), self.tail()
            try:
                return urllib.request.urlopen(self.url + "/-/ready", timeout=2).status == 200
            except OSError:
                return False
        wait_until(ready, 30, lambda: f"Prometheus\n{self.tail()}")

    def get(self, path, **parameters):
        """`data` of an answer of the API."""
        url = self.url + "/api/v1/" + path + "?" + urllib.parse.urlencode(parameters, doseq=True)
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            raise QueryFailed(refused.read().decode()) from refused

    def query(self, expression):
        """The series of an instant query."""
        return self.get("query", query=expression)["result"]

    def metric_names(self):
        return set(self.get("label/__name__/values"))

    def label_values(self, query):
        """As Grafana's template variables ask: label_values(SELECTOR, LABEL)."""
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", query).groups()
        return self.get(f"label/{label}/values", **{"match[]": selector})


class Dashboard:
    """The dashboard as Grafana reads it."""

    def __init__(self, path=DASHBOARD):
        self.content = json.loads(path.read_text())
        self.panels = [p for p in self.content["panels"] if p["type"] != "row"]
        self.variables = {v["name"]: v for v in self.content["templating"]["list"]}

    def expressions(self):
        """(where it stands, expression), variables not filled in yet."""
        for panel in self.panels:
            for target in panel["targets"]:
                yield f"{panel['title']} {target['refId']}", target["expr"]
        for annotation in self.content["annotations"]["list"]:
            yield annotation["name"], annotation["expr"]

    def fill(self, text, values):
        """With what Grafana puts in: all values of a variable as one regular expression."""
        text = text.replace("$__rate_interval", "1m").replace("$__range", "1h")
        for name, chosen in values.items():
            several = self.variables[name].get("multi")
            word = "(" + "|".join(chosen) + ")" if several else chosen[0]
            text = text.replace(f"${name}", word)
        return text

    def choices(self, prometheus):
        """The values of every variable, asked for in order: later ones use earlier ones."""
        values = {}
        for name, variable in self.variables.items():
            if variable["type"] == "query":
                values[name] = prometheus.label_values(self.fill(variable["definition"], values))
        return values
