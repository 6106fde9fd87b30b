"""ejabberd, with the packaged configuration as its base."""

import pathlib
import re
import shutil
import subprocess

import yaml

from . import docs
from .backend import USERS, XmppServer, password
from .dns import PORT as DNS_PORT
from .process import as_user, make_directory

PACKAGED = pathlib.Path("/usr/share/ejabberd/ejabberd.yml.example")
LIBRARIES = "/usr/lib/x86_64-linux-gnu"
STARTED = "integration-ready"
# A scheduler of Erlang that has nothing to do turns in a loop for a while, at the cost of the others.
NO_BUSY_WAIT = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]

# OTP's logger drops lines when many come at once. Tests conclude from what is not in the log.
KEEP_EVERY_LINE = """
ok = logger:update_handler_config(default, config, #{
    burst_limit_enable => false, drop_mode_qlen => 10000000, flush_qlen => 10000001}),
"""


def version():
    """Of the package that is installed, such as (23, 1)."""
    application = next(pathlib.Path(LIBRARIES).glob("ejabberd-*/ebin/ejabberd.app"))
    found = re.search(r'\{vsn, *"(\d+)\.(\d+)', application.read_text())
    return int(found[1]), int(found[2])


def refuses_for_servers_only():
    """Whether it refuses a client certificate without the purpose of clients. Debian 13 has mended that
    in its library for TLS."""
    found = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "erlang-p1-tls"],
                           capture_output=True, text=True, check=True).stdout
    return subprocess.run(["dpkg", "--compare-versions", found, "lt", "1.1.22-1+deb13u1"],
                          check=False).returncode == 0


def _packaged():
    """The packaged settings without what is slow on purpose (the rate of a client)."""
    settings = yaml.safe_load(PACKAGED.read_text())
    settings["loglevel"] = "debug"
    settings["shaper"]["normal"] = 10_000_000
    settings["shaper"]["fast"] = 10_000_000
    return settings


def _backend_settings(site, credential, proxy_protocol, federates_by_dialback):
    told = yaml.safe_load(docs.substituted("ejabberd.md", "ejabberd.yml", {
        'ip: "127.0.0.1"': f'ip: "{site.address}"',
        "15269": str(site.s2s_port),
        "15222": str(site.c2s_port),
        "- legacy.example": "\n  - ".join(("", site.domain, *site.also)).strip(),
        "/etc/ejabberd/legacy.example.pem": str(credential),
        "/var/lib/portcullis/local-ca/ca.pem": site.s2s_roots,
    }))
    if not proxy_protocol:
        for listener in told["listen"]:
            listener.pop("use_proxy_protocol", None)
    settings = {**_packaged(), **told}
    if site.also:
        # Without components: below a name that is read from right to left, "pubsub." is no name.
        settings["host_config"] = {domain: {"modules": {"mod_roster": {}}} for domain in site.also}
    if federates_by_dialback:
        settings |= yaml.safe_load(docs.block("ejabberd.md", "observe.yml"))
    else:
        del settings["modules"]["mod_s2s_dialback"]
    return settings


# How a server treats others: the value of s2s_use_starttls, and whether it does dialback.
_HABITS = {"strict": ("required", False), "lenient": ("optional", True), "plain": (False, True),
           "falls-back": ("required", True)}


def _peer_settings(site, credential, habit):
    starttls, dialback = _HABITS[habit]
    settings = {
        **_packaged(),
        "hosts": [site.domain],
        "certfiles": [str(credential)],
        "listen": [
            {"port": site.c2s_port, "ip": site.address, "module": "ejabberd_c2s",
             "max_stanza_size": 262144, "access": "c2s",
             **({} if habit == "plain" else {"starttls_required": True})},
            {"port": site.s2s_port, "ip": site.address, "module": "ejabberd_s2s_in",
             "max_stanza_size": 524288}],
        "s2s_use_starttls": starttls,
        "s2s_cafile": site.s2s_roots,
        "s2s_max_retry_delay": 1,
    }
    if not dialback:
        del settings["modules"]["mod_s2s_dialback"]
    return settings


