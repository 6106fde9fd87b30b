#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// How an established bridge ends: what one side does and what the other is told.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

struct Bridge {
  Party& wan;
  Party& backend;
};

const std::string kAny = server("version='1.0'");

void starts_receiving(Party& party, std::string_view from, std::string_view to,
                      std::string_view authzid) {
  const auto theirs =
      server("from='" + std::string(from) + "' to='" + std::string(to) + "' version='1.0'");
  party.connects();
  party.says(theirs);
  party.says(kStartTls);
  party.secures();
  party.says(theirs);
  party.says(auth(authzid));
}

void starts_initiating(Party& party) {
  party.connects();
  party.says(kAny + std::string(kStartTlsFeatures));
  party.says(kProceed);
  party.secures();
  party.says(kAny + std::string(kExternalFeatures));
  party.says(kSuccess);
}

Bridge forget(Party& wan, Party& backend) {
  EXPECT_EQ(wan.state(), "relaying");
  EXPECT_EQ(backend.state(), "relaying");
  for (auto* party : {&wan, &backend}) party->forget();
  return {wan, backend};
}

Bridge inbound(Stage& stage) {
  auto& wan = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
  auto& backend = stage.initiating(StreamKind::kS2sInbound, Side::kBackend);
  stage.join();
  starts_receiving(wan, "peer.example", "legacy.example", kAuthPeer);
  starts_initiating(backend);
  wan.says(kAny);
  backend.says(kAny + std::string(kNoFeatures));
  return forget(wan, backend);
}

Bridge outbound(Stage& stage) {
  auto& backend = stage.receiving(StreamKind::kS2sOutbound, Side::kBackend);
  auto& wan = stage.initiating(StreamKind::kS2sOutbound, Side::kWan);
  stage.join();
  starts_receiving(backend, "legacy.example", "peer.example", kAuthLegacy);
  starts_initiating(wan);
  backend.says(kAny);
  wan.says(kAny + std::string(kNoFeatures));
  return forget(wan, backend);
}

Bridge client_bridge(Stage& stage) {
  const auto hello = client("to='legacy.example' version='1.0'");
  auto& wan = stage.receiving(StreamKind::kC2s, Side::kWan, TlsEntry::kDirectTls);
  auto& backend = stage.initiating(StreamKind::kC2s, Side::kBackend);
  stage.join();
  wan.connects();
  wan.secures();
  wan.says(hello);
  backend.connects();
  backend.says(client("version='1.0'") + std::string(kNoFeatures));
  backend.says(kSuccess);
  wan.says(hello);
  backend.says(client("version='1.0'") + std::string(kNoFeatures));
  return forget(wan, backend);
}

using Make = Bridge (*)(Stage&);
constexpr Make kBridges[] = {inbound, outbound, client_bridge};

template <class Scenario>
void on_each(Scenario scenario) {
  for (const auto make : kBridges) {
    SCOPED_TRACE(std::find(std::begin(kBridges), std::end(kBridges), make) - kBridges);
    for (const bool from_wan : {true, false})
      play([&](Stage& stage) {
        auto bridge = make(stage);
        scenario(from_wan ? bridge.wan : bridge.backend, from_wan ? bridge.backend : bridge.wan);
      });
  }
}

xmpp::Element stream_error(std::string_view condition, std::string_view text = "") {
  xmpp::Element error;
  error.ns = xmpp::ns::kStream;
  error.name = "error";
  error.children.resize(1);
  error.children[0].ns = xmpp::ns::kStreams;
  error.children[0].name = condition;
  if (!text.empty()) {
    error.children.resize(2);
    error.children[1].ns = xmpp::ns::kStreams;
    error.children[1].name = "text";
    error.children[1].trailing_text = text;
  }
  return error;
}

// It is the last that this end hears, and its connection is closed behind it.
void expect_error(const Party& party, const std::string& condition) {
  EXPECT_THAT(party.everything(), HasSubstr("<stream:error><" + condition + " "));
  EXPECT_THAT(party.everything(), HasSubstr("</stream:error></stream:stream>[close"));
}

// What a connection tells that was closed for one direction, as most ends do it.
const TransportLost kFin{"it closed the connection", true, true};

TEST(Relay, PassesAProperEndOnAndAnswersItWhenTheOtherEndHasEndedToo) {
  on_each([](Party& one, Party& other) {
    one.says(kEnd);
    one.hears("");
    other.hears(kEnd);
    EXPECT_EQ(one.state(), "awaiting-far-end");
    EXPECT_EQ(other.state(), "awaiting-end");
    other.says(kEnd);
    one.hears(std::string(kEnd) + "[close]");
    other.hears("[close]");
  });
}

TEST(Relay, AnEndMayCloseItsHalfBehindItsLastWord) {
  on_each([](Party& one, Party& other) {
    one.says(kEnd);
    one.tell(kFin);
    one.hears("");
    other.hears(kEnd);
    other.says(kEnd);
    one.hears(std::string(kEnd) + "[close]");
  });
}

