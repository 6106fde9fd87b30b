"""capture = "nftables": the backend asks its ordinary resolver, which tells it the truth, and the
packet filter leads it to the gate."""

import pytest

from harness import egress
from harness.egress import ALLOWED, ODD, ODD_PORT, OTHER, OTHER6, SIX, SIX_AT, Led, done
from harness.environment import BACKENDS, DOMAIN
from harness.gate import run_command
from harness.raw_peer import Behaviour, RawServer

OTHER_KIND = {"prosody": "ejabberd", "ejabberd": "prosody"}  # whose user is not led anywhere


@pytest.fixture(scope="module", params=BACKENDS)
def led(request):
    if reason := egress.missing():
        pytest.skip(reason)
    world = Led(request.param)
    yield world
    world.close()


@pytest.fixture
def peer(led):
    return OTHER_KIND[led.kind]


def test_mail_flows_through_the_gate(led, peer):
    before = led.counted("captured")
    with led.client("alice") as alice, led.peer_client(peer, "bob") as bob:
        since = led.gate.mark()
        alice.send(bob.full_jid, "by the packet filter")
        bob.wait_body("by the packet filter")
        led.gate.expect_decision(kind="s2s_out", verdict="accepted", from_=DOMAIN,
                                 to=bob.jid.host, since=since)
        bob.send(alice.full_jid, "and back")
        alice.wait_body("and back")
    assert led.counted("captured") > before
    # There is a record for direct TLS, which servers try first.
    assert "DirectTlsHeard" in led.gate.log()
    assert led.counted("refused_other") == 0


def test_a_peer_on_another_port_is_refused_at_once_and_counted(led):
    before, seen = led.counted("refused_other"), led.other.accepted(ODD_PORT)
    with led.client("alice") as alice:
        alice.send(f"somebody@{ODD}", "are you there?")
        condition, text = alice.wait_bounce(f"somebody@{ODD}", 30)
    assert condition in ("remote-server-not-found", "remote-server-timeout"), text
    assert led.counted("refused_other") > before
    assert led.other.accepted(ODD_PORT) == seen
    said, took = led.connect(led.user, OTHER, ODD_PORT)
    assert said == "refused" and took < 3, (said, took)


def test_other_users_go_where_they_like(led):
    before = led.counted("refused_other"), led.counted("captured")
    for user in ("root", "nobody", OTHER_KIND[led.kind]):
        assert led.connect(user, OTHER, ODD_PORT)[0] == "connected", user
        assert led.connect(user, OTHER, 5269)[0] == "connected", user
    assert (led.counted("refused_other"), led.counted("captured")) == before


def test_what_a_backend_needs_stays_open(led):
    before = led.counted("refused_other")
    for port in ALLOWED:
        assert led.connect(led.user, OTHER, port)[0] == "connected", port
        assert led.connect(led.user, OTHER6, port)[0] == "connected", port
    assert led.ask_udp(led.user, OTHER) == "who"
    # This machine: itself and its components.
    assert led.connect(led.user, led.net.backend, 15269)[0] == "connected"
    assert led.connect(led.user, led.net.gate, 5222)[0] == "connected"
    assert led.counted("refused_other") == before
    assert led.connect(led.user, OTHER, 22)[0] == "refused"
    assert led.counted("refused_other") == before + 1


def test_the_protocol_that_nobody_listens_for_is_refused(led):
    before, seen = led.counted("refused_family"), led.other.accepted(5269)
    said, took = led.connect(led.user, OTHER6, 5269)
    assert said == "refused" and took < 3, (said, took)
    assert led.counted("refused_family") == before + 1
    assert led.other.accepted(5269) == seen


def test_the_other_protocol_is_led_where_it_is_listened_for(led):
    led.install(outbound={**led._outbound(led.net.outbound), "listen": [
        f"{led.net.outbound}:5269", f"[::1]:{ODD_PORT}"]})
    try:
        assert led.connect(led.user, OTHER6, 5269)[0] == "refused"  # nobody listens there yet
        assert led.counted("captured") == 1 and led.counted("refused_family") == 0
    finally:
        led.install()


