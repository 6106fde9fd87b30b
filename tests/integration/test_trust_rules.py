"""Rules, pins, private authorities, exceptions and certified dialback of an enforcing gate."""

import datetime

import pytest

from harness.dialback import DialbackPeer
from harness.environment import DOMAIN, ROOMS
from harness.wire import NS_SASL

SOON = datetime.date.today() + datetime.timedelta(days=30)


@pytest.fixture
def env(prosody_env):
    return prosody_env


@pytest.fixture
def name(env):
    return env.fresh_name()


def message(from_, to, body):
    return (f"<message id='{body}' from='{from_}' to='{to}' type='chat'>"
            f"<body>{body}</body></message>")


def expect_established(env, gate, name, credential, verdict="accepted", reason=None):
    """Authenticated by EXTERNAL, and a stanza passes. Returns the decision."""
    with env.verdict("s2s_in", verdict, reason, gate=gate, from_=name, to=DOMAIN) as found:
        with env.raw_client(name, credential, gate=gate) as peer:
            peer.establish()
            marker = f"by {verdict} from {name} {id(peer)}"
            peer.send(message(f"bob@{name}", f"alice@{DOMAIN}", marker))
            env.backend.wait_log(marker)
    return found[0]


def expect_refused(env, gate, name, credential, reason):
    """Returns the decision."""
    with env.refusal("s2s_in", reason, gate=gate, from_=name) as found:
        with env.raw_client(name, credential, gate=gate) as peer:
            peer.negotiate_tls()
            peer.open()
            assert peer.stream_error().reason == reason
    return found[0]


# Private authorities.

def test_private_ca_vouches_for_the_names_of_its_rule_only(env):
    authority, roots = env.pki.private_ca("corp")
    inside, outside = "a.corp.raw.example", env.fresh_name()
    rule = {"match": ["*.corp.raw.example"], "roots": roots, "note": "the subsidiary"}
    with env.extra_gate(s2s={"rule": [rule]}) as gate:
        line = expect_established(env, gate, inside, env.pki.minted(authority, inside))
        assert line["rule"] == "*.corp.raw.example"
        # It could make a certificate for anybody.
        expect_refused(env, gate, outside, env.pki.minted(authority, outside),
                       "missing_intermediate")
        line = expect_established(env, gate, outside, env.good(outside))
        assert "rule" not in line


def test_private_ca_replaces_the_public_ones(env):
    """For its names nobody else can vouch any more."""
    _, roots = env.pki.private_ca("only")
    inside = "b.only.raw.example"
    rule = {"match": ["*.only.raw.example"], "roots": roots}
    with env.extra_gate(s2s={"rule": [rule]}) as gate:
        expect_refused(env, gate, inside, env.good(inside), "untrusted_issuer")
        # *.x is what is below x, not x.
        expect_established(env, gate, "only.raw.example", env.good("only.raw.example"))


def test_private_ca_outbound(env):
    authority, roots = env.pki.private_ca("partner")
    inside, outside = "a.partner.raw.example", env.fresh_name()
    rule = {"match": ["*.partner.raw.example"], "roots": roots}
    with env.changed_gate(s2s={"rule": [rule]}) as gate, env.client("alice") as alice:
        with env.raw_server(inside, credential=env.pki.minted(authority, inside)) as server:
            alice.send(f"bob@{inside}", "to the partner")
            server.wait_stanza()
            gate.expect_decision(kind="s2s_out", verdict="accepted", to=inside,
                                 rule="*.partner.raw.example")
        with env.raw_server(outside, credential=env.pki.minted(authority, outside)) as server:
            alice.send(f"bob@{outside}", "to an impostor")
            alice.wait_bounce(f"bob@{outside}")
            assert server.behaviour.stanzas == []
            gate.expect_decision(kind="s2s_out", verdict="rejected", to=outside)


# Pins.

def pinned(match, *credentials, **settings):
    return {"match": [match], "auth": ["pin"], "pins": [c.spki_pin() for c in credentials],
            **settings}


@pytest.mark.parametrize("fault", ["self_signed", "expired", "wrong_name"])
def test_pinned_key_needs_nothing_else(env, name, fault):
    credential, spare = env.pki.bad(fault, name), env.pki.self_made("spare.example")
    with env.extra_gate(s2s={"rule": [pinned(name, credential, spare)]}) as gate:
        assert expect_established(env, gate, name, credential)["rule"] == name


@pytest.mark.parametrize("shown", ["self_signed", "public"])
def test_other_key_than_the_pinned_one(env, name, shown):
    """Even with a certificate of a public CA, where only the pin counts."""
    spare = env.pki.self_made("spare.example")
    shown = env.good(name) if shown == "public" else env.pki.bad("self_signed", name)
    with env.extra_gate(s2s={"rule": [pinned(name, env.pki.self_made(name), spare)]}) as gate:
        expect_refused(env, gate, name, shown, "pin_mismatch")


