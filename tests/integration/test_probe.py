"""`portcullis probe`: real servers and scripted ones, seen from outside; nothing but what they say."""

import datetime
import json
import pathlib
import re

import pytest

from harness import ejabberd, gate, prosody
from harness.backend import Site
from harness.environment import DOMAIN, RAW, a_label
from harness.probing import (BOTH_WAYS, DIRECT, FAILED, IDN, INVALID, MET, NOT_MET, USAGE,
                             ProbeWorld, only)
from harness.raw_peer import (OFFER_EXTERNAL, OFFER_STARTTLS, PROCEED, Behaviour, server_context)
from harness.settings import to_toml
from harness.socks import PORT as SOCKS_PORT, SocksProxy
from harness.wire import NS_SASL, NS_TLS, header


@pytest.fixture(scope="module")
def world():
    made = ProbeWorld()
    yield made
    made.close()


# ---- Real servers


@pytest.mark.parametrize("kind", ["prosody", "ejabberd"])
def test_a_good_server(world, kind):
    found, text = world.probe(world.peer(kind), expect=MET)
    one = only(found)
    assert found["outcome"] == "met"
    assert found["ruling"] == {"verdict": "accepted", "enforce": "accepted", "observe": "accepted"}
    assert one["before_tls"]["starttls"]
    assert one["tls"]["version"] == "TLSv1.3" and one["tls"]["forward_secrecy"]
    assert one["certificate"]["key"] == "ECDSA P-256"
    assert found["domain"] in one["certificate"]["names"]
    assert one["offers"]["mechanisms"] == ["EXTERNAL"]
    assert one["external"] == "accepted"
    assert found["for_admin"] == ""
    assert "accepted by SASL EXTERNAL" in text


@pytest.mark.parametrize("kind", ["prosody", "ejabberd"])
def test_servers_for_clients(world, kind):
    found, text = world.probe(world.peer(kind), "--c2s", expect=MET)
    one = only(found)
    assert found["kind"] == "c2s" and found["local"] is None
    assert "SCRAM-SHA-1" in one["offers"]["mechanisms"]
    assert one["external"] == "not_tried"
    assert "SCRAM-SHA-1" in text and "ours " not in text


def test_a_server_that_does_not_trust_us(world):
    """Prosody with another list of CAs: it offers dialback, and EXTERNAL to nobody."""
    site = Site("distrusting.raw.example", world.net.raw_peer, 5269, 5222, world.net.internet_dns,
                str(world.pki.private_ca("Elsewhere")[1]))
    server = world.started(prosody.peer(site, world.directory / "distrusting",
                                        world.pki.leaf(site.domain, site.rooms), "falls-back"))
    try:
        found, text = world.probe(site.domain, expect=NOT_MET)
    finally:
        server.stop()
    assert only(found)["external"] == "not_offered" and only(found)["offers"]["dialback"]
    assert found["ruling"]["reason"] == "external_not_offered"
    assert found["ruling"]["enforce"] == "rejected"
    assert found["ruling"]["observe"] == "would_reject"
    assert "no SASL EXTERNAL is offered" in text


def test_a_server_without_tls(world):
    site = Site("clear.raw.example", world.net.raw_peer, 5269, 5222, world.net.internet_dns,
                str(world.pki.roots))
    server = world.started(prosody.peer(site, world.directory / "clear",
                                        world.pki.leaf(site.domain, site.rooms), "plain"))
    try:
        found, text = world.probe(site.domain, expect=NOT_MET)
    finally:
        server.stop()
    assert found["ruling"]["reason"] == "starttls_not_offered"
    assert not only(found)["before_tls"]["starttls"] and "tls" not in only(found)
    assert "no STARTTLS" in text


# ---- Certificates


