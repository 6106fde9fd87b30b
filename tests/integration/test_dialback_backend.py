"""Backends that know only dialback: what other servers send reaches their users. Their question
about the gate's key is answered by a script here, which can also answer it wrongly."""

import pytest

from harness import jabberd2
from harness.dialback import DialbackClient, result
from harness.by_dialback import KINDS
from harness.dialback_backend import ScriptedAnswers
from harness.environment import BACKEND_S2S, DOMAIN, PEERS
from harness.raw_peer import external


@pytest.fixture(scope="module", params=KINDS)
def world(request):
    if request.param == "jabberd2" and not jabberd2.installed():
        pytest.skip("jabberd2 is not installed; Debian 13 has none")
    made = ScriptedAnswers(request.param)
    yield made
    made.close()


@pytest.fixture
def alice(world):
    with world.client("alice") as client:
        yield client


@pytest.fixture(autouse=True)
def books_balance(world):
    yield
    for gate in world.gates():
        assert gate.running(), gate.tail()
        gate.check_conservation()


def authenticate(peer):
    """Up to our proof; the answer is still to come."""
    peer.secure()
    peer.send(external(peer.domain))


def message(from_, to, body):
    return f"<message from='{from_}' to='{to}' type='chat'><body>{body}</body></message>"


@pytest.mark.parametrize("peer", PEERS)
def test_a_real_server_writes_to_a_user(world, alice, peer):
    with world.peer_client(peer, "bob") as bob:
        for number in range(3):
            bob.send(alice.full_jid, f"{number} from {peer}")
        alice.wait_body(f"2 from {peer}")
    assert [m["body"] for m in alice.messages if m["body"].endswith(peer)] == [
        f"{number} from {peer}" for number in range(3)]
    world.gate.expect_decision(kind="s2s_in", verdict="accepted", from_=f"{peer}-peer.example",
                               to=DOMAIN)
    assert (DOMAIN, f"{peer}-peer.example", "valid") in world.responder.asked


def test_two_domains_have_a_stream_each(world, alice):
    names = [world.fresh_name() for _ in range(2)]
    def opened():
        return world.inbound.metrics().total("portcullis_backend_connections_total", kind="s2s_in")
    before = opened()
    streams = [world.raw_client(name, world.good(name)).establish() for name in names]
    for name, stream in zip(names, streams):
        stream.send(message(f"bob@{name}", alice.full_jid, f"from {name}"))
        alice.wait_body(f"from {name}")
    assert opened() == before + 2
    for stream in streams:
        stream.close()


def test_a_large_message(world, alice):
    body = "0123456789" * 4_000  # jabberd2 takes 64 KiB
    name = world.fresh_name()
    with world.raw_client(name, world.good(name)).establish() as stream:
        stream.send(message(f"bob@{name}", alice.full_jid, body))
        alice.wait_body(body)


def test_the_backend_counts_as_up(world):
    world.gate.wait_metric(1, "portcullis_backend_up", timeout=90, kind="s2s_in")


# ---- Who is refused


@pytest.mark.parametrize("fault, reason", [("self_signed", "self_signed"), ("expired", "expired"),
                                           ("wrong_name", "name_mismatch")])
def test_a_bad_certificate_never_reaches_the_backend(world, fault, reason):
    name = world.fresh_name()
    asked = len(world.responder.asked)
    with world.backend_untouched(), world.raw_client(name, world.pki.bad(fault, name)) as peer:
        with world.refusal("s2s_in", reason):
            peer.negotiate_tls()
            peer.open()
            peer.stream_error()
    assert len(world.responder.asked) == asked


def test_dialback_on_the_internet_stays_refused(world):
    name = world.fresh_name()
    with world.backend_untouched(), world.raw_client(name, world.good(name)) as peer:
        with world.refusal("s2s_in", "dialback_attempted"):
            peer.negotiate_tls()
            peer.open()
            peer.expect_external()
            peer.send(f"<db:result xmlns:db='jabber:server:dialback' from='{name}' to='{DOMAIN}'>"
                      "key</db:result>")
            peer.stream_error()


@pytest.mark.parametrize("answer", ["invalid", "error"])
def test_a_key_that_somebody_else_calls_wrong(world, answer):
    name = world.fresh_name()
    with world.responder.answering(lambda *_: answer):
        with world.raw_client(name, world.good(name), timeout=40) as peer:
            with world.refusal("s2s_in", "backend_misconfigured", timeout=40) as found:
                authenticate(peer)
                error = peer.stream_error(timeout=40)
    assert error.condition == "internal-server-error"
    assert "outbound.listen" in found[0]["detail"]
    assert "dialback" not in error.text


def test_nobody_answers_about_the_key(world):
    name = world.fresh_name()
    with world.responder.answering(lambda *_: None):
        with world.raw_client(name, world.good(name), timeout=60) as peer:
            with world.refusal("s2s_in", "backend_unavailable", timeout=60):
                authenticate(peer)
                assert peer.stream_error(timeout=60).condition == "remote-connection-failed"
    # It works again.
    with world.raw_client(name, world.good(name), timeout=40) as peer:
        peer.establish()


# ---- The keys


def test_keys_are_those_of_the_file(world):
    """A gate with another secret is not the one that the backend's question reaches."""
    other = world.directory / "other.secret"
    other.touch(mode=0o600)
    other.write_text("another secret than that")
    name = world.fresh_name()
    with world.extra_gate(s2s={"dialback_secret": other}) as gate:
        with world.raw_client(name, world.good(name), gate=gate, timeout=40) as peer:
            with world.refusal("s2s_in", "backend_misconfigured", gate=gate, timeout=40):
                authenticate(peer)
                peer.stream_error(timeout=40)
    assert world.responder.asked[-1] == (DOMAIN, name, "invalid")


def test_a_forged_key_is_no_key(world):
    """Another program of this machine, which reaches the port of the backend."""
    name = world.fresh_name()
    with DialbackClient((world.net.backend, BACKEND_S2S), name, DOMAIN) as stranger:
        stranger.negotiate(tls=False)
        stranger.send(result(name, DOMAIN, "0" * 64))
        answer = stranger.element("result", timeout=40)
        assert answer.get("type") == "invalid"
    assert (DOMAIN, name, "invalid") in world.responder.asked