def test_pin_or_public_certificate(env, name):
    """Several ways, any of which suffices."""
    own, spare = env.pki.bad("self_signed", name), env.pki.self_made("spare.example")
    rule = pinned(name, own, spare, auth=["pkix", "pin"])
    with env.extra_gate(s2s={"rule": [rule]}) as gate:
        expect_established(env, gate, name, own)
        expect_established(env, gate, name, env.good(name))
        with env.raw_client(name, env.pki.bad("expired", name), gate=gate) as peer:
            peer.negotiate_tls()
            peer.open()
            assert peer.stream_error().condition == "not-authorized"


def test_pin_is_for_its_domain_only(env, name):
    credential, spare = env.pki.bad("wrong_name", name), env.pki.self_made("spare.example")
    another = env.fresh_name()
    with env.extra_gate(s2s={"rule": [pinned(name, credential, spare)]}) as gate:
        expect_established(env, gate, name, credential)
        expect_refused(env, gate, another, credential, "name_mismatch")


def test_pinned_outbound(env, name):
    credential, spare = env.pki.bad("self_signed", name), env.pki.self_made("spare.example")
    with env.changed_gate(s2s={"rule": [pinned(name, credential, spare)]}) as gate, \
            env.client("alice") as alice:
        with env.raw_server(name, credential=credential) as server:
            alice.send(f"bob@{name}", "to the pinned key")
            server.wait_stanza()
            gate.expect_decision(kind="s2s_out", verdict="accepted", to=name, rule=name)
    another = env.fresh_name()
    with env.changed_gate(s2s={"rule": [pinned(another, credential, spare)]}) as gate, \
            env.client("alice") as alice:
        with env.raw_server(another) as server:  # with a public certificate
            alice.send(f"bob@{another}", "to another key")
            alice.wait_bounce(f"bob@{another}")
            assert server.behaviour.stanzas == []
            gate.expect_decision(kind="s2s_out", verdict="rejected", to=another,
                                 reason="pin_mismatch")


# Floors of a rule.

def test_rule_with_a_higher_floor(env, name):
    """Both are checked after TLS, when the domain is known."""
    rules = [{"match": [name], "min_rsa_bits": 3072}, {"match": [f"*.{name}"], "min_tls": "1.3"}]
    with env.extra_gate(s2s={"rule": rules}) as gate:
        rsa = env.pki.leaf(name, key_type="rsa")
        assert "3072" in expect_refused(env, gate, name, rsa, "weak_key")["detail"]
        expect_established(env, gate, name, env.good(name))  # ECDSA
        below = f"modern.{name}"
        expect_established(env, gate, below, env.good(below))
        with env.refusal("s2s_in", "tls_version_too_low", gate=gate, from_=below):
            with env.raw_client(below, env.good(below), gate=gate) as peer:
                peer.negotiate_tls(maximum="TLSv1_2")
                peer.open()
                error = peer.stream_error()
        assert (error.condition, error.reason) == ("policy-violation", "tls_version_too_low")


def test_rule_with_other_algorithms(env, name):
    rules = [{"match": [name], "curves": ["P-384"]},
             {"match": [f"*.{name}"], "signatures": ["sha384", "sha512"]}]
    with env.extra_gate(s2s={"rule": rules}) as gate:
        expect_refused(env, gate, name, env.good(name), "weak_key")  # P-256
        below, another = f"below.{name}", env.fresh_name()
        expect_refused(env, gate, below, env.good(below), "weak_signature")  # SHA-256
        expect_established(env, gate, another, env.good(another))


# Revocation.

@pytest.mark.parametrize("revocation, with_list, fault, reason", [
    ("off", True, "revoked", None),
    ("crl-soft", True, "revoked", "revoked"),
    ("crl-soft", True, None, None),
    ("crl-soft", False, "revoked", None),
    ("crl-hard", True, "revoked", "revoked"),
    ("crl-hard", True, None, None),
    ("crl-hard", False, None, "revocation_unknown"),
])
def test_revocation(env, name, revocation, with_list, fault, reason):
    settings = {"revocation": revocation, "crls": [env.pki.revocation_lists] if with_list else []}
    credential = env.pki.bad(fault, name) if fault else env.good(name)
    with env.extra_gate(s2s=settings) as gate:
        if reason:
            expect_refused(env, gate, name, credential, reason)
        else:
            expect_established(env, gate, name, credential)


# Domains that do not federate.

def test_local_only(env, name):
    """The rooms are for our own people."""
    with env.extra_gate(federation={"local_only": [ROOMS]}) as gate:
        with env.refusal("s2s_in", "federation_denied", gate=gate, from_=name, to=ROOMS):
            with env.raw_client(name, env.good(name), to=ROOMS, gate=gate) as peer:
                peer.negotiate_tls()
                peer.open()
                assert peer.stream_error().condition == "policy-violation"
        expect_established(env, gate, name, env.good(name))


# Exceptions.

def exception(name, *allow, **more):
    return {"domain": name, "allow": list(allow), "until": SOON, "why": "moving house", **more}


def test_exception_waives_what_it_names(env, name):
    with env.extra_gate(s2s={"exception": [exception(name, "expired")]}) as gate:
        expect_established(env, gate, name, env.pki.bad("expired", name), "excepted", "expired")
        # Whose certificate is in order needs no exception.
        expect_established(env, gate, name, env.good(name))


