#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// A peer that was given a key of ours asks about it on its own stream to us.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kDb = " xmlns:db='jabber:server:dialback'";

const std::string kTheirs = server("from='peer.example' to='legacy.example' version='1.0'", kDb);
std::string ours(std::string_view id) {
  return server(
      "from='legacy.example' to='peer.example' id='" + std::string(id) + "' version='1.0'", kDb);
}
std::string question(std::string_view key = "ours", std::string_view from = "peer.example",
                     std::string_view to = "legacy.example", std::string_view id = "asked") {
  return "<db:verify from='" + std::string(from) + "' to='" + std::string(to) + "' id='" +
         std::string(id) + "'>" + std::string(key) + "</db:verify>";
}
std::string told(std::string_view type, std::string_view id = "asked") {
  return "<db:verify from='legacy.example' to='peer.example' id='" + std::string(id) + "' type='" +
         std::string(type) + "'/>";
}

// Its certificate is good, and it has our features.
Party& certified(Stage& stage, bool answers = true, bool identified = true) {
  stage.stance.answers_keys = answers;
  auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
  peer.identified = identified;
  peer.connects();
  peer.says(server("from='peer.example' to='legacy.example' version='1.0'"));
  peer.says(kStartTls);
  peer.secures();
  peer.forget();
  peer.says(kTheirs);
  peer.hears("[judge legacy.example peer.example]" +
             (answers && identified
                  ? ours("id2")
                  : server("from='legacy.example' to='peer.example' id='id2' version='1.0'")) +
             std::string(kExternalFeatures));
  return peer;
}

TEST(AskedAboutKeys, AnswersBeforeAuthentication) {
  play([](Stage& stage) {
    auto& peer = certified(stage);
    peer.says(question());
    peer.hears(told("valid"));
    EXPECT_EQ(peer.state(), "awaiting-auth");
    peer.says(kEnd);
    peer.hears(std::string(kEnd) + "[close]");
  });
}

TEST(AskedAboutKeys, AWrongKeyIsInvalid) {
  for (const auto& wrong :
       {question("theirs"), question("ours", "peer.example", "legacy.example", "another")}) {
    play([&](Stage& stage) {
      auto& peer = certified(stage);
      peer.says(wrong);
      peer.hears(told("invalid", wrong.find("another") == std::string::npos ? "asked" : "another"));
      peer.says(question());
      peer.hears(told("valid"));
    });
  }
}

TEST(AskedAboutKeys, WhoHasAskedMayAuthenticate) {
  play([](Stage& stage) {
    auto& peer = certified(stage);
    peer.says(question());
    peer.hears(told("valid"));
    peer.says(auth(kAuthPeer));
    peer.hears("[open legacy.example peer.example]");
  });
}

// As Prosody does it: on its ordinary stream.
TEST(AskedAboutKeys, AnswersBehindAuthentication) {
  play([](Stage& stage) {
    auto& peer = certified(stage);
    peer.says(auth(kAuthPeer));
    peer.tell(FarAuthenticated{});
    peer.says(kTheirs);
    peer.tell(FarFeatures{});
    EXPECT_EQ(peer.state(), "relaying");
    peer.forget();
    peer.says(question("theirs") + std::string(kMessage) + question());
    peer.hears(told("invalid") + told("valid"));
  });
}

// As ejabberd 23.01 does it: right behind its header. Nothing of it passes but the white space
// between elements, of which it depends on the pieces how much there is.
TEST(AskedAboutKeys, WhatIsAskedBeforeTheRelayWaitsForIt) {
  Stage stage([](std::size_t length) { return length; });
  auto& peer = certified(stage);
  peer.says(auth(kAuthPeer));
  peer.tell(FarAuthenticated{});
  peer.says(kTheirs + question());
  EXPECT_THAT(peer.everything(), ::testing::Not(HasSubstr(told("valid"))));
  peer.tell(FarFeatures{});
  EXPECT_THAT(peer.everything(), HasSubstr(told("valid")));
  EXPECT_EQ(peer.state(), "relaying");
}

TEST(AskedAboutKeys, AnswersWhoseStreamWasRefused) {
  play([](Stage& stage) {
    auto& peer = certified(stage);
    peer.says(auth(kAuthPeer));
    peer.tell(FarAuthenticated{});
    peer.says(kTheirs + question());
    peer.forget();
    peer.tell(FarFailed{policy::refuse(policy::Reason::kBackendUnavailable), {}});
    EXPECT_THAT(peer.everything(), HasSubstr(told("valid")));
  });
}

