"""Certificates that end while a stream stands: it is closed so that the peer comes back with a new
one (RFC 6120 section 13.7.2.3)."""

import datetime
import time

import pytest

from harness.certificates import CLIENT_AUTH, SERVER_AUTH, Authority, Plan, now
from harness.environment import DOMAIN
from harness.process import wait_until

LIFE = 8  # seconds: enough to establish a stream on a busy machine
SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def env(prosody_env):
    return prosody_env


def short_lived(env, name, what):
    """What ends soon: the leaf, or the CA above it."""
    if what == "leaf":
        return env.pki.expiring(name, LIFE)
    authority = Authority(f"Short-lived CA for {name}", issuer=env.pki.root, path_length=0,
                          not_after=now() + LIFE * SECOND)
    return env.pki.made((name, "short-lived CA"),
                        Plan((name,), authority, usage=(SERVER_AUTH, CLIENT_AUTH)))




def message(name, body):
    return (f"<message id='{body}' from='bob@{name}' to='alice@{DOMAIN}'>"
            f"<body>{body}</body></message>")


@pytest.mark.parametrize("what", ["leaf", "ca"])
def test_inbound(env, what):
    name, other = env.fresh_name(), env.fresh_name()
    mark = env.inbound.mark()
    with env.raw_client(other, env.good(other)) as lasting:
        lasting.establish()
        begun = time.time()
        with env.raw_client(name, short_lived(env, name, what)) as peer:
            peer.establish()
            peer.send(message(name, f"while it lasts {name}"))
            env.backend.wait_log(f"while it lasts {name}")
            error = peer.stream_error(timeout=LIFE + 10)
        assert error.condition == "reset", error
        # The end is a whole second, and the certificate was made before `begun`.
        assert time.time() - begun > LIFE - 2
        end = env.inbound.expect_event(event="end", since=mark, kind="s2s_in", from_=name)
        assert end["end"] != "peer", end
        # Nobody else's stream is touched; the peer may come back.
        lasting.send(message(other, f"still here {other}"))
        env.backend.wait_log(f"still here {other}")
        with env.raw_client(name, env.good(name)) as renewed:
            renewed.establish()


def test_outbound(env):
    name = env.fresh_name()
    with env.client("alice") as alice:
        with env.raw_server(name, credential=env.pki.expiring(name, LIFE)) as server:
            alice.send(f"bob@{name}", "while it lasts")
            server.wait_stanza()
            env.gate.expect_event(event="end", kind="s2s_out", to=name, timeout=LIFE + 10)
            assert len(server.behaviour.stanzas) == 1
        with env.raw_server(name) as renewed:
            alice.send(f"bob@{name}", "with a new one")
            assert renewed.wait_stanza() is not None


def test_expired_meanwhile_is_not_let_in_again(env):
    name = env.fresh_name()
    credential = env.pki.expiring(name, LIFE)
    with env.raw_client(name, credential) as peer:
        peer.establish()
        assert peer.stream_error(timeout=LIFE + 10).condition == "reset"
    with env.refusal("s2s_in", "expired", from_=name):
        with env.raw_client(name, credential) as peer:
            peer.negotiate_tls()
            peer.open()
            assert peer.stream_error().reason == "expired"
    wait_until(lambda: env.inbound.metrics().conserved("s2s_in")[0], 5, "the books to balance")
