"""The program under test: starts it, reads its log and its metrics."""

import functools
import json
import os
import pathlib
import re
import shlex
import subprocess
import urllib.error
import urllib.request

from .docs import ROOT
from .process import Daemon, make_directory, wait_until

DEFAULT_BINARY = ROOT / "build" / "dev" / "portcullis"
ADMIN_PORT = 9270
KINDS = ("s2s_in", "s2s_out", "c2s")

_LABEL = re.compile(r'([a-z_]+)="([^"]*)"')


def binary():
    """None when it has not been built."""
    # Programs run in folders of their own, so a relative name would be lost.
    path = pathlib.Path(os.environ.get("PORTCULLIS_BINARY", DEFAULT_BINARY)).absolute()
    return path if path.exists() else None


def is_sanitized():
    """Whether the program was built with a sanitizer."""
    code = binary().read_bytes() if binary() else b""
    return b"__asan_init" in code or b"__tsan_init" in code


def run_command(*arguments, timeout=20):
    """A short command of the binary: the finished process, output as text."""
    return subprocess.run([str(binary()), *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, check=False)


def parse_line(line):
    """One logfmt line as a dict; {} for anything else."""
    line = re.sub(r"^<\d>", "", line)
    start = line.find("event=")
    if start < 0:
        return {}
    # logfmt quotes with " and escapes with \, as a JSON string; shlex would take ' for a quote.
    fields = {}
    for key, quoted, bare in re.findall(r'([a-z0-9_]+)=(?:("(?:[^"\\]|\\.)*")|(\S*))', line[start:]):
        fields[key] = json.loads(quoted) if quoted else bare
    return fields


@functools.lru_cache(maxsize=None)
def documented_fields():
    """By event: the names in the table of events of docs/log.md."""
    page = (ROOT / "docs" / "log.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| .* \| ([^|]*) \|$", page, re.MULTILINE)
    return {event: set(re.findall(r"`(\w+)`", fields)) for event, fields in rows}


class Metrics:
    def __init__(self, text):
        self._text = text
        self._samples = {}

    def _of(self, name):
        """Labels -> value. Read when asked for: there are some hundred others."""
        if name not in self._samples:
            found = re.findall(rf"^{re.escape(name)}(?:\{{(.*)\}})? (\S+)$", self._text, re.MULTILINE)
            self._samples[name] = [(set(_LABEL.findall(labels)), float(value))
                                   for labels, value in found]
        return self._samples[name]

    def total(self, name, **labels):
        """Sum of the samples that carry these labels. An unknown name is an error: a misspelt
        metric must not look like 0."""
        if not self._of(name):
            raise KeyError(f"no metric {name}; there are\n{self._text}")
        wanted = set(labels.items())
        return sum(value for sample, value in self._of(name) if wanted <= sample)

    def counters(self):
        """The series of all counters whose labels are known beforehand."""
        return {sample for sample in re.findall(r"^(portcullis_\w+_total\{.*\}) ", self._text,
                                                re.MULTILINE)
                if not sample.startswith("portcullis_rule_verdicts_total")}

    def conserved(self, kind):
        """accepted = rejected + closed + active"""
        accepted = self.total("portcullis_connections_accepted_total", kind=kind)
        rest = (self.total("portcullis_streams_rejected_total", kind=kind)
                + self.total("portcullis_streams_closed_total", kind=kind)
                + self.total("portcullis_streams_active", kind=kind))
        return accepted == rest, f"{kind}: accepted {accepted}, rejected + closed + active {rest}"


class Gate(Daemon):
    def __init__(self, directory, config, admin_address, in_child=None, name="gate"):
        directory = make_directory(directory)
        self.config_path = directory / "portcullis.toml"
        self.config_path.write_text(config)
        self.admin = f"http://{admin_address}:{ADMIN_PORT}"
        super().__init__(name, directory, [binary(), "run", "-c", self.config_path],
                         in_child=in_child)
        self._events = []  # (position in the log, fields), as far as it was read
        self._read_to = 0
        self._counters = set()  # those that were there when it was ready

    def wait_ready(self):
        wait_until(self._is_ready, 20, lambda: f"{self.name} to be ready\n{self.tail()}")
        self._counters = self.metrics().counters()

    def _is_ready(self):
        assert self.running(), f"{shlex.join(self.argv)} ended:\n{self.tail()}"
        return self.get("/readyz")[0] == 200

    def get(self, path):
        """(status, body); status 0 when nothing answers."""
        try:
            with urllib.request.urlopen(self.admin + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def metrics(self):
        status, text = self.get("/metrics")
        assert status == 200, f"/metrics: {status}\n{self.tail()}"
        return Metrics(text)

    def events(self, since=0):
        """Of this run: a gate that was started anew goes on in the same log."""
        since = max(since, self.launched_at)
        self._read_events()
        return [fields for position, fields in self._events if position >= since]

    def _read_events(self):
        whole, newline, _ = self.log(self._read_to).rpartition("\n")
        for line in whole.split("\n") if newline else []:
            fields = parse_line(line)
            if fields:
                self._events.append((self._read_to, fields))
            self._read_to += len(line) + 1

    def expect_event(self, timeout=10, since=0, **fields):
        """The first log line with these fields; `from_` stands for from."""
        wanted = {key.rstrip("_"): str(value) for key, value in fields.items()}

        def found():
            return next((e for e in self.events(since)
                         if all(e.get(k) == v for k, v in wanted.items())), None)
        return wait_until(found, timeout, lambda: f"log line {wanted}\n{self.tail(12)}")

    def expect_decision(self, timeout=10, since=0, **fields):
        return self.expect_event(timeout, since, event="decision", **fields)

    def wait_metric(self, wanted, name, timeout=10, **labels):
        wait_until(lambda: self.metrics().total(name, **labels) == wanted, timeout,
                   lambda: f"{name}{labels} == {wanted}, is "
                           f"{self.metrics().total(name, **labels)}\n{self.tail(12)}")

    def wait_quiet(self, kind, timeout=10):
        """No stream of this kind is left."""
        self.wait_metric(0, "portcullis_streams_active", timeout, kind=kind)

    def check_conservation(self):
        """The law holds whenever no connection is just changing its state."""
        def faults():
            metrics = self.metrics()
            checked = [metrics.conserved(kind) for kind in KINDS]
            return [text for holds, text in checked if not holds]
        wait_until(lambda: not faults(), 5, lambda: f"the books to balance: {faults()}")

    def check_counters(self):
        """Each combination of labels that can occur is there from the start. Another one appears
        when it is counted all the same: then a table of the program is wrong."""
        unexpected = self.metrics().counters() - self._counters
        assert not unexpected, f"thought impossible: {sorted(unexpected)}"

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        """User and system time of the process so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def check_log_fields(self):
        """docs/log.md has each event, and each field of it."""
        table = documented_fields()
        for event in self.events():
            unknown = set(event) - table.get(event["event"], set()) - {"event"}
            assert event["event"] in table and not unknown, f"not in docs/log.md: {unknown} of {event}"

    def finish(self):
        """What every gate must do at the end of its life: keep its books, and leave on SIGTERM."""
        if self.process is None:
            return
        assert self.running(), f"{self.name} died: {self.process.returncode}\n{self.tail()}"
        try:
            self.check_conservation()
            self.check_counters()
            self.check_log_fields()
        finally:
            status = self.stop(timeout=20)
        assert status == 0, f"{self.name} ended with {status}\n{self.tail()}"
