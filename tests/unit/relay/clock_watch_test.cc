// Unit tests of ClockWatch: what outgoing streams tell it, and what the operator reads.

#include "proxy/relay/clock_watch.h"

#include <thread>
#include <vector>

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
using testing::StartsWith;

class ClockWatchTest : public testing::Test {
 protected:
  // A stream that is refused, to or from a domain.
  void refused(const std::string& domain, Reason reason,
               StreamKind kind = StreamKind::kS2sOutbound) {
    RecordedStream stream(books, kind);
    if (calls_peer(kind))
      stream.header("legacy.example", domain);
    else
      stream.header(domain, "legacy.example");
    stream.refuse(reason);
  }
  void call_dead_servers() {
    for (const auto* const domain : {"a.example", "b.example", "c.example"})
      refused(domain, Reason::kExpired);
  }
  void raise() {
    call_dead_servers();
    ASSERT_THAT(doubt(), Not(IsEmpty()));
  }
  void raise_in_vain() {
    call_dead_servers();
    ASSERT_THAT(doubt(), IsEmpty());
  }
  // An outgoing stream that is let through.
  std::unique_ptr<RecordedStream> established(const StreamRecord::Established& so,
                                              FoundBy found = FoundBy::kSrv) {
    auto stream = std::make_unique<RecordedStream>(books, StreamKind::kS2sOutbound);
    stream->header("legacy.example", "good.example");
    auto attempt = attempt_at(address(5269), 10s);
    attempt.found = found;
    stream->record->set_called(attempt);
    stream->record->established(so);
    return stream;
  }
  std::string doubt() { return books.clock().doubt(test::kNow); }

  Books books;
};

TEST_F(ClockWatchTest, SaysWhatItSawWhatTheClockSaysAndWhatToDo) {
  refused("a.example", Reason::kExpired);
  refused("b.example", Reason::kChainExpired);
  EXPECT_THAT(doubt(), IsEmpty());
  EXPECT_THAT(books.lines_of("clock"), IsEmpty());
  refused("c.example", Reason::kExpired);
  EXPECT_THAT(doubt(),
              AllOf(StartsWith("by it, the certificates of the last servers that were called "
                               "(a.example, b.example, c.example) have expired; it says 20"),
                    HasSubstr(" UTC; check with `timedatectl`")));
  EXPECT_THAT(books.lines_of("clock"),
              ElementsAre(AllOf(HasSubstr("level=warning"),
                                HasSubstr("the local clock is suspect: by it, the certificates"),
                                HasSubstr("timedatectl"))));
}

TEST_F(ClockWatchTest, OneLineForOneSuspicion) {
  raise();
  for (int i = 0; i < 20; ++i) refused("n" + std::to_string(i) + ".example", Reason::kExpired);
  EXPECT_THAT(books.lines_of("clock"), SizeIs(1));
}

TEST_F(ClockWatchTest, AClockThatIsBehindIsToldInItsWords) {
  for (const auto* const domain : {"a.example", "b.example", "c.example"})
    refused(domain, Reason::kNotYetValid);
  EXPECT_THAT(doubt(), HasSubstr("are not valid yet; it says"));
}

TEST_F(ClockWatchTest, StrangersCannotRaiseIt) {
  for (int i = 0; i < 20; ++i)
    refused("n" + std::to_string(i) + ".example", Reason::kExpired, StreamKind::kS2sInbound);
  EXPECT_THAT(doubt(), IsEmpty());
}

TEST_F(ClockWatchTest, OtherFaultsSayNothingAboutIt) {
  for (const auto reason : {Reason::kSelfSigned, Reason::kUntrustedIssuer, Reason::kRevoked,
                            Reason::kPeerUnreachable, Reason::kNameMismatch})
    refused(std::string(policy::id(reason)) + ".example", reason);
  EXPECT_THAT(doubt(), IsEmpty());
}

TEST_F(ClockWatchTest, ObservedStreamsCountAndExceptedOnesDoNot) {
  const auto pass = [&](const std::string& domain, Verdict verdict) {
    RecordedStream stream(books, StreamKind::kS2sOutbound);
    stream.header("legacy.example", domain);
    stream.record->established(
        {{verdict, policy::refuse(Reason::kExpired), {}}, Authentication::kObserved});
  };
  for (const auto* const domain : {"a.example", "b.example", "c.example"})
    pass(domain, Verdict::kExcepted);
  EXPECT_THAT(doubt(), IsEmpty());
  for (const auto* const domain : {"a.example", "b.example", "c.example"})
    pass(domain, Verdict::kWouldReject);
  EXPECT_THAT(doubt(), Not(IsEmpty()));
}

