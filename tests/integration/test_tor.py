"""Peers that are onion services: called through a SOCKS proxy by their name, which nobody looks up,
and judged as any other peer. The proxy is a small one of the tests; the peer is a real server."""

import pytest

from harness import dns, prosody
from harness.backend import Site
from harness.client import Client
from harness.environment import BACKENDS, DOMAIN, ROOMS, Environment
from harness.raw_peer import RawClient, external
from harness.socks import BY_NAME, NO_LOGIN, PORT, SocksProxy, onion_name, wrong_name

# lua-unbound knows that DNS has no .onion, and would not ask the gate (docs/tor.md).
ASKS_FOR_ONIONS = '; options = { ["local-zone:"] = "onion. transparent" } }'


class World(Environment):
    """A rule sends onion services through a proxy, and pins the key of one of them."""

    def __init__(self, kind):
        self.onion = onion_name()
        self._peer = None
        self._fresh = 0
        super().__init__(kind)
        self.proxy = SocksProxy(self.proxy_address)
        self.proxy.routes[self.onion, 5269] = (self.peer_address, 5269)

    @property
    def proxy_address(self):
        return self.net.address(90)

    @property
    def peer_address(self):
        return self.net.address(22)

    def make_backend(self):
        server = super().make_backend()
        if self.kind == "prosody":
            config = server.directory / "prosody.cfg.lua"
            before = f'forward = "{self.net.capture_dns}@{dns.PORT}"'
            text = config.read_text()
            assert before + " }" in text
            config.write_text(text.replace(before + " }", before + ASKS_FOR_ONIONS))
        return server

    def rules(self):
        pins = [self.peer_credential.spki_pin(), self.pki.self_made("spare.example").spki_pin()]
        return [{"match": ["*.onion"], "via": f"socks5://{self.proxy_address}:{PORT}",
                 "auth": ["pin"], "pins": pins}]

    def settings(self, wan, outbound):
        settings = super().settings(wan, outbound)
        settings["s2s"]["rule"] = self.rules()
        return settings

    @property
    def peer_credential(self):
        return self.pki.self_made(self.onion, f"conference.{self.onion}")

    @property
    def peer(self):
        """Prosody, which serves the onion service."""
        if self._peer is None:
            site = Site(self.onion, self.peer_address, 5269, 5222, self.net.internet_dns,
                        str(self.pki.roots))
            self._peer = self.started(prosody.peer(site, self.directory / "onion-peer",
                                                   self.peer_credential))
        return self._peer

    def onion_client(self, user):
        return Client(self.peer.jid(user), (self.peer_address, 5222),
                      self.peer_credential.chain).login()

    def fresh_onion(self):
        """A name below the service, which the backend has never called."""
        self._fresh += 1
        return f"n{self._fresh}.{self.onion}"

    def looked_up(self, word):
        """What the Internet's DNS was asked that has `word` in it."""
        servers = [d for d in self.daemons if isinstance(d, dns.NameServer)]
        assert servers
        return [line for d in servers for line in d.log().splitlines()
                if "query[" in line and word in line]


@pytest.fixture(scope="module", params=BACKENDS)
def both(request):
    world = World(request.param)
    yield world
    world.close()


@pytest.fixture(scope="module")
def world():
    made = World("prosody")
    yield made
    made.close()


def bounce(world, name, text="are you there?"):
    with world.client("alice") as alice:
        alice.send(f"somebody@{name}", text)
        return alice.wait_bounce(f"somebody@{name}", 40)


def test_mail_flows_to_an_onion_service_and_back(both):
    world = both
    mark = world.gate.mark()
    with world.proxy as proxy, world.onion_client("bob") as bob, world.client("alice") as alice:
        alice.send(bob.full_jid, "through the proxy")
        bob.wait_body("through the proxy")
        assert proxy.requests == [(world.onion, 5269)]
        assert proxy.logins == [("portcullis", world.onion)]
        decision = world.gate.expect_decision(since=mark, kind="s2s_out", verdict="accepted",
                                              to=world.onion)
        assert (decision["rule"], decision["found"]) == ("*.onion", "proxy")
        assert decision["peer"] == f"{world.proxy_address}:{PORT}"
        # The way of an onion service to us is up to Tor; here it comes by our address.
        bob.send(alice.full_jid, "and back")
        alice.wait_body("and back")
        decision = world.gate.expect_decision(since=mark, kind="s2s_in", verdict="accepted",
                                              from_=world.onion)
        assert decision["rule"] == "*.onion"
    assert not world.looked_up("onion")


