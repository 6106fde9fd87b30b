"""The judge of tests/faults finds what it looks for, in logs that are known to be good or bad."""

import pathlib
import socket
import sys
import time

import pytest
from harness.wire import NS_STREAM, Wire

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

from fault_parts import marks, stream, table, workload  # noqa: E402
from fault_parts.judge import PROBE, Log, judge  # noqa: E402
from fault_parts.row import Half, Measured, Row  # noqa: E402


def log(sent=5, arrived=(1, 2, 3, 4, 5), bounced=(), octets=100):
    made = Log()
    for number in range(1, sent + 1):
        made.note_sent("in1", number, octets)
    for number in arrived:
        made.note_arrived("in1", number)
    for number in bounced:
        made.note_bounced("in1", number, "remote-server-timeout", "gone")
    return made


def measured(gated, alone=None, row_marks=marks.USUAL, counted=0, words=((), ()), verdicts=(),
             fault=""):
    def half(each, told, count):
        for side, word in told:
            each.note_told(side, word)
        return Half(judge(each, count), None, each.words(), each.bounces(), list(verdicts), 1.0,
                    fault)
    return Measured(Row("row", "A row", None, row_marks), "prosody",
                    half(gated, words[0], counted), half(alone or log(), words[1], 0))


def test_everything_arrived():
    account = judge(log())
    assert account.sent == 5
    assert (account.lost, account.silent, account.duplicated, account.reordered) == (0, 0, 0, 0)
    assert marks.missed(measured(log())) == []


@pytest.mark.parametrize("arrived, silent", [((1, 2, 4, 5), 1), ((1,), 4), ((), 5)])
def test_silently_dropped(arrived, silent):
    account = judge(log(arrived=arrived))
    assert (account.lost, account.bounced, account.silent) == (silent, 0, silent)
    found = marks.missed(measured(log(arrived=arrived)))
    assert [f"{silent} stanzas lost in silence with the gate",
            f"{silent} lost with the gate, 0 without"] == found


def test_the_last_stanzas_are_missed_too():
    assert judge(log(arrived=(1, 2, 3))).silent == 2


def test_lost_and_bounced():
    bad = log(arrived=(1, 2, 3), bounced=(4, 5))
    account = judge(bad)
    assert (account.lost, account.bounced, account.silent) == (2, 2, 0)
    assert marks.missed(measured(bad)) == ["2 lost with the gate, 0 without"]


def test_a_bounce_of_one_does_not_excuse_another():
    account = judge(log(arrived=(1, 2), bounced=(3,)))
    assert (account.lost, account.bounced, account.silent) == (3, 1, 2)


def test_counted_as_unknown():
    assert judge(log(arrived=(1, 2, 3)), counted=1).silent == 1
    assert judge(log(arrived=(1, 2, 3)), counted=9).silent == 0


def test_what_the_gate_counts_and_bounces_is_one_stanza():
    assert judge(log(arrived=(1, 2, 3), bounced=(4,)), counted=1).silent == 1


def test_no_more_than_the_servers_lose_alone():
    def lossy(arrived):
        return log(arrived=arrived)
    assert marks.missed(measured(lossy((1, 2, 3)), lossy((1, 2)), marks.SERVER_LOSES)) == []
    assert marks.missed(measured(lossy((1, 2)), lossy((1, 2, 3)), marks.SERVER_LOSES)) == [
        "3 stanzas lost in silence with the gate, 2 without", "3 lost with the gate, 2 without"]
    # Where no server dies, its own losses do not excuse silence.
    assert marks.missed(measured(lossy((1, 2, 3)), lossy((1, 2)), marks.USUAL)) == [
        "2 stanzas lost in silence with the gate"]


def test_duplicated():
    bad = log(arrived=(1, 2, 3, 3, 4, 5))
    account = judge(bad)
    assert (account.duplicated, account.reordered, account.lost) == (1, 0, 0)
    assert any("1 duplicated" in words for words in marks.missed(measured(bad)))


def test_a_late_copy_is_no_new_order():
    account = judge(log(arrived=(1, 2, 3, 4, 5, 2)))
    assert (account.duplicated, account.reordered) == (1, 0)


@pytest.mark.parametrize("arrived, late", [((2, 1, 3, 4, 5), 1), ((5, 1, 2, 3, 4), 1),
                                           ((1, 2, 5, 3), 1)])
def test_reordered(arrived, late):
    bad = log(arrived=arrived)
    assert judge(bad).reordered == late
    assert any(f"{late} out of order" in words for words in marks.missed(measured(bad)))


def halves_of(rounds):
    """All rounds of one arm, each of which lost so many of five stanzas."""
    halves = [measured(log(arrived=range(1, 6 - lost))).gated for lost in rounds]
    return sum(halves[1:], halves[0])


