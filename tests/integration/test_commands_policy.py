"""check, explain and report with configurations and logs of gates that really ran."""

import datetime
import json

import pytest

from harness import gate
from harness.environment import DOMAIN, PEERS
from harness.settings import to_toml

TODAY = datetime.datetime.utcnow().date()
DAY = datetime.timedelta(days=1)
POLICY_NOT_MET = 4

BANK = {"match": ["bank.example", "*.bank.example"], "mode": "enforce", "min_tls": "1.3",
        "min_rsa_bits": 3072, "note": "contract 17"}


@pytest.fixture
def env(observing_prosody):
    return observing_prosody


@pytest.fixture
def written(env, tmp_path):
    """Writes a configuration that differs in [s2s] and returns its path."""
    def write(**s2s):
        settings = env.settings(env.gate.wan, env.gate.outbound)
        settings["s2s"] = {**settings["s2s"], **s2s}
        path = tmp_path / "portcullis.toml"
        path.write_text(to_toml(settings))
        return path
    return write


def exception(domain, *allow, until=TODAY + 10 * DAY, **more):
    return {"domain": domain, "allow": list(allow), "until": until, "why": "moving", **more}


# check

def test_check_accepts_rules_and_exceptions(env, written):
    own = env.pki.self_made("lab.example")
    path = written(rule=[BANK], exception=[
        exception("slow.example", "expired"),
        exception("lab.example", "self_signed", pins=[own.spki_pin()])])
    done = gate.run_command("check", "-c", path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("bad, word", [
    (exception("slow.example", "expired", until=TODAY - DAY), "ended"),
    (exception("slow.example", "expired", until=TODAY + 300 * DAY), "max_exception_days"),
    (exception("slow.example", "exprired"), "exprired"),
    (exception("slow.example", "address_spoofed"), "address_spoofed"),
    (exception("slow.example", "self_signed"), "pins"),
    ({"domain": "slow.example", "allow": ["expired"], "until": TODAY + DAY}, "why"),
    ({"domain": "slow.example", "allow": ["expired"], "why": "x"}, "until"),
], ids=["ended", "too-far", "misspelt", "never", "without-pins", "without-why", "without-until"])
def test_check_refuses_an_exception(written, bad, word):
    done = gate.run_command("check", "-c", written(exception=[bad]))
    assert done.returncode != 0
    assert word in done.stderr + done.stdout
    assert "portcullis.toml:" in done.stderr + done.stdout


@pytest.mark.parametrize("bad, word", [
    ({"match": ["*"]}, "*"),
    ({"match": ["bank.example"], "auth": ["pin"]}, "pins"),
    ({"match": ["bank.example"], "auth": ["dane"]}, "dane"),
    ({"match": ["bank.example"], "tls": "optional"}, "tls"),
    ({"match": ["bank.example"], "min_rsa_bits": 1024}, "min_rsa_bits"),
    ({"match": ["bank.example"], "roots": "/nowhere/ca.pem"}, "/nowhere/ca.pem"),
    ({"match": ["bank.example"], "mod": "enforce"}, "mod"),
], ids=["everything", "no-pins", "dane", "tls", "floor", "roots", "misspelt"])
def test_check_refuses_a_rule(written, bad, word):
    done = gate.run_command("check", "-c", written(rule=[bad]))
    assert done.returncode != 0
    assert word in done.stderr + done.stdout
    assert "portcullis.toml:" in done.stderr + done.stdout


def test_check_refuses_the_same_pattern_twice(written):
    done = gate.run_command("check", "-c", written(rule=[BANK, {"match": ["bank.example"],
                                                                "max_chain": 4}]))
    assert done.returncode != 0 and "bank.example" in done.stderr + done.stdout


# explain

def test_explain_names_the_rule_and_where_it_stands(written):
    path = written(rule=[BANK])
    done = gate.run_command("explain", "-c", path, "www.bank.example")
    assert done.returncode == 0, done.stderr
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1)
                if text == 'min_tls = "1.3"')
    assert f"portcullis.toml:{line}" in done.stdout
    assert '"*.bank.example"' in done.stdout and "contract 17" in done.stdout


def test_explain_without_a_rule(written):
    done = gate.run_command("explain", "-c", written(rule=[BANK]), "elsewhere.example")
    assert done.returncode == 0, done.stderr
    assert "bank.example" not in done.stdout


@pytest.mark.parametrize("domain, fault, code, reason", [
    ("elsewhere.example", None, 0, None),
    ("www.bank.example", "expired", POLICY_NOT_MET, "expired"),
    ("www.bank.example", "wrong_name", POLICY_NOT_MET, "name_mismatch"),
    ("elsewhere.example", "self_signed", POLICY_NOT_MET, "self_signed"),  # only observed
    ("slow.example", "expired", 0, "expired"),  # excepted
], ids=["good", "rule-expired", "rule-name", "observed", "excepted"])
def test_explain_judges_a_certificate(env, written, domain, fault, code, reason):
    credential = env.pki.bad(fault, domain) if fault else env.good(domain)
    path = written(rule=[BANK], exception=[exception("slow.example", "expired")])
    done = gate.run_command("explain", "-c", path, domain, "--cert", credential.chain)
    assert done.returncode == code, done.stdout + done.stderr
    if reason:
        assert reason in done.stdout
    else:
        assert "would_reject" not in done.stdout and "rejected" not in done.stdout


