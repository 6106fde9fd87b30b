"""A close delivers: what was on its way arrives first, and slow is not dead."""

import os
import signal
import threading
import time

import pytest

from harness.environment import DOMAIN
from harness.logged_in import NS_CLIENT, LoggedIn
from harness.process import family, wait_until
from harness.wire import StreamEnd, local_name

MESSAGES = 300


def bodies(items):
    return [item.find(f"{{{NS_CLIENT}}}body").text.split()[0] for item in items
            if local_name(item) == "message"]


def test_what_is_under_way_to_a_client_that_closes_arrives(prosody_env):
    """And what it asked in the same write as its </stream:stream> is answered."""
    with prosody_env.client("alice") as alice, LoggedIn(prosody_env.inbound, "bob", buffer=4096) as bob:
        bob.send("<presence><priority>5</priority></presence>")
        bob.element("presence")
        mark = prosody_env.inbound.mark()
        for number in range(MESSAGES):
            alice.send(bob.jid, f"{number} " + "x" * 1000)
        assert alice.ping(DOMAIN)  # the backend has taken them all
        bob.send(f"<iq id='p' type='get' to='{DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>"
                 "</stream:stream>")
        items = bob.to_the_end()
        assert bodies(items) == [str(number) for number in range(MESSAGES)]
        assert any(local_name(item) == "iq" and item.get("id") == "p" for item in items)
    prosody_env.inbound.expect_event(since=mark, event="end", kind="c2s", end="peer")


@pytest.fixture
def frozen(prosody_env):
    """Two functions: freeze every process of the backend, and let them go on."""
    def all_get(signal_number):
        for pid in family(prosody_env.backend.pid):
            os.kill(pid, signal_number)
    yield lambda: all_get(signal.SIGSTOP), lambda: all_get(signal.SIGCONT)
    all_get(signal.SIGCONT)


def test_servers_that_close_while_the_backend_is_busy(prosody_env, frozen):
    """They are told that their streams are closed only when the backend has it all."""
    count, names = 100, [prosody_env.fresh_name() for _ in range(4)]
    with prosody_env.client("alice") as alice:
        peers = [prosody_env.raw_client(name, prosody_env.good(name)).establish() for name in names]
        answers = {}

        def finish(peer):
            answers[peer.domain] = (peer.next(), time.monotonic())
        freeze, thaw = frozen
        freeze()
        for peer in peers:
            for number in range(count):
                peer.send(f"<message from='x@{peer.domain}' to='{alice.full_jid}'>"
                          f"<body>{number} {peer.domain} {'x' * 3000}</body></message>")
            peer.send("</stream:stream>")
        readers = [threading.Thread(target=finish, args=(peer,)) for peer in peers]
        for reader in readers:
            reader.start()
        time.sleep(3)  # longer than the gate once waited
        assert not answers, "told of the end before the backend had anything"
        thaw()
        for reader in readers:
            reader.join()
        assert all(isinstance(item, StreamEnd) for item, _ in answers.values()), answers

        def arrived():
            return sum(1 for m in alice.messages if m["from"].domain in names)
        wait_until(lambda: arrived() == len(names) * count, 20, "all messages")
        for peer in peers:
            got = [m["body"].split()[0] for m in alice.messages
                   if m["from"].domain == peer.domain]
            assert got == [str(number) for number in range(count)]
            peer.close()