FAULTS = ("self_signed", "unknown_ca", "missing_intermediate", "expired", "wrong_name", "weak_key",
          "revoked", "nul_in_name")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_certificate(world, fault):
    name = f"host.{fault.replace('_', '-')}.{RAW}"
    reason = {"unknown_ca": "untrusted_issuer", "wrong_name": "name_mismatch",
              "nul_in_name": "cert_malformed"}.get(fault, fault)
    with world.raw(Behaviour(credential=world.pki.bad(fault, name))):
        found, text = world.probe(name, expect=NOT_MET)
    assert found["outcome"] == "not_met"
    assert found["ruling"]["reason"] == reason
    assert found["ruling"]["depth"] == (1 if fault == "unknown_ca" else 0)
    assert (found["ruling"]["enforce"], found["ruling"]["observe"]) == ("rejected", "would_reject")
    assert "Contact: xmpp:operator@example.org" in found["for_admin"]
    assert f"For the admin of {name}: {found['for_admin']}" in text
    assert only(found)["external"] == "accepted"  # all the same, what it offers is told


def test_what_an_exception_lets_pass(world):
    name = f"excepted.{RAW}"
    config = world.config(s2s={"exception": [
        {"domain": name, "allow": ["expired"], "why": "they are told",
         "until": datetime.date.today() + datetime.timedelta(days=9)}]})
    with world.raw(Behaviour(credential=world.pki.bad("expired", name))):
        found, _ = world.probe(name, expect=MET, config=config)
    assert found["ruling"]["verdict"] == "excepted" and found["ruling"]["reason"] == "expired"


def test_an_observing_gate(world):
    name = f"observed.{RAW}"
    with world.raw(Behaviour(credential=world.pki.bad("expired", name))):
        found, text = world.probe(name, expect=NOT_MET,
                                  config=world.config(policy={"mode": "observe"}))
    assert found["ruling"]["verdict"] == "would_reject"
    assert "would_reject" in text


def test_with_whom_nobody_speaks(world):
    name = f"denied.{RAW}"
    with world.raw(Behaviour(credential=world.pki.leaf(name))):
        found, _ = world.probe(name, expect=NOT_MET,
                               config=world.config(federation={"deny": [name]}))
    assert found["ruling"]["reason"] == "federation_denied"
    assert found["for_admin"] == ""  # it can do nothing about it


@pytest.mark.parametrize("kinds", [("ecdsa",), ("rsa",), ("ecdsa", "rsa")], ids="+".join)
def test_both_kinds_of_certificates_are_asked_for(world, kinds, tmp_path):
    name = f"{'-'.join(kinds)}.{RAW}"

    def talk(wire, behaviour):
        wire.next()
        wire.send(header(name, DOMAIN, extra=" id='1'") + OFFER_STARTTLS)
        wire.next()
        wire.send(PROCEED)
        context = server_context(world.pki.leaf(name, key_type=kinds[0]))
        for more in kinds[1:]:
            leaf = world.pki.leaf(name, key_type=more)
            context.load_cert_chain(leaf.chain, leaf.key)
        wire.start_tls(context, server_side=True)
        wire.next()
        wire.send(header(name, DOMAIN, extra=" id='2'") + OFFER_EXTERNAL)
        wire.next()
        wire.send(f"<success xmlns='{NS_SASL}'/>")

    with world.raw(Behaviour(), script=talk):
        found, text = world.probe(name, expect=MET)
    one = only(found)
    shown = {one["certificate"]["key"].split()[0].lower()}
    shown |= {other["certificate"]["key"].split()[0].lower()
              for other in one["other_certificates"] if other["certificate"]}
    assert shown == set(kinds)
    for kind in {"ecdsa", "rsa"} - set(kinds):
        assert f"none with an {kind.upper()} key" in text
    assert listed(tmp_path, found) == ([] if len(kinds) == 2 else [f"only-{kinds[0]}"])


