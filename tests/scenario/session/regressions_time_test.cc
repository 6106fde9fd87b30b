#include "tests/scenario/session/regressions.h"
#include "tests/scenario/session/wire.h"

// Peers that take their time, each suite named after its row in docs/regressions.md.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

const std::string kPair = server("from='peer.example' to='legacy.example' version='1.0'");

std::size_t count(const std::string& text, std::string_view word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

// play() says everything octet by octet as well, and compares what was done, deadlines included.
TEST(Regression_CVE_2026_43506, TheDeadlineOfAnInboundStreamIsOneNotOnePerOctet) {
  play([](Stage& stage) {
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
    peer.connects();
    peer.says(kPair + std::string(200, ' '));
    peer.says(std::string(kStartTls));
    peer.secures();
    peer.says(std::string(200, '\n') + kPair);
    peer.says(std::string(200, ' ') + auth(kAuthPeer));
    peer.tell(FarAuthenticated{});
    peer.says(kPair);
    EXPECT_EQ(count(peer.everything(), "0s]"), 2U) << peer.everything();
    EXPECT_THAT(peer.everything(), HasSubstr("[10s]"));
    EXPECT_THAT(peer.everything(), HasSubstr("[30s]"));
  });
}

TEST(Regression_CVE_2026_43506, TheDeadlineOfAnOutboundStreamIsOneNotOnePerOctet) {
  play([](Stage& stage) {
    auto& peer = stage.initiating(StreamKind::kS2sOutbound, Side::kWan);
    const auto reply = server("id='r' version='1.0'");
    peer.connects();
    peer.says(reply + std::string(200, ' ') + std::string(kStartTlsFeatures));
    peer.says(std::string(kProceed));
    peer.secures();
    peer.says(reply + std::string(200, ' ') + std::string(kExternalFeatures));
    EXPECT_EQ(count(peer.everything(), "0s]"), 1U) << peer.everything();
    peer.says(std::string(200, '\n'));
    peer.tell(DeadlineExpired{});
    EXPECT_EQ(reason_of(peer), "negotiation_timeout");
  });
}

TEST(Regression_CVE_2026_43506, AnElementThatNeverEndsGrowsNoFurther) {
  const std::string beginnings[] = {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='",
                                    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>", "<a b='"};
  for (const auto& beginning : beginnings) {
    Stage stage([](std::size_t) { return std::size_t{1}; });
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
    peer.connects();
    peer.says(kPair);
    peer.says(kStartTls);
    peer.secures();
    peer.says(kPair);
    peer.says(beginning);
    peer.says(std::string(xmpp::ReaderLimits{}.element_bytes - 200, 'a'));
    EXPECT_FALSE(peer.refused());
    peer.says(std::string(400, 'a'));
    EXPECT_EQ(reason_of(peer), "stanza_too_big");
    EXPECT_EQ(peer.state(), "closed");
  }
}

}  // namespace
}  // namespace portcullis::session::stage
