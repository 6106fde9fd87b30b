"""`portcullis probe`: what DNS says, what is signed in it, and whom it leads to."""

import pytest

from harness.environment import RAW
from harness.probing import CLOSED, CROWD, FAILED, LOST, MET, MISLED, OURS
from harness.probing import world  # the fixture
from harness.raw_peer import Behaviour
from harness.signed_dns import SignedZone


# ---- What DNS says


@pytest.mark.parametrize("name,reason", [
    (CLOSED, "no_such_service"), ("nowhere.example", "no_such_service"), (LOST, "no_such_service"),
    (MISLED, "address_refused"), (OURS, "address_refused"), (f"nobody.{RAW}", "peer_unreachable")])
def test_nobody_to_ask(world, name, reason):
    found, text = world.probe(name, expect=FAILED)
    assert found["outcome"] == "unknown"
    assert found["ruling"]["reason"] == reason
    assert found["for_admin"] == ""
    assert all("tls" not in one for one in found["addresses"])
    assert "no server of the domain was reached" in text


def test_a_crowd_of_addresses(world):
    found, text = world.probe(CROWD, expect=FAILED)
    assert len(found["addresses"]) == 16
    assert len(found["dns"]["services"][1]["records"]) == 20
    assert [one["host"] for one in found["addresses"]] == [f"t{n}.{CROWD}" for n in range(16)]
    assert {one["ruling"]["reason"] for one in found["addresses"]} == {"peer_unreachable"}


def test_a_resolver_that_is_down(world):
    found, text = world.probe(f"x.{RAW}", "--timeout", "3", expect=FAILED, config=world.config(
        dns={"servers": [f"{world.net.address(99)}:53"]}))
    assert found["ruling"]["reason"] in ("dns_failed", "dns_timeout")


# ---- DNSSEC and DANE


SIGNED = "signed.example"
DIGEST = "ab" * 32


@pytest.fixture
def signed(world):
    """(the zone, options for a probe of it); a good server stands where it leads."""
    records = [f"_xmpp-server._tcp.{SIGNED} SRV 5 1 5269 host.{SIGNED}.",
               f"host.{SIGNED} A {world.net.raw_peer}",
               f"_5269._tcp.host.{SIGNED} TLSA 3 1 1 {DIGEST}"]
    address = world.net.address(54)
    anchors = world.directory / "anchors"
    with SignedZone(SIGNED, address, records) as zone, \
            world.raw(Behaviour(credential=world.pki.leaf(SIGNED))):
        anchors.write_text(zone.anchor)
        zone.options = ["--trust-anchors", anchors]
        zone.config = world.config(dns={"servers": [f"{address}:5353"]})
        yield zone


def signs(found):
    return [service["signed"] for service in found["dns"]["services"]]


def test_a_signed_zone_with_tlsa_records(world, signed):
    found, text = world.probe(SIGNED, *signed.options, expect=MET, config=signed.config)
    assert signs(found) == ["yes", "yes"]
    target = found["dns"]["targets"][0]
    assert target["a"]["signed"] == "yes"
    assert target["tlsa"]["records"] == [f"3 1 1 {DIGEST}"]
    assert f"5 1 5269 host.{SIGNED}  (signed)" in text
    assert f"_5269._tcp.host.{SIGNED}: 3 1 1 {DIGEST}  (not judged)" in text


def test_wrong_signatures_are_told(world, signed):
    """Streams do not validate, so what they would do is shown all the same."""
    signed.forged.add("SRV")
    found, text = world.probe(SIGNED, *signed.options, expect=MET, config=signed.config)
    assert signs(found)[1] == "bogus"
    assert "wrong signature" in text
    assert "tlsa" not in found["dns"]["targets"][0]


def test_tlsa_records_with_a_wrong_signature_are_not_shown(world, signed):
    signed.forged.add("TLSA")
    found, text = world.probe(SIGNED, *signed.options, expect=MET, config=signed.config)
    assert found["dns"]["targets"][0]["tlsa"]["signed"] == "bogus"
    assert found["dns"]["targets"][0]["tlsa"]["records"] == []
    assert DIGEST not in text


def test_without_trust_anchors_nothing_is_said_about_signatures(world, signed):
    found, text = world.probe(SIGNED, expect=MET, config=signed.config)
    assert signs(found) == [None, None]
    assert "DNSSEC        not checked" in text


def test_trust_anchors_that_are_none(world, signed):
    run = world.run(SIGNED, "--trust-anchors", world.pki.roots, config=signed.config)
    assert run.returncode == FAILED and "DNSKEY" in run.stderr and run.stdout == ""
