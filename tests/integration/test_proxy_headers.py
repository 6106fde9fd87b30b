"""PROXY headers to the backend's port for other servers: ejabberd reads them with use_proxy_protocol
on its listener, and then takes nothing without one."""

import socket
import struct

import pytest

from harness import ejabberd, raw_peer, wire
from harness.environment import BACKEND_S2S, DOMAIN, Environment

READS_HEADERS = f"""
listen:
  - port: {BACKEND_S2S}
    use_proxy_protocol: true
"""


class Proxied(Environment):
    PEER_KINDS = ("prosody",)

    def make_backend(self):
        server = super().make_backend()
        ejabberd.add_settings(server, READS_HEADERS)
        return server

    def settings(self, wan, outbound):
        made = super().settings(wan, outbound)
        made["host"][0]["backend"]["s2s_proxy_protocol"] = "v2"
        return made


@pytest.fixture(scope="module")
def proxied():
    world = Proxied("ejabberd")
    yield world
    world.close()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_backend_sees_the_address_of_another_server(proxied, version):
    with proxied.changed_gate(backend={"s2s_proxy_protocol": version}) as gate:
        mark = proxied.backend.mark()
        with proxied.client("alice") as alice, proxied.peer_client("prosody", "bob") as bob:
            bob.send(alice.full_jid, f"hello by {version}")
            alice.wait_body(f"hello by {version}")
        line = gate.expect_event(event="decision", kind="s2s_in", verdict="accepted")
        proxied.backend.wait_log(
            f"Accepted proxied connection {line['peer']} -> {gate.wan}:5269", since=mark)


def test_gate_asks_whether_it_is_up_with_a_header_too(proxied):
    with proxied.changed_gate() as gate:
        gate.wait_metric(1, "portcullis_backend_up", kind="s2s_in", domain=DOMAIN)


def test_error_stream_has_one_too(proxied):
    """Nobody has called then, so the gate names itself."""
    name = proxied.fresh_name()
    with proxied.changed_gate(backend={"kind": "openfire"}) as gate, \
            proxied.client("alice") as alice, \
            proxied.raw_server(name, credential=proxied.pki.bad("self_signed", name)):
        alice.send(f"somebody@{name}", "are you there?")
        _, text = alice.wait_bounce(f"somebody@{name}", 20)
        assert "self-signed" in text, text
        gate.wait_metric(1, "portcullis_error_streams_total", direction="to_backend",
                         outcome="success")


def test_header_that_is_missing_is_told_to_the_operator(proxied):
    with proxied.changed_gate(backend={"s2s_proxy_protocol": "off"}) as gate, \
            proxied.peer_client("prosody", "bob") as bob:
        bob.send(f"alice@{DOMAIN}", "does not arrive")
        bob.wait_bounce(f"alice@{DOMAIN}", 20)
        line = gate.expect_event(event="backend", kind="s2s_in")
        assert line["reason"] in ("backend_unavailable", "backend_misconfigured"), line
        gate.wait_metric(0, "portcullis_backend_up", kind="s2s_in", domain=DOMAIN)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_backend_that_cannot_read_it_is_told_to_the_operator(prosody_env, version):
    with prosody_env.changed_gate(backend={"s2s_proxy_protocol": version}) as gate, \
            prosody_env.peer_client("prosody", "bob") as bob:
        bob.send(f"alice@{DOMAIN}", "does not arrive")
        bob.wait_bounce(f"alice@{DOMAIN}", 20)
        line = gate.expect_event(event="backend", kind="s2s_in", reason="backend_misconfigured")
        assert "s2s_proxy_protocol" in line["detail"], line


# ---- What a balancer says beside the addresses --------------------------------------------------

UNIQUE_ID = b"\x05\x00\x04id-1"
CLOUD = b"\xea\x00\x05vpce1"
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def _header(source, port, destination, *tlvs):
    body = (socket.inet_aton(source) + socket.inet_aton(destination)
            + struct.pack("!HH", port, 5223) + b"".join(tlvs))
    return _SIGNATURE + b"\x21\x11" + struct.pack("!H", len(body)) + body


def _client_by_a_balancer(gate, source, *tlvs):
    """A client's TLS connection, behind the header of a balancer; its stream is open."""
    plain = socket.create_connection((gate.wan, 5223), 5)
    plain.sendall(_header(source, 4242, "192.0.2.1", *tlvs))
    client = raw_peer.client_context().wrap_socket(plain, server_hostname=DOMAIN)
    client.sendall(wire.header(to=DOMAIN, namespace="jabber:client").encode())
    return client


@pytest.mark.parametrize("types, passed", [([0x05, 0xEA], UNIQUE_ID + CLOUD), ([0xEA], CLOUD),
                                           ([], b"")])
def test_chosen_tlvs_go_on_to_the_server(ejabberd_env, types, passed):
    env = ejabberd_env
    with socket.create_server((env.net.address(44), 0)) as listener:
        backend = {"c2s": "{}:{}".format(*listener.getsockname()), "c2s_proxy_protocol": "v2",
                   "proxy_tlvs": types}
        with env.extra_gate(listen={"proxy_protocol_from": ["127.0.0.0/8"]},
                            backend=backend) as gate:
            listener.settimeout(10)
            with _client_by_a_balancer(gate, "192.0.2.9", UNIQUE_ID, CLOUD):
                wanted = _SIGNATURE + b"\x21\x11" + struct.pack("!H", 12 + len(passed))
                while True:  # the gate also asks whether the server is up
                    server, _ = listener.accept()
                    with server:
                        server.settimeout(10)
                        said = server.recv(len(wanted) + 12 + len(passed), socket.MSG_WAITALL)
                        if said[16:20] == socket.inet_aton("192.0.2.9"):
                            break
            assert said[:16] == wanted
            assert said[28:] == passed


def test_real_server_reads_a_header_with_them(ejabberd_env):
    env = ejabberd_env
    with env.extra_gate(listen={"proxy_protocol_from": ["127.0.0.0/8"]},
                        backend={"c2s_proxy_protocol": "v2", "proxy_tlvs": [0x05, 0xEA]}) as gate:
        mark = env.backend.mark()
        with _client_by_a_balancer(gate, "192.0.2.9", UNIQUE_ID, CLOUD) as client:
            env.backend.wait_log("Accepted proxied connection 192.0.2.9:4242 -> ", since=mark)
            said = b""
            while b"</stream:features>" not in said:
                said += client.recv(4096)
            assert b"SCRAM-SHA-1" in said
