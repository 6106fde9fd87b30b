#include "tests/scenario/session/regressions.h"
#include "tests/scenario/session/wire.h"

// Known attacks on the step from plaintext to TLS, each suite named after its row in
// docs/regressions.md.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFromPeer = server("from='peer.example' to='legacy.example' version='1.0'");
const std::string kFromLegacy = server("from='legacy.example' to='peer.example' version='1.0'");
const std::string kReply = server("id='r' version='1.0'");

// What somebody on the way would like us to take for protected data.
const std::string kInjected[] = {
    "x",
    " \r\n\t<",
    auth(kAuthPeer),
    kFromPeer,
    std::string(kMessage),
    std::string(kDialback),
    std::string(kStartTls),
    std::string(kSuccess),
};

// ---- Where we are the receiving entity

struct Listener {
  StreamKind kind;
  Side side;
  std::string header;
};

const Listener kListeners[] = {
    {StreamKind::kS2sInbound, Side::kWan, kFromPeer},
    {StreamKind::kS2sOutbound, Side::kBackend, kFromLegacy},
    {StreamKind::kC2s, Side::kWan, client("to='legacy.example' version='1.0'")},
};

Party& offered_tls(Stage& stage, const Listener& listener) {
  auto& other = stage.receiving(listener.kind, listener.side);
  other.connects();
  other.says(listener.header);
  other.forget();
  return other;
}

void expect_no_effect(const Party& other) {
  EXPECT_EQ(other.state(), "closed");
  EXPECT_EQ(reason_of(other), "starttls_injection");
  EXPECT_EQ(other.judged(), 0);
  EXPECT_FALSE(other.wanted);
  EXPECT_THAT(other.everything(), Not(HasSubstr("stream:error")));
}

TEST(Regression_CVE_2011_0411, BytesBehindStartTlsInTheSameSegment) {
  for (const auto& listener : kListeners) {
    for (const auto& bytes : kInjected) {
      SCOPED_TRACE(bytes);
      play([&](Stage& stage) {
        auto& other = offered_tls(stage, listener);
        other.says(std::string(kStartTls) + bytes);
        expect_no_effect(other);
      });
    }
  }
}

TEST(Regression_CVE_2011_0411, BytesBehindStartTlsInALaterSegment) {
  for (const auto& listener : kListeners) {
    for (const auto& bytes : kInjected) {
      SCOPED_TRACE(bytes);
      play([&](Stage& stage) {
        auto& other = offered_tls(stage, listener);
        other.says(kStartTls);
        other.says("\n");
        EXPECT_FALSE(other.refused());
        other.says(bytes);
        expect_no_effect(other);
      });
    }
  }
}

TEST(Regression_CVE_2011_0411, NothingOfTheStreamInTheClearIsKept) {
  const std::string injected = server(
      "from='peer.example' to='legacy.example' version='1.0' xml:lang='de'", " xmlns:x='urn:x'");
  play([&](Stage& stage) {
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
    peer.connects();
    peer.says(injected);
    peer.says(std::string(kStartTls) + "\n");
    peer.secures();
    peer.says(kFromPeer);
    ASSERT_EQ(peer.judged(), 1);
    peer.forget();
    // A prefix that only the unprotected header declared means nothing under TLS.
    peer.says("<x:y/>");
    peer.hears(error("not-well-formed", "xml_invalid") + ended("xml_invalid"));
  });
  play([&](Stage& stage) {
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
    peer.connects();
    peer.says(injected);
    peer.says(kStartTls);
    peer.secures();
    peer.says(kFromPeer);
    peer.says(auth(kAuthPeer));
    ASSERT_TRUE(peer.wanted);
    EXPECT_FALSE(peer.wanted->header.lang);
    EXPECT_TRUE(peer.wanted->header.declared.empty());
  });
}

TEST(Regression_CVE_2011_0411, AnElementBegunInTheClearDoesNotEndUnderTls) {
  play([](Stage& stage) {
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
    peer.connects();
    peer.says(kFromPeer);
    peer.says(kStartTls);
    peer.secures();
    // The stream of before is over: an element without a header in front of it is no stream.
    peer.says(auth(kAuthPeer));
    EXPECT_EQ(reason_of(peer), "xml_invalid");
    EXPECT_EQ(peer.judged(), 0);
  });
}

// ---- Where we are the initiating entity

struct Caller {
  StreamKind kind;
  Side side;
  std::string header;  // ours
  bool wan;
};

const Caller kCallers[] = {
    {StreamKind::kS2sOutbound, Side::kWan, kFromLegacy, true},
    {StreamKind::kS2sInbound, Side::kBackend, kFromPeer, false},
};