def in_rounds(gated, alone):
    return Measured(Row("row", "A row", None, marks.UNDER_LOAD), "prosody", halves_of(gated),
                    halves_of(alone))


@pytest.mark.parametrize("gated, alone", [
    ((0, 0, 0), (0, 0, 0)), ((1, 3, 2), (2, 1, 3)), ((2, 0, 1, 0), (0, 1, 0, 1)),
    ((0, 0, 0), (5, 5, 5))])
def test_what_chance_explains_is_no_difference(gated, alone):
    assert marks.missed(in_rounds(gated, alone)) == []


@pytest.mark.parametrize("gated, alone", [
    ((1, 1, 1), (0, 0, 0)), ((3, 4, 3, 5), (2, 2, 3, 3)), ((2, 1, 2, 3), (0, 0, 1, 0))])
def test_more_than_chance_explains_is_found(gated, alone):
    found = marks.missed(in_rounds(gated, alone))
    assert found == [f"{what} with the gate in each round: {list(gated)}, without: {list(alone)}"
                     for what in ("stanzas lost in silence", "lost")]


def reset_rounds(early, late):
    """Rounds with the gate, and as many good ones without it: in each, so many of five stanzas that
    were sent before the fault were lost, and so many of five that were sent after it."""
    def one(lost_early, lost_late):
        made = log(arrived=range(1, 6 - lost_early))
        made.note_fault()
        for number in range(6, 11):
            made.note_sent("in1", number)
        for number in range(6, 11 - lost_late):
            made.note_arrived("in1", number)
        return measured(made, counted=lost_late).gated
    halves = [one(*lost) for lost in zip(early, late)]
    return Measured(Row("row", "A row", None, marks.BEHIND_THE_GATE), "prosody",
                    sum(halves[1:], halves[0]), halves_of([0] * len(halves)))


def test_what_is_sent_after_the_fault_may_be_lost_if_it_is_counted():
    both = reset_rounds((0, 0, 0), (2, 3, 2))
    assert (both.gated.account.lost, both.gated.account.lost_early) == (7, 0)
    assert marks.missed(both) == []


def test_what_was_sent_before_the_fault_may_not():
    found = marks.missed(reset_rounds((1, 1, 1), (0, 0, 0)))
    assert found[-1] == ("lost of what was sent before the fault with the gate in each round: "
                         "[1, 1, 1], without: [0, 0, 0]")


def test_rounds_are_added():
    both = halves_of((2, 1))
    assert (both.account.sent, both.account.lost, both.account.silent) == (10, 3, 3)
    assert both.account.lost_by == {"in": 3}
    assert [each.lost for each in both.each()] == [2, 1]


def test_a_round_that_was_not_measured_is_not_forgotten():
    good, bad = measured(log()).gated, measured(log(), fault="the backend did not start").gated
    assert (good + bad + good).fault == "the backend did not start"


def test_flows_have_an_order_of_their_own():
    two = Log()
    for flow, number in (("in1", 1), ("in2", 1), ("in1", 2), ("in2", 2)):
        two.note_sent(flow, number)
    for flow, number in (("in1", 1), ("in1", 2), ("in2", 1), ("in2", 2)):
        two.note_arrived(flow, number)
    assert judge(two).reordered == 0


def test_the_same_number_of_another_flow_is_another_stanza():
    two = log(arrived=(1, 2, 3, 4))
    two.note_sent("in2", 5)
    two.note_arrived("in2", 5)
    assert judge(two).silent == 1


def test_delivered_and_bounced():
    bad = log(bounced=(2,))
    assert judge(bad).contradicted == 1
    assert any("delivered and bounced" in words for words in marks.missed(measured(bad)))


def test_never_sent():
    bad = log(arrived=(1, 2, 3, 4, 5, 6))
    assert judge(bad).invented == 1
    assert any("never sent" in words for words in marks.missed(measured(bad)))


def test_octets_of_a_gate_that_is_killed():
    few, many = log(arrived=(), octets=1000), log(arrived=(), octets=100_000)
    assert marks.missed(measured(few, row_marks=marks.GATE_DIES)) == []
    assert marks.missed(measured(many, row_marks=marks.GATE_DIES)) == [
        "one flow lost 500000 octets, more than 262144"]


def test_words_that_are_not_told_any_more():
    with_words = (*marks.USUAL, marks.SAME_WORDS)
    alone = (("client", "system-shutdown (bye), closing tag"),)
    bare = (("client", "closed without words"),)
    assert marks.missed(measured(log(), row_marks=with_words, words=(alone, alone))) == []
    found = marks.missed(measured(log(), row_marks=with_words, words=(bare, alone)))
    assert found == ["told without the gate and not with it: client: closing tag, system-shutdown"]
    assert marks.missed(measured(log(), row_marks=with_words, words=(alone, bare))) == []