def listed(folder, *found):
    """In which classes of the list to publish the domain of these probes is, by them alone."""
    files = []
    for number, one in enumerate(found):
        files.append(folder / f"probe-{number}.json")
        files[-1].write_text(json.dumps(one))
    page = gate.run_command("report", "--format", "html", "--probes", *files, "--", "/dev/null")
    assert page.returncode == 0, page.stderr
    sections = re.findall(r'<h2 id="([a-z-]+)">.*?(?=<h2 )', page.stdout, re.DOTALL)
    texts = re.findall(r'<h2 id="[a-z-]+">.*?(?=<h2 )', page.stdout, re.DOTALL)
    assert "only-rsa" in sections and "only-ecdsa" in sections, page.stdout
    return [title for title, text in zip(sections, texts) if f">{found[0]['domain']}<" in text]


def test_a_real_server_with_one_kind_of_key_is_listed(world, tmp_path):
    found, _ = world.probe(world.peer("prosody"), expect=MET)
    shown = {one["certificate"]["key"].split()[0].lower() for one in found["addresses"]}
    assert len(shown) == 1, found["addresses"]
    assert listed(tmp_path, found) == [f"only-{shown.pop()}"], found["addresses"]
    contradicting = json.loads(json.dumps(found))
    other = contradicting["addresses"][0]["other_certificates"][0]
    del other["failure"]
    other["certificate"] = {"key": {"rsa": "RSA 2048 bits", "ecdsa": "ECDSA P-256"}[other["asked"]]}
    assert listed(tmp_path, found, contradicting) == []


def test_ejabberd_closes_without_an_alert_and_so_proves_nothing(world, tmp_path):
    found, text = world.probe(world.peer("ejabberd"), expect=MET)
    if ejabberd.version() >= (24, 12):
        assert "none with an RSA key" in text, text
        assert listed(tmp_path, found) == ["only-ecdsa"]
        return
    assert "not known whether it has one with an RSA key" in text
    assert "none with an" not in text
    assert listed(tmp_path, found) == []


def test_a_server_that_breaks_off_proves_nothing(world, tmp_path):
    """Its second connection ends in the handshake without a word."""
    name = f"breaks-off.{RAW}"
    calls = []

    def talk(wire, behaviour):
        calls.append(wire)
        wire.next()
        wire.send(header(name, DOMAIN, extra=" id='1'") + OFFER_STARTTLS)
        wire.next()
        wire.send(PROCEED)
        if len(calls) % 2 == 0:
            return wire.close()
        wire.start_tls(server_context(world.pki.leaf(name, key_type="rsa")), server_side=True)
        wire.next()
        wire.send(header(name, DOMAIN, extra=" id='2'") + OFFER_EXTERNAL)
        wire.next()
        return wire.send(f"<success xmlns='{NS_SASL}'/>")

    with world.raw(Behaviour(), script=talk):
        found, _ = world.probe(name, expect=MET)
    other = only(found)["other_certificates"][0]
    assert other["certificate"] is None and other["failure"]["reason"] != "tls_no_common_suite"
    assert listed(tmp_path, found) == []


# ---- Direct TLS, several addresses, names


def secured(wire, name, credential):
    """A server behind a handshake that has been done."""
    wire.next()
    wire.send(header(name, DOMAIN, extra=" id='2'") + OFFER_EXTERNAL)
    wire.next()
    wire.send(f"<success xmlns='{NS_SASL}'/>")


def direct(world, name, alpn=("xmpp-server",)):
    def talk(wire, behaviour):
        context = server_context(behaviour.credential)
        context.set_alpn_protocols(list(alpn))
        wire.start_tls(context, server_side=True)
        secured(wire, name, behaviour.credential)
    return world.raw(Behaviour(credential=world.pki.leaf(name)), 5270, talk)


def test_direct_tls_alone(world):
    with direct(world, DIRECT):
        found, text = world.probe(DIRECT, expect=MET)
    one = only(found)
    assert one["entry"] == "direct" and one["tls"]["alpn"] == "xmpp-server"
    assert "before_tls" not in one and one["external"] == "accepted"
    assert "direct TLS" in text and "ALPN xmpp-server" in text


