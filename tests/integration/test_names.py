"""Names that are not ASCII: in Unicode on every stream, with A-labels in DNS and certificates."""

import contextlib

import pytest

from harness import gate as gate_module
from harness.client import Client
from harness.environment import DOMAIN, NAMES, RAW, RIGHT_TO_LEFT, a_label
from harness.raw_peer import RawClient
from harness.settings import to_toml

NS_CLIENT = "jabber:client"
# Names of other servers, one for each of NAMES.
PEERS = (f"ü1.{RAW}", f"例子.{RAW}", f"مثال.{RIGHT_TO_LEFT}")
# What the certificate names and what an XMPP server reads: strasse, fass, and no name at all.
TWO_MEANINGS = {"straße." + RAW: "xn--strae-oqa." + RAW, "faß." + RAW: "xn--fa-hia." + RAW,
                "مثال." + RAW: "xn--mgbh0fb." + RAW}
IDS = ["latin", "chinese", "arabic"]


def message(from_, to, body):
    return f"<message from='{from_}' to='{to}' type='chat'><body>{body}</body></message>"


def hosts(env):
    """[[host]] as ever, and one more for each of NAMES, spelled as the backend spells it."""
    first = env.settings(None, None)["host"][0]
    leaves = {name: env.pki.leaf(a_label(name), label="gate") for name in NAMES}
    return [first] + [{"domain": name, "backend": first["backend"],
                       "certificates": [{"chain": leaf.chain, "key": leaf.key}]}
                      for name, leaf in leaves.items()]


def public(env, name):
    return env.good(TWO_MEANINGS.get(name, name))


def test_served_here(env):
    """Logins, streams of others and streams to others, for hosts of three scripts."""
    with env.changed_gate(host=hosts(env)) as gate:
        for name in NAMES:
            peer = env.fresh_name()
            with contextlib.ExitStack() as stack:
                alice = stack.enter_context(
                    Client(f"alice@{name}", (gate.wan, 5222), env.pki.roots).login())
                gate.expect_decision(kind="c2s", verdict="accepted", to=a_label(name))

                wire = stack.enter_context(
                    RawClient((gate.wan, 5269), peer, name, env.good(peer), env.net.raw_peer, 20))
                wire.establish().send(message(f"bob@{peer}", f"alice@{name}", "in"))
                alice.wait_body("in")
                gate.expect_decision(kind="s2s_in", verdict="accepted", from_=peer,
                                     to=a_label(name))

                server = stack.enter_context(env.raw_server(peer))
                alice.send(f"bob@{peer}", "out")
                stanza = server.wait_stanza(lambda s: s.tag.endswith("message"))
                assert stanza.get("from").startswith(f"alice@{name}")
                assert {h["from"] for h in server.behaviour.headers} == {name}


@pytest.mark.parametrize("name", PEERS, ids=IDS)
def test_of_a_peer(env, name):
    """Its stanzas arrive, and it is asked for by the name that it serves."""
    with env.client("alice") as alice:
        with env.raw_client(name, public(env, name), gate=env.gate) as wire:
            wire.establish().send(message(f"bob@{name}", alice.full_jid, f"from {name}"))
            alice.wait_body(f"from {name}")
        with env.raw_server(name) as server:
            alice.send(f"bob@{name}", f"to {name}")
            server.wait_stanza(lambda s: s.get("to") == f"bob@{name}")
            assert {h["to"] for h in server.behaviour.headers} == {name}


@pytest.mark.parametrize("to", [a_label(NAMES[0]), "xn--fa-hia.example"])
def test_unknown_or_ambiguous_host_for_a_client(prosody_env, to):
    reason = "host_unknown" if to == a_label(NAMES[0]) else "name_ambiguous"
    with prosody_env.refusal("c2s", reason):
        with RawClient((prosody_env.inbound.wan, 5222), None, to) as client:
            client.open(from_=None, namespace=NS_CLIENT)
            assert client.stream_error().reason == reason


@pytest.mark.parametrize("name", TWO_MEANINGS, ids=["strasse", "fass", "mixed-direction"])
def test_name_with_two_meanings(env, name):
    """Its certificate is in order, and the backend would take it for somebody else."""
    for written in (name, TWO_MEANINGS[name]):
        with env.backend_untouched(), env.refusal("s2s_in", "name_ambiguous"):
            with env.raw_client(written, public(env, name), to=DOMAIN) as wire:
                wire.open()
                error = wire.stream_error()
                assert (error.condition, error.reason) == ("improper-addressing", "name_ambiguous")
                assert TWO_MEANINGS[name] in error.text


# What the stream is for, and an address that the backend reads as another domain.
OTHERWISE = {
    "ideographic": (f"a.{RAW}", f"x@a。{RAW}"),
    "halfwidth": (f"a.{RAW}", f"x@a｡{RAW}/r"),
    "trailing-dot": (f"a.{RAW}", f"x@a.{RAW}."),
    "a-label": (PEERS[0], f"x@{a_label(PEERS[0])}"),
}


@pytest.mark.parametrize("case", OTHERWISE)
def test_address_that_the_backend_reads_otherwise(env, case):
    name, sender = OTHERWISE[case]
    with env.raw_client(name, public(env, name)) as wire:
        wire.establish().send(message(sender, f"alice@{DOMAIN}", f"otherwise {case}"))
        error = wire.stream_error()
        assert (error.condition, error.reason) == ("invalid-from", "name_ambiguous")
    env.inbound.wait_quiet("s2s_in")
    assert not env.backend.saw(f"otherwise {case}")


@pytest.mark.parametrize("field", ["domain", "aliases"])
def test_check_names_the_place_of_a_name_with_two_meanings(prosody_env, tmp_path, field):
    settings = prosody_env.settings(prosody_env.net.gate, prosody_env.net.outbound)
    settings["host"][0][field] = "faß.example" if field == "domain" else ["faß.example"]
    file = tmp_path / "portcullis.toml"
    file.write_text(to_toml(settings))
    line, text = next((number, text) for number, text in
                      enumerate(file.read_text().splitlines(), 1) if "faß" in text)
    checked = gate_module.run_command("check", "-c", file)
    assert checked.returncode != 0
    place = f"{file}:{line}:{text.index('faß')}: error: "
    assert f'{place}"faß.example" cannot be served: ' in checked.stdout + checked.stderr
    assert "take it for fass.example" in checked.stdout + checked.stderr
