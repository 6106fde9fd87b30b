"""Worlds in which the backend holds the certificate that the gate serves (channel_binding), and
clients that bind their logins."""

import contextlib
import pathlib
import re
import ssl

from . import docs, ejabberd, prosody, raw_peer, scram
from .backend import password
from .environment import BACKEND_C2S, DOMAIN, ROOMS, Environment
from .wire import NS_SASL, StreamEnd, header, local_name

NS_CLIENT = "jabber:client"
NS_SASL2 = "urn:xmpp:sasl:2"
NS_BINDINGS = "urn:xmpp:sasl-cb:0"


def knows_end_point(kind):
    """Whether the installed server can bind a login to its certificate."""
    if kind == "ejabberd":
        return ejabberd.version() >= (24, 12)
    return int(pathlib.Path("/usr/lib/prosody/prosody.version").read_text().split(".")[0]) >= 13


def bound(settings, leaves, **backend):
    """The gate's settings if it serves `leaves` and binds logins to them. What is served is pinned
    by itself, so no certificate of the backend is named."""
    host = settings["host"][0]
    host["certificates"] = [{"chain": leaf.chain, "key": leaf.key} for leaf in leaves]
    host["backend"] |= {"c2s_tls": "starttls", "channel_binding": "end-point", **backend}
    del host["backend"]["certificate"]
    return settings


def bound_host(env, leaves, **backend):
    """For extra_gate(host=...)."""
    return bound(Environment.settings(env, env.net.gate, env.net.outbound), leaves,
                 **backend)["host"]


class BindingEnvironment(Environment):
    """The backend and the gate have one certificate, with a key of type `key_type`."""

    ALSO_SERVED = ()
    PEER_KINDS = ()

    def __init__(self, kind, key_type):
        self.key_type = key_type
        super().__init__(kind)

    def made_for_the_backend(self):
        return self.served(self.key_type)

    def served(self, key_type, label="gate"):
        return self.pki.leaf(DOMAIN, ROOMS, key_type=key_type, label=label)

    def make_backend(self):
        backend = super().make_backend()
        if self.kind == "prosody":
            hashed = self.directory / "end-point"
            der = ssl.PEM_cert_to_DER_cert(_first_of(self.backend_credential.chain))
            hashed.write_text(scram.end_point(der).hex() + "\n")
            lines = docs.substituted("prosody.md", "binding.cfg.lua", {
                "/etc/prosody/certs/legacy.example.end-point": str(hashed)})
            # One kind of hashed password would bring one kind of SCRAM.
            prosody.add_global_lines(backend, lines + 'authentication = "internal_plain"\n')
        else:
            ejabberd.add_settings(backend, docs.block("ejabberd.md", "binding.yml")
                                  + "auth_password_format: plain\n")
        return backend

    def settings(self, wan, outbound):
        return bound(super().settings(wan, outbound), [self.served(self.key_type)])


def _first_of(chain):
    return re.search(r"-----BEGIN.*?END CERTIFICATE-----\n", chain.read_text(), re.DOTALL)[0]