@pytest.mark.parametrize("fault, reason", [("not_yet_valid", "not_yet_valid"),
                                           ("self_signed", "self_signed"),
                                           ("wrong_name", "name_mismatch")])
def test_exception_waives_nothing_else(env, name, fault, reason):
    with env.extra_gate(s2s={"exception": [exception(name, "expired")]}) as gate:
        expect_refused(env, gate, name, env.pki.bad(fault, name), reason)


def test_exception_is_for_its_domain_only(env, name):
    below, another = f"below.{name}", env.fresh_name()
    with env.extra_gate(s2s={"exception": [exception(name, "expired")]}) as gate:
        expect_refused(env, gate, below, env.pki.bad("expired", below), "expired")
        expect_refused(env, gate, another, env.pki.bad("expired", another), "expired")


def test_exception_for_an_identity_needs_the_key(env, name):
    own = env.pki.bad("self_signed", name)
    excepted = exception(name, "self_signed", pins=[own.spki_pin()])
    with env.extra_gate(s2s={"exception": [excepted]}) as gate:
        expect_established(env, gate, name, own, "excepted", "self_signed")
        expect_refused(env, gate, name, env.pki.self_made(name), "self_signed")


def test_exception_outbound(env, name):
    another = env.fresh_name()
    with env.changed_gate(s2s={"exception": [exception(name, "expired")]}) as gate, \
            env.client("alice") as alice:
        with env.raw_server(name, credential=env.pki.bad("expired", name)) as server:
            alice.send(f"bob@{name}", "excepted")
            server.wait_stanza()
            gate.expect_decision(kind="s2s_out", verdict="excepted", reason="expired", to=name)
        with env.raw_server(another, credential=env.pki.bad("expired", another)) as server:
            alice.send(f"bob@{another}", "not excepted")
            alice.wait_bounce(f"bob@{another}")
            assert server.behaviour.stanzas == []


def test_exception_in_observe_mode(env, name):
    """Authenticated, not merely let through."""
    with env.extra_gate(policy={"mode": "observe"},
                        s2s={"exception": [exception(name, "expired")]}) as gate:
        expect_established(env, gate, name, env.pki.bad("expired", name), "excepted", "expired")


# Dialback that is answered from the certificate.

def scripted(env, name, gate, credential):
    return DialbackPeer(name, env.net.raw_peer, (gate.wan, 5269), credential=credential)


def test_certified_dialback(env, name):
    """No call back: the certificate says it all."""
    with env.extra_gate(s2s={"dialback": "certified"}) as gate, env.client("alice") as alice:
        with scripted(env, name, gate, env.good(name)) as peer:
            with env.verdict("s2s_in", "accepted", gate=gate, from_=name, to=DOMAIN):
                stream = peer.established(DOMAIN)
            with stream:
                stream.send(message(f"bob@{name}", alice.full_jid, "certified"))
                alice.wait_body("certified")
            assert peer.connections == 0


@pytest.mark.parametrize("fault, reason", [("expired", "expired"), ("wrong_name", "name_mismatch"),
                                           (None, "cert_missing")])
def test_certified_dialback_with_a_bad_certificate(env, name, fault, reason):
    with env.extra_gate(s2s={"dialback": "certified"}) as gate, env.backend_untouched():
        expect_refused(env, gate, name, fault and env.pki.bad(fault, name), reason)


def test_certified_dialback_for_another_domain(env, name):
    """Whatever the key; the certificate is for one domain."""
    with env.extra_gate(s2s={"dialback": "certified"}) as gate, env.backend_untouched():
        with scripted(env, name, gate, env.good(name)) as peer:
            client, _ = peer.connect(DOMAIN)
            with client:
                client.send(f"<db:result from='other.raw.example' to='{DOMAIN}'>key</db:result>")
                item = client.next(timeout=20)
                assert item.get("type") in ("error", "invalid") or item.tag.endswith("}error")
            assert peer.connections == 0


def test_certified_dialback_answers_no_verification(env, name):
    """It is not for others to ask us about keys."""
    with env.extra_gate(s2s={"dialback": "certified"}) as gate, env.backend_untouched():
        with scripted(env, name, gate, env.good(name)) as peer:
            client, _ = peer.connect(DOMAIN)
            with client:
                client.send(f"<db:verify from='{name}' to='{DOMAIN}' id='x'>key</db:verify>")
                item = client.next(timeout=20)
                assert item.get("type") in ("error", "invalid") or item.tag.endswith("}error")


def test_external_goes_first_where_both_are_offered(env, name):
    with env.extra_gate(s2s={"dialback": "certified"}) as gate:
        with env.raw_client(name, env.good(name), gate=gate) as peer:
            peer.negotiate_tls()
            peer.open()
            features = peer.element("features")
            assert [m.text for m in features.iter(f"{{{NS_SASL}}}mechanism")] == ["EXTERNAL"]
        expect_established(env, gate, name, env.good(name))
