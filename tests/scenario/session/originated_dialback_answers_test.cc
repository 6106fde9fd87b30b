#include "tests/scenario/session/originated_dialback.h"

// What a peer answers to a key of dialback that we gave it.
namespace portcullis::session::stage {
namespace {

using originated_dialback::accepted;
using originated_dialback::answer;
using originated_dialback::asked;
using originated_dialback::kBoth;
using originated_dialback::kDeclined;
using originated_dialback::kOnlyDialback;
using originated_dialback::request;
using originated_dialback::they;
using ::testing::HasSubstr;

std::string stanza_error(std::string_view condition) {
  return "><error type='cancel'><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>";
}

// ---- What it may not answer

struct Lie {
  std::string_view what;
  std::string said;
  std::string_view condition;
  std::string_view reason;
};

const Lie kLies[] = {
    {"of another domain", answer("valid", "other.example"), "policy-violation", "unasked_answer"},
    {"for another domain", answer("valid", "peer.example", "rooms.legacy.example"),
     "policy-violation", "unasked_answer"},
    {"from and to as in the request", answer("valid", "legacy.example", "peer.example"),
     "policy-violation", "unasked_answer"},
    {"a type that nobody knows", answer("maybe"), "bad-format", "xml_invalid"},
    {"no from", "<db:result xmlns:db='jabber:server:dialback' to='legacy.example' type='valid'/>",
     "bad-format", "xml_invalid"},
    {"to a question that we did not ask",
     "<db:verify xmlns:db='jabber:server:dialback' from='peer.example' to='legacy.example' "
     "id='p2' type='valid'/>",
     "policy-violation", "unasked_answer"},
    {"a key of its own", std::string(kDialback), "not-authorized", "dialback_attempted"},
    {"success", std::string(kSuccess), "unsupported-stanza-type", "xml_invalid"},
    {"features again", kOnlyDialback, "unsupported-stanza-type", "xml_invalid"},
    {"an early stanza", std::string(kMessage), "not-authorized", "unauthenticated_stanza"},
};

TEST(OriginatedDialback, BelievesNoOtherAnswer) {
  for (const auto& lie : kLies) {
    SCOPED_TRACE(lie.what);
    play([&](Stage& stage) {
      auto& peer = asked(stage);
      peer.says(lie.said);
      peer.hears(error(lie.condition, lie.reason) + ended_both(lie.reason));
    });
  }
}

TEST(OriginatedDialback, BelievesNoAnswerBeforeTheKey) {
  play([](Stage& stage) {
    auto& peer = accepted(stage);
    peer.says(they() + answer("valid"));
    peer.hears(error("policy-violation", "unasked_answer") + ended_both("unasked_answer"));
  });
  play([](Stage& stage) {
    auto& peer = accepted(stage);
    peer.says(they() + kBoth);
    peer.hears(auth(kAuthLegacy));
    peer.says(answer("valid"));
    peer.hears(error("policy-violation", "unasked_answer") + ended_both("unasked_answer"));
  });
}

TEST(OriginatedDialback, EndsWhereItIsAnsweredTwice) {
  for (const auto* const second : {"valid", "invalid", "error"}) {
    play([second](Stage& stage) {
      auto& peer = asked(stage);
      peer.says(answer("valid"));
      peer.hears("[far authenticated]");
      peer.says(answer(second));
      peer.hears(error("policy-violation", "unasked_answer") + ended_both("unasked_answer"));
    });
  }
}

TEST(OriginatedDialback, EndsWhereAStanzaComesBack) {
  play([](Stage& stage) {
    auto& peer = asked(stage);
    peer.says(answer("valid"));
    peer.hears("[far authenticated]");
    peer.says(kMessage);
    peer.hears(error("not-authorized", "unauthenticated_stanza") +
               ended_both("unauthenticated_stanza"));
  });
}

TEST(OriginatedDialback, SaysWhyTheKeyWasNotTaken) {
  const std::pair<std::string, std::string_view> cases[] = {
      {answer("invalid"), "dialback_secret"},
      {answer("error"), "no reason is given"},
      {answer("error", "peer.example", "legacy.example", stanza_error("remote-server-not-found")),
       "remote-server-not-found"}};
  for (const auto& [said, sentence] : cases) {
    play([&said = said, &sentence = sentence](Stage& stage) {
      auto& peer = asked(stage);
      peer.says(said);
      peer.hears(std::string(kEnd) + ended_both("refused_by_peer"));
      EXPECT_THAT(peer.refused()->text, HasSubstr(sentence));
    });
  }
}

// Why it wanted no certificate is what has to be mended.
TEST(OriginatedDialback, KeepsWhyExternalWasDeclined) {
  for (const auto& end : {answer("invalid"), std::string(kEnd)}) {
    play([&](Stage& stage) {
      auto& peer = accepted(stage);
      peer.says(they() + kBoth);
      peer.hears(auth(kAuthLegacy));
      peer.says(kDeclined);
      peer.hears(request());
      peer.forget();
      peer.says(end);
      ASSERT_TRUE(peer.refused());
      EXPECT_EQ(policy::id(peer.refused()->reason), "refused_by_peer");
      EXPECT_THAT(policy::at_home(*peer.refused(), {StreamKind::kS2sOutbound}),
                  HasSubstr("unsupported certificate purpose"));
    });
  }
}

TEST(OriginatedDialback, WaitsNoLongerThanForAnythingElse) {
  play([](Stage& stage) {
    auto& peer = asked(stage);
    peer.tell(DeadlineExpired{});
    peer.hears(error("connection-timeout", "negotiation_timeout") +
               ended_both("negotiation_timeout"));
    EXPECT_THAT(peer.text(), HasSubstr("No answer to our dialback key"));
  });
}

}  // namespace
}  // namespace portcullis::session::stage