def _binary(text):
    """As octets, whatever encoding Erlang takes for that of its command line."""
    return "<<" + ",".join(map(str, text.encode())) + ">>"


def _register(*domains):
    return ", ".join(
        f"ok = ejabberd_auth:try_register({_binary(user)}, {_binary(domain)}, "
        f"{_binary(password(user))})"
        for domain in domains for user in USERS)


class Ejabberd(XmppServer):
    S2S_ACCEPTED = r"(?!)()"  # the name of a connection is never used again
    S2S_HEADER = (r"\(tcp\|(<[\d.]+>)\) Received XML on stream = "
                  r".*xmlns='jabber:server'[^>]* from='")
    C2S_ACCEPTED = r"Accepted (?:proxied )?connection .*:(?:5222|15222)$"

    def __init__(self, name, site, directory, credential, make_settings):
        directory = make_directory(directory, "ejabberd")
        certificate = directory / "certificate.pem"
        shutil.copy(credential.combined, certificate)
        config = directory / "ejabberd.yml"
        config.write_text(yaml.safe_dump(make_settings(site, certificate), sort_keys=False,
                                         allow_unicode=True))
        inetrc = directory / "inetrc"
        resolver = "{" + site.resolver.replace(".", ",") + "}"
        inetrc.write_text(docs.substituted("ejabberd.md", "inetrc", {
            "{nameserver, {127,0,0,3}, 5353}": f"{{nameserver, {resolver}, {DNS_PORT}}}"}))
        # Without a node name Erlang needs neither epmd nor a cookie.
        self._base_argv = ["erl", *NO_BUSY_WAIT, "-noinput", "-mnesia", "dir",
                           f'"{directory / "spool"}"', "-s", "ejabberd"]
        self._registered = False
        super().__init__(name, site, directory, [], environment={
            "ERL_LIBS": LIBRARIES,
            "ERL_INETRC": str(inetrc),
            "ERL_CRASH_DUMP": str(directory / "erl_crash.dump"),
            "EJABBERD_CONFIG_PATH": str(config),
            "EJABBERD_LOG_PATH": str(directory / "ejabberd.log"),
            "HOME": str(directory)})
        # Both would be "ejabberd.log" otherwise: this one is what it prints.
        self.log_path = directory / "console.log"

    def launch(self):
        make_directory(self.directory / "spool", "ejabberd")
        # Written at once, so that the accounts are still there when it is killed.
        register = "" if self._registered else (
            _register(self.domain, *self.site.also) + ", mnesia:sync_log(), ")
        ready = f'{KEEP_EVERY_LINE}{register}io:format("{STARTED}~n").'
        self.argv = as_user("ejabberd", [*self._base_argv, "-eval", ready])
        super().launch()

    def wait_ready(self):
        self.wait_log(f"^{STARTED}", timeout=120, since=self.launched_at)
        self._registered = True


def backend(site, directory, credential, proxy_protocol=True, federates_by_dialback=False):
    """As docs/backends/ejabberd.md says; or as one that also federates by dialback."""
    server = Ejabberd(
        "ejabberd-backend", site, directory, credential,
        lambda s, c: _backend_settings(s, c, proxy_protocol, federates_by_dialback))
    if proxy_protocol:
        server.greeting = f"PROXY TCP4 127.0.0.1 {site.address} 1 {site.c2s_port}\r\n".encode()
    return server


def peer(site, directory, credential, habit="strict"):
    return Ejabberd(f"ejabberd-{habit}", site, directory, credential,
                    lambda s, c: _peer_settings(s, c, habit))


def add_settings(server, text):
    """More YAML for a server that was not started yet; what it says of a listener is about the one
    with that port."""
    config = server.directory / "ejabberd.yml"
    settings = yaml.safe_load(config.read_text())
    more = yaml.safe_load(text)
    settings["modules"] |= more.pop("modules", {})
    for changed in more.pop("listen", []):
        listener = next(one for one in settings["listen"] if one["port"] == changed["port"])
        listener |= changed
    config.write_text(yaml.safe_dump(settings | more, sort_keys=False, allow_unicode=True))
