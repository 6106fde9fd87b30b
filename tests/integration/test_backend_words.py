"""What the operator's own server sends and says: it reaches clients and peers, in its own words,
and nobody is alarmed where the server only does what it was told to."""

import base64
import contextlib
import shutil

from harness import prosody, raw_peer
from harness.backend import Site
from harness.environment import BACKEND_C2S, BACKEND_S2S, DOMAIN, RAW
from harness.logged_in import NS_CLIENT, LoggedIn
from harness.process import make_directory
from harness.raw_peer import RawClient
from harness.wire import NS_SASL, Header, local_name, read_stream_error

BLOCKED = f"blocked.{RAW}"
# As the module for block lists that people use: it speaks in place of the first features.
BLOCK_LIST = f"""
module:hook("s2s-stream-features", function (event)
    if event.origin.from_host == "{BLOCKED}" then
        event.origin:close({{ condition = "policy-violation"; text = "We do not talk to you" }});
    end
end, 1000);
"""


def secured(env, source=None):
    """A client under TLS that has opened its stream; nothing of the backend was read yet."""
    client = RawClient((env.inbound.wan, 5222), None, DOMAIN, source=source, timeout=20)
    client.open(from_=None, namespace=NS_CLIENT)
    client.element("features")
    client.send(raw_peer.STARTTLS)
    client.element("proceed")
    client.start_tls(raw_peer.client_context(), server_hostname=DOMAIN)
    client.open(from_=None, namespace=NS_CLIENT)
    return client


@contextlib.contextmanager
def no_alarm(gate):
    """Meanwhile nothing is logged that calls for the operator, nor counted as a fault of this
    installation."""
    name = "portcullis_streams_rejected_total"
    mark, before = gate.mark(), gate.metrics().total(name, fault="local")
    yield
    assert [e for e in gate.events(mark) if e["event"] == "backend"] == []
    assert gate.metrics().total(name, fault="local") == before


def test_second_login_with_the_same_resource(env):
    """The first one is told `conflict`, in its server's words."""
    gate = env.inbound
    with no_alarm(gate), LoggedIn(gate, "alice") as first:
        mark = gate.mark()
        with LoggedIn(gate, "alice"):
            item = first.next()
            while local_name(item) != "error":
                item = first.next()
            told = read_stream_error(item)
            assert told.condition == "conflict"
            assert told.text and told.reason == "refused_by_backend"
            first.send("</stream:stream>")
            first.close()
        line = gate.expect_event(since=mark, event="end", end="backend")
        assert line["why"] == "refused_by_backend (conflict)"


def test_registration_that_is_not_offered(ejabberd_env):
    env = ejabberd_env
    with no_alarm(env.inbound), env.refusal("c2s", "refused_by_backend") as found:
        with secured(env) as client:
            client.element("features")
            client.send(f"<iq type='get' id='1' to='{DOMAIN}'><query xmlns='jabber:iq:register'/>"
                        "</iq>")
            assert client.stream_error().condition == "not-authorized"
    assert "not-authorized" in found[0]["detail"]
    assert "s2s_cafile" not in found[0]["detail"]


def features_of(client):
    """Whether the backend offers anything, and does not say a stream error."""
    item = client.next()
    while isinstance(item, Header):
        item = client.next()
    return local_name(item) == "features"


def test_address_that_is_locked_out(ejabberd_env):
    """mod_fail2ban says it in place of the first features, with the time when it ends."""
    env = ejabberd_env
    source = env.net.address(41)  # of nobody else: it reaches the backend by the PROXY header
    wrong = base64.b64encode(b"\0alice\0wrong").decode()
    for _ in range(12):
        with secured(env, source) as client:
            if not features_of(client):
                break
            for _ in range(4):
                client.send(f"<auth xmlns='{NS_SASL}' mechanism='PLAIN'>{wrong}</auth>")
                if local_name(client.next()) != "failure":
                    break
    with no_alarm(env.inbound), env.refusal("c2s", "refused_by_backend") as found:
        with secured(env, source) as client:
            told = client.stream_error()
    assert told.condition == "policy-violation"
    assert "failed authentications" in told.text
    assert "failed authentications" in found[0]["detail"]


@contextlib.contextmanager
def prosody_with_a_block_list(env):
    folder = env.directory / "block-list"
    modules = make_directory(folder / "modules", "prosody")
    (modules / "mod_block_list.lua").write_text(BLOCK_LIST)
    site = Site(DOMAIN, env.net.address(7), BACKEND_S2S, BACKEND_C2S, env.backend_resolver(),
                str(env.local_ca_directory / "ca.pem"))
    lines = (f'plugin_paths = {{ "{modules}" }}\n' + prosody.backend_lines(site) +
             f'\nVirtualHost "{DOMAIN}"\nmodules_enabled = {{ "block_list" }}\n')
    server = prosody.Prosody("prosody-block-list", site, folder / "server",
                             env.backend_credential, lines)
    env.daemons.append(server)
    try:
        yield server.start()
    finally:
        server.stop()
        env.daemons.remove(server)


def test_peer_on_the_block_list_of_the_backend(prosody_env):
    env = prosody_env
    with prosody_with_a_block_list(env) as server:
        backend = {"s2s": f"{server.site.address}:{BACKEND_S2S}"}
        with env.extra_gate(backend=backend) as gate, no_alarm(gate):
            with env.refusal("s2s_in", "refused_by_backend", gate=gate, from_=BLOCKED) as found:
                with env.raw_client(BLOCKED, env.good(BLOCKED), gate=gate) as peer:
                    peer.secure()
                    peer.send(raw_peer.external(BLOCKED))
                    assert peer.stream_error().condition == "policy-violation"
            assert "We do not talk to you" in found[0]["detail"]
            with env.raw_client(RAW, env.good(RAW), gate=gate) as peer:
                peer.establish()


def test_big_contact_list(prosody_env):
    env = prosody_env
    folder = env.backend.directory / "data" / "legacy%2eexample" / "roster"
    folder.mkdir(exist_ok=True)
    items = "\n".join(
        f'["contact.number.{i:05d}@some-provider.example"] = {{ ["subscription"] = "both"; '
        f'["name"] = "Contact Number {i:05d} of the Company"; '
        f'["groups"] = {{ ["Department {i % 40}"] = true; }}; }};' for i in range(4000))
    file = folder / "dave.dat"
    file.write_text(f'return {{\n[false] = {{ ["version"] = 1; }};\n{items}\n}};\n')
    for path in (folder, file):
        shutil.chown(path, "prosody", "prosody")
    try:
        with LoggedIn(env.inbound, "dave") as client:
            client.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")
            answer = client.element("iq", 30)
            assert len(answer[0]) == 4000
    finally:
        file.unlink()