TEST(AskedAboutKeys, WhoHasAskedMayLeaveWithoutAWord) {
  play([](Stage& stage) {
    auto& peer = certified(stage);
    peer.says(question());
    peer.hears(told("valid"));
    peer.tell(TransportLost{"reset"});
    peer.hears("[close]");
  });
  play([](Stage& stage) {
    auto& peer = certified(stage);
    peer.says(question());
    peer.forget();
    peer.tell(DeadlineExpired{});
    EXPECT_THAT(peer.everything(), HasSubstr("connection-timeout"));
    EXPECT_FALSE(peer.refused());
  });
  play([](Stage& stage) {
    auto& peer = certified(stage);
    peer.says(question());
    peer.forget();
    peer.says(
        "<stream:error><connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        "</stream:error>");
    EXPECT_FALSE(peer.refused());
    EXPECT_EQ(peer.state(), "closed");
  });
  // Who has not asked is refused.
  play([](Stage& stage) {
    auto& peer = certified(stage);
    peer.says(kEnd);
    peer.hears(std::string(kEnd) + ended("peer_left"));
  });
}

// ---- Who gets no answer

struct NoAnswer {
  std::string_view what;
  std::string said;
  std::string_view reason = "dialback_attempted";
};

const NoAnswer kNoAnswers[] = {
    {"another domain of the peer", question("ours", "other.example")},
    {"below its own", question("ours", "sub.peer.example")},
    {"another domain of ours", question("ours", "peer.example", "rooms.legacy.example")},
    {"a domain that is not served", question("ours", "peer.example", "other.example")},
    {"the wrong way round", question("ours", "legacy.example", "peer.example")},
    {"no id", "<db:verify from='peer.example' to='legacy.example'>ours</db:verify>"},
    {"no key", "<db:verify from='peer.example' to='legacy.example' id='asked'/>"},
    {"an answer, where we ask nothing",
     "<db:verify from='peer.example' to='legacy.example' id='asked' type='valid'/>"},
    {"a key of its own", "<db:result from='peer.example' to='legacy.example'>ours</db:result>"},
};

// What is said before the stream error is no answer, but an error.
TEST(AskedAboutKeys, NothingElseIsAnswered) {
  for (const auto& one : kNoAnswers) {
    SCOPED_TRACE(one.what);
    play([&](Stage& stage) {
      auto& peer = certified(stage);
      peer.says(one.said);
      EXPECT_EQ(peer.state(), "closed");
      EXPECT_EQ(policy::id(peer.refused()->reason), one.reason);
      EXPECT_EQ(peer.everything().find("valid'"), std::string::npos) << peer.everything();
    });
  }
}

TEST(AskedAboutKeys, NothingElseIsAnsweredWhileItRelays) {
  for (const auto& one : kNoAnswers) {
    SCOPED_TRACE(one.what);
    play([&](Stage& stage) {
      auto& peer = certified(stage);
      peer.says(auth(kAuthPeer));
      peer.tell(FarAuthenticated{});
      peer.says(kTheirs);
      peer.tell(FarFeatures{});
      peer.forget();
      peer.says(one.said);
      peer.hears(error("not-authorized", one.reason) + "[far failed " + std::string(one.reason) +
                 "][close " + std::string(one.reason) + "]");
    });
  }
}

TEST(AskedAboutKeys, NeverIsNever) {
  const auto refused = [](Party& peer) {
    peer.says(question());
    peer.hears(error("not-authorized", "dialback_attempted") + ended("dialback_attempted"));
  };
  play([&](Stage& stage) { refused(certified(stage, false)); });
  // Nor is who is not identified.
  play([&](Stage& stage) { refused(certified(stage, true, false)); });
}

TEST(AskedAboutKeys, NobodyIsAnsweredWhoseCertificateIsNotGood) {
  play([](Stage& stage) {
    stage.stance.answers_keys = true;
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
    peer.verdict = policy::refuse(policy::Reason::kNameMismatch);
    peer.connects();
    peer.says(server("from='peer.example' to='legacy.example' version='1.0'"));
    peer.says(kStartTls);
    peer.secures();
    peer.forget();
    peer.says(kTheirs + question());
    peer.hears("[judge legacy.example peer.example]" +
               server("from='legacy.example' to='peer.example' id='id2' version='1.0'") +
               error("not-authorized", "name_mismatch") + ended("name_mismatch"));
  });
  // In the clear.
  play([](Stage& stage) {
    stage.stance.answers_keys = true;
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
    peer.connects();
    peer.says(kTheirs);
    peer.forget();
    peer.says(question());
    EXPECT_EQ(peer.state(), "closed");
    EXPECT_EQ(peer.everything().find("valid'"), std::string::npos) << peer.everything();
  });
}

TEST(AskedAboutKeys, AFloodEndsTheStream) {
  play([](Stage& stage) {
    auto& peer = certified(stage);
    std::string answers;
    for (int number = 0; number < 16; ++number) {
      peer.says(question("theirs"));
      answers += told("invalid");
    }
    peer.hears(answers);
    peer.says(question());
    peer.hears(error("policy-violation", "negotiation_too_long") + ended("negotiation_too_long"));
  });
}

}  // namespace
}  // namespace portcullis::session::stage
