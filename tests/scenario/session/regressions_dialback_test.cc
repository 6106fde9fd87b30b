#include <set>

#include "tests/scenario/session/regressions.h"
#include "tests/scenario/session/wire.h"

// Known attacks on server dialback, each suite named after its row in docs/regressions.md.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFromPeer = server("from='peer.example' to='legacy.example' version='1.0'");
const std::string kFromLegacy = server("from='legacy.example' to='peer.example' version='1.0'");
const std::string kReply = server("id='r' version='1.0'");

std::string dialback(std::string_view name, std::string_view attributes,
                     std::string_view key = "") {
  return "<db:" + std::string(name) + " xmlns:db='jabber:server:dialback' " +
         std::string(attributes) + ">" + std::string(key) + "</db:" + std::string(name) + ">";
}

// Answers to questions that nobody asked, of this pair and of others, with ids known and unknown.
const std::string kUnsolicited[] = {
    dialback("result", "from='peer.example' to='legacy.example' type='valid'"),
    dialback("result", "from='bank.example' to='legacy.example' type='valid'"),
    dialback("result", "from='peer.example' to='rooms.legacy.example' type='valid'"),
    dialback("result", "from='legacy.example' to='peer.example' type='valid'"),
    dialback("result", "from='peer.example' to='legacy.example' type='invalid'"),
    dialback("verify", "from='peer.example' to='legacy.example' id='id1' type='valid'"),
    dialback("verify", "from='peer.example' to='legacy.example' id='none' type='valid'"),
    dialback("verify", "from='bank.example' to='legacy.example' id='id2' type='valid'"),
    dialback("result", "type='valid'"),
};

// ---- Inbound

enum class Place { kClear, kSecured, kFarLeg, kRestarted };
constexpr Place kPlaces[] = {Place::kClear, Place::kSecured, Place::kFarLeg};

Party& reach(Stage& stage, Side side, Place place) {
  const bool wan = side == Side::kWan;
  const auto& theirs = wan ? kFromPeer : kFromLegacy;
  auto& other = stage.receiving(wan ? StreamKind::kS2sInbound : StreamKind::kS2sOutbound, side);
  other.connects();
  other.says(theirs);
  if (place >= Place::kSecured) {
    other.says(kStartTls);
    other.secures();
    other.says(theirs);
  }
  if (place >= Place::kFarLeg) other.says(auth(wan ? kAuthPeer : kAuthLegacy));
  if (place >= Place::kRestarted) {
    other.tell(FarAuthenticated{});
    other.says(theirs);
  }
  EXPECT_FALSE(other.refused());
  other.forget();
  return other;
}

TEST(Regression_CVE_2012_3525, AnswersWithoutAQuestionOnInboundStreams) {
  for (const auto place : kPlaces) {
    for (const auto& bytes : kUnsolicited) {
      SCOPED_TRACE(bytes);
      play([&](Stage& stage) {
        auto& peer = reach(stage, Side::kWan, place);
        peer.says(bytes);
        const bool opened = place >= Place::kFarLeg;
        peer.hears(error("not-authorized", "dialback_attempted") +
                   (opened ? ended_both("dialback_attempted") : ended("dialback_attempted")));
        EXPECT_EQ(peer.state(), "closed");
        EXPECT_EQ(peer.wanted.has_value(), opened);
      });
    }
  }
}

TEST(Regression_CVE_2012_3525, AnswersWithoutAQuestionFromTheBackend) {
  for (const auto place : kPlaces) {
    for (const auto& bytes : kUnsolicited) {
      SCOPED_TRACE(bytes);
      play([&](Stage& stage) {
        auto& backend = reach(stage, Side::kBackend, place);
        backend.says(bytes);
        EXPECT_TRUE(backend.refused());
        EXPECT_EQ(backend.state(), "closed");
      });
    }
  }
}

// What comes behind the last header, before our features, is held until the guard can judge it.
TEST(Regression_CVE_2012_3525, AnswersWithoutAQuestionBehindTheLastHeader) {
  for (const auto side : {Side::kWan, Side::kBackend}) {
    for (const auto& bytes : kUnsolicited) {
      SCOPED_TRACE(bytes);
      play([&](Stage& stage) {
        auto& other = reach(stage, side, Place::kRestarted);
        other.says(bytes);
        other.hears("");
        other.tell(FarFeatures{});
        EXPECT_THAT(other.everything(), HasSubstr("[far failed dialback_attempted]"));
        EXPECT_EQ(other.state(), "closed");
      });
    }
  }
}

// ---- Outbound

using Reach = Party& (*)(Stage&);