def test_direct_tls_for_something_else(world):
    with direct(world, DIRECT, alpn=("http/1.1",)):
        found, _ = world.probe(DIRECT, expect=MET)
    assert only(found)["tls"]["alpn"] == ""


def test_one_of_two_ways_is_enough(world):
    """STARTTLS with a bad certificate, direct TLS with a good one: a stream would be established,
    and its admin is told all the same."""
    bad = world.pki.bad("expired", BOTH_WAYS)
    with world.raw(Behaviour(credential=bad)), direct(world, BOTH_WAYS):
        found, text = world.probe(BOTH_WAYS, expect=MET)
    rulings = {one["entry"]: one["ruling"]["verdict"] for one in found["addresses"]}
    assert rulings == {"starttls": "rejected", "direct": "accepted"}
    assert "expired" in found["for_admin"] and "expired" in text


def test_a_domain_with_other_letters(world):
    name = a_label(IDN)
    with world.raw(Behaviour(credential=world.pki.leaf(name))) as server:
        found, text = world.probe(IDN, expect=MET)
        assert server.behaviour.headers[0]["to"] == IDN
    assert (found["domain"], found["unicode"]) == (name, IDN)
    assert f"{name} ({IDN})" in text


# ---- Hostile servers


def unsecured(says, forever=False):
    """A server that says that in the clear, behind its header."""
    def talk(wire, behaviour):
        wire.next()
        wire.send(header("x", DOMAIN, extra=" id='1'"))
        while wire.send(says) and forever:
            pass
        wire.sock.recv(1)
    return talk


def dripping(wire, behaviour):
    wire.next()
    wire.send(header("x", DOMAIN, extra=" id='1'") + "<stream:features>")
    wire.send_slowly(b"<x/>" * 1000, 0.2, 20)