def test_explain_says_what_the_running_gate_decided(env, written):
    """The same certificate, by command and on the wire."""
    name = env.fresh_name()
    credential = env.pki.bad("not_yet_valid", name)
    with env.verdict("s2s_in", "would_reject", "not_yet_valid", from_=name) as decided:
        with env.dialback_peer(name, credential=credential) as peer:
            client, _ = peer.connect(DOMAIN, (env.inbound.wan, 5269))
            client.close()
    done = gate.run_command("explain", "-c", env.inbound.config_path, name, "--cert",
                            credential.chain)
    assert "would_reject" in done.stdout and decided[0]["reason"] in done.stdout


@pytest.mark.parametrize("reason", ["self_signed", "dialback_attempted", "address_spoofed"])
def test_explain_a_reason(reason):
    done = gate.run_command("explain", reason)
    assert done.returncode == 0 and reason in done.stdout


@pytest.mark.parametrize("word", ["no_such_reason", "bogus", "a..b", "*.example"])
def test_explain_neither_a_domain_nor_a_reason(env, word):
    done = gate.run_command("explain", "-c", env.gate.config_path, word)
    assert done.returncode == 2 and word in done.stderr


# report

@pytest.fixture
def busy_log(env):
    """The log of the observing gate after streams of peers without TLS, of a good one, and of one
    that it refuses."""
    enforced = env.enforced_name()
    with env.client("alice") as alice:
        for software in PEERS:
            with env.real_peer(software, "plain").client() as bob:
                bob.send(alice.full_jid, f"reported {software}")
                alice.wait_body(f"reported {software}")
        with env.real_peer("prosody", "strict").client() as bob:
            bob.send(alice.full_jid, "reported good")
            alice.wait_body("reported good")
    with env.raw_client(enforced, env.pki.bad("expired", enforced), gate=env.gate) as peer:
        peer.negotiate_tls()
        peer.open()
        peer.stream_error()
    return env.gate.log_path, enforced


def test_report_lists_the_peers_that_enforcing_would_cost(env, busy_log):
    log, enforced = busy_log
    done = gate.run_command("report", log)
    assert done.returncode == 0, done.stderr
    would, _, refused = done.stdout.partition("Refused already")
    for software in PEERS:
        assert env.peer_domain(software, "plain") in would
        assert env.peer_domain(software, "plain") not in refused
    assert enforced in refused and enforced not in would
    assert env.peer_domain("prosody", "strict") not in done.stdout


def test_report_in_json(env, busy_log):
    """A TLSRPT report (RFC 8460)."""
    log, enforced = busy_log
    done = gate.run_command("report", "--format", "json", "--contact", "admin@legacy.example", log)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["contact-info"] == "admin@legacy.example"
    domains = {p["policy"]["policy-domain"] for p in report["policies"]}
    assert {env.peer_domain("prosody", "plain"), enforced} <= domains


@pytest.fixture
def called(env):
    """The logs of the observing gates after one called a server with an expired certificate, at the
    address that DNS has for it, and after a server that said to be another domain came."""
    called, came = env.fresh_name(), env.fresh_name()
    with env.client("alice") as alice, \
            env.dialback_peer(called, credential=env.pki.bad("expired", called)) as peer, \
            env.verdict("s2s_out", "would_reject", "expired", from_=DOMAIN, to=called):
        alice.send(f"bob@{called}", "to an expired one")
        peer.wait_stanza(lambda s: s.tag.endswith("}message"))
    with env.verdict("s2s_in", "would_reject", "self_signed", from_=came), \
            env.dialback_peer(came, credential=env.pki.bad("self_signed", came)) as peer:
        client, _ = peer.connect(DOMAIN, (env.inbound.wan, 5269))
        client.close()
    return [env.gate.log_path, env.inbound.log_path], called, came


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_report_for_publishing_lists_only_who_was_called(env, called, form):
    logs, called, came = called
    done = gate.run_command("report", "--format", form, *logs)
    assert done.returncode == 0, done.stderr
    assert called in done.stdout and came not in done.stdout
    assert "a server came and said that it was the domain" in done.stdout
    assert env.peer_domain("prosody", "strict") not in done.stdout


def test_exceptions_of_the_report_are_what_check_takes(env, written, called):
    """They name nobody who only claimed to be a domain, and the gate lets the others through."""
    logs, called, came = called
    path = written()
    done = gate.run_command("report", "--as-config", "-c", path, *logs)
    assert done.returncode == 0, done.stderr
    assert f'domain = "{called}"' in done.stdout and f'domain = "{came}"' not in done.stdout
    assert f"# {came}: nothing proves" in done.stdout
    path.write_text(path.read_text() + done.stdout)
    check = gate.run_command("check", "-c", path)
    assert check.returncode == 0, check.stdout
    credential = env.pki.bad("expired", called)
    explained = gate.run_command("explain", "-c", path, called, "--cert", credential.chain)
    assert explained.returncode == 0, explained.stdout
    # Once they are there, they are not proposed again.
    again = gate.run_command("report", "--as-config", "-c", path, *logs)
    assert f'domain = "{called}"' not in again.stdout
    assert f"# {called}: it has an exception already, {path}:" in again.stdout


def test_report_of_nothing(tmp_path):
    empty = tmp_path / "empty.log"
    empty.write_text("")
    done = gate.run_command("report", empty)
    assert done.returncode == 0 and "No decision" in done.stdout


def test_report_of_a_file_that_is_not_there(tmp_path):
    done = gate.run_command("report", tmp_path / "missing.log")
    assert done.returncode != 0 and "missing.log" in done.stderr
