#!/usr/bin/python3
"""Runs the demonstration and prints what really happened. Called by deploy/quickstart."""

import argparse
import pathlib
import signal
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
sys.dont_write_bytecode = True

from world import DIALBACK, PEER, SELF_SIGNED, WORLDS  # noqa: E402
from harness import gate as gate_module  # noqa: E402

LEGACY = "legacy.example"


class Story:
    """The steps of the demonstration; each is checked, none is taken for granted."""

    def __init__(self):
        self.failed = []

    def step(self, title, action):
        try:
            detail = action()
            print(f"  ok    {title}" + (f": {detail}" if detail else ""), flush=True)
        except Exception as problem:  # noqa: BLE001 - every step is reported, none hides the next
            self.failed.append(title)
            print(f"  FAIL  {title}: {problem}", flush=True)


def chat(demo, alice, bob):
    alice.send(bob.jid.bare, "hello from behind the gate")
    bob.wait_body("hello from behind the gate")
    decision = demo.gate.expect_decision(kind="s2s_out", to=PEER, verdict="accepted")
    return f"{LEGACY} -> {PEER} over {decision['tls']}, certificates checked in both directions"


def chat_back(demo, alice, bob):
    bob.send(alice.jid.bare, "hello from the Internet")
    alice.wait_body("hello from the Internet")
    decision = demo.gate.expect_decision(kind="s2s_in", from_=PEER, verdict="accepted")
    return f"{PEER} -> {LEGACY} over {decision['tls']}"


def refused_out(demo, alice, domain, reason):
    alice.send(f"carol@{domain}", "are you there?")
    _, text = alice.wait_bounce(f"carol@{domain}")
    demo.gate.expect_decision(kind="s2s_out", to=domain, verdict="rejected", reason=reason)
    return f'{reason}; alice reads "{text}"'


def refused_in(demo, kind, domain, reasons):
    with demo.user(kind, "carol") as carol:
        carol.send(f"alice@{LEGACY}", "let me in")
        _, text = carol.wait_bounce(f"alice@{LEGACY}")
    rejected = [e for e in demo.gate.events()
                if e.get("event") == "decision" and e.get("kind") == "s2s_in"
                and e.get("verdict") == "rejected"]
    seen = [e["reason"] for e in rejected if e["reason"] in reasons]
    assert seen, f"no refusal for {reasons} in {rejected}"
    assert not demo.backend.saw("let me in"), "the message reached the backend"
    return f'{seen[-1]}; carol@{domain} reads "{text}"'


def tell(demo, story):
    with demo.client("alice", mechanism=None) as alice, demo.user("ejabberd", "bob") as bob:
        story.step("a client logs in through the gate",
                   lambda: f"{alice.jid} over {alice.tls_version}, {alice.mechanism}")
        story.step("a message goes out", lambda: chat(demo, alice, bob))
        story.step("a message comes in", lambda: chat_back(demo, alice, bob))
        story.step("the server with a self-signed certificate is refused, outbound",
                   lambda: refused_out(demo, alice, SELF_SIGNED, "self_signed"))
        story.step("... and inbound",
                   lambda: refused_in(demo, "self-signed", SELF_SIGNED, {"self_signed"}))
        story.step("the server that only knows dialback is refused, outbound",
                   lambda: refused_out(demo, alice, DIALBACK, "starttls_not_offered"))
        story.step("... and inbound",
                   lambda: refused_in(demo, "dialback", DIALBACK,
                                      {"dialback_attempted", "plaintext_refused"}))


def show_evidence(demo):
    print("\nDecisions, as they stand in the log:")
    for line in demo.gate.log().splitlines():
        if "event=decision" in line:
            print("  " + line)
    print("\nWhat Prometheus reads (only what counted):")
    for line in demo.gate.get("/metrics")[1].splitlines():
        name = line.split("{")[0]
        if name in ("portcullis_streams_rejected_total", "portcullis_streams_established_total",
                    "portcullis_tls_handshakes_total") and not line.endswith(" 0"):
            print("  " + line)


def wait_for_interrupt(demo):
    admin = f"http://{demo.net.gate}:{gate_module.ADMIN_PORT}"
    print(f"\nEverything stays up until Ctrl-C. Look around:\n"
          f"  curl -s {admin}/metrics | grep rejected_total | grep -v ' 0$'\n"
          f"  curl -s {admin}/readyz\n"
          f"  openssl s_client -connect {demo.net.gate}:5269 -starttls xmpp-server "
          f"-xmpphost {LEGACY} -CAfile {demo.pki.roots}\n"
          f"  clients: {demo.net.gate}:5222 (STARTTLS), {demo.net.gate}:5223 (direct TLS); "
          f"alice@{LEGACY}, password alicealice\n"
          f"  configuration: {demo.directory}/gate", flush=True)
    signal.pause()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", choices=WORLDS, default="prosody",
                        help="the server behind the gate")
    parser.add_argument("--once", action="store_true", help="exit when the story is told")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    print(f"Starting {options.backend}, Portcullis in front of it, ejabberd and two careless servers "
          "as the Internet ...", flush=True)
    story = Story()
    demo = WORLDS[options.backend](options.backend)
    try:
        tell(demo, story)
        show_evidence(demo)
        if story.failed:
            print(f"\n{len(story.failed)} step(s) failed: {'; '.join(story.failed)}")
            return 1
        print("\nAll of it was seen: good servers pass, careless ones are refused in words.",
              flush=True)
        if not options.once:
            wait_for_interrupt(demo)
    except KeyboardInterrupt:
        print("\nStopping.")
    finally:
        demo.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