TEST_F(ClockWatchTest, AGoodCertificateEndsIt) {
  for (const auto how : {Authentication::kExternal, Authentication::kDialbackCertified}) {
    raise();
    EXPECT_EQ(books.count("clock_suspect"), 1);
    auto stream = established({{}, how});
    EXPECT_THAT(doubt(), IsEmpty()) << name(how);
    EXPECT_EQ(books.count("clock_suspect"), 0);
    EXPECT_THAT(books.lines_of("clock").back(),
                AllOf(HasSubstr("level=notice"), HasSubstr("not suspect any more")));
    stream->gone();
  }
  EXPECT_THAT(books.lines_of("clock"), SizeIs(4));
}

TEST_F(ClockWatchTest, WhatSaysNothingOfADateDoesNotEndIt) {
  raise();
  established({{}, Authentication::kPinned})->gone();
  established({{}, Authentication::kExternal}, FoundBy::kLocal)->gone();
  established(
      {{Verdict::kWouldReject, policy::refuse(Reason::kSelfSigned), {}}, Authentication::kObserved})
      ->gone();
  EXPECT_THAT(doubt(), Not(IsEmpty()));
  EXPECT_THAT(books.lines_of("clock"), SizeIs(1));
}

TEST_F(ClockWatchTest, IncomingStreamsDoNotEndIt) {
  raise();
  RecordedStream stream(books, StreamKind::kS2sInbound);
  stream.header("good.example", "legacy.example");
  stream.record->established({{}, Authentication::kExternal});
  EXPECT_THAT(doubt(), Not(IsEmpty()));
}

TEST_F(ClockWatchTest, AStreamStandsUntilItEnds) {
  auto first = established({{}, Authentication::kExternal});
  auto second = established({{}, Authentication::kExternal});
  call_dead_servers();
  EXPECT_THAT(doubt(), IsEmpty());
  first->gone();
  call_dead_servers();
  EXPECT_THAT(doubt(), IsEmpty()) << "the second one still stands";
  second.reset();  // without a word
  call_dead_servers();
  EXPECT_THAT(doubt(), Not(IsEmpty()));
}

// In observe mode it goes on, and its certificate ends.
TEST_F(ClockWatchTest, AStreamThatIsOnlyObservedByNowDoesNotStandForTheClock) {
  for (const auto how :
       {Authentication::kObserved, Authentication::kPinned, Authentication::kExcepted}) {
    auto stream = established({{}, Authentication::kExternal});
    raise_in_vain();
    stream->record->judged_again(how);
    raise();
    stream->gone();
    established({{}, Authentication::kExternal})->gone();
  }
}

TEST_F(ClockWatchTest, AStreamThatIsStillGoodStandsOn) {
  auto stream = established({{}, Authentication::kExternal});
  for (const auto how : {Authentication::kExternal, Authentication::kDialbackCertified,
                         Authentication::kDialbackCertified}) {
    stream->record->judged_again(how);
    raise_in_vain();
  }
  stream->gone();
  raise();
}

TEST_F(ClockWatchTest, DomainsOfOneCertificateAreOneServer) {
  const auto shared = test::issue_self_signed(test::leaf_spec("shared.example"));
  const auto calls = [&](const std::string& domain, const test::Issued& shown) {
    RecordedStream stream(books, StreamKind::kS2sOutbound);
    stream.header("legacy.example", domain);
    stream.far_wire->leaf = test::copy(shown.certificate);
    stream.record->on_secured(*stream.far, {});
    stream.refuse(Reason::kExpired);
  };
  for (int i = 0; i < 5; ++i) calls("n" + std::to_string(i) + ".example", shared);
  EXPECT_THAT(doubt(), IsEmpty());
  for (const auto* const domain : {"a.example", "b.example"})
    calls(domain, test::issue_self_signed(test::leaf_spec(domain)));
  EXPECT_THAT(doubt(), HasSubstr("(n4.example, a.example, b.example) have expired"));
}

TEST_F(ClockWatchTest, CountsRightlyFromManyLoops) {
  const ClockWatch::Now now{1s, test::kNow};
  std::vector<std::thread> loops;
  for (int i = 0; i < 4; ++i)
    loops.emplace_back([&] {
      for (int n = 0; n < 500; ++n) {
        auto one = books.clock().good(now);
        auto other = std::move(one);
        one = books.clock().good(now);
      }
    });
  for (auto& loop : loops) loop.join();
  raise();  // which it would not be if one of them still counted
}

}  // namespace
}  // namespace portcullis::relay
