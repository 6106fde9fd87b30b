"""What cannot be delivered is told to its sender."""

import os
import signal

from harness.environment import DOMAIN
from harness.logged_in import NS_CLIENT, LoggedIn
from harness.process import family
from harness.wire import NS_STREAM, StreamEnd

NS_STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
MOST = 20_000  # more than all buffers on the way hold


def send_until_nothing_is_taken(client):
    """How many messages were begun. Nobody reads, so at last the client cannot write any more."""
    client.sock.settimeout(1)
    for number in range(MOST):
        try:
            client.sock.sendall(f"<message to='alice@{DOMAIN}' id='{number}'><body>{'x' * 3000}"
                                "</body></message>".encode())
        except TimeoutError:
            return number + 1
    raise AssertionError("the frozen server takes everything")


def test_a_client_reads_what_its_killed_server_did_not_take(env):
    """Errors for its last stanzas, then the end in words; never silence."""
    mark = env.inbound.mark()
    with LoggedIn(env.inbound, "bob") as bob:
        processes = family(env.backend.pid)
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            begun = send_until_nothing_is_taken(bob)
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGKILL)
            env.backend.process.wait()
            env.backend.start()
        bob.sock.settimeout(10)
        *bounced, end = bob.to_the_end()
    ids = [int(item.get("id")) for item in bounced]
    assert ids and ids == sorted(set(ids)) and ids[-1] < begun
    for item in bounced:
        assert item.tag == f"{{{NS_CLIENT}}}message" and item.get("type") == "error"
        assert item.get("from") == f"alice@{DOMAIN}" and item.get("to") is None
        assert item.find(f".//{{{NS_STANZAS}}}remote-server-timeout") is not None
        assert "lost" in item.find(f".//{{{NS_STANZAS}}}text").text
    assert end.tag == f"{{{NS_STREAM}}}error" and not isinstance(end, StreamEnd)
    told = env.inbound.expect_event(since=mark, event="end", kind="c2s", bounced=str(len(ids)))
    assert int(told["undelivered"]) >= len(ids)
    assert env.inbound.metrics().total("portcullis_stanzas_undelivered_total", kind="c2s",
                                       direction="to_backend", outcome="bounced") >= len(ids)
