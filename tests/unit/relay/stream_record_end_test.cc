// Unit tests of StreamRecord: what log and metrics are told of the end of a stream.

#include "tests/unit/relay/recorded_stream.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using policy::Reason;
using telemetry::End;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

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

}  // namespace
}  // namespace portcullis::relay
