// Unit tests of StreamRecord: what log and metrics are told of a stream, from accept to end.

#include "proxy/relay/stream_record.h"

#include "tests/unit/relay/recorded_stream.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using policy::Reason;
using policy::Verdict;
using telemetry::End;
using telemetry::Limit;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

policy::Decision would_reject(Reason reason) {
  return {Verdict::kWouldReject, policy::refuse(reason), {}};
}

// ---- Decisions

TEST(StreamRecord, CountsAConnectionFromTheStart) {
  Books books;
  const RecordedStream stream(books, StreamKind::kC2s, TlsEntry::kDirectTls);
  EXPECT_EQ(books.count("connections_accepted_total", "kind=\"c2s\""), 1);
  EXPECT_EQ(books.count("connections_accepted_total"), 1);
  EXPECT_EQ(books.count("streams_active", "phase=\"negotiating\""), 1);
  EXPECT_THAT(books.lines, IsEmpty());
  stream.expect_balance(1);
}

TEST(StreamRecord, WritesOneLineForAnAcceptedStream) {
  Books books;
  RecordedStream stream(books);
  stream.record->set_peer(address(4000));
  stream.header("peer.example", "legacy.example");
  stream.near_wire->facts.version = TlsVersion::kTls13;
  stream.near_wire->facts.served_key = KeyType::kEcdsa;
  stream.record->on_secured(*stream.near, 20ms);
  stream.record->established({});
  EXPECT_THAT(
      books.lines,
      ElementsAre(AllOf(HasSubstr("event=decision kind=s2s_in id=6925f1a0-17 peer=192.0.2.1:4000 "
                                  "from=peer.example to=legacy.example"),
                        HasSubstr("verdict=accepted"), Not(HasSubstr("reason=")))));
  EXPECT_TRUE(stream.record->facts().established);
  EXPECT_EQ(books.count("streams_established_total", "kind=\"s2s_in\""), 1);
  EXPECT_EQ(books.count("streams_active", "phase=\"relaying\""), 1);
  EXPECT_EQ(books.count("verdicts_total", "verdict=\"accepted\""), 1);
  EXPECT_EQ(books.count("tls_served_certificates_total", "key_type=\"ecdsa\""), 1);
  stream.expect_balance(1);
}

TEST(StreamRecord, SaysWhereThePeerKnowsUsByDialback) {
  Books books;
  RecordedStream stream(books, StreamKind::kS2sOutbound);
  stream.header("legacy.example", "peer.example");
  stream.record->established({{}, Authentication::kDialbackCertified});
  EXPECT_THAT(books.lines, ElementsAre(HasSubstr("auth=dialback verdict=accepted")));
  EXPECT_EQ(books.count("streams_dialback_total", "kind=\"s2s_out\""), 1);
  EXPECT_EQ(books.count("streams_established_total", "kind=\"s2s_out\""), 1);
}

TEST(StreamRecord, WritesOneLineForARefusedStreamWithWhatElseWasWrong) {
  Books books;
  RecordedStream stream(books);
  stream.header("peer.example", "legacy.example");
  stream.record->note_also({Verdict::kRejected,
                            policy::refuse(Reason::kExpired),
                            {policy::refuse(Reason::kWeakKey), policy::refuse(Reason::kRevoked)}});
  stream.refuse(Reason::kExpired);
  EXPECT_THAT(books.lines,
              ElementsAre(AllOf(HasSubstr("verdict=rejected"), HasSubstr("reason=expired"),
                                HasSubstr("also=\"weak_key revoked\""))));
  EXPECT_FALSE(stream.record->facts().established);
  EXPECT_EQ(books.count("streams_rejected_total", "reason=\"expired\""), 1);
  EXPECT_EQ(books.count("streams_rejected_total"), 1);
  stream.expect_balance(0);
}

TEST(StreamRecord, WhatWasLetPassIsNoFurtherFaultOfARefusal) {
  Books books;
  RecordedStream stream(books);
  stream.record->note_also({Verdict::kWouldReject,
                            policy::refuse(Reason::kExpired),
                            {policy::refuse(Reason::kWeakKey)}});
  stream.refuse(Reason::kFederationDenied);
  EXPECT_THAT(books.lines, ElementsAre(Not(HasSubstr("weak_key"))));
}