@pytest.mark.parametrize("other", ["system-shutdown (other (words), too), closing tag",
                                   "system-shutdown, closing tag"])
def test_the_text_may_be_another_one(other):
    alone = (("client", "system-shutdown (bye), closing tag"),)
    words = (("client", other),)
    for both in ((words, alone), (alone, words)):
        assert marks.missed(measured(log(), row_marks=(marks.SAME_WORDS,), words=both)) == []


def test_verdicts_and_faults_of_a_row_are_bad():
    assert len(marks.missed(measured(log(), verdicts=[(False, "it died")]))) == 2
    assert len(marks.missed(measured(log(), fault="Timeout: nobody came"))) == 2
    assert marks.missed(measured(log(), verdicts=[(True, "it lives")])) == []


def test_probes_are_not_judged():
    probing = log()
    probing.note_sent(f"{PROBE}7", 1)
    assert judge(probing).sent == 5
    assert judge(probing).lost == 0
    assert probing.missing() == 0


def test_what_another_row_left_is_not_noted():
    mine = Log(tag="x2")
    mine.note_arrived("in1x1", 1)
    mine.note_bounced("in1x1", 2)
    mine.note_arrived("in1x2", 3)
    assert mine.arrived == [("in1x2", 3)]
    assert mine.bounced == []


def test_every_row_has_a_name_and_marks():
    keys = [row.key for row in table.ROWS]
    assert len(keys) == len(set(keys))
    for row in table.ROWS:
        assert {marks.ORDER, marks.ORDER_BY_CHANCE} & set(row.marks), row.key
        assert {marks.TRUTH, marks.RESET_TRUTH} & set(row.marks), row.key
    assert any(row.quick for row in table.ROWS)


class _Pair:
    """A stream on one end of a socket pair; a test plays the other end."""

    def __init__(self, rate=None):
        self.log = Log()
        mine, self.other = socket.socketpair()
        self.stream = stream.Stream("client", Wire(mine), self.log, rate)
        self.say(f"<stream:stream xmlns='jabber:client' xmlns:stream='{NS_STREAM}'>")

    def say(self, text):
        self.other.sendall(text.encode())

    def turn(self, now=0.0):
        self.stream.turn(time.monotonic() + now)


def test_a_stream_notes_what_it_sees():
    pair = _Pair()
    pair.say("<message id='in1-7' type='chat'><body>a</body></message>"
             "<message id='out1-3' type='error'><error type='wait'><remote-server-timeout "
             "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
             "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>later</text></error></message>"
             "<message id='somebody' type='chat'><body>b</body></message><message id='in1-8'>")
    pair.turn()
    assert pair.log.arrived == [("in1", 7)]  # the last one is not whole
    assert pair.log.bounced == [(("out1", 3), "remote-server-timeout", "later")]


@pytest.mark.parametrize("said, words", [
    ("", "closed without words"),
    ("</stream:stream>", "closing tag"),
    ("<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
     "</stream:stream>", "system-shutdown, closing tag"),
    ("<message></iq>", "broken XML")])
def test_a_stream_notes_how_it_ends(said, words):
    pair = _Pair()
    pair.say(said)
    pair.other.shutdown(1)
    pair.turn()
    pair.turn()
    assert pair.log.told == [("client", words)]
    assert pair.stream.ended.is_set()


def test_only_what_the_kernel_took_is_sent():
    pair = _Pair()
    for number in range(1, 2001):
        pair.stream.send_message("out1", number, "a@b.example", 1000)
    for _ in range(3):
        pair.turn()
    taken = len(pair.log.sent)
    assert 0 < taken < 2000
    assert set(pair.log.sent) == {("out1", number) for number in range(1, taken + 1)}


def test_a_slow_stream_reads_slowly():
    pair = _Pair(rate=1000)
    pair.say("<message id='in1-1'><body>" + "x" * 5000 + "</body></message>")
    pair.turn(now=2)
    assert pair.log.arrived == []
    for seconds in range(3, 12):
        pair.turn(now=seconds)
    assert pair.log.arrived == [("in1", 1)]


def test_a_flow_makes_what_is_due():
    pair = _Pair()
    flow = workload.Flow("in1", pair.stream, "a@b.example", rate=10, count=15)
    flow.turn(100.0)
    assert flow.made == 1
    flow.turn(101.0)
    assert flow.made == 11
    flow.turn(200.0)
    assert flow.made == 15
