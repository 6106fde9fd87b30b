"""A gate whose configuration and certificates a test rewrites while it runs."""

import contextlib
import copy
import itertools
import os
import pathlib
import signal
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from . import gate as gate_module
from .environment import DOMAIN, RAW, ROOMS
from .settings import to_toml

_serial = itertools.count(1)


def leaf_der(chain):
    """The first certificate of a PEM file."""
    return x509.load_pem_x509_certificate(pathlib.Path(chain).read_bytes()).public_bytes(
        Encoding.DER)


def replace_file(path, content):
    """As a careful program writes: readers see the old content or the new; keys are private."""
    temporary = path.with_name(path.name + ".new")
    temporary.touch(0o600)
    temporary.write_bytes(content)
    os.replace(temporary, path)


class Reloadable:
    """`domains`: hosts beside DOMAIN, in front of the same backend."""

    def __init__(self, env, domains=(), certificates=None):
        self.env = env
        self.gate = None
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="reload-", dir=env.directory))
        self.control = self.directory / "control.sock"
        self.certificates = certificates or self.directory
        self.domains = (DOMAIN, *domains)
        self._changes = {}

    def chain(self, domain=DOMAIN):
        return self.certificates / f"{domain}.pem"

    def key(self, domain=DOMAIN):
        return self.certificates / f"{domain}.key"

    def issue(self, domain=DOMAIN):
        """A new certificate and key for the host, not put anywhere yet."""
        names = (domain, ROOMS) if domain == DOMAIN else (domain,)
        return self.env.pki.leaf(*names, label=f"renewal-{next(_serial)}")

    def renew(self, domain=DOMAIN):
        """Puts a new pair where the gate's files are; returns the certificate."""
        made = self.issue(domain)
        replace_file(self.chain(domain), made.chain.read_bytes())
        replace_file(self.key(domain), made.key.read_bytes())
        return leaf_der(made.chain)

    def sections(self, **changes):
        """The changed sections, as Environment.extra_gate() takes them."""
        host, = self.env.settings("0.0.0.0", "0.0.0.0")["host"]
        hosts = []
        for domain in self.domains:
            one = copy.deepcopy(host)
            one["domain"] = domain
            one["aliases"] = [ROOMS] if domain == DOMAIN else []
            one["certificates"] = [{"chain": self.chain(domain), "key": self.key(domain)}]
            hosts.append(one)
        listen = {"control": self.control, **changes.pop("listen", {})}
        return {"host": hosts, "listen": listen, **changes}

    def configuration(self, **changes):
        settings = self.env.settings(self.gate.wan, self.gate.outbound)
        for name, values in self.sections(**changes).items():
            merged = isinstance(values, dict)
            settings[name] = {**settings.get(name, {}), **values} if merged else values
        return to_toml(settings)

    def write(self, text=None, **changes):
        """Rewrites the configuration file: `text`, or the one it had with `changes`."""
        text = self.configuration(**{**self._changes, **changes}) if text is None else text
        replace_file(self.gate.config_path, text.encode())

    @contextlib.contextmanager
    def running(self, **changes):
        self._changes = changes
        with self.env.extra_gate(**self.sections(**copy.deepcopy(changes))) as self.gate:
            yield self

    def command(self):
        return gate_module.run_command("reload", "-c", self.gate.config_path, timeout=60)

    def hang_up(self):
        """SIGHUP; returns what the log says of the reload."""
        mark = self.gate.mark()
        self.gate.process.send_signal(signal.SIGHUP)
        return self.gate.expect_event(event="reload", since=mark, trigger="signal")

    def connect(self, to=DOMAIN, port=5269, **options):
        return self.env.raw_client(RAW, self.env.good(RAW), to=to, gate=self.gate, port=port,
                                   **options)

    def shown(self, domain=DOMAIN, direct=False):
        """The certificate that a new connection gets: by the header's `to`, or by SNI."""
        with self.connect(domain, 5270 if direct else 5269) as peer:
            if direct:
                peer.direct_tls()
            else:
                peer.negotiate_tls()
            return peer.sock.getpeercert(binary_form=True)

    def findings(self, mark):
        return [e["detail"] for e in self.gate.events(mark) if e["event"] == "finding"]

    def reload_failed(self):
        return self.gate.metrics().total("portcullis_policy_reload_failed")

    def generation(self):
        return self.gate.metrics().total("portcullis_config_generation")
