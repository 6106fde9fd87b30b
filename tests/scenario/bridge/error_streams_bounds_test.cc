#include "tests/scenario/bridge/error_scene.h"

// The bounds of the streams that the gate opens itself: their number, their octets, how often they
// begin, and what is logged of those that fail.
namespace portcullis::relay::scene {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ErrorStreams, TakeMoreOfTheSamePairWhileTheyAreUnderWay) {
  ErrorScene scene;
  scene.tell_backend("<iq type='error' id='1'/>");
  scene.tell_backend("<iq type='error' id='2'/>");
  scene.backend_accepts();
  EXPECT_THAT(scene.far().heard(), HasSubstr("<iq type='error' id='1'/><iq type='error' id='2'/>"));
  scene.tell_backend("<iq type='error' id='3'/>");
  scene.far().hears("<iq type='error' id='3'/>");
  scene.time.advance(50ms);
  scene.far().hears(wire::kEnd);
  // From here on it needs another stream.
  scene.tell_backend("<iq type='error' id='4'/>");
  scene.backend_accepts(1);
  EXPECT_THAT(scene.far(1).heard(), HasSubstr("<iq type='error' id='4'/>"));
  scene.time.advance(50ms);
  // There are two now, and a third one there is not.
  scene.tell_backend("<iq type='error' id='5'/>");
  EXPECT_EQ(scene.network.ends.size(), 2U);
  EXPECT_EQ(scene.dropped(), 1);
  scene.says_good_bye(0);
  scene.says_good_bye(1);
  EXPECT_EQ(scene.told(), 2);
}

TEST(ErrorStreams, TellBothEndsAtOnce) {
  ErrorScene scene;
  scene.tell_backend();
  scene.backend_accepts();
  scene.tell_peer();
  scene.network.finds(candidates({"198.51.100.1"}));
  far_accepts(scene.far(1), &world().peer);
  scene.far(1).says(theirs(wire::kNoFeatures));
  EXPECT_THAT(scene.far(0).heard(), HasSubstr(kBounce));
  const auto heard = scene.far(1).heard();
  EXPECT_THAT(heard, HasSubstr(kBounceOut));
  EXPECT_THAT(heard, Not(HasSubstr(kBounce)));
  scene.time.advance(50ms);
  scene.says_good_bye(0);
  scene.says_good_bye(1);
  EXPECT_EQ(scene.told(), 2);
}

TEST(ErrorStreams, SayNoMoreThanSoManyOctets) {
  ErrorScene scene(std::string::npos);
  scene.tell_backend(std::string(ErrorStream::kMostOctets - 10, ' '));
  scene.tell_backend("<iq type='error' id='too much'/>");
  scene.tell_backend("<iq/>");
  scene.backend_accepts();
  const auto heard = scene.far().heard();
  EXPECT_THAT(heard, Not(HasSubstr("too much")));
  EXPECT_THAT(heard, HasSubstr("<iq/>"));
  EXPECT_EQ(scene.dropped(), 1);
  scene.time.advance(50ms);
  scene.says_good_bye();
}

TEST(ErrorStreams, AreOnlySoManyAtOnce) {
  ErrorScene scene;
  const auto tell = [&](std::size_t number) {
    scene.tell_backend(kBounce, "peer" + std::to_string(number) + ".example");
    if (scene.network.running()) scene.network.resolves(kBackendAddress);
  };
  for (std::size_t i = 0; i < ErrorStreams::kMost; ++i) tell(i);
  ASSERT_EQ(scene.network.ends.size(), ErrorStreams::kMost);
  tell(ErrorStreams::kMost);
  EXPECT_EQ(scene.network.ends.size(), ErrorStreams::kMost);
  EXPECT_EQ(scene.dropped(), 1);
  // The other direction has its own.
  scene.tell_peer();
  EXPECT_THAT(scene.network.asked, HasSubstr("[peer.example]"));
  // Who keeps his place for too long loses it.
  scene.time.advance(ErrorStreams::kItsTime);
  tell(ErrorStreams::kMost + 1);
  EXPECT_EQ(scene.network.ends.size(), ErrorStreams::kMost + 1);
  EXPECT_TRUE(scene.far(0).connection.gone());
  EXPECT_FALSE(scene.far(1).connection.gone());
}

// Each fails at once, so that it is not their number at one time that ends it.
TEST(ErrorStreams, BeginOnlySoOften) {
  ErrorScene scene;
  const auto call = [&](std::size_t number) {
    scene.streams.tell(domain("legacy.example"),
                       domain("peer" + std::to_string(number) + ".example"), Side::kWan,
                       {kBounceOut});
    if (!scene.network.running()) return false;
    scene.network.finds(net::NoCandidates{policy::Reason::kNoSuchService, "no SRV record"});
    scene.time.settle();
    return true;
  };
  const auto burst = static_cast<std::size_t>(ErrorStreams::kStarts.burst);
  for (std::size_t i = 0; i < burst; ++i) EXPECT_TRUE(call(i)) << i;
  EXPECT_FALSE(call(burst));
  EXPECT_EQ(scene.dropped(), 1);
  // That toward the backend is not touched by it.
  scene.tell_backend();
  scene.backend_accepts();
  scene.time.advance(1s);
  EXPECT_TRUE(call(burst + 1));
}

TEST(ErrorStreams, TellOneLineAboutManyFailures) {
  ErrorScene scene(1, world().build("", "[federation]\ndeny = [\"peer.example\"]\n"));
  for (int i = 0; i < 5; ++i) scene.tell_peer();
  EXPECT_EQ(scene.untold(), 5);
  const auto first = scene.log_text.find("event=untold");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(scene.log_text.find("event=untold", first + 1), std::string::npos);
  scene.time.advance(10s);
  scene.tell_peer();
  EXPECT_THAT(scene.log_text, HasSubstr("repeated=5"));
}

TEST(ErrorStreams, NeedNoNewCertificateForADomainThatHasOne) {
  ErrorScene scene;
  for (int i = 0; i < 40; ++i) {  // twice what may be made at once
    scene.tell_backend(kBounce, "peer.example");
    ASSERT_TRUE(scene.network.running()) << i;
    scene.backend_accepts(static_cast<std::size_t>(i));
    scene.time.advance(100ms);
    scene.says_good_bye(static_cast<std::size_t>(i));
  }
  EXPECT_EQ(scene.told(), 40);
}

TEST(ErrorStreams, MakeOnlySoManyCertificates) {
  ErrorScene scene;
  const auto burst = static_cast<std::size_t>(ErrorStreams::kMints.burst);
  for (std::size_t i = 0; i < burst + 5; ++i) {
    scene.tell_backend(kBounce, "new" + std::to_string(i) + ".example");
    if (!scene.network.running()) continue;
    scene.backend_accepts(i);
    scene.time.advance(50ms);
    scene.says_good_bye(i);
  }
  EXPECT_GE(scene.told(), static_cast<double>(burst));
  EXPECT_GE(scene.untold(), 2);
  EXPECT_THAT(scene.log_text, HasSubstr("dial_limit"));
}

}  // namespace
}  // namespace portcullis::relay::scene