Party& called(Stage& stage, const Caller& caller) {
  auto& other = stage.initiating(caller.kind, caller.side);
  other.connects();
  other.hears("[10s]" + caller.header);
  return other;
}

// Neither name nor certificate nor stanza of ours went over the wire, and nobody was believed.
void expect_nothing_given_away(const Party& other) {
  EXPECT_EQ(other.state(), "closed");
  EXPECT_EQ(other.judged(), 0);
  for (const auto* word : {"<auth", "[judge", "[far authenticated]", "[relay]", "db:"})
    EXPECT_THAT(other.everything(), Not(HasSubstr(word)));
}

TEST(Regression_CVE_2011_0411, BytesBehindProceedInTheSameSegmentAndLater) {
  for (const auto& caller : kCallers) {
    for (const auto& bytes : kInjected) {
      for (const bool later : {false, true}) {
        SCOPED_TRACE(bytes);
        play([&](Stage& stage) {
          auto& other = called(stage, caller);
          other.says(kReply + std::string(kStartTlsFeatures));
          other.says(std::string(kProceed) + (later ? "\n" : bytes));
          if (later) other.says(bytes);
          other.hears(std::string(kStartTls) + "[tls]" +
                      ended_both(caller.wan ? "starttls_injection" : "backend_misconfigured"));
          expect_nothing_given_away(other);
        });
      }
    }
  }
}

TEST(Regression_CVE_2011_0411, FeaturesOfBeforeTlsDoNotCount) {
  play([](Stage& stage) {
    auto& peer = called(stage, kCallers[0]);
    peer.says(kReply +
              "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
              "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
              "<mechanism>EXTERNAL</mechanism></mechanisms></stream:features>");
    peer.says(kProceed);
    peer.secures();
    peer.says(kReply + std::string(kNoFeatures));
    EXPECT_EQ(reason_of(peer), "external_not_offered");
    EXPECT_THAT(peer.everything(), Not(HasSubstr("<auth")));
  });
}

std::string features(std::string_view content) {
  return "<stream:features>" + std::string(content) + "</stream:features>";
}
constexpr std::string_view kExternal =
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism>"
    "</mechanisms>";

TEST(Regression_CVE_2016_10027, FeaturesWithoutStartTls) {
  const std::string offers[] = {
      features(""),
      features(kExternal),
      features("<dialback xmlns='urn:xmpp:features:dialback'/>"),
      features("<starttls xmlns='jabber:server'/>"),
      features("<starttls/>"),
      features("<x><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></x>"),
      features("<STARTTLS xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
      features("<compression xmlns='http://jabber.org/features/compress'/>"),
  };
  for (const auto& caller : kCallers) {
    for (const auto& offer : offers) {
      SCOPED_TRACE(offer);
      play([&](Stage& stage) {
        auto& other = called(stage, caller);
        other.says(kReply + offer);
        EXPECT_EQ(reason_of(other), caller.wan ? "starttls_not_offered" : "backend_without_tls");
        EXPECT_THAT(other.everything(), Not(HasSubstr("<starttls")));
        expect_nothing_given_away(other);
      });
    }
  }
}

TEST(Regression_CVE_2016_10027, FeaturesTwice) {
  for (const auto& caller : kCallers) {
    play([&](Stage& stage) {
      auto& other = called(stage, caller);
      other.says(kReply + std::string(kStartTlsFeatures) + features(kExternal));
      EXPECT_TRUE(other.refused());
      expect_nothing_given_away(other);
    });
  }
}

TEST(Regression_CVE_2016_10027, SuccessAndOtherAnswersBeforeTls) {
  const std::string answers[] = {std::string(kSuccess),
                                 std::string(kTlsFailure),
                                 std::string(kMessage),
                                 std::string(kDialback),
                                 kReply,
                                 std::string(kEnd)};
  for (const auto& caller : kCallers) {
    for (const bool asked : {false, true}) {
      for (const auto& answer : answers) {
        SCOPED_TRACE(answer);
        play([&](Stage& stage) {
          auto& other = called(stage, caller);
          other.says(kReply + (asked ? std::string(kStartTlsFeatures) : std::string()));
          other.says(answer);
          EXPECT_TRUE(other.refused());
          expect_nothing_given_away(other);
        });
      }
    }
  }
}

TEST(Regression_CVE_2016_10027, ProceedThatNobodyAskedFor) {
  for (const auto& caller : kCallers) {
    play([&](Stage& stage) {
      auto& other = called(stage, caller);
      other.says(kReply + std::string(kProceed));
      EXPECT_TRUE(other.refused());
      EXPECT_THAT(other.everything(), Not(HasSubstr("[tls")));
      expect_nothing_given_away(other);
    });
  }
}

}  // namespace
}  // namespace portcullis::session::stage
