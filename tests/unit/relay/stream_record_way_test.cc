// Unit tests of StreamRecord: connections that say nothing, and how a peer was reached.

#include "tests/unit/relay/recorded_stream.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using telemetry::End;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ---- Silence

// Load balancers and others that look whether we are there (and Openfire, before each stream).
TEST(StreamRecord, AConnectionThatNeverSaidAnythingIsNoRefusal) {
  for (const auto kind : kStreamKinds)
    for (const auto reason : {Reason::kPeerLeft, Reason::kBackendUnavailable,
                              Reason::kNegotiationTimeout, Reason::kShuttingDown}) {
      Books books;
      RecordedStream stream(books, kind);
      stream.near_wire->heard = false;
      stream.refuse(reason);
      stream.record->ending(End::kPeer, std::string(policy::id(reason)));
      stream.gone();
      EXPECT_THAT(books.lines, IsEmpty());
      EXPECT_EQ(books.count("connections_silent_total", "kind=\"" + std::string(name(kind)) + "\""),
                1);
      EXPECT_EQ(books.count("streams_rejected_total"), 0);
      EXPECT_EQ(books.count("verdicts_total"), 0);
      stream.expect_balance(0);
    }
}

TEST(StreamRecord, ASilentConnectionIsInTheLogForDebugging) {
  Books books(true);
  RecordedStream stream(books);
  stream.near_wire->heard = false;
  stream.refuse(Reason::kPeerLeft);
  stream.gone();
  EXPECT_THAT(books.lines_of("end"), ElementsAre(HasSubstr("level=debug event=end")));
  EXPECT_THAT(books.lines_of("decision"), IsEmpty());
}

TEST(StreamRecord, OneThatSaidSomethingIsRefused) {
  Books books;
  RecordedStream stream(books);
  stream.refuse(Reason::kPeerLeft);
  EXPECT_EQ(books.count("connections_silent_total"), 0);
  EXPECT_EQ(books.count("streams_rejected_total", "reason=\"peer_left\""), 1);
}

// It is refused for what we lack, whatever it would have said.
TEST(StreamRecord, ALimitRefusesASilentConnectionToo) {
  for (const auto reason : {Reason::kOutOfDescriptors, Reason::kMemoryShort, Reason::kRateLimited,
                            Reason::kInternalError}) {
    Books books;
    RecordedStream stream(books);
    stream.near_wire->heard = false;
    stream.refuse(reason);
    EXPECT_EQ(books.count("connections_silent_total"), 0);
    EXPECT_EQ(books.count("streams_rejected_total"), 1);
  }
}

// ---- Outgoing streams

TEST(StreamRecord, TheEntryIsThatOfThePeer) {
  Books books;
  RecordedStream stream(books, StreamKind::kS2sOutbound);
  stream.header("legacy.example", "peer.example");
  auto attempt = attempt_at(address(5270), std::chrono::seconds(1));
  attempt.entry = TlsEntry::kDirectTls;
  stream.record->set_called(attempt);
  attempt = attempt_at(address(5269), std::chrono::seconds(1));
  attempt.found = net::FoundBy::kFallback;
  stream.record->set_called(attempt);
  stream.record->established({});
  EXPECT_THAT(books.lines, ElementsAre(AllOf(HasSubstr("peer=192.0.2.1:5269"),
                                             HasSubstr("entry=starttls found=fallback"))));
}

TEST(StreamRecord, WhereNobodyWasReachedThereIsNoEntryButAPhase) {
  Books books;
  RecordedStream stream(books, StreamKind::kS2sOutbound);
  stream.record->set_phase(DialPhase::kConnect);
  stream.refuse(Reason::kPeerUnreachable);
  EXPECT_THAT(books.lines, ElementsAre(AllOf(HasSubstr("phase=connect"), Not(HasSubstr("entry=")),
                                             Not(HasSubstr("found=")))));
}

}  // namespace
}  // namespace portcullis::relay