TEST(Relay, EndsThatCloseAtTheSameTimeAreBothAnswered) {
  on_each([](Party& one, Party& other) {
    one.tell(StreamClosed{});
    other.tell(StreamClosed{});
    other.tell(StreamClosed{});
    one.hears(std::string(kEnd) + "[close]");
    other.hears(std::string(kEnd) + "[close]");
  });
}

TEST(Relay, RepeatsTheErrorWithWhichAnEndAnswersTheOthersEnd) {
  on_each([](Party& one, Party& other) {
    one.says(kEnd);
    other.tell(ElementReceived{stream_error("system-shutdown", "For maintenance")});
    EXPECT_THAT(one.everything(), HasSubstr("<stream:error><system-shutdown "));
    EXPECT_EQ(one.text(), "For maintenance");
    EXPECT_EQ(one.state(), "closed");
    EXPECT_EQ(other.state(), "closed");
  });
}

// Otherwise the one would take for delivered what is lost.
TEST(Relay, DoesNotConfirmAnEndToWhomNotAllCouldBeDelivered) {
  on_each([](Party& one, Party& other) {
    one.says(kEnd);
    other.tell(TransportLost{"reset", false, false});
    expect_error(one, "remote-connection-failed");
    EXPECT_EQ(one.state(), "closed");
  });
}

TEST(Relay, ConfirmsAnEndToWhomAllWasDeliveredAlsoWithoutAnAnswer) {
  on_each([](Party& one, Party& other) {
    one.says(kEnd);
    other.tell(kFin);
    one.hears(std::string(kEnd) + "[close]");
    EXPECT_THAT(other.everything(), HasSubstr(std::string(kEnd) + "[close "));
  });
}

TEST(Relay, EndsBothWhenWhoeverHasEndedIsGone) {
  on_each([](Party& one, Party& other) {
    one.says(kEnd);
    one.tell(TransportLost{"reset"});
    one.hears("[close]");
    other.hears(std::string(kEnd) + "[close]");
  });
}

TEST(Relay, WaitsForTheOtherEndNoLongerThanTheTimeToLinger) {
  for (const bool one_first : {true, false})
    on_each([one_first](Party& one, Party& other) {
      one.says(kEnd);
      other.hears(kEnd);
      (one_first ? one : other).tell(DeadlineExpired{});
      expect_error(one, "connection-timeout");
      EXPECT_EQ(one.state(), "closed");
      EXPECT_EQ(other.state(), "closed");
    });
}

TEST(Relay, AFaultBehindTheOthersEndIsToldToTheOther) {
  on_each([](Party& one, Party& other) {
    one.says(kEnd);
    other.hears(kEnd);
    other.tell(InputRefused{policy::refuse(policy::Reason::kXmlInvalid, {{"detail", "x"}}), {}});
    other.hears("[close xml_invalid]");
    EXPECT_THAT(one.everything(), HasSubstr("</reason></stream:error>"));
    EXPECT_EQ(one.state(), "closed");
  });
}

TEST(Relay, AHalfClosedStreamIsToldOfAShutdown) {
  on_each([](Party& one, Party& other) {
    one.says(kEnd);
    other.hears(kEnd);
    one.tell(ShutdownRequested{});
    other.tell(ShutdownRequested{});
    one.hears(error("system-shutdown", "shutting_down") + "[close shutting_down]");
    other.hears("[close]");
  });
}

TEST(Relay, TellsTheFaultToTheEndThatMadeIt) {
  on_each([](Party& one, Party& other) {
    one.tell(InputRefused{policy::refuse(policy::Reason::kAddressSpoofed, {{"detail", "x"}}),
                          "improper-addressing"});
    one.hears(error("improper-addressing", "address_spoofed") + "[close address_spoofed]");
    EXPECT_TRUE(other.everything().ends_with("[close]"));
  });
}

// What our own server did wrong is no fault of anybody outside, whom the sentence would blame.
TEST(Relay, NamesTheFaultOfAPeerButNotThatOfTheBackend) {
  for (const auto make : kBridges)
    for (const bool of_wan : {true, false})
      play([&](Stage& stage) {
        auto bridge = make(stage);
        (of_wan ? bridge.wan : bridge.backend)
            .tell(
                InputRefused{policy::refuse(policy::Reason::kStanzaTooBig, {{"detail", "x"}}), {}});
        const auto& other = of_wan ? bridge.backend : bridge.wan;
        EXPECT_THAT(other.everything(), HasSubstr(of_wan ? "stanza_too_big</reason>"
                                                         : "backend_misconfigured</reason>"));
        if (of_wan) return;
        EXPECT_EQ(other.text(), policy::refuse(policy::Reason::kBackendMisconfigured).text);
      });
}

