"""Observe mode in front of real backends that keep the strict lines of their guides: what they
refuse has a name, a setting to change, a count and a line in the report, and is told in the bounce."""

from harness import gate as gate_module
from harness.environment import DOMAIN

COUNTED = "portcullis_verdicts_total"
SETTINGS = ("s2s_secure_auth = false", "s2s_use_starttls: optional")


def expect_named(gate, kind, **names):
    decision = gate.expect_decision(kind=kind, verdict="rejected", reason="backend_too_strict",
                                    **names)
    line = gate.expect_event(event="backend", kind=kind, reason="backend_too_strict", host=DOMAIN)
    for setting in SETTINGS:
        assert setting in line["detail"], line
    assert gate.metrics().total(COUNTED, kind=kind, reason="backend_too_strict") == 1
    report = gate_module.run_command("report", gate.log_path)
    assert "Not the other server's fault" in report.stdout, report.stdout
    assert "backend_too_strict" in report.stdout
    return decision


def test_inbound(env):
    """The peer's certificate has expired, so it can only do dialback."""
    name = env.fresh_name()
    with env.extra_gate(policy={"mode": "observe"}) as gate:
        with env.raw_client(name, env.pki.bad("expired", name), gate=gate) as peer:
            peer.negotiate_tls()
            peer.open()
            if env.kind == "ejabberd":  # it has nothing against the stream before dialback
                peer.element("features")
                peer.send("<db:result xmlns:db='jabber:server:dialback' "
                          f"from='{name}' to='{DOMAIN}'>key</db:result>")
            error = peer.stream_error()
        assert error.reason == "backend_too_strict", error
        assert "show a certificate that is trusted" in error.text, error
        expect_named(gate, "s2s_in", from_=name, to=DOMAIN)


def test_outbound(env):
    """The peer knows no encryption, and the backend demands it."""
    name = env.fresh_name()
    with env.changed_gate(policy={"mode": "observe"}) as gate:
        with env.client("alice") as alice, env.raw_server(name, offer_starttls=False):
            alice.send(f"bob@{name}", "never to arrive")
            alice.wait_bounce(f"bob@{name}")
        expect_named(gate, "s2s_out", from_=DOMAIN, to=name)