def test_a_key_that_the_rule_does_not_pin_is_refused(world):
    name = world.fresh_onion()
    world.proxy.routes[name, 5269] = (world.net.raw_peer, 5269)
    with world.proxy, world.raw_server(name, credential=world.pki.self_made(name)) as server:
        condition, text = bounce(world, name)
        assert "key" in text, (condition, text)
        assert server.behaviour.stanzas == []
    world.gate.expect_decision(kind="s2s_out", verdict="rejected", reason="pin_mismatch", to=name)


def test_a_private_authority_vouches_for_an_onion_service(world):
    authority, roots = world.pki.private_ca("onions")
    name = world.fresh_onion()
    world.proxy.routes[name, 15269] = (world.net.raw_peer, 5269)
    rule = {"match": [f"*.{world.onion}"], "via": world.proxy.url, "roots": roots,
            "via_port": 15269}
    world.proxy.method = NO_LOGIN
    try:
        with world.changed_gate(s2s={"rule": [rule]}) as gate, world.client("alice") as alice:
            with world.proxy as proxy, world.raw_server(
                    name, credential=world.pki.minted(authority, name)) as server:
                alice.send(f"bob@{name}", "to the partner")
                server.wait_stanza()
                assert proxy.requests[-1] == (name, 15269)
                gate.expect_decision(kind="s2s_out", verdict="accepted", to=name)
    finally:
        world.proxy.method = BY_NAME


def refusals(gate, reason, fault):
    return gate.metrics().total("portcullis_streams_rejected_total", kind="s2s_out", reason=reason,
                                fault=fault)


def test_an_onion_service_without_a_rule_is_not_looked_up(world):
    name = world.fresh_onion()
    asked = len(world.proxy.requests)
    with world.changed_gate(s2s={"rule": []}) as gate, world.proxy as proxy:
        _, text = bounce(world, name)
        assert "no rule for it has via" in text
        gate.expect_decision(kind="s2s_out", reason="onion_without_proxy", to=name)
        assert refusals(gate, "onion_without_proxy", "local") >= 1
        assert len(proxy.requests) == asked
    assert not world.looked_up("onion")


def test_a_name_with_a_wrong_checksum_is_not_called(world):
    name = wrong_name(world.onion)
    asked = len(world.proxy.requests)
    with world.proxy as proxy:
        _, text = bounce(world, name)
        assert "the checksum in the name is wrong" in text
        world.gate.expect_decision(kind="s2s_out", reason="bad_onion_name", to=name)
        assert len(proxy.requests) == asked
    assert not world.looked_up("onion")


def expect_reason(world, reason, fault, words):
    name = world.fresh_onion()
    mark, before = world.gate.mark(), refusals(world.gate, reason, fault)
    _, text = bounce(world, name)
    # The address of the proxy is for the operator.
    assert world.proxy_address not in text
    decision = world.gate.expect_decision(since=mark, kind="s2s_out", reason=reason, to=name)
    assert refusals(world.gate, reason, fault) > before
    assert words in decision["detail"]
    world.gate.expect_event(since=mark, event="dial", host=name, reason=reason,
                            address=f"{world.proxy_address}:{PORT}")


def test_a_proxy_that_is_down_is_the_operators_fault(world):
    expect_reason(world, "socks_proxy_failed", "local", "connection refused")


