"""An ACME authority (pebble) and the clients that operators use, with the hooks of deploy/acme."""

import functools
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import threading
import urllib.request

from .docs import ROOT
from .environment import DOMAIN, ROOMS
from .process import Daemon, make_directory, wait_until

HOOKS = ROOT / "deploy" / "acme"
PROGRAMS = ("pebble", "pebble-challtestsrv", "certbot", "lego", "dehydrated")
GROUP = "daemon"  # on every Debian; stands in for the group of the package
WEB_PORT = 5002  # where the authority asks for proofs of HTTP-01


def missing():
    """The programs that are not installed; deploy/install-packages acme brings them."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class Names(Daemon):
    """The authority's DNS: every name has one address."""

    def __init__(self, directory, address):
        self.dns = f"{address}:8053"
        self.management = f"{address}:8055"
        super().__init__("acme-dns", make_directory(directory), [
            "pebble-challtestsrv", "-defaultIPv4", address, "-defaultIPv6", "", "-dns01", self.dns,
            "-management", self.management, "-http01", "", "-https01", "", "-tlsalpn01", ""])

    def wait_ready(self):
        self.wait_log("Starting management server|Creating", 10)


class Authority(Daemon):
    """`address`: where the clients prove that they have the domain."""

    def __init__(self, directory, net, pki, names):
        directory = make_directory(directory)
        # In URLs the authority calls itself by the name that a client used, so ports tell
        # environments apart.
        own = pki.leaf("localhost", label="acme")
        self.roots = pki.roots
        self.url = f"https://localhost:{20000 + net.number}"
        self.directory_url = self.url + "/dir"
        self._management = f"https://localhost:{20300 + net.number}"
        config = directory / "pebble.json"
        config.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{20000 + net.number}",
            "managementListenAddress": f"127.0.0.1:{20300 + net.number}",
            "certificate": str(own.chain), "privateKey": str(own.key),
            "httpPort": WEB_PORT, "tlsPort": 5001, "ocspResponderURL": "",
            "externalAccountBindingRequired": False}}))
        super().__init__("acme", directory, ["pebble", "-config", config, "-dnsserver", names.dns],
                         environment={"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"})

    def wait_ready(self):
        wait_until(lambda: self.running() and self._get(self.directory_url), 20,
                   lambda: f"the ACME authority\n{self.tail()}")

    def _get(self, url):
        try:
            context = ssl.create_default_context(cafile=str(self.roots))
            with urllib.request.urlopen(url, timeout=5, context=context) as answer:
                return answer.read()
        except OSError:
            return b""

    def root(self, path):
        """Writes the root of what it issues to a file; another one at each start."""
        path.write_bytes(self._get(self._management + "/roots/0"))
        return path


class AcmeClient:
    """Gets a certificate for the gate's domain and renews it. Runs in folders of its own."""

    KEY_TYPES = {"ecdsa": "ecdsa", "rsa": "rsa"}

    def __init__(self, directory, authority, address, environment, key_type="ecdsa"):
        self.directory = make_directory(pathlib.Path(directory))
        self.authority = authority
        self.address = address
        self.key_type = self.KEY_TYPES[key_type]
        self.arguments = []  # of the hook
        self._environment = {**os.environ, **environment}

    def hook(self):
        return " ".join([str(HOOKS / type(self).__name__.lower()), *self.arguments])

    def command(self, *argv, **environment):
        """The finished process; its output is text, errors with it."""
        return subprocess.run([str(a) for a in argv], cwd=self.directory, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                              env={**self._environment, **environment})


class Certbot(AcmeClient):
    def _run(self, *arguments):
        folders = [x for kind in ("config", "work", "logs")
                   for x in (f"--{kind}-dir", self.directory / kind)]
        return self.command("certbot", *arguments, *folders, "--non-interactive",
                            "--deploy-hook", self.hook(),
                            REQUESTS_CA_BUNDLE=str(self.authority.roots))

    def first(self):
        return self._run("certonly", "--standalone", "--http-01-port", WEB_PORT,
                         "--http-01-address", self.address, "--server",
                         self.authority.directory_url, "--agree-tos", "-m", "a@example.org",
                         "--no-eff-email", "--key-type", self.key_type, "-d", DOMAIN, "-d", ROOMS)

    def renew(self):
        return self._run("renew", "--force-renewal", "--no-random-sleep-on-renew")

    @property
    def acme_folder(self):
        return self.directory / "config" / "live" / DOMAIN

    @property
    def files(self):
        return self.acme_folder / "fullchain.pem", self.acme_folder / "privkey.pem"


class Lego(AcmeClient):
    KEY_TYPES = {"ecdsa": "ec256", "rsa": "rsa2048"}

    def _run(self, *arguments):
        return self.command("lego", "--server", self.authority.directory_url, "--path",
                            self.directory, "--email", "a@example.org", "--accept-tos",
                            "--domains", DOMAIN, "--domains", ROOMS, "--http", "--http.port",
                            f"{self.address}:{WEB_PORT}", "--key-type", self.key_type, *arguments,
                            LEGO_CA_CERTIFICATES=str(self.authority.roots))

    def first(self):
        return self._run("run", "--run-hook", self.hook())

    def renew(self):
        return self._run("renew", "--days", "10000", "--no-random-sleep", "--renew-hook",
                         self.hook())

    @property
    def files(self):
        folder = self.directory / "certificates"
        return folder / f"{DOMAIN}.crt", folder / f"{DOMAIN}.key"


class Dehydrated(AcmeClient):
    KEY_TYPES = {"ecdsa": "prime256v1", "rsa": "rsa"}

    def _run(self, *arguments):
        web = make_directory(self.directory / "web" / ".well-known" / "acme-challenge")
        config = self.directory / "config"
        config.write_text(f"CA={self.authority.directory_url}\nCHALLENGETYPE=http-01\n"
                          f"WELLKNOWN={web}\nBASEDIR={self.directory}\nHOOK={self.hook()}\n"
                          f"KEY_ALGO={self.key_type}\nCURL_OPTS='--cacert {self.authority.roots}'\n")
        with _web_server(self.directory / "web", self.address):
            return self.command("dehydrated", "--config", config, *arguments)

    def first(self):
        registered = self._run("--register", "--accept-terms")
        assert registered.returncode == 0, registered.stdout
        return self._run("--cron", "--domain", f"{DOMAIN} {ROOMS}")

    def renew(self):
        return self._run("--cron", "--force", "--domain", f"{DOMAIN} {ROOMS}")

    def hook(self):
        return str(HOOKS / "dehydrated")

    @property
    def files(self):
        folder = self.directory / "certs" / DOMAIN
        return folder / "fullchain.pem", folder / "privkey.pem"


class _web_server:
    """What an operator's web server does for dehydrated."""

    def __init__(self, directory, address):
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(directory))
        handler.log_message = lambda *_: None
        self._server = http.server.ThreadingHTTPServer((address, WEB_PORT), handler)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