class BindingClient(raw_peer.RawClient):
    """A client under TLS, with the backend's features. `suites`: of TLS 1.2, in OpenSSL's words."""

    def __init__(self, gate, version="TLSv1_3", suites=None, user="alice"):
        super().__init__((gate.wan, 5222), None, DOMAIN, timeout=20)
        self.user = user
        self._open()
        self.send(raw_peer.STARTTLS)
        self.element("proceed")
        context = raw_peer.client_context()
        context.maximum_version = ssl.TLSVersion[version]
        if suites:
            context.set_ciphers(suites)
        self.start_tls(context, server_hostname=DOMAIN)
        self.features = self._open()
        self.certificate = self.sock.getpeercert(True)

    def _open(self):
        self.open(from_=f"{self.user}@{DOMAIN}" if hasattr(self, "user") else None,
                  namespace=NS_CLIENT)
        return self.element("features")

    @property
    def mechanisms(self):
        return {m.text for m in self.features.iter(f"{{{NS_SASL}}}mechanism")}

    @property
    def bindings(self):
        """None: there is no list."""
        found = self.features.find(f"{{{NS_BINDINGS}}}sasl-channel-binding")
        return None if found is None else [one.get("type") for one in found]

    def scram(self, mechanism, flag="n", binding=scram.END_POINT, data=None):
        if flag == "p" and data is None:
            data = scram.end_point(self.certificate)
        return scram.Client(mechanism, self.user, password(self.user), flag, binding, data or b"")

    def login(self, mechanism, **choice):
        """Whether the server let it in: up to the features behind the login."""
        login = self.scram(mechanism, **choice)
        self.send(f"<auth xmlns='{NS_SASL}' mechanism='{mechanism}'>{login.first()}</auth>")
        answer = self.next()
        if local_name(answer) == "challenge":
            self.challenge = answer.text
            self.send(f"<response xmlns='{NS_SASL}'>{login.final(answer.text)}</response>")
            answer = self.next()
        if local_name(answer) == "failure":
            return False
        assert local_name(answer) == "success", answer
        login.check(answer.text)
        self._open()
        return True

    def login2(self, mechanism, **choice):
        """The same by SASL2 (XEP-0388)."""
        login = self.scram(mechanism, **choice)
        self.send(f"<authenticate xmlns='{NS_SASL2}' mechanism='{mechanism}'><initial-response>"
                  f"{login.first()}</initial-response></authenticate>")
        answer = self.next()
        if local_name(answer) == "challenge":
            self.send(f"<response xmlns='{NS_SASL2}'>{login.final(answer.text)}</response>")
            answer = self.next()
        if local_name(answer) == "failure":
            return False
        assert local_name(answer) == "success", answer
        login.check(answer.find(f"{{{NS_SASL2}}}additional-data").text)
        self.element("features")
        return True

    def close(self):
        with contextlib.suppress(OSError):
            self.send("</stream:stream>")
        super().close()


class ScriptedBackend:
    """A backend's client port that shows whichever of its certificates it is asked for, and takes
    logins that are bound to `bound_to`, the first unless it is given. `more`: behind its
    challenges; `types`: those that it lists."""

    def __init__(self, address, leaves, bound_to=None, more="",
                 types=("tls-exporter", scram.END_POINT)):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for leaf in leaves:
            self._context.load_cert_chain(leaf.chain, leaf.key)
        der = ssl.PEM_cert_to_DER_cert(_first_of((bound_to or leaves[0]).chain))
        self._bindings = {scram.END_POINT: scram.end_point(der)}
        self._more = more
        self._types = types
        self._server = raw_peer.RawServer(address, None, BACKEND_C2S, self._converse)
        self.setting = f"{address}:{BACKEND_C2S}"

    def _features(self):
        types = "".join(f"<channel-binding type='{t}'/>" for t in self._types)
        return (f"<stream:features><mechanisms xmlns='{NS_SASL}'>"
                "<mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>SCRAM-SHA-256</mechanism>"
                f"</mechanisms><sasl-channel-binding xmlns='{NS_BINDINGS}'>{types}"
                "</sasl-channel-binding></stream:features>")

    def _open(self, wire, features):
        asked = wire.next()
        if isinstance(asked, StreamEnd):
            return False
        wire.send(header(DOMAIN, asked.attributes.get("from"), namespace=NS_CLIENT,
                         extra=" id='scripted'") + features)
        return True

    def _converse(self, wire, _):
        self._open(wire, raw_peer.OFFER_STARTTLS)
        if isinstance(wire.next(), StreamEnd):
            return  # only asked whether it answers
        wire.send(raw_peer.PROCEED)
        wire.start_tls(self._context, server_side=True)
        self._open(wire, self._features())
        auth = wire.element("auth")
        login = scram.Server(auth.get("mechanism"), password("alice"), self._bindings)
        wire.send(f"<challenge xmlns='{NS_SASL}'>{login.challenge(auth.text, self._more)}"
                  "</challenge>")
        words = login.verify(wire.element("response").text)
        if words is None:
            wire.send(f"<failure xmlns='{NS_SASL}'><not-authorized/></failure>")
            return
        wire.send(f"<success xmlns='{NS_SASL}'>{words}</success>")
        wire.restart()
        self._open(wire, "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
                   "</stream:features>")
        while not isinstance(wire.next(), StreamEnd):
            pass
        wire.send("</stream:stream>")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.stop()
