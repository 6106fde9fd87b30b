// How established streams are stopped, go on and are ended when all together hold much.

#include "tests/scenario/bridge/streams.h"

namespace portcullis::relay::scene {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kAll = 1'000'000;  // may be held

std::string begun(std::size_t octets) {
  return "<message from='a@peer.example' to='b@legacy.example'><body>" + std::string(octets, 'x');
}
const std::string kRest = "</body></message>";

// What other streams hold, on this loop or on another one.
class Others {
 public:
  explicit Others(HeldBytes& all, bool strangers = false) : share_(all) {
    if (!strangers) share_.trust();
  }
  void hold(std::size_t octets) { share_.set(octets); }
  HeldShare& share() { return share_; }

 private:
  HeldShare share_;
};

TEST(Memory, WhoHoldsMostIsNotReadFromWhenThereIsLittleLeft) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(kAll);
  Others others(scene.held);
  others.hold(400'000);
  scene.near.says(begun(300'000));
  scene.near.hears("");
  scene.near.says(std::string(100'000, 'x'));
  scene.near.hears("[pause]");
  scene.far().hears("[pause]");
  EXPECT_EQ(scene.held.stopped(), 1U);
  EXPECT_FALSE(scene.near.connection.closing());
  scene.near.connection.leave();
}

TEST(Memory, WhoHoldsLittleIsReadFromWhenThereIsLittleLeft) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(kAll);
  Others others(scene.held);
  others.hold(900'000);
  scene.near.says(begun(90'000));
  scene.bridge->mind_memory();
  scene.near.hears("");
  scene.near.says(kRest);
  scene.far().hears(begun(90'000) + kRest);
  scene.near.says(wire::kEnd);
}

// What is smaller than that frees nothing.
TEST(Memory, WhoHoldsNextToNothingIsNeverStopped) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(20'000);
  scene.near.says(begun(15'000));
  scene.bridge->mind_memory();
  scene.near.hears("");
  scene.near.connection.leave();
}

TEST(Memory, GoesOnWhenThereIsRoomAgainAndNothingIsLost) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(kAll);
  Others others(scene.held);
  others.hold(400'000);
  scene.near.says(begun(400'000));
  scene.near.hears("[pause]");
  others.hold(300'000);
  scene.bridge->mind_memory();
  scene.near.hears("");  // 700 kB: still above the lower mark, so nothing flaps
  others.hold(200'000);
  scene.bridge->mind_memory();
  scene.near.hears("[resume]");
  EXPECT_EQ(scene.held.stopped(), 0U);
  scene.near.says(kRest);
  scene.far().hears("[pause][resume]" + begun(400'000) + kRest);
  scene.near.says(wire::kEnd);
}

TEST(Memory, GoesOnWhenAnotherHoldsTwiceAsMuch) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(kAll);
  Others others(scene.held);
  Others largest(scene.held);
  others.hold(500'000);
  scene.near.says(begun(270'000));
  scene.near.hears("[pause]");
  others.hold(100'000);
  largest.hold(600'000);
  scene.bridge->mind_memory();
  scene.near.hears("[resume]");
  scene.near.connection.leave();
}

TEST(Memory, StrangersAreStoppedBeforeThoseWhoAreKnown) {
  HeldBytes all(kAll);
  Others known(all);
  Others stranger(all, true);
  known.hold(600'000);
  stranger.hold(40'000);
  EXPECT_TRUE(stranger.share().must_stop());
  EXPECT_FALSE(known.share().must_stop()) << "there is a stranger";
  stranger.hold(0);
  EXPECT_FALSE(known.share().must_stop()) << "there is room for those who are known";
  known.hold(760'000);
  EXPECT_TRUE(known.share().must_stop());
}

// All who hold the memory wait for it: none of their stanzas can ever be finished.
TEST(Memory, AStreamThatWaitsInTheMiddleOfAStanzaIsEndedSoThatOthersGoOn) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(kAll);
  Others others(scene.held);
  others.hold(400'000);
  scene.near.says(begun(400'000));
  scene.near.hears("[pause]");
  scene.time.advance(9s);
  scene.bridge->mind_memory();
  scene.near.hears("");
  scene.time.advance(1s);
  scene.bridge->mind_memory();
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("<resource-constraint"), HasSubstr("too_much_held</reason>")));
  EXPECT_EQ(scene.held.stopped(), 0U);
  EXPECT_EQ(scene.held.total(), 400'000U);
  EXPECT_FALSE(others.share().must_stop()) << "one was enough";
  EXPECT_TRUE(others.share().may_go_on());
}

// What is queued becomes less, or its reader is ended for taking nothing.
TEST(Memory, AStreamThatWaitsForASlowReaderIsNotEnded) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(400'000);
  Others others(scene.held);
  others.hold(200'000);
  scene.far().connection.stop_reading();
  scene.near.says(begun(150'000) + kRest);
  scene.near.hears("[pause]");
  scene.time.advance(60s);
  scene.bridge->mind_memory();
  EXPECT_FALSE(scene.near.connection.closing());
  scene.far().connection.take(scene.far().connection.queued());
  scene.bridge->mind_memory();
  scene.near.hears("[resume]");
  scene.near.says(wire::kEnd);
}

TEST(Memory, TwoCausesNotToReadAreTwoCausesToWaitFor) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(kAll);
  Others others(scene.held);
  others.hold(500'000);
  scene.far().connection.stop_reading();
  scene.near.says(begun(300'000) + kRest);  // more than buffer_bytes, and too much in all
  scene.near.hears("[pause]");
  others.hold(0);
  scene.bridge->mind_memory();
  scene.near.hears("");  // there is memory, but the far end does not keep up
  scene.far().connection.take(scene.far().connection.queued());
  scene.near.hears("[resume]");
  scene.near.says(wire::kEnd);
}

TEST(Memory, WhileItIsStoppedItsPaceIsNotMeasured) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(kAll);
  Others others(scene.held);
  others.hold(400'000);
  scene.near.says(begun(400'000));
  scene.time.advance(120s);  // nobody looks at the memory meanwhile
  EXPECT_FALSE(scene.near.connection.closing());
  scene.near.connection.leave();
}

TEST(Memory, AStreamThatIsEndedMeanwhileIsNotStoppedAnyMore) {
  Scene scene(std::string::npos, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
  relay_client(scene);
  scene.held.change(kAll);
  Others others(scene.held);
  others.hold(400'000);
  scene.near.says(begun(400'000));
  ASSERT_EQ(scene.held.stopped(), 1U);
  scene.bridge->shut_down();
  scene.bridge->mind_memory();
  EXPECT_EQ(scene.held.stopped(), 0U);
  scene.near.connection.leave();
  scene.far().connection.leave();
}

// A stream that is only negotiated holds next to nothing, and has its deadlines.
TEST(Memory, ANegotiationIsNotStopped) {
  Scene scene(std::string::npos, kInbound);
  scene.held.change(1000);
  Others others(scene.held);
  others.hold(900);
  peer_authenticates(scene);
  scene.bridge->mind_memory();
  EXPECT_THAT(scene.near.heard(), Not(HasSubstr("[pause]")));
  scene.near.connection.leave();
}

// The backend is told, too, so that its users read why.
TEST(Memory, ANewcomerForWhomThereIsNoneIsToldSo) {
  for (const auto kind : {kInbound, StreamKind::kS2sOutbound}) {
    Scene scene(std::string::npos, kind, world().plain, TlsEntry::kStartTls, false);
    scene.near.says(kind == kInbound ? kFromPeer : kFromLegacy);
    EXPECT_THAT(scene.near.heard(),
                AllOf(HasSubstr("<stream:error><resource-constraint"),
                      HasSubstr("memory_short</reason>"), HasSubstr("</stream:stream>[close]")));
    EXPECT_EQ(scene.network.asked, "") << "nobody was called for it";
    EXPECT_EQ(scene.metric("limit_hits_total", "\"memory\""), 1);
    EXPECT_EQ(scene.metric("streams_rejected_total", "memory_short"), 1);
    scene.check_account = false;  // a flood of refusals is no flood of lines
  }
}

}  // namespace
}  // namespace portcullis::relay::scene