TEST(StreamRecord, DecidesOnce) {
  Books books;
  RecordedStream refused(books);
  refused.refuse(Reason::kExpired);
  refused.refuse(Reason::kWeakKey);
  refused.record->established({});
  EXPECT_THAT(books.lines_of("decision"), SizeIs(1));
  EXPECT_FALSE(refused.record->facts().established);
  refused.expect_balance(0);

  Books others;
  RecordedStream accepted(others);
  accepted.record->established({});
  accepted.record->established({would_reject(Reason::kExpired)});
  accepted.refuse(Reason::kExpired);
  EXPECT_THAT(others.lines_of("decision"), ElementsAre(HasSubstr("verdict=accepted")));
  EXPECT_EQ(others.count("streams_rejected_total"), 0);
  accepted.expect_balance(1);
}

TEST(StreamRecord, ARefusalOfTheFarEndDecidesNothing) {
  Books books;
  RecordedStream stream(books);
  stream.record->on_refused(*stream.far, policy::refuse(Reason::kBackendUnavailable));
  EXPECT_THAT(books.lines, IsEmpty());
  stream.expect_balance(1);
}

TEST(StreamRecord, NamesTheRuleOfTheRemoteDomainAndCountsByIt) {
  Books books;
  RecordedStream stream(books);
  stream.header("ruled.example", "legacy.example");
  stream.record->established({would_reject(Reason::kExpired)});
  EXPECT_THAT(books.lines,
              ElementsAre(AllOf(HasSubstr("rule=*.example"), HasSubstr("verdict=would_reject"))));
  EXPECT_EQ(books.count("rule_verdicts_total", "rule=\"*.example\""), 1);
}

TEST(StreamRecord, TheRemoteDomainOfAnOutgoingStreamIsItsTo) {
  Books books;
  RecordedStream stream(books, StreamKind::kS2sOutbound);
  stream.header("legacy.example", "ruled.example");
  stream.record->established({});
  EXPECT_THAT(books.lines, ElementsAre(HasSubstr("rule=*.example")));
}

TEST(StreamRecord, AClientsStreamHasNoRule) {
  Books books;
  RecordedStream stream(books, StreamKind::kC2s);
  stream.header("ruled.example", "ruled.example");
  stream.record->established({});
  EXPECT_THAT(books.lines, ElementsAre(Not(HasSubstr("rule="))));
}

TEST(StreamRecord, OnlyTheHeaderOfTheNearEndNamesThePair) {
  Books books;
  RecordedStream stream(books);
  stream.header("peer.example", "legacy.example");
  xmpp::StreamHeader other;
  other.from = "liar.example";
  stream.record->on_header(*stream.far, other);
  stream.record->established({});
  stream.header("liar.example", "legacy.example");
  stream.gone();
  EXPECT_THAT(books.lines, ElementsAre(HasSubstr("from=peer.example"),
                                       AllOf(HasSubstr("event=end"), HasSubstr("from=peer"))));
}

TEST(StreamRecord, WritesDomainsWithALabels) {
  Books books;
  RecordedStream stream(books);
  stream.header("B\u00dccher.example", "legacy.example.");
  stream.refuse(Reason::kBadAddress);
  EXPECT_THAT(books.lines, ElementsAre(AllOf(HasSubstr("from=xn--bcher-kva.example"),
                                             HasSubstr("to=legacy.example "))));
}

