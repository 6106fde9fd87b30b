#include "tests/scenario/session/dialback_leg.h"

// A backend that knows only dialback takes no key of ours, lies, or says it at the wrong time.
namespace portcullis::session::stage {
namespace {

using dialback_leg::answer;
using dialback_leg::asked;
using dialback_leg::opened;
using dialback_leg::they;
using dialback_leg::valid;
using ::testing::HasSubstr;

// ---- Servers that lie, or say it at the wrong time

struct Lie {
  std::string_view what;
  std::string said;
  std::string_view condition;
  std::string_view sentence;
};

const Lie kLies[] = {
    {"valid for another pair: from", answer("valid", "other.example"), "invalid-from",
     "of other domains"},
    {"valid for another pair: to", answer("valid", "legacy.example", "other.example"),
     "invalid-from", "of other domains"},
    {"from and to as in the request", answer("valid", "peer.example", "legacy.example"),
     "invalid-from", "of other domains"},
    {"no from", "<db:result xmlns:db='jabber:server:dialback' to='peer.example' type='valid'/>",
     "bad-format", "&apos;from&apos; of a dialback answer is missing"},
    {"a type that nobody knows", answer("maybe"), "bad-format", "no &apos;type&apos; of an answer"},
    {"an answer to no question of ours",
     "<db:verify xmlns:db='jabber:server:dialback' from='legacy.example' to='peer.example' "
     "id='b1' type='valid'/>",
     "unsupported-stanza-type", "verify"},
    {"a key of its own", std::string(kDialback), "unsupported-stanza-type", "result"},
    {"success", std::string(kSuccess), "unsupported-stanza-type", "success"},
    {"features twice", std::string(kNoFeatures), "unsupported-stanza-type", "features"},
    {"an early stanza",
     "<message from='b@legacy.example' to='a@peer.example'><body>x</body></message>",
     "unsupported-stanza-type", "message"},
};

TEST(DialbackLeg, BelievesNoOtherAnswer) {
  for (const auto& lie : kLies) {
    SCOPED_TRACE(lie.what);
    play([&](Stage& stage) {
      auto& backend = asked(stage);
      backend.says(lie.said);
      backend.hears(error(lie.condition, "backend_misconfigured") +
                    ended_both("backend_misconfigured"));
      EXPECT_THAT(backend.text(), HasSubstr(lie.sentence));
    });
  }
}

TEST(DialbackLeg, BelievesNoAnswerBeforeItHasAsked) {
  play([](Stage& stage) {
    auto& backend = opened(stage);
    backend.says(they("b1") + answer("valid"));
    backend.hears(error("unsupported-stanza-type", "backend_misconfigured") +
                  ended_both("backend_misconfigured"));
  });
}

// The answer to a key is not one to the next: under TLS there is another stream.
TEST(DialbackLeg, BelievesNoAnswerBeforeItHasAskedUnderTls) {
  play([](Stage& stage) {
    auto& backend = opened(stage);
    backend.says(they("b1") + std::string(kStartTlsFeatures));
    backend.says(kProceed);
    backend.secures();
    backend.forget();
    backend.says(they("b2") + answer("valid"));
    backend.hears(error("unsupported-stanza-type", "backend_misconfigured") +
                  ended_both("backend_misconfigured"));
  });
}

TEST(DialbackLeg, EndsWhereItIsAnsweredTwice) {
  for (const auto* const second : {"valid", "invalid"}) {
    play([second](Stage& stage) {
      auto& backend = valid(stage);
      backend.says(answer(second));
      backend.hears(error("unsupported-stanza-type", "backend_misconfigured") +
                    ended_both("backend_misconfigured"));
    });
  }
}

TEST(DialbackLeg, EndsWhereAStanzaComesBeforeTheRelay) {
  play([](Stage& stage) {
    auto& backend = valid(stage);
    backend.says("<message from='b@legacy.example' to='a@peer.example'><body>x</body></message>");
    backend.hears(error("unsupported-stanza-type", "backend_misconfigured") +
                  ended_both("backend_misconfigured"));
  });
}

TEST(DialbackLeg, CannotAskWithoutAnId) {
  for (const auto* const id : {"", "id='' "}) {
    for (const auto* const version : {"", "version='1.0'"}) {
      play([&](Stage& stage) {
        auto& backend = opened(stage);
        backend.says(server(std::string("from='legacy.example' ") + id + version) +
                     (*version == '\0' ? "" : std::string(kNoFeatures)));
        backend.hears(error("bad-format", "backend_misconfigured") +
                      ended_both("backend_misconfigured"));
        EXPECT_THAT(backend.text(), HasSubstr("has no id"));
      });
    }
  }
}

// ---- Refused

struct No {
  std::string_view what;
  std::string said;
  std::string_view reason;
  std::string_view sentence;
};

std::string failed(std::string_view condition) {
  return answer("error", "legacy.example", "peer.example",
                "><error type='cancel'><" + std::string(condition) +
                    " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>");
}

const No kNos[] = {
    {"invalid", answer("invalid"), "backend_misconfigured", "somebody else has answered"},
    {"not asked", failed("remote-server-not-found"), "backend_misconfigured", "outbound.listen"},
    {"not served", failed("item-not-found"), "backend_misconfigured", "does not serve this domain"},
    {"no reason", answer("error"), "backend_misconfigured", "no reason is given"},
    {"late", failed("remote-server-timeout"), "backend_unavailable", "remote-server-timeout"},
    {"no room", failed("resource-constraint"), "backend_unavailable", "resource-constraint"},
};

TEST(DialbackLeg, SaysWhyTheKeyWasRefused) {
  for (const auto& no : kNos) {
    SCOPED_TRACE(no.what);
    play([&](Stage& stage) {
      auto& backend = asked(stage);
      backend.says(no.said);
      backend.hears(std::string(kEnd) + ended_both(no.reason));
      EXPECT_THAT(backend.refused()->text, HasSubstr(no.sentence));
    });
  }
}

std::string stream_error(std::string_view condition, std::string_view text) {
  return "<stream:error><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
         "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" +
         std::string(text) + "</text></stream:error>";
}

TEST(DialbackLeg, WhatTheServerSaysOfTheLegStaysHere) {
  for (const auto& said :
       {stream_error("not-authorized", ""), stream_error("host-unknown", ""),
        stream_error("policy-violation", "Encrypted server-to-server communication is required"),
        stream_error("policy-violation", "Use of STARTTLS required"),
        stream_error("invalid-id", "dialback negotiation failed")}) {
    play([&](Stage& stage) {
      auto& backend = asked(stage);
      backend.says(said);
      backend.hears(std::string(kEnd) + ended_both("backend_misconfigured"));
    });
  }
  play([](Stage& stage) {
    auto& backend = asked(stage);
    backend.says(stream_error("not-authorized", ""));
    EXPECT_THAT(backend.refused()->text, HasSubstr("mod_s2s_dialback"));
  });
}

TEST(DialbackLeg, WhatTheServerSaysOfThePeerIsPassedOn) {
  play([](Stage& stage) {
    auto& backend = asked(stage);
    backend.says(stream_error("policy-violation", "This domain is blocked"));
    backend.hears(std::string(kEnd) + ended_both("refused_by_backend", "policy-violation"));
  });
}

TEST(DialbackLeg, NobodyAnswersTheQuestion) {
  play([](Stage& stage) {
    auto& backend = asked(stage);
    backend.tell(DeadlineExpired{});
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kBackendUnavailable);
    EXPECT_THAT(backend.refused()->text, HasSubstr("outbound.capture"));
  });
}

TEST(DialbackLeg, TheServerLeaves) {
  play([](Stage& stage) {
    auto& backend = asked(stage);
    backend.says(kEnd);
    backend.hears(std::string(kEnd) + ended_both("backend_unavailable"));
  });
  play([](Stage& stage) {
    auto& backend = asked(stage);
    backend.tell(TransportLost{"it closed the connection"});
    backend.hears(ended_both("backend_unavailable"));
  });
}

TEST(DialbackLeg, IsAClientPortRefused) {
  play([](Stage& stage) {
    auto& backend = opened(stage);
    backend.says(client("id='r' version='1.0'"));
    backend.hears(error("invalid-namespace", "backend_misconfigured") +
                  ended_both("backend_misconfigured"));
  });
}

}  // namespace
}  // namespace portcullis::session::stage
