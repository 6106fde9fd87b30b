"""A Prosody with two domains, of which the second has no certificate: what other servers, its own
users and its operator read."""

import pytest

from harness import raw_peer
from harness.client import Client
from harness.environment import BACKEND_C2S, BACKEND_S2S, DOMAIN, RAW, ROOMS, Environment

SECOND = "second.example"


class TwoDomains(Environment):
    """`shows`: what Prosody has for the second domain."""

    PEER_KINDS = ()
    ALSO_SERVED = (SECOND,)

    def __init__(self, shows):
        self.shows = shows
        super().__init__("prosody")

    def made_for_the_backend(self):
        self.second_credential = self.pki.self_made(SECOND)
        return self.pki.self_made(DOMAIN, ROOMS)

    def make_backend(self):
        backend = super().make_backend()
        for end in ("crt", "key"):
            (backend.directory / "certs" / f"{SECOND}.{end}").unlink()
        if self.shows == "the first":
            config = backend.directory / "prosody.cfg.lua"
            certs = backend.directory / "certs"
            config.write_text(config.read_text().replace(
                f'VirtualHost "{SECOND}"\n',
                f'VirtualHost "{SECOND}"\nssl = {{ certificate = "{certs}/{DOMAIN}.crt"; '
                f'key = "{certs}/{DOMAIN}.key" }}\n'))
        return backend

    def settings(self, wan, outbound):
        settings = super().settings(wan, outbound)
        leaf = self.pki.leaf(SECOND)
        settings["host"].append({
            "domain": SECOND,
            "certificates": [{"chain": leaf.chain, "key": leaf.key}],
            "backend": {"s2s": f"{self.net.backend}:{BACKEND_S2S}",
                        "c2s": f"{self.net.backend}:{BACKEND_C2S}",
                        "certificate": self.second_credential.chain, "allow_clear_c2s": True}})
        return settings


_made = {}


def two_domains(shows):
    if shows not in _made:
        _made[shows] = TwoDomains(shows)
    return _made[shows]


@pytest.fixture(scope="module", autouse=True)
def _closing():
    yield
    for world in _made.values():
        world.close()
    _made.clear()


def expect_words(found):
    """The operator reads which domain lacks a certificate, and no word about pinning another."""
    detail = found["detail"]
    for part in (f"your server has no certificate for {SECOND}", f"it showed that of {DOMAIN}",
                 f"give it one for {SECOND}", "portcullis.toml:"):
        assert part in detail, detail
    assert "copy it there" not in detail


def test_another_server_calls():
    world = two_domains("the first")
    mark = world.inbound.mark()
    with world.refusal("s2s_in", "not_the_backend", from_=RAW, to=SECOND) as found:
        with world.raw_client(RAW, world.good(RAW), to=SECOND) as peer:
            peer.secure()
            peer.send(raw_peer.external(RAW))
            error = peer.stream_error()
    expect_words(found[0])
    assert error.condition == "internal-server-error" and "certificate for" not in error.text
    expect_words(world.inbound.expect_event(event="backend", since=mark, host=SECOND,
                                            reason="not_the_backend"))


def test_its_users_write_to_another_server():
    world = two_domains("the first")
    name = world.fresh_name()
    mark = world.gate.mark()
    with Client(f"alice@{SECOND}", (world.gate.wan, 5222), world.pki.roots).login() as alice:
        with world.raw_server(name) as server:
            alice.send(f"somebody@{name}", "are you there?")
            expect_words(world.gate.expect_decision(since=mark, timeout=30, kind="s2s_out",
                                                    reason="not_the_backend"))
            alice.wait_bounce(f"somebody@{name}", 60)
            assert server.behaviour.stanzas == []


def test_the_first_domain_is_not_concerned():
    world = two_domains("the first")
    name = world.fresh_name()
    with world.client("alice") as alice, world.raw_server(name) as server:
        alice.send(f"somebody@{name}", "hello")
        assert server.wait_stanza() is not None