TEST(StreamRecord, AHostileHeaderCannotBreakTheLine) {
  Books books;
  RecordedStream stream(books);
  stream.header("x\nevent=y \"verdict=accepted", std::string(5'000, 'a'));
  stream.refuse(Reason::kBadAddress);
  ASSERT_THAT(books.lines, SizeIs(1));
  EXPECT_EQ(books.lines[0].find('\n'), books.lines[0].size() - 1);
  EXPECT_LT(books.lines[0].size(), 2'000U);
  EXPECT_THAT(books.lines[0], HasSubstr("verdict=rejected"));
}

TEST(StreamRecord, AnotherPairHasALineOfItsOwnInTheDirectionOfTheStream) {
  const auto local = *DomainName::parse("legacy.example");
  const auto remote = *DomainName::parse("ruled.example");
  Books books;
  RecordedStream in(books);
  in.record->also_observed(local, remote, would_reject(Reason::kDialbackAttempted));
  RecordedStream out(books, StreamKind::kS2sOutbound);
  out.record->also_observed(local, remote, would_reject(Reason::kDialbackAttempted));
  EXPECT_THAT(books.lines, ElementsAre(HasSubstr("from=ruled.example to=legacy.example"),
                                       HasSubstr("from=legacy.example to=ruled.example")));
  EXPECT_EQ(books.count("verdicts_total", "verdict=\"would_reject\""), 2);
  EXPECT_EQ(books.count("rule_verdicts_total"), 2);
  in.expect_balance(1);
}

// ---- TLS

TEST(StreamRecord, CountsHandshakesOfTheWanOnly) {
  Books books;
  RecordedStream stream(books);
  stream.near_wire->facts.version = TlsVersion::kTls12;
  stream.record->on_secured(*stream.near, 30ms);
  stream.far_wire->facts.version = TlsVersion::kTls13;
  stream.record->on_secured(*stream.far, 30ms);
  stream.record->on_tls_failed(*stream.far);
  EXPECT_EQ(books.count("tls_handshakes_total"), 1);
  EXPECT_EQ(books.count("tls_handshakes_total", "outcome=\"success\""), 1);
  stream.record->on_tls_failed(*stream.near);
  EXPECT_EQ(books.count("tls_handshakes_total"), 2);
  EXPECT_EQ(books.count("tls_handshake_duration_seconds_count"), 1);
  EXPECT_EQ(books.count("tls_handshakes_total", "outcome=\"success\""), 1);
}

TEST(StreamRecord, AsTheInitiatingEntityWeServeNoCertificate) {
  Books books;
  RecordedStream stream(books, StreamKind::kS2sOutbound);
  stream.far_wire->facts.version = TlsVersion::kTls13;
  stream.record->on_secured(*stream.far, 30ms);
  EXPECT_EQ(books.count("tls_handshakes_total"), 1);
  EXPECT_EQ(books.count("tls_served_certificates_total"), 0);
}

// ---- The end

TEST(StreamRecord, TellsHowAnEstablishedStreamEnded) {
  Books books;
  RecordedStream stream(books);
  stream.header("peer.example", "legacy.example");
  stream.record->established({});
  stream.record->count(true, 700);
  stream.record->count(true, 7);
  stream.record->count(false, 30);
  stream.record->ending(End::kIdle, "what was sent is not taken");
  stream.gone(65'900ms);
  EXPECT_THAT(books.lines_of("end"),
              ElementsAre(AllOf(HasSubstr("end=idle why=\"what was sent is not taken\""),
                                HasSubstr("duration_s=65 in_bytes=707 out_bytes=30"))));
  EXPECT_EQ(books.count("bytes_total"), 737);
  EXPECT_EQ(books.count("streams_closed_total", "end=\"idle\""), 1);
  stream.expect_balance(0);
}

TEST(StreamRecord, TheFirstReasonOfAnEndCounts) {
  Books books;
  RecordedStream stream(books);
  stream.record->established({});
  stream.record->ending(End::kPeer, "");
  stream.record->ending(End::kError, "an echo");
  stream.gone();
  EXPECT_THAT(books.lines_of("end"),
              ElementsAre(AllOf(HasSubstr("end=peer"), Not(HasSubstr("an echo")))));
}

TEST(StreamRecord, AnEndThatNobodyExplainedIsAnError) {
  Books books;
  RecordedStream stream(books);
  stream.record->established({});
  stream.gone();
  EXPECT_THAT(books.lines_of("end"), ElementsAre(HasSubstr("end=error")));
}

TEST(StreamRecord, ARefusedStreamHasNoEnd) {
  Books books;
  RecordedStream stream(books);
  stream.refuse(Reason::kExpired);
  stream.record->ending(End::kPeer, "");
  stream.gone(3s);
  EXPECT_THAT(books.lines_of("end"), IsEmpty());
  EXPECT_EQ(books.count("streams_closed_total"), 0);
  stream.expect_balance(0);
}

TEST(StreamRecord, AConnectionThatEndedBeforeItWasDecidedHasAnEndAlone) {
  Books books;
  RecordedStream stream(books);
  stream.record->ending(End::kDrain, "");
  stream.gone(3s);
  EXPECT_THAT(books.lines, ElementsAre(AllOf(HasSubstr("event=end"), HasSubstr("end=drain"))));
  EXPECT_EQ(books.count("streams_closed_total", "end=\"drain\""), 1);
  stream.expect_balance(0);
}

TEST(StreamRecord, AStanzaThatIsRefusedEndsTheStreamAndNamesTheSide) {
  Books books;
  RecordedStream stream(books);
  stream.record->established({});
  stream.record->on_guard_fault(*stream.near, Reason::kAddressSpoofed);
  stream.gone();
  EXPECT_THAT(books.lines_of("end"),
              ElementsAre(HasSubstr("end=error why=\"address_spoofed (peer)\"")));
  EXPECT_EQ(books.count("stanzas_rejected_total", "reason=\"address_spoofed\""), 1);

  RecordedStream other(books);
  other.record->established({});
  other.record->on_guard_fault(*other.far, Reason::kXmlInvalid);
  other.gone();
  EXPECT_THAT(books.lines_of("end").back(), HasSubstr("why=\"xml_invalid (backend)\""));
}

TEST(StreamRecord, WhoeverALimitRefusesAtOnceHasNoLineOfItsOwn) {
  Books books;
  RecordedStream stream(books);
  stream.record->on_refused(*stream.near, policy::refuse(Reason::kRateLimited));
  stream.gone();
  EXPECT_THAT(books.lines, IsEmpty()) << "a flood must not fill the log";
  EXPECT_EQ(books.count("streams_rejected_total", "reason=\"rate_limited\""), 1);
  EXPECT_EQ(books.count("verdicts_total", "reason=\"rate_limited\""), 1);
}

TEST(StreamRecord, TheBooksBalanceOverStreamsOfEveryFate) {
  Books books;
  for (int i = 0; i < 3; ++i) {
    RecordedStream refused(books), ended(books), undecided(books), standing(books);
    refused.refuse(Reason::kExpired);
    refused.gone();
    ended.record->established({});
    ended.gone();
    undecided.gone();
    standing.record->established({});
    standing.expect_balance(1);
  }
}

// When memory has run out, it may be too little even for the line of the end.
TEST(StreamRecord, IsCountedWhenItIsDestroyedWithoutAnEnd) {
  Books books;
  RecordedStream other(books);
  for (const bool established : {false, true}) {
    RecordedStream lost(books);
    if (established) lost.record->established({});
  }
  other.expect_balance(1);
  EXPECT_EQ(books.count("streams_closed_total"), 2);
  EXPECT_THAT(books.lines_of("end"), IsEmpty());
}

// ---- Steps

xmpp::Element element(std::string ns, std::string name, std::string text = "") {
  return {std::move(ns), std::move(name), {}, {}, {}, std::move(text)};
}

TEST(StreamRecord, WantsStepsOnlyWhereTheLogIsOneForDebugging) {
  Books quiet;
  EXPECT_FALSE(RecordedStream(quiet).record->wants_steps());
  Books debug(true);
  EXPECT_TRUE(RecordedStream(debug).record->wants_steps());
}

TEST(StreamRecord, WritesNoStepWhereTheLogIsNotOneForDebugging) {
  Books books;
  RecordedStream stream(books);
  stream.near_wire->handler->on_open();
  stream.record->on_step(*stream.near, session::StreamClosed{}, "Closed");
  EXPECT_THAT(books.lines_of("step"), IsEmpty());
}

TEST(StreamRecord, WritesAStepWithSideEventAndState) {
  Books books(true);
  RecordedStream stream(books);
  stream.record->on_step(*stream.near, session::TransportLost{"reset by peer"}, "Closed");
  stream.record->on_step(
      *stream.far, session::InputRefused{policy::refuse(Reason::kXmlInvalid), {}}, "Relaying");
  EXPECT_THAT(books.lines,
              ElementsAre(AllOf(HasSubstr("level=debug event=step kind=s2s_in id=6925f1a0-17"),
                                HasSubstr("side=wan"), HasSubstr("happened=TransportLost"),
                                HasSubstr("state=Closed"), HasSubstr("reset by peer")),
                          AllOf(HasSubstr("side=backend"), HasSubstr("happened=InputRefused"),
                                HasSubstr("xml_invalid: "))));
}

// Every event that carries an element, with every place where a password may stand in it.
TEST(StreamRecord, NoPasswordIsInAnyStep) {
  const std::string secret = "c2VjcmV0LXBhc3N3b3Jk";
  const auto auth = element(std::string(xmpp::ns::kSasl), "auth", secret);
  auto iq = element(std::string(xmpp::ns::kClient), "iq");
  iq.children.push_back(element("jabber:iq:auth", "query"));
  iq.children[0].children.push_back(element("jabber:iq:auth", "password", secret));
  auto sasl2 = element(std::string(xmpp::ns::kSasl2), "authenticate");
  sasl2.attributes.push_back({"", "mechanism", "PLAIN"});
  sasl2.children.push_back(element(std::string(xmpp::ns::kSasl2), "initial-response", secret));
  sasl2.children.push_back(element("urn:example:after", "then"));
  sasl2.children[1].preceding_text = secret;
  const auto response = element(std::string(xmpp::ns::kSasl), "response", secret);

  Books books(true);
  RecordedStream stream(books, StreamKind::kC2s);
  std::size_t steps = 0;
  for (const auto& one : {auth, iq, sasl2, response}) {
    for (const session::Event& event :
         {session::Event(session::ElementReceived{one}), session::Event(session::FarElement{one}),
          session::Event(session::FarFeatures{one})}) {
      stream.record->on_step(*stream.near, event, "Login");
      ++steps;
    }
  }
  ASSERT_THAT(books.lines, SizeIs(steps));
  for (const auto& line : books.lines) {
    EXPECT_THAT(line, Not(HasSubstr(secret)));
    EXPECT_THAT(line, HasSubstr("..."));
  }
  EXPECT_THAT(books.lines[6], HasSubstr("mechanism='PLAIN'"));
}

TEST(StreamRecord, AStepIsOneLineOfBoundedLength) {
  Books books(true);
  RecordedStream stream(books);
  auto big = element("urn:x\n", "a");
  for (int i = 0; i < 500; ++i)
    big.attributes.push_back({"", "n" + std::to_string(i), std::string(100, '\n')});
  stream.record->on_step(*stream.near, session::ElementReceived{big}, "Negotiating");
  ASSERT_THAT(books.lines, SizeIs(1));
  EXPECT_EQ(books.lines[0].find('\n'), books.lines[0].size() - 1);
  EXPECT_LT(books.lines[0].size(), 1'500U);
}

// What strangers can cause as often as they like goes first when nobody reads the log.
TEST(StreamRecord, RefusalsOfStrangersRankBelowOtherDecisions) {
  using policy::Verdict;
  using telemetry::LogRank;
  const auto rejected = [](Reason reason) {
    return policy::Decision{Verdict::kRejected, policy::refuse(reason), {}};
  };
  for (const auto kind : {StreamKind::kS2sInbound, StreamKind::kC2s}) {
    for (const auto reason : {Reason::kExpired, Reason::kRateLimited, Reason::kTlsFailed})
      EXPECT_EQ(rank_of_decision(kind, rejected(reason)), LogRank::kRefusal) << policy::id(reason);
    EXPECT_EQ(rank_of_decision(kind, {}), LogRank::kImportant);
    EXPECT_EQ(rank_of_decision(kind, {Verdict::kExcepted, {}, {}}), LogRank::kImportant);
    for (const auto reason :
         {Reason::kBackendUnavailable, Reason::kLocalCaUnavailable, Reason::kInternalError})
      EXPECT_EQ(rank_of_decision(kind, rejected(reason)), LogRank::kImportant)
          << policy::id(reason);
  }
  EXPECT_EQ(rank_of_decision(StreamKind::kS2sOutbound, rejected(Reason::kExpired)),
            LogRank::kImportant);
}

}  // namespace
}  // namespace portcullis::relay
