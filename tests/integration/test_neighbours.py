"""Two servers behind one gate, Prosody for legacy.example and ejabberd for second.example and for
rooms.legacy.example: they reach each other through the gate, and nowhere else."""

import pytest

from harness import ejabberd
from harness.backend import Site
from harness.client import Client
from harness.environment import BACKEND_C2S, BACKEND_S2S, DOMAIN, Environment
from harness.process import wait_until
from harness.raw_peer import RawClient

SECOND = "second.example"
COMPONENT = "rooms.legacy.example"  # of Prosody's users, on ejabberd


class Neighbours(Environment):
    PEER_KINDS = ()
    ALSO_SERVED = ()

    def __init__(self):
        super().__init__("prosody")
        credential = self.second_credential
        site = Site(SECOND, self.net.address(7), BACKEND_S2S, BACKEND_C2S, self.net.capture_dns,
                    str(self.local_ca_directory / "ca.pem"))
        self.second = ejabberd.backend(site, self.directory / "second", credential,
                                       proxy_protocol=False)
        self.second.name = "second"
        ejabberd.add_settings(self.second, f"""
modules:
  mod_muc:
    hosts: ["conference.{SECOND}", "{COMPONENT}"]
    default_room_options: {{ mam: false }}
""")
        self.started(self.second)

    @property
    def second_credential(self):
        if not hasattr(self, "_second_credential"):
            self._second_credential = self.pki.self_made(SECOND, f"conference.{SECOND}",
                                                         COMPONENT)
        return self._second_credential

    def host(self, domain, aliases=(), pinned=None):
        leaf = self.pki.leaf(domain, *aliases)
        at = self.net.address(7)
        return {"domain": domain, "aliases": list(aliases),
                "certificates": [{"chain": leaf.chain, "key": leaf.key}],
                "backend": {"s2s": f"{at}:{BACKEND_S2S}", "c2s": f"{at}:{BACKEND_C2S}",
                            "certificate": (pinned or self.second_credential).chain,
                            "allow_clear_c2s": True}}

    def settings(self, wan, outbound):
        settings = super().settings(wan, outbound)
        settings["host"] += [self.host(SECOND, [f"conference.{SECOND}"]), self.host(COMPONENT)]
        return settings

    def second_client(self, user="bob"):
        return Client(f"{user}@{SECOND}", (self.gate.wan, 5222), self.pki.roots).login()


_made = []


@pytest.fixture
def world():
    if not _made:
        _made.append(Neighbours())
    yield _made[0]
    _made[0].gate.check_conservation()


@pytest.fixture
def alice(world):
    with world.client("alice") as client:
        yield client


@pytest.fixture
def bob(world):
    with world.second_client("bob") as client:
        yield client


def both_ways(one, other, body):
    one.send(other.full_jid, f"{body} to")
    other.wait_body(f"{body} to", 40)
    other.send(one.full_jid, f"{body} back")
    one.wait_body(f"{body} back", 40)


def expect_local(gate, from_, to):
    decision = gate.expect_decision(kind="s2s_out", verdict="accepted", from_=from_, to=to)
    assert decision["found"] == "local", decision
    return decision


def expect_bounce(client, to, words):
    client.send(to, "are you there?")
    condition, text = client.wait_bounce(to, 60)
    assert condition in ("remote-server-not-found", "remote-server-timeout"), (condition, text)
    for word in words:
        assert word in text, text
    assert "127." not in text, text


def test_messages_both_ways(world, alice, bob):
    dialed = world.gate.metrics().total("portcullis_dial_attempts_total")
    both_ways(alice, bob, "neighbour")
    expect_local(world.gate, DOMAIN, SECOND)
    expect_local(world.gate, SECOND, DOMAIN)
    after = world.gate.metrics()
    assert after.total("portcullis_dial_attempts_total") == dialed
    assert after.total("portcullis_streams_established_total", kind="s2s_out") >= 2
    assert after.total("portcullis_streams_rejected_total", kind="s2s_out") == 0


def test_answers_to_questions(world, alice, bob):
    assert alice.ping(SECOND)
    assert bob.ping(DOMAIN)


def test_large_message(world, alice, bob):
    both_ways(alice, bob, "0123456789" * 20_000)


def test_order(world, alice, bob):
    wanted = [f"number {n}" for n in range(200)]
    for body in wanted:
        alice.send(bob.full_jid, body)
    bob.wait_body(wanted[-1], 40)
    assert [m["body"] for m in bob.messages if m["body"].startswith("number")] == wanted


