"""The gate's own DNS (capture = "dns"): the backend finds every server at the gate, and everything
else where it is."""

import os
import pathlib
import shutil
import signal
import subprocess

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from harness import dns as name_servers, gate as gate_module
from harness.environment import BACKENDS, DOMAIN, NOWHERE, PEERS, Environment
from harness.process import wait_until
from harness.settings import to_toml

QUERIES = "portcullis_capture_queries_total"


class Captured(Environment):
    """What the gate does not answer is asked of the Internet."""

    def settings(self, wan, outbound):
        settings = super().settings(wan, outbound)
        settings["outbound"]["dns_forward"] = f"{self.net.internet_dns}:{name_servers.PORT}"
        return settings

    def reload(self, **outbound):
        """With other keys in [outbound]; None: without it."""
        settings = self.settings(self.net.gate, self.net.outbound)
        settings["outbound"] = {key: value for key, value in
                                {**settings["outbound"], **outbound}.items() if value is not None}
        self.gate.config_path.write_text(to_toml(settings))
        since = self.gate.mark()
        os.kill(self.gate.pid, signal.SIGHUP)
        return self.gate.expect_event(event="reload", since=since)

    def ask(self, name, kind, transport=dns.query.udp, **options):
        query = dns.message.make_query(name, kind, **options)
        return transport(query, self.net.capture_dns, port=name_servers.PORT, timeout=5)

    def counted(self, outcome):
        return self.gate.metrics().total(QUERIES, outcome=outcome)


@pytest.fixture(scope="module", params=BACKENDS)
def captured(request):
    world = Captured(request.param)
    yield world
    world.close()


@pytest.fixture(params=(dns.query.udp, dns.query.tcp), ids=("udp", "tcp"))
def transport(request):
    return request.param


def texts(answer):
    return [record.to_text() for rrset in answer.answer for record in rrset]


@pytest.mark.parametrize("peer", PEERS)
def test_streams_come_through_the_gate(captured, peer):
    before = captured.counted("captured")
    with captured.client("alice") as alice, captured.peer_client(peer, "bob") as bob:
        alice.send(bob.full_jid, "by the gate's own DNS")
        bob.wait_body("by the gate's own DNS")
        captured.gate.expect_decision(kind="s2s_out", verdict="accepted", from_=DOMAIN,
                                      to=bob.jid.host)
        bob.send(alice.full_jid, "and back")
        alice.wait_body("and back")
    assert captured.counted("captured") > before
    assert captured.counted("none") > 0  # servers ask for direct TLS as well
    assert captured.counted("malformed") == 0


def test_a_domain_that_does_not_exist_is_refused_in_words(captured):
    with captured.client("alice") as alice:
        alice.send(f"somebody@{NOWHERE}", "is there anybody?")
        condition, text = alice.wait_bounce(f"somebody@{NOWHERE}")
    assert condition in ("remote-server-not-found", "remote-server-timeout"), text
    assert NOWHERE in text
    captured.gate.expect_decision(kind="s2s_out", verdict="rejected", to=NOWHERE)


def test_every_server_is_the_gate(captured, transport):
    answer = captured.ask("_xmpp-server._tcp.Any.example", "SRV", transport)
    assert texts(answer) == [f"0 0 5269 {captured.net.outbound}."]
    assert answer.answer[0].name.to_text() == "_xmpp-server._tcp.Any.example."
    assert answer.flags & dns.flags.RA and not answer.flags & dns.flags.AD
    assert texts(captured.ask(captured.net.outbound, "A", transport)) == [captured.net.outbound]
    assert texts(captured.ask(captured.net.outbound, "AAAA", transport)) == []


def test_nothing_leads_around_it(captured, transport):
    """Though the name exists on the Internet, to which everything else is forwarded."""
    for service in ("_xmpps-server", "_jabber"):
        answer = captured.ask(f"{service}._tcp.{DOMAIN}", "SRV", transport)
        assert answer.rcode() == dns.rcode.NXDOMAIN and not answer.answer
        assert answer.authority[0].ttl == 60


@pytest.mark.skipif(shutil.which("javac") is None, reason="no Java with its compiler")
def test_java_understands_the_answers(captured):
    """The resolver of servers that are written in Java, such as Openfire."""
    source = pathlib.Path(__file__).parent / "harness" / "ServiceLookUp.java"
    said = subprocess.run(
        ["java", source, f"{captured.net.capture_dns}:{name_servers.PORT}",
         *(f"{service}._tcp.any.example" for service in ("_xmpp-server", "_xmpps-server", "_jabber"))],
        capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == [
        f"SRV: 0 0 5269 {captured.net.outbound}.", "no such name", "no such name"]


def test_everything_else_is_forwarded(captured, transport):
    before = captured.counted("forwarded")
    name = f"host.{captured.peer_site('prosody').domain}"
    for options in ({}, {"use_edns": 0, "payload": 4096, "want_dnssec": True}):
        answer = captured.ask(name, "A", transport, **options)
        assert texts(answer) == [captured.net.prosody_peer]
    assert captured.ask("nobody.example", "A", transport).rcode() == dns.rcode.NXDOMAIN
    assert captured.counted("forwarded") == before + 3


def test_a_reload_changes_the_answers(captured):
    assert captured.reload(dns_forward=None)["outcome"] == "ok"
    try:
        assert captured.ask("nobody.example", "A").rcode() == dns.rcode.REFUSED
        captured.reload(capture="none", dns=None, dns_forward=None)
        with pytest.raises((OSError, dns.exception.DNSException)):
            captured.ask("_xmpp-server._tcp.any.example", "SRV")
    finally:
        captured.reload()
    assert texts(captured.ask("_xmpp-server._tcp.any.example", "SRV"))
    assert captured.ask("nobody.example", "A").rcode() == dns.rcode.NXDOMAIN


def test_a_reload_that_cannot_answer_changes_nothing(captured):
    since = captured.gate.mark()
    captured.reload(dns=["192.0.2.1:53"])
    refused = captured.gate.expect_event(event="reload", since=since)
    assert "192.0.2.1:53" in captured.gate.log(since)
    assert refused["outcome"] != "ok"
    assert texts(captured.ask("_xmpp-server._tcp.any.example", "SRV"))
    captured.reload()


def test_two_gates_cannot_answer_at_one_address(captured):
    settings = captured.settings(captured.net.address(100), captured.net.address(180))
    settings["outbound"] |= {"capture": "dns",
                             "dns": [f"{captured.net.capture_dns}:{name_servers.PORT}"]}
    path = captured.directory / "second.toml"
    path.write_text(to_toml(settings))
    refused = gate_module.run_command("run", "-c", path)
    assert refused.returncode != 0
    assert f"cannot listen on UDP {captured.net.capture_dns}" in refused.stderr + refused.stdout


def test_the_backend_finds_others_again_after_the_gate_was_away(captured):
    """Failed look-ups are not remembered."""
    with captured.changed_gate(), captured.peer_client("prosody", "bob") as bob:
        with captured.client("alice") as alice:
            alice.send(bob.full_jid, "after the restart")
            bob.wait_body("after the restart")
        wait_until(lambda: captured.gate.running(), 5, "the gate")