@pytest.mark.parametrize("code, reason, fault, words", [
    (1, "socks_proxy_failed", "local", "without a reason (0x01)"),
    (2, "socks_proxy_failed", "local", "do not allow"),
    (3, "peer_unreachable", "network", "the network cannot be reached"),
    (4, "peer_unreachable", "network", "the host cannot be reached"),
    (5, "peer_unreachable", "network", "the connection was refused"),
    (6, "peer_unreachable", "network", "the time was over"),
    (7, "socks_proxy_failed", "local", "does not know the command"),
    (8, "socks_proxy_failed", "local", "takes no names"),
    (9, "socks_proxy_failed", "local", "0x09"),
    (0xF0, "peer_unreachable", "network", "no descriptor"),
    (0xF1, "peer_unreachable", "network", "descriptor of the onion service is invalid"),
    (0xF2, "peer_unreachable", "network", "could not be introduced"),
    (0xF3, "peer_unreachable", "network", "rendezvous"),
    (0xF4, "socks_proxy_failed", "local", "demands an authorization"),
    (0xF5, "socks_proxy_failed", "local", "does not accept its authorization"),
    (0xF6, "peer_unreachable", "network", "no onion service"),
    (0xF7, "peer_unreachable", "network", "took too long")])
def test_what_the_proxy_answers_is_said_in_words(world, code, reason, fault, words):
    world.proxy.code = code
    try:
        with world.proxy:
            expect_reason(world, reason, fault, words)
    finally:
        world.proxy.code = None


@pytest.mark.parametrize("says, words", [
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no SOCKS5 proxy"), (b"\x04\x5a", "no SOCKS5 proxy"),
    (b"\x05\xff", "takes neither"), (b"\x05\x01", "was not offered"),
    (b"\x05\x00" + b"x" * 100_000, "more than it was asked for"),
    (b"", "closed the connection before it took the request")])
def test_a_proxy_that_talks_nonsense_is_refused(world, says, words):
    world.proxy.says = says
    try:
        with world.proxy:
            expect_reason(world, "socks_proxy_failed", "local", words)
    finally:
        world.proxy.says = None


@pytest.mark.parametrize("silent, reason, fault", [
    ("greeting", "socks_proxy_failed", "local"), ("request", "peer_unreachable", "network")])
def test_a_proxy_that_stalls_has_the_time_of_a_dial(world, silent, reason, fault):
    """Once it has the request, the proxy may be waiting for the peer itself."""
    world.proxy.silent = silent
    try:
        with world.changed_gate(limits={"dial": "2s"}), world.proxy:
            expect_reason(world, reason, fault, "no answer within ")
    finally:
        world.proxy.silent = None


def as_backend(world, to):
    """A connection of the backend, for a stream to that domain."""
    return RawClient((world.gate.outbound, 5269), DOMAIN, to, world.backend_credential, timeout=20)


def everything_through(world):
    rule = {"match": ["*.localhost", "*.example", "*.onion"], "via": world.proxy.url,
            "via_for": "any"}
    return {"rule": [rule]}


def test_this_machine_is_never_called_through_it(world):
    asked = len(world.proxy.requests)
    with world.changed_gate(s2s=everything_through(world)) as gate, world.proxy as proxy:
        with as_backend(world, "x.localhost") as stream:
            stream.secure()
            stream.send(external(None))
            assert stream.stream_error().reason == "peer_unreachable"
        decision = gate.expect_decision(kind="s2s_out", reason="address_refused")
        assert "this machine" in decision["detail"]
        assert len(proxy.requests) == asked


@pytest.mark.parametrize("to, reason", [(DOMAIN, "host_unknown"), (ROOMS, "host_unknown"),
                                        ("127.0.0.1", "bad_address"), ("[::1]", "bad_address")])
def test_neither_own_domains_nor_addresses_are(world, to, reason):
    """Whatever the rule says, such a stream ends at its header."""
    asked = len(world.proxy.requests)
    with world.changed_gate(s2s=everything_through(world)) as gate, world.proxy as proxy:
        with as_backend(world, to) as stream:
            stream.open()
            assert stream.stream_error().reason == reason
        gate.expect_decision(kind="s2s_out", verdict="rejected", reason=reason)
        assert len(proxy.requests) == asked


def test_other_domains_go_through_the_proxy_if_the_rule_says_so(world):
    name = world.fresh_name()
    world.proxy.routes[name, 5269] = (world.net.raw_peer, 5269)
    rule = {"match": [name], "via": world.proxy.url, "via_for": "any"}
    with world.changed_gate(s2s={"rule": [rule]}), world.proxy as proxy:
        with world.raw_server(name) as server, world.client("alice") as alice:
            alice.send(f"bob@{name}", "by name")
            server.wait_stanza()
        assert proxy.requests[-1] == (name, 5269)
    assert not world.looked_up(name)
