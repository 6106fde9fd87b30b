// Unit tests of FarRecord: what log and metrics are told of the way to the far end.

#include "proxy/relay/far_record.h"

#include "tests/unit/relay/leg_support.h"
#include "tests/unit/relay/record_support.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using policy::Reason;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FarRecordTest : public testing::Test {
 protected:
  FarRecord record(StreamKind kind) {
    return {
        {books_.metrics(), books_.log(), books_.backends(), clock_}, plan_of(kind), "6925f1a0-17"};
  }

  void watch_host() {
    policy::Config config;
    config.listen.s2s.push_back({"0.0.0.0", 5269});
    config.hosts.push_back({host_, {}, {}, {}});
    config.hosts.back().backend.s2s = Endpoint{"127.0.0.1", 15269};
    books_.backends().watch(config);
  }

  Books books_;
  const test::MemoryScheduler clock_{test::kNow};
  const DomainName host_ = *DomainName::parse("legacy.example");
  const DomainName remote_ = *DomainName::parse("peer.example");
};

TEST_F(FarRecordTest, CountsLookUpsByTheirOutcomeAndSaysNothing) {
  auto record = this->record(StreamKind::kS2sOutbound);
  record.looked_up(true, 20ms);
  record.looked_up(false, 3s);
  record.looked_up(false, 3s);
  EXPECT_EQ(books_.count("dns_queries_total"), 3);
  EXPECT_EQ(books_.count("dns_queries_total", "outcome=\"success\""), 1);
  EXPECT_EQ(books_.count("dns_query_duration_seconds_count"), 3);
  EXPECT_DOUBLE_EQ(books_.count("dns_query_duration_seconds_sum"), 6.02);
  EXPECT_THAT(books_.lines, IsEmpty());
}

TEST_F(FarRecordTest, SaysThatTheBackendsNameHasNoAddress) {
  record(StreamKind::kS2sInbound).not_found(host_, "name or service not known");
  EXPECT_THAT(books_.lines,
              ElementsAre(AllOf(HasSubstr("level=error event=backend kind=s2s_in id=6925f1a0-17"),
                                HasSubstr("host=legacy.example phase=look_up"),
                                HasSubstr("detail=\"name or service not known\""))));
}

// Nobody was called then: it is our own limit.
TEST_F(FarRecordTest, SaysNothingOfABackendWhenNoDescriptorIsLeft) {
  watch_host();
  const auto address = net::SocketAddress::from(Endpoint{"127.0.0.1", 15269}).value();
  const auto refusal = policy::refuse(Reason::kOutOfDescriptors);
  auto backend = record(StreamKind::kS2sInbound);
  backend.reached(host_);
  backend.failed(host_, address, {refusal});
  record(StreamKind::kS2sOutbound).failed(remote_, address, {refusal});
  EXPECT_EQ(books_.count("backend_connections_total"), 1);  // the one that was reached
  EXPECT_EQ(books_.count("dial_attempts_total"), 0);
  EXPECT_FALSE(books_.backends().due(clock_.now() + 6s)) << "it is not suspected";
  ASSERT_EQ(books_.lines.size(), 1U);
  EXPECT_THAT(books_.lines[0], AllOf(HasSubstr("event=dial"), HasSubstr("out_of_descriptors")));
}

// A stranger who calls again and again while the backend is down must not fill the log.
TEST_F(FarRecordTest, WritesOneLineInTenSecondsForEachFaultOfABackend) {
  test::MemoryScheduler clock;
  const auto fails = [&](StreamKind kind, Reason reason) {
    FarRecord one({books_.metrics(), books_.log(), books_.backends(), clock}, plan_of(kind), "id");
    one.failed(host_, address(15269), {policy::refuse(reason)});
  };
  for (int i = 0; i < 50; ++i) fails(StreamKind::kS2sInbound, Reason::kBackendUnavailable);
  EXPECT_EQ(books_.lines.size(), 1U);
  fails(StreamKind::kS2sInbound, Reason::kBackendMisconfigured);
  fails(StreamKind::kC2s, Reason::kBackendUnavailable);
  EXPECT_EQ(books_.lines.size(), 3U);
  clock.advance(10s);
  fails(StreamKind::kS2sInbound, Reason::kBackendUnavailable);
  ASSERT_EQ(books_.lines.size(), 4U);
  EXPECT_THAT(books_.lines.back(), HasSubstr("repeated=50"));
  EXPECT_EQ(books_.count("backend_connections_total"), 53);
}

TEST_F(FarRecordTest, SaysWhoIsNotTheBackend) {
  record(StreamKind::kS2sOutbound)
      .not_the_backend(host_, address(4000), policy::refuse(Reason::kNotTheBackend));
  EXPECT_THAT(books_.lines,
              ElementsAre(AllOf(HasSubstr("level=error event=backend kind=s2s_out"),
                                HasSubstr("peer=192.0.2.1:4000"), HasSubstr("detail="))));
  EXPECT_EQ(books_.count("backend_connections_total"), 0);
}