TEST(Relay, SaysToTheBackendThatThePeerIsToBlame) {
  play([](Stage& stage) {
    auto [wan, backend] = outbound(stage);
    wan.tell(InputRefused{policy::refuse(policy::Reason::kAddressSpoofed, {{"detail", "x"}}), {}});
    backend.hears(error("remote-connection-failed", "address_spoofed") + "[close]");
  });
}

TEST(Relay, AdvertisesTheLimitThatWasBroken) {
  play([](Stage& stage) {
    auto [wan, backend] = inbound(stage);
    wan.tell(InputRefused{policy::refuse(policy::Reason::kStanzaTooBig, {{"limit", "9"}}), {}});
    EXPECT_THAT(wan.everything(), HasSubstr("<stanza-too-big xmlns='urn:xmpp:errors'/>"));
  });
}

TEST(Relay, RepeatsAStreamErrorWithConditionAndText) {
  on_each([](Party& one, Party& other) {
    one.tell(ElementReceived{stream_error("conflict", "Replaced by new connection")});
    one.hears("");
    EXPECT_THAT(other.everything(), HasSubstr("<stream:error><conflict "));
    EXPECT_EQ(other.text(), "Replaced by new connection");
    other.says(kEnd);
    one.hears(std::string(kEnd) + "[close]");
  });
}

TEST(Relay, DoesNotSendAnybodyToAnotherHost) {
  on_each([](Party& one, Party& other) {
    auto error = stream_error("see-other-host");
    error.children[0].trailing_text = "10.0.0.1";
    one.tell(ElementReceived{error});
    EXPECT_EQ(other.everything().find("see-other-host xmlns"), std::string::npos);
    EXPECT_EQ(other.everything().find("10.0.0.1"), std::string::npos);
    EXPECT_EQ(other.state(), "awaiting-end");
  });
}

TEST(Relay, EndsAServersStreamProperlyWhenTheOtherConnectionIsLost) {
  for (const auto make : {Make(inbound), Make(outbound)})
    play([make](Stage& stage) {
      auto [wan, backend] = make(stage);
      wan.tell(TransportLost{"reset"});
      wan.hears("[close peer_left]");
      backend.hears(std::string(kEnd) + "[close]");
    });
}

// A server that has only closed its own half may still be answered.
TEST(Relay, AServersStreamThatEndsWithoutAWordIsEndedProperlyAndAnswered) {
  for (const auto make : {Make(inbound), Make(outbound)})
    play([make](Stage& stage) {
      auto [wan, backend] = make(stage);
      wan.tell(kFin);
      wan.hears("");
      backend.hears(kEnd);
      backend.says(kEnd);
      wan.hears(std::string(kEnd) + "[close]");
    });
}

TEST(Relay, TellsAServerThatNotAllArrivedWhenTheOtherConnectionIsLost) {
  for (const auto make : {Make(inbound), Make(outbound)})
    play([make](Stage& stage) {
      auto [wan, backend] = make(stage);
      wan.tell(TransportLost{"reset", false, false});
      wan.hears("[close peer_left]");
      expect_error(backend, "remote-connection-failed");
      EXPECT_EQ(backend.state(), "closed");
    });
}

TEST(Relay, LetsAClientsSessionBeResumed) {
  play([](Stage& stage) {
    auto [wan, backend] = client_bridge(stage);
    wan.tell(TransportLost{"reset"});
    wan.hears("[close peer_left]");
    backend.hears("[close peer_left]");
  });
  play([](Stage& stage) {
    auto [wan, backend] = client_bridge(stage);
    backend.tell(TransportLost{"reset"});
    backend.hears("[close backend_unavailable]");
    wan.hears("[close backend_unavailable]");
  });
  play([](Stage& stage) {
    auto [wan, backend] = client_bridge(stage);
    wan.tell(ShutdownRequested{});
    backend.tell(ShutdownRequested{});
    wan.hears(error("system-shutdown", "shutting_down") + "[close shutting_down]");
    backend.hears("[close shutting_down]");
  });
}

TEST(Relay, TellsBothServersOfAShutdown) {
  for (const auto make : {Make(inbound), Make(outbound)})
    play([make](Stage& stage) {
      auto [wan, backend] = make(stage);
      for (auto* party : {&wan, &backend}) {
        party->tell(ShutdownRequested{});
        party->hears(error("system-shutdown", "shutting_down") + "[close shutting_down]");
      }
    });
}

TEST(Relay, EndsWhatIsIdle) {
  on_each([](Party& one, Party& other) {
    one.tell(DeadlineExpired{});
    one.hears(
        "<stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        "</stream:error></stream:stream>[close idle]");
    other.hears(std::string(kEnd) + "[close]");
  });
}

TEST(Relay, RefusesNothingOnceTheStreamWasAccepted) {
  on_each([](Party& one, Party& other) {
    one.tell(InputRefused{policy::refuse(policy::Reason::kXmlInvalid), {}});
    EXPECT_FALSE(one.refused() || other.refused());
  });
}

}  // namespace
}  // namespace portcullis::session::stage