def talk_in(room, owner, guest):
    owner.join(room, "owner")
    owner.configure_instant_room(room)
    guest.join(room, "guest")
    guest.send(room, f"into {room}", "groupchat")
    owner.wait_body(f"into {room}", 40)
    owner.send(room, f"out of {room}", "groupchat")
    guest.wait_body(f"out of {room}", 40)


def test_rooms_of_the_first(world, alice, bob):
    talk_in(f"first@{world.backend.rooms}", alice, bob)
    expect_local(world.gate, SECOND, world.backend.rooms)
    expect_local(world.gate, world.backend.rooms, SECOND)


def test_rooms_of_the_second(world, alice, bob):
    talk_in(f"second@conference.{SECOND}", bob, alice)
    expect_local(world.gate, DOMAIN, f"conference.{SECOND}")


def test_component_on_another_program(world, alice):
    """The rooms of Prosody's own users are on ejabberd."""
    with world.client("carol") as carol:
        talk_in(f"parted@{COMPONENT}", alice, carol)
    expect_local(world.gate, DOMAIN, COMPONENT)
    expect_local(world.gate, COMPONENT, DOMAIN)


def test_no_policy_of_other_servers(world):
    with world.changed_gate(federation={"default": "deny", "local_only": [DOMAIN, SECOND]},
                            s2s={"roots": world.pki.roots, "min_tls": "1.3"}):
        with world.client("alice") as alice, world.second_client("bob") as bob:
            both_ways(alice, bob, "apart")


def test_denied(world):
    with world.changed_gate(federation={"deny": [SECOND]}):
        with world.client("alice") as alice:
            expect_bounce(alice, f"bob@{SECOND}", [SECOND])
        world.gate.expect_decision(kind="s2s_out", verdict="rejected", reason="neighbour_denied",
                                   from_=DOMAIN, to=SECOND)


def test_the_other_server_is_down(world):
    """Whose server it is stands in the bounce; and it works again once that is back."""
    world.second.stop()
    try:
        with world.changed_gate(), world.client("alice") as alice:
            expect_bounce(alice, f"bob@{SECOND}", [f"server of {SECOND} is not available"])
            decision = world.gate.expect_decision(kind="s2s_out", verdict="rejected",
                                                  reason="backend_unavailable", to=SECOND)
            assert world.net.address(7) in decision["detail"], decision
    finally:
        world.second.start()
    with world.client("alice") as alice, world.second_client("bob") as bob:
        def delivered():
            alice.send(bob.full_jid, "again")
            try:
                return bob.wait_body("again", 3)
            except AssertionError:
                return None
        wait_until(delivered, 40, "a message after the restart")


def test_the_other_certificate_is_unknown(world):
    hosts = world.settings(world.gate.wan, world.gate.outbound)["host"][:1]
    hosts += [world.host(SECOND, pinned=world.backend_credential)]
    mark = world.second.mark()
    with world.changed_gate(host=hosts):
        with world.client("alice") as alice:
            expect_bounce(alice, f"bob@{SECOND}", [SECOND])
        world.gate.expect_decision(kind="s2s_out", verdict="rejected", reason="not_the_backend",
                                   from_=DOMAIN, to=SECOND)
        world.gate.expect_event(event="backend", host=SECOND, reason="not_the_backend")
    assert not world.second.saw("are you there?", mark)


def outbound_client(world, from_, to, credential):
    return RawClient((world.gate.outbound, 5269), from_, to, credential, timeout=20)


@pytest.mark.parametrize("whose", ["the first", "nobody", "public"])
def test_nobody_speaks_for_the_other(world, whose):
    credential = {"the first": world.backend_credential, "nobody": None,
                  "public": world.pki.leaf(SECOND)}[whose]
    with world.refusal("s2s_out", "not_the_backend", from_=SECOND, to=DOMAIN):
        with outbound_client(world, SECOND, DOMAIN, credential) as stranger:
            stranger.negotiate_tls()
            stranger.open()
            assert stranger.stream_error().condition == "not-authorized"


@pytest.mark.parametrize("from_, to", [(DOMAIN, DOMAIN), (DOMAIN, f"conference.{DOMAIN}"),
                                       (SECOND, COMPONENT)])
def test_what_would_come_back_is_refused(world, from_, to):
    credential = world.backend_credential if from_ == DOMAIN else world.second_credential
    with world.refusal("s2s_out", "host_unknown", from_=from_, to=to):
        with outbound_client(world, from_, to, credential) as backend:
            backend.open()
            assert "would come back" in backend.stream_error().text