Party& wants_features(Stage& stage) {
  auto& peer = stage.initiating(StreamKind::kS2sOutbound, Side::kWan);
  peer.connects();
  peer.says(kReply);
  return peer;
}
Party& wants_proceed(Stage& stage) {
  auto& peer = wants_features(stage);
  peer.says(kStartTlsFeatures);
  return peer;
}
Party& wants_secured_features(Stage& stage) {
  auto& peer = wants_proceed(stage);
  peer.says(kProceed);
  peer.secures();
  peer.says(kReply);
  return peer;
}
Party& wants_success(Stage& stage) {
  auto& peer = wants_secured_features(stage);
  peer.says(kExternalFeatures);
  return peer;
}
Party& wants_last_features(Stage& stage) {
  auto& peer = wants_success(stage);
  peer.says(kSuccess);
  peer.tell(FarHeader{});
  peer.says(kReply);
  return peer;
}

TEST(Regression_CVE_2012_3525, AnswersWithoutAQuestionOnOutboundStreams) {
  constexpr Reach kReaches[] = {wants_features, wants_proceed, wants_secured_features,
                                wants_success, wants_last_features};
  for (const auto reached : kReaches) {
    for (const auto& bytes : kUnsolicited) {
      SCOPED_TRACE(bytes);
      play([&](Stage& stage) {
        auto& peer = reached(stage);
        peer.forget();
        peer.says(bytes);
        peer.hears(error("not-authorized", "dialback_attempted") +
                   ended_both("dialback_attempted"));
      });
    }
  }
}

// Bidirectional streams (XEP-0288) would let the far end speak for itself on a stream of ours.
TEST(Regression_CVE_2012_3525, BidirectionalStreamsAreNeitherOfferedNorTaken) {
  play([](Stage& stage) {
    auto& peer = reach(stage, Side::kWan, Place::kSecured);
    EXPECT_THAT(peer.everything(), Not(HasSubstr("bidi")));
    peer.says("<bidi xmlns='urn:xmpp:bidi'/>");
    EXPECT_TRUE(peer.refused());
  });
  play([](Stage& stage) {
    auto& peer = wants_secured_features(stage);
    peer.says(
        "<stream:features><bidi xmlns='urn:xmpp:features:bidi'/><mechanisms "
        "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>"
        "</stream:features>");
    EXPECT_FALSE(peer.refused());
    EXPECT_THAT(peer.everything(), Not(HasSubstr("bidi")));
  });
}

// ---- Keys: a secret that does not exist can neither be guessed nor confused between hosts.

TEST(Regression_CVE_2016_1232, NoKeyIsEverMade) {
  const auto never_speaks_of_it = [](Stage& stage) {
    EXPECT_THAT(stage.everything(), Not(HasSubstr("dialback")));
    EXPECT_THAT(stage.everything(), Not(HasSubstr("db:")));
  };
  play([&](Stage& stage) {
    reach(stage, Side::kWan, Place::kRestarted).tell(FarFeatures{});
    never_speaks_of_it(stage);
  });
  play([&](Stage& stage) {
    auto& peer = wants_secured_features(stage);
    // Not even to somebody who has nothing else to offer.
    peer.says("<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>");
    EXPECT_EQ(reason_of(peer), "external_not_offered");
    never_speaks_of_it(stage);
  });
}

// Whatever the key, the answer is the same, and it is no.
TEST(Regression_CVE_2016_1232, NoKeyIsEverChecked) {
  const std::string keys[] = {"key",
                              "d0e3d5b0c7a0ad5b4e1d4b9c7f0e2f9d0a3f5b6c7d8e9f0a1b2c3d4e5f6a7b8c",
                              std::string(300, 'a')};
  for (const auto place : {Place::kClear, Place::kSecured}) {
    for (const std::string_view request : {"result", "verify"}) {
      std::set<std::string> answers;
      for (const auto& key : keys) {
        play([&](Stage& stage) {
          auto& peer = reach(stage, Side::kWan, place);
          peer.says(dialback(request, "from='peer.example' to='legacy.example' id='id1'", key));
          EXPECT_EQ(reason_of(peer), "dialback_attempted");
          EXPECT_EQ(peer.state(), "closed");
          EXPECT_FALSE(peer.wanted);
          EXPECT_THAT(peer.everything(), Not(HasSubstr("valid'")));
          answers.insert(peer.everything());
        });
      }
      EXPECT_EQ(answers.size(), 1U);
    }
  }
}

// A domain that begins or ends like the verified one is another domain.
TEST(Regression_CVE_2016_1232, ADomainIsComparedWhole) {
  for (const auto* authzid : {"cGVlci5leGFtcGxlLmV2aWwuZXhhbXBsZQ==",  // ....evil.example
                              "cGVlci5leGFtcGw=",                      // peer.exampl
                              "eHBlZXIuZXhhbXBsZQ==",                  // xpeer.example
                              "ZXhhbXBsZQ=="}) {                       // example
    play([&](Stage& stage) {
      auto& peer = reach(stage, Side::kWan, Place::kSecured);
      peer.says(auth(authzid));
      EXPECT_EQ(reason_of(peer), "authzid_mismatch");
      EXPECT_FALSE(peer.wanted);
    });
  }
}

}  // namespace
}  // namespace portcullis::session::stage