HOSTILE = {
    "silent": (lambda wire, behaviour: wire.sock.recv(65536) and wire.sock.recv(1),
               "negotiation_timeout"),
    "dripping": (dripping, "negotiation_timeout"),
    "garbage": (lambda wire, behaviour: wire.send(b"\x00\xff HTTP/1.1 400\r\n"), "xml_invalid"),
    "endless-features": (unsecured("<stream:features>" + "<x xmlns='y'/>" * 1000, True),
                         "stanza_too_big"),
    "endless-space": (unsecured(" " * 4096, True), "negotiation_too_long"),
    "doctype": (lambda wire, behaviour: wire.send("<!DOCTYPE x [<!ENTITY e 'e'>]><x>"),
                "xml_restricted"),
    "stanza": (unsecured("<message/>"), "unauthenticated_stanza"),
    "injection": (unsecured(OFFER_STARTTLS + PROCEED + "<message/>"), "starttls_injection"),
    "failure": (unsecured(OFFER_STARTTLS + f"<failure xmlns='{NS_TLS}'/>"), "tls_failed"),
    "no-tls-behind-proceed": (unsecured(OFFER_STARTTLS + PROCEED), "peer_unreachable"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_server(world, what):
    script, reason = HOSTILE[what]
    name = f"{what}.{RAW}"
    patience = ("--timeout", "2") if reason == "negotiation_timeout" else ()
    with world.raw(Behaviour(), script=script):
        run = world.run(name, "--json", *patience)
    found = json.loads(run.stdout)
    assert found["ruling"]["reason"] == reason, run.stdout
    assert run.returncode == (FAILED if reason == "peer_unreachable" else NOT_MET)
    assert found["ruling"]["enforce"] == "rejected"


def test_words_that_a_terminal_would_obey(world):
    says = ("<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
            "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>&#x9b;31m go \u202e away</text>"
            "</stream:error></stream:stream>")
    name = f"terminal.{RAW}"
    with world.raw(Behaviour(), script=unsecured(says)):
        found, text = world.probe(name, expect=NOT_MET)
    assert found["ruling"]["reason"] == "refused_by_peer"
    assert "31m go" in text


def test_our_certificate_is_declined(world):
    name = f"declined.{RAW}"
    with world.raw(Behaviour(credential=world.pki.leaf(name), external="refuse")):
        found, text = world.probe(name, expect=NOT_MET)
    assert only(found)["external"] == "declined"
    assert "we do not like you" in only(found)["external_words"]
    assert found["ruling"]["reason"] == "refused_by_peer"
    assert "declined: not-authorized (we do not like you)" in text


# ---- Our own side


def test_a_certificate_of_ours_that_cannot_be_read(world):
    """The other server is judged all the same."""
    name = f"unread.{RAW}"
    settings = world.settings()
    settings["host"][0]["certificates"] = [{"chain": "/nowhere.crt", "key": "/nowhere.key"}]
    config = world.directory / "unread.toml"
    config.write_text(to_toml(settings))
    with world.raw(Behaviour(credential=world.pki.leaf(name))):
        found, text = world.probe(name, expect=MET, config=config)
    assert only(found)["external"] == "not_tried" and not found["certificate_shown"]
    assert "/nowhere.crt" in found["why_not_shown"] and "/nowhere.crt" in text


@pytest.mark.skipif(pathlib.Path("/etc/portcullis/portcullis.toml").exists(),
                    reason="this machine has a configuration")
def test_without_a_configuration(world):
    """What is asked through a proxy needs no DNS, so here it is the way to the test's Internet."""
    name = f"unknown.{RAW}"
    with SocksProxy(world.net.address(90)) as proxy, \
            world.raw(Behaviour(credential=world.pki.leaf(name))):
        proxy.routes[name, 5269] = (world.net.raw_peer, 5269)
        run = gate.run_command("probe", "--json", "--via",
                               f"{world.net.address(90)}:{SOCKS_PORT}", "--timeout", "60", name,
                               timeout=400)
    found = json.loads(run.stdout)
    assert run.returncode == NOT_MET
    assert found["policy"].startswith("the default policy") and found["local"] is None
    assert found["ruling"]["reason"] == "untrusted_issuer"  # the system's roots do not know it
    assert found["dns"] is None and only(found)["by_proxy"]
    assert only(found)["offers"]["mechanisms"] == ["EXTERNAL"]


def test_through_a_proxy(world):
    name = f"proxied.{RAW}"
    with SocksProxy(world.net.address(90)) as proxy, \
            world.raw(Behaviour(credential=world.pki.leaf(name))):
        proxy.routes[name, 5269] = (world.net.raw_peer, 5269)
        found, text = world.probe(name, "--via", f"{world.net.address(90)}:{SOCKS_PORT}",
                                  expect=MET)
    assert found["dns"] is None and only(found)["external"] == "accepted"
    assert "the proxy " in text


def test_through_a_proxy_that_is_not_there(world):
    found, _ = world.probe(f"proxied.{RAW}", "--via", f"{world.net.address(91)}:{SOCKS_PORT}",
                           expect=FAILED)
    assert found["outcome"] == "unknown"


@pytest.mark.parametrize("words,says", [
    (("192.0.2.1",), "192.0.2.1"), (("a_b.example",), "a_b.example"),
    (("a.example", "--via", "proxy:9050"), "--via"), (("a.example", "--via", "9050"), "--via"),
    (("a.example", "--local", "stranger.example"), "stranger.example"),
    (("a.example", "--timeout", "0"), "--timeout")])
def test_words_that_make_no_sense(world, words, says):
    run = world.run(words[0], *words[1:])
    assert run.returncode == USAGE and says in run.stderr and run.stdout == ""


def test_an_invalid_configuration(world):
    path = world.directory / "invalid.toml"
    path.write_text("version = 1\n[s2s]\nroots = 5\n")
    run = world.run(f"x.{RAW}", config=path)
    assert run.returncode == INVALID and "invalid.toml:3" in run.stderr


def test_roots_that_are_not_there(world):
    run = world.run(f"x.{RAW}", config=world.config(s2s={"roots": "/nowhere.pem"}))
    assert run.returncode == INVALID and "/nowhere.pem" in run.stderr