TEST_F(FarRecordTest, APeerThatCannotBeReachedIsTheNetworksAffair) {
  auto record = this->record(StreamKind::kS2sOutbound);
  record.failed(remote_, address(5269),
                {policy::refuse(Reason::kPeerUnreachable, {{"detail", "connection refused"}})});
  EXPECT_THAT(books_.lines,
              ElementsAre(AllOf(HasSubstr("level=info event=dial kind=s2s_out id=6925f1a0-17"),
                                HasSubstr("host=peer.example"), HasSubstr("address=192.0.2.1:5269"),
                                HasSubstr("phase=connect reason=peer_unreachable"),
                                HasSubstr("connection refused"))));
  EXPECT_EQ(books_.count("dial_attempts_total"), 1);
  EXPECT_EQ(books_.count("dial_attempts_total", "outcome=\"success\""), 0);
  EXPECT_EQ(books_.count("backend_connections_total"), 0);
}

TEST_F(FarRecordTest, ABackendThatCannotBeReachedIsTheOperatorsAffair) {
  for (const auto kind : {StreamKind::kS2sInbound, StreamKind::kC2s}) {
    auto record = this->record(kind);
    record.failed(host_, address(15269),
                  {policy::refuse(Reason::kBackendUnavailable), true, DialPhase::kTls});
    EXPECT_THAT(books_.lines.back(), AllOf(HasSubstr("level=error event=backend"),
                                           HasSubstr("kind=" + std::string(name(kind))),
                                           HasSubstr("phase=tls reason=backend_unavailable")));
    EXPECT_EQ(books_.count("backend_connections_total",
                           "kind=\"" + std::string(name(kind)) + "\",outcome=\"success\""),
              0);
  }
  EXPECT_EQ(books_.count("backend_connections_total"), 2);
  EXPECT_EQ(books_.count("dial_attempts_total"), 0);
}

TEST_F(FarRecordTest, CountsThatAPeerWasReachedAndSaysNothing) {
  record(StreamKind::kS2sOutbound).reached(remote_);
  EXPECT_EQ(books_.count("dial_attempts_total", "outcome=\"success\""), 1);
  EXPECT_EQ(books_.count("dial_attempts_total"), 1);
  EXPECT_EQ(books_.count("backend_connections_total"), 0);
  EXPECT_THAT(books_.lines, IsEmpty());
}

TEST_F(FarRecordTest, CountsThatTheBackendWasReachedByKind) {
  record(StreamKind::kC2s).reached(host_);
  EXPECT_EQ(books_.count("backend_connections_total", "kind=\"c2s\""), 1);
  EXPECT_EQ(books_.count("backend_connections_total"), 1);
  EXPECT_EQ(books_.count("dial_attempts_total"), 0);
}

// That a backend refuses may be about one peer; a stream that was not answered may be, too.
TEST_F(FarRecordTest, TellsWhetherTheBackendAnswers) {
  watch_host();
  auto record = this->record(StreamKind::kS2sInbound);
  const auto up = [this] { return books_.count("backend_up", "domain=\"legacy.example\""); };
  record.failed(host_, address(15269), {policy::refuse(Reason::kBackendMisconfigured)});
  EXPECT_EQ(up(), 1);
  record.failed(host_, address(15269), {policy::refuse(Reason::kBackendUnavailable)});
  EXPECT_EQ(up(), 1) << "a probe will say";
  record.failed(host_, address(15269), {policy::refuse(Reason::kNotTheBackend)});
  EXPECT_EQ(up(), 0);
  record.reached(host_);
  EXPECT_EQ(up(), 1);
}

TEST_F(FarRecordTest, MakesAProbeDueWhenTheBackendDoesNotAnswer) {
  watch_host();
  auto record = this->record(StreamKind::kS2sInbound);
  const auto soon = clock_.now() + 10s;
  record.reached(host_);
  EXPECT_FALSE(books_.backends().due(soon));
  record.failed(host_, address(15269), {policy::refuse(Reason::kBackendUnavailable)});
  EXPECT_TRUE(books_.backends().due(soon));
  record.reached(host_);
  EXPECT_FALSE(books_.backends().due(soon));
  record.not_found(host_, "name or service not known");
  EXPECT_TRUE(books_.backends().due(soon));
}

TEST_F(FarRecordTest, WhatAPeerDoesSaysNothingAboutTheBackend) {
  watch_host();
  auto record = this->record(StreamKind::kS2sOutbound);
  record.failed(host_, address(5269), {policy::refuse(Reason::kPeerUnreachable)});
  record.reached(host_);
  EXPECT_TRUE(std::isnan(books_.count("backend_up")));
}

// The detail of a failure may quote the peer.
TEST_F(FarRecordTest, APeersWordsCannotBreakTheLine) {
  record(StreamKind::kS2sOutbound)
      .failed(remote_, address(5269),
              {policy::refuse(Reason::kRefusedByPeer, {{"detail", "x\nlevel=error event=y"}})});
  ASSERT_EQ(books_.lines.size(), 1U);
  EXPECT_EQ(books_.lines[0].find('\n'), books_.lines[0].size() - 1);
  EXPECT_THAT(books_.lines_of("y"), IsEmpty());
}

}  // namespace
}  // namespace portcullis::relay
