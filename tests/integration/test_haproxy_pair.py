"""Two gates behind HAProxy with PROXY v2, real servers on both sides: one is killed under traffic, and
one is drained. Peers know us by dialback, whose keys the other gate has to know."""

import shutil
import threading
import time

import pytest
from harness import ejabberd
from harness import gate as gate_module
from harness.client import Client
from harness.environment import BACKEND_C2S, DOMAIN
from harness.pair import PairEnvironment
from harness.process import wait_until

pytestmark = [pytest.mark.skipif(gate_module.binary() is None, reason="no portcullis binary"),
              pytest.mark.skipif(shutil.which("haproxy") is None, reason="no haproxy")]

PAUSE = 0.1          # between two messages of one sender
BACK_WITHIN = 40     # seconds: a server's retry, and a busy machine
IN_FLIGHT = 2.0      # seconds around the death of a gate in which what it held is lost


@pytest.fixture
def pair():
    made = PairEnvironment()
    yield made
    made.close()


class Traffic:
    """Numbered messages of one client to another, until stop()."""

    def __init__(self, sender, receiver, name):
        self.sender, self.receiver, self.name = sender, receiver, name
        self.sent = {}  # id -> when
        self._go_on = threading.Event()
        self._go_on.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while self._go_on.is_set():
            one = f"{self.name}-{len(self.sent)}"
            self.sent[one] = time.monotonic()
            self.sender.send_raw(f"<message to='{self.receiver.full_jid}' type='chat' id='{one}'>"
                                 f"<body>{one}</body></message>")
            time.sleep(PAUSE)  # the rate of the load

    def delivered(self):
        return {m["id"] for m in list(self.receiver.messages) if m["type"] != "error"} & set(self.sent)

    def bounced(self):
        return {m["id"] for m in list(self.sender.messages) if m["type"] == "error"} & set(self.sent)

    def silent(self):
        return set(self.sent) - self.delivered() - self.bounced()

    def delivered_after(self, moment):
        return any(self.sent[one] > moment for one in self.delivered())

    def stop(self):
        self._go_on.clear()
        self._thread.join()


def _clients(pair):
    """alice speaks with the backend itself: what is looked at is the streams between servers."""
    alice = Client(f"alice@{DOMAIN}", (pair.net.backend, BACKEND_C2S), pair.pki.roots,
                   plaintext=True).login()
    return alice, [pair.peer_client(kind, "bob") for kind in pair.PEER_KINDS]


def _flowing(alice, bobs):
    flows = [flow for bob in bobs for flow in
             (Traffic(alice, bob, f"to-{bob.jid.host}"), Traffic(bob, alice, f"of-{bob.jid.host}"))]
    for flow in flows:
        wait_until(lambda: len(flow.delivered()) >= 5, BACK_WITHIN,  # pylint: disable=W0640
                   lambda: f"{flow.name} to flow: {len(flow.sent)} sent")  # pylint: disable=W0640
    return flows


def _back(flows, since):
    """Seconds until each flows again."""
    took = {}
    for flow in flows:
        wait_until(lambda: flow.delivered_after(since), BACK_WITHIN,  # pylint: disable=W0640
                   lambda: f"{flow.name} to flow again")  # pylint: disable=W0640
        took[flow.name] = time.monotonic() - since
    return took


def _settle(flows, lost_may_be=lambda flow, one: False):
    for flow in flows:
        flow.stop()
    def unexplained():
        return [one for flow in flows for one in flow.silent() if not lost_may_be(flow, one)]
    wait_until(lambda: not unexplained(), BACK_WITHIN, lambda: f"an account of {unexplained()}")


def _figures(what, flows, took):
    sent = sum(len(f.sent) for f in flows)
    return (f"\n{what}: {sent} messages on {len(flows)} ways, "
            f"{sum(len(f.delivered()) for f in flows)} delivered, "
            f"{sum(len(f.bounced()) for f in flows)} answered with an error, "
            f"{sum(len(f.silent()) for f in flows)} lost in flight; flowing again within "
            f"{max(took.values()):.1f} s at most")


def test_one_is_killed(pair, capsys):
    alice, bobs = _clients(pair)
    phone = Client(f"carol@{DOMAIN}", (pair.net.gate, 5222), pair.pki.roots).login()
    flows = _flowing(alice, bobs)
    dead, other = pair.with_most("s2s_in")
    began = time.monotonic()
    dead.kill()
    took = _back(flows, began)
    # What the dead one had taken and not passed on is gone with it; nothing else is.
    _settle(flows, lambda flow, one: abs(flow.sent[one] - began) < IN_FLIGHT)
    Client(f"alice@{DOMAIN}/phone", (pair.net.gate, 5222), pair.pki.roots).login().close()
    # Whoever calls back about a key reaches the other one, which knows it.
    assert other.metrics().total("portcullis_streams_dialback_total") >= 1
    with capsys.disabled():
        print(_figures("one gate killed", flows, took))
    pair.daemons.remove(dead)
    del phone


def test_one_is_drained(pair, capsys):
    alice, bobs = _clients(pair)
    flows = _flowing(alice, bobs)
    leaving, _ = pair.with_most("s2s_in")
    began = time.monotonic()
    assert gate_module.run_command("drain", "-c", leaving.config_path).returncode == 0
    wait_until(lambda: not leaving.running(), 20, lambda: f"it to leave\n{leaving.tail()}")
    assert leaving.process.returncode == 0
    took = _back(flows, time.monotonic())
    _settle(flows)  # every single one is accounted for
    assert began < time.monotonic()
    with capsys.disabled():
        print(_figures("one gate drained", flows, took))
    pair.daemons.remove(leaving)


def test_keys_of_one_are_known_to_the_other(pair):
    """HAProxy takes turns: a peer's question about a key comes to the gate that has not made it."""
    alice, bobs = _clients(pair)
    for bob in bobs:
        alice.send(bob.full_jid, f"hello {bob.jid.host}")
        bob.wait_body(f"hello {bob.jid.host}", timeout=BACK_WITHIN)
    made = [gate.metrics().total("portcullis_streams_dialback_total") for gate in pair.both]
    # An ejabberd that takes a certificate for servers only has no question.
    asking = [kind for kind in pair.PEER_KINDS
              if kind != "ejabberd" or ejabberd.refuses_for_servers_only()]
    assert sum(made) == len(asking), made