def test_a_stream_over_the_other_protocol_to_its_end(led):
    """The backend knows an address of IPv6 alone. It is led to the gate by IPv6, and the gate calls the
    peer by IPv6."""
    if led.kind == "ejabberd":
        pytest.skip("it asks libc for addresses, and no file of this machine has that name")
    outbound = {**led._outbound(led.net.outbound), "listen": [f"{led.net.outbound}:5269", "[::1]:5269"]}
    behaviour = Behaviour(credential=led.good(SIX), trusted=led.pki.roots)
    with led.changed_gate(outbound=outbound) as gate, RawServer(SIX_AT, behaviour) as six:
        led.install(outbound=outbound)
        try:
            with led.client("alice") as alice:
                alice.send(f"bob@{SIX}", "by IPv6")
                stanza = six.wait_stanza(lambda s: s.tag.endswith("}message"))
            assert stanza.find("{jabber:server}body").text == "by IPv6"
            found = gate.expect_decision(kind="s2s_out", verdict="accepted", to=SIX)
            assert found["peer"] == f"[{SIX_AT}]:5269", found
            assert led.counted("captured") >= 1 and led.counted("refused_family") == 0
        finally:
            led.install()


def test_direct_tls_is_refused_where_somebody_is_observed(led):
    led.install(policy={"mode": "observe"})
    try:
        assert led.connect(led.user, OTHER, 5270)[0] == "refused"
        assert led.connect(led.user, OTHER, 5269)[0] == "connected"  # with the gate
        assert led.counted("refused_direct") == 1 and led.counted("captured") == 1
    finally:
        led.install()


def test_the_table_is_printed_checked_and_removed(led):
    printed = led.egress()
    assert printed.returncode == 0 and "chain outgoing" in printed.stdout, printed.stderr
    checked = led.egress("--check")
    assert checked.returncode == 0 and "accepts" in checked.stdout, checked.stderr
    done("nft", "add", "table", "inet", "another")
    try:
        led.install()
        led.install()
        tables = done("nft", "list", "tables").splitlines()
        assert tables.count("table inet portcullis") == 1, tables
        for _ in range(2):  # also if there is none
            assert run_command("egress", "--remove").returncode == 0
        tables = done("nft", "list", "tables").splitlines()
        assert "table inet another" in tables and "table inet portcullis" not in tables, tables
        assert led.egress("--check").returncode == 0
        assert "portcullis" not in done("nft", "list", "tables")  # nothing was changed
    finally:
        done("nft", "delete", "table", "inet", "another")
        led.install()


def test_what_is_missing_is_said(led):
    outbound = led._outbound(led.net.outbound)
    absent = led.egress("--install", outbound={**outbound, "backend_users": ["nobody-here"]})
    assert absent.returncode == 1 and 'no user "nobody-here"' in absent.stderr, absent.stderr
    own = led.egress(outbound={**outbound, "backend_users": ["root"]})
    assert own.returncode == 78 and "root does not do" in own.stderr, own.stderr
    other = led.egress(outbound={**outbound, "capture": "none", "backend_users": [],
                                 "allowed_ports": [53]})
    assert other.returncode == 1 and 'is not "nftables"' in other.stderr, other.stderr
    both = led.egress("--check", "--install")
    assert both.returncode == 2 and "one of" in both.stderr, both.stderr


def test_without_rights_it_says_so(led):
    path = led.config()
    path.chmod(0o644)
    ran = egress.run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                     "--bounding-set=-all", led.directory_binary(), "egress", "--remove")
    assert ran.returncode == 1, ran.stdout
    assert "Operation not permitted" in ran.stderr and "as root" in ran.stderr, ran.stderr
    assert led.counted("captured") >= 0  # it is still there


def test_without_nft_it_says_so(led):
    hidden = egress.run("unshare", "--mount", "--propagation", "private", "sh", "-ec",
                        'mount --bind /dev/null "$(readlink -f /usr/sbin/nft)"; exec "$@"', "sh",
                        led.directory_binary(), "egress", "--remove")
    assert hidden.returncode == 1 and "install the package nftables" in hidden.stderr, hidden.stderr
    assert led.counted("captured") >= 0


def test_check_shows_what_is_led_where(led):
    checked = run_command("check", "-c", led.config())
    assert checked.returncode == 0, checked.stdout
    assert (f'leads the streams of {led.kind} over IPv4 to {led.net.outbound}:5269; '
            "over IPv6 nowhere") in checked.stdout
