"""A backend of a kind that shows its users no stream errors (Openfire): when the other server is
refused, its stream is accepted so that its stanzas can be answered, on a stream that carries errors
only."""

import contextlib
import time

import pytest

from harness import raw_peer
from harness.environment import DOMAIN
from harness.process import wait_until
from harness.wire import NS_SERVER, header

TOLD = "portcullis_error_streams_total"
SOON = 2  # seconds
BEFORE_OPENFIRE_GIVES_UP = 10


@contextlib.contextmanager
def answering(env, **backend):
    with env.changed_gate(backend={"kind": "openfire", **backend}) as gate:
        yield gate


def told(gate, outcome="success"):
    return gate.metrics().total(TOLD, direction="to_backend", outcome=outcome)


def test_user_reads_why_and_reads_it_once(env):
    """Prosody and ejabberd stand in for Openfire: they take the error stream as Openfire does."""
    name = env.fresh_name()
    with answering(env) as gate, env.client("alice") as alice, \
            env.raw_server(name, credential=env.pki.bad("self_signed", name)) as server:
        began = time.monotonic()
        alice.send(f"somebody@{name}", "are you there?")
        _, text = alice.wait_bounce(f"somebody@{name}", 20)
        assert "self-signed" in text, text
        # The time of these servers themselves is in it, too.
        assert time.monotonic() - began < BEFORE_OPENFIRE_GIVES_UP
        gate.wait_metric(1, TOLD, direction="to_backend", outcome="success")
        gate.expect_decision(kind="s2s_out", verdict="rejected", reason="self_signed", to=name)
        # The stream error that ends its stream later is not told once more.
        assert alice.ping(DOMAIN)
        wait_until(lambda: gate.metrics().total("portcullis_streams_active", kind="s2s_out") == 0,
                   10, "the refused stream to be over")
        bounces = [m for m in alice.messages if m["type"] == "error"]
        assert len(bounces) == 1, bounces
        assert server.behaviour.stanzas == []


class PlayedOpenfire:
    """What Openfire does on the wire, as far as it matters here. To other servers: header and
    stanzas at once behind <success/>, no word about stream errors. From others: STARTTLS, EXTERNAL,
    and what comes then is in `answers`, with the time."""

    def __init__(self, env):
        self.env = env
        self.answers = []
        behaviour = raw_peer.Behaviour(credential=env.backend_credential,
                                       trusted=env.local_ca_directory / "ca.pem", probed=True)
        behaviour.stanzas = self
        self.server = raw_peer.RawServer(env.net.address(67), behaviour, port=15269)
        self.headers = behaviour.headers

    def append(self, stanza):
        self.answers.append((time.monotonic(), stanza))

    def calls(self, name, stanzas, outbound):
        """Returns the words of the stream error with which that stream ends."""
        with raw_peer.RawClient((outbound, 5269), DOMAIN, name,
                                self.env.backend_credential) as caller:
            caller.secure()
            caller.authenticate(DOMAIN)
            caller.restart()
            caller.send(header(DOMAIN, name) + "".join(stanzas))
            return caller.stream_error()


@pytest.fixture
def openfire(prosody_env):
    """The played server behind a gate of its own."""
    played = PlayedOpenfire(prosody_env)
    with played.server, prosody_env.extra_gate(
            backend={"kind": "openfire", "s2s": f"{prosody_env.net.address(67)}:15269"}) as gate:
        played.gate = gate
        yield played


def message(number, name, kind="chat"):
    return (f"<message from='alice@{DOMAIN}/pc' to='bob@{name}' type='{kind}' id='m{number}'>"
            f"<body>{number}</body></message>")


def test_played_openfire_is_answered_in_time(prosody_env, openfire):
    env, name = prosody_env, prosody_env.fresh_name()
    with env.raw_server(name, credential=env.pki.bad("self_signed", name)):
        began = time.monotonic()
        error = openfire.calls(name, [message(1, name), message(2, name),
                                      message(3, name, "error")], openfire.gate.outbound)
        assert (error.condition, error.reason) == ("remote-connection-failed", "self_signed")
        wait_until(lambda: len(openfire.answers) == 2, 10, "two answers")
    for number, (when, answer) in enumerate(openfire.answers, 1):
        assert when - began < SOON
        assert answer.tag == f"{{{NS_SERVER}}}message"
        assert answer.get("type") == "error"
        assert (answer.get("from"), answer.get("to"), answer.get("id")) == (
            f"bob@{name}", f"alice@{DOMAIN}/pc", f"m{number}")
        text = "".join(answer.itertext())
        assert "self-signed" in text, text
    assert openfire.headers[-1]["from"] == name
    openfire.gate.wait_metric(1, TOLD, direction="to_backend", outcome="success")


def test_played_openfire_whose_error_stream_says_something(prosody_env, openfire):
    """What comes on the stream that tells the errors goes nowhere and ends it."""
    env, name = prosody_env, prosody_env.fresh_name()
    spoken = f"<message from='alice@{DOMAIN}' to='bob@{name}'><body>bridged</body></message>"
    openfire.server.behaviour.extra_after_success = spoken.encode()
    with env.raw_server(name, credential=env.pki.bad("self_signed", name)) as peer:
        openfire.calls(name, [message(1, name)], openfire.gate.outbound)
        wait_until(lambda: told(openfire.gate) + told(openfire.gate, "failure") == 1, 10,
                   "the stream to be over")
        assert peer.behaviour.stanzas == []


def test_only_the_backend_is_accepted_for_it(prosody_env, openfire):
    env, name = prosody_env, prosody_env.fresh_name()
    with raw_peer.RawClient((openfire.gate.outbound, 5269), DOMAIN, name,
                            env.good(name)) as stranger:
        stranger.negotiate_tls()
        stranger.open()
        assert stranger.stream_error().reason == "not_the_backend"
    assert openfire.answers == []
