// Unit tests of StreamRecord: what log and metrics are told of a decision, and of TLS.

#include "proxy/relay/stream_record.h"

#include "tests/unit/relay/recorded_stream.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using policy::Reason;
using policy::Verdict;
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
  stream.record->decisions().note_also(
      {Verdict::kRejected,
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
  stream.record->decisions().note_also({Verdict::kWouldReject,
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
  in.record->decisions().also_observed(local, remote, would_reject(Reason::kDialbackAttempted));
  RecordedStream out(books, StreamKind::kS2sOutbound);
  out.record->decisions().also_observed(local, remote, would_reject(Reason::kDialbackAttempted));
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
