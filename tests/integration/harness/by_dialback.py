"""The small world of environment.py with a backend that does not do SASL EXTERNAL: it and the gate
know one another by server dialback."""

from . import ejabberd, jabberd2, prosody
from .backend import Site
from .environment import BACKEND_C2S, BACKEND_S2S, DOMAIN, Environment

KINDS = ("prosody", "ejabberd", "jabberd2")

# What an operator of an old or lax server has: dialback alone, and nothing encrypted between servers.
_PROSODY = 'modules_disabled = { "tls" }\n'
_EJABBERD = "s2s_use_starttls: false\n"


def _one_pair_for_each_stream(parts):
    """As docs/backends/others.md says."""
    s2s = parts["s2s"]
    s2s.remove(s2s.find("out-conn-reuse"))


class DialbackEnvironment(Environment):
    FEDERATES_BY_DIALBACK = True
    ALSO_SERVED = ()
    CHANGE_JABBERD2 = staticmethod(_one_pair_for_each_stream)

    def make_backend(self):
        site = Site(DOMAIN, self.net.backend, BACKEND_S2S, BACKEND_C2S, self.net.capture_dns,
                    str(self.local_ca_directory / "ca.pem"))
        folder = self.directory / "backend"
        if self.kind == "jabberd2":
            return jabberd2.backend(site, folder, self.CHANGE_JABBERD2)
        if self.kind == "prosody":
            made = prosody.backend(site, folder, self.backend_credential, True)
            prosody.add_global_lines(made, _PROSODY)
            return made
        made = ejabberd.backend(site, folder, self.backend_credential, self.proxy_protocol, True)
        ejabberd.add_settings(made, _EJABBERD)
        return made

    def settings(self, wan, outbound):
        settings = super().settings(wan, outbound)
        del settings["local_ca"]
        backend = settings["host"][0]["backend"]
        backend["kind"] = self.kind
        backend["s2s_auth"] = "dialback"
        del backend["certificate"]
        return settings
