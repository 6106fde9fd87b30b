"""`portcullis probe`: the certificates that a server shows, what policy says of them, and of which kinds
of keys it has one."""

import datetime
import json
import re

import pytest

from harness import ejabberd, gate
from harness.environment import DOMAIN, RAW
from harness.probing import MET, NOT_MET, only
from harness.probing import world  # the fixture
from harness.raw_peer import OFFER_EXTERNAL, OFFER_STARTTLS, PROCEED, Behaviour, server_context
from harness.wire import NS_SASL, header

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
