"""What the gate must have made of a peer: its decision in the log, counted once, and nothing left open."""

import contextlib

from .process import wait_until


class Judged:
    """Part of an environment with a gate: context managers around what a peer does."""

    @contextlib.contextmanager
    def refusal(self, kind, reason, gate=None, timeout=20, **decision):
        """Around what a peer does: at the end the gate must have written one rejecting decision
        and counted it once, and have nothing left open. Yields a list that then holds the
        decision."""
        gate = gate or (self.gate if kind == "s2s_out" else self.inbound)
        name, active = "portcullis_streams_rejected_total", "portcullis_streams_active"
        before, mark, found = gate.metrics(), gate.mark(), []
        yield found
        found.append(gate.expect_decision(timeout, since=mark, kind=kind, verdict="rejected",
                                          reason=reason, **decision))
        # Before, the refused connection itself may have stood already.
        wait_until(lambda: gate.metrics().total(active, kind=kind)
                   <= before.total(active, kind=kind), timeout,
                   lambda: f"the refused connection to be gone\n{gate.tail(12)}")
        after = gate.metrics()
        for labels in ({"kind": kind, "reason": reason}, {"kind": kind}):
            counted = after.total(name, **labels) - before.total(name, **labels)
            assert counted == 1, f"{counted} refusals of {labels}\n{gate.tail()}"
        decisions = [e for e in gate.events(mark)
                     if e["event"] == "decision" and e["kind"] == kind]
        assert len(decisions) == 1, decisions
        gate.check_conservation()

    @contextlib.contextmanager
    def verdict(self, kind, verdict, reason=None, gate=None, timeout=20, **decision):
        """Around what a peer does: at the end the gate must have written a decision with this
        verdict, and counted it once. Yields a list that then holds the decision."""
        gate = gate or (self.gate if kind == "s2s_out" else self.inbound)
        name, found = "portcullis_verdicts_total", []
        counted = {"kind": kind, "verdict": verdict, "reason": reason or "none"}
        before, mark = gate.metrics().total(name, **counted), gate.mark()
        yield found
        wanted = {"reason": reason} if reason else {}
        found.append(gate.expect_decision(timeout, since=mark, kind=kind, verdict=verdict,
                                          **wanted, **decision))
        gate.wait_metric(before + 1, name, **counted)

    @contextlib.contextmanager
    def backend_untouched(self):
        """No server-to-server connection reaches the backend meanwhile, save those that the main
        gate makes for the real peers."""
        def seen():
            made = self.gate.metrics().total("portcullis_backend_connections_total", kind="s2s_in")
            return self.backend.s2s_connections() - made
        before = seen()
        yield
        after = seen()
        assert after == before, f"the backend saw {after - before} connection(s)"
