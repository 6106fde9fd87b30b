#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// A peer takes no SASL EXTERNAL from us, and gets a key of dialback instead; then it asks about
// that key. Both halves, each on its own stream.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kDb = " xmlns:db='jabber:server:dialback'";
constexpr std::string_view kOffer =
    "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";

std::string features(std::string_view offers) {
  return "<stream:features>" + std::string(offers) + "</stream:features>";
}
const std::string kOnlyDialback = features(kOffer);
const std::string kBoth = features(
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism>"
    "</mechanisms>" +
    std::string(kOffer));
constexpr std::string_view kDeclined =
    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/>"
    "<text xml:lang='en'>unsupported certificate purpose</text></failure>";

std::string stanza_error(std::string_view condition) {
  return "><error type='cancel'><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>";
}

const std::string kOurs = "from='legacy.example' to='peer.example' version='1.0'";
std::string they(std::string_view more = "version='1.0'") {
  return server("from='peer.example' to='legacy.example' id='p2' " + std::string(more), kDb);
}
std::string request() {
  return "<db:result from='legacy.example' to='peer.example'>" +
         xmpp::DialbackKeys("a secret of sixteen", xmpp::DialbackPlace::kBackend)
             .key(domain("peer.example"), domain("legacy.example"), "p2") +
         "</db:result>";
}
std::string answer(std::string_view type, std::string_view from = "peer.example",
                   std::string_view to = "legacy.example", std::string_view more = "/>") {
  return "<db:result xmlns:db='jabber:server:dialback' from='" + std::string(from) + "' to='" +
         std::string(to) + "' type='" + std::string(type) + "'" + std::string(more);
}

Party& begun(Stage& stage) {
  auto& peer = stage.initiating(StreamKind::kS2sOutbound, Side::kWan);
  peer.connects();
  peer.hears("[10s]" + server(kOurs));
  peer.says(server("id='p1' version='1.0'") + std::string(kStartTlsFeatures));
  peer.says(kProceed);
  peer.hears(std::string(kStartTls) + "[tls]");
  return peer;
}

// Under TLS: its certificate was judged, and our header is sent.
Party& accepted(Stage& stage) {
  stage.approach = Approach::kExternalOrDialback;
  auto& peer = begun(stage);
  peer.identified = true;
  peer.secures();
  peer.hears("[judge legacy.example peer.example]" + server(kOurs, kDb));
  return peer;
}

Party& asked(Stage& stage) {
  auto& peer = accepted(stage);
  peer.says(they() + kOnlyDialback);
  peer.hears(request());
  return peer;
}

TEST(OriginatedDialback, GoesWhereExternalIsNotOffered) {
  play([](Stage& stage) {
    auto& peer = asked(stage);
    peer.says(answer("valid"));
    peer.hears("[far authenticated]");
    EXPECT_EQ(peer.state(), "awaiting-far-start");
    peer.tell(FarHeader{});
    peer.hears("[far features][relay]");
  });
}

// As ejabberd before 25.07 says it of a certificate that is for servers only.
TEST(OriginatedDialback, GoesOnTheSameStreamWhereExternalIsDeclined) {
  play([](Stage& stage) {
    auto& peer = accepted(stage);
    peer.says(they() + kBoth);
    peer.hears(auth(kAuthLegacy));
    peer.says(kDeclined);
    peer.hears(request());
    peer.says(answer("valid"));
    peer.hears("[far authenticated]");
    peer.tell(FarHeader{});
    peer.hears("[far features][relay]");
  });
}

TEST(OriginatedDialback, IsNotNeededWhereExternalIsTaken) {
  play([](Stage& stage) {
    auto& peer = accepted(stage);
    peer.says(they() + kBoth);
    peer.hears(auth(kAuthLegacy));
    peer.says(kSuccess);
    peer.hears("[far authenticated]");
    EXPECT_EQ(peer.state(), "awaiting-far-header");
  });
}

TEST(OriginatedDialback, GoesToAServerOlderThanXmpp1ThatDeclaresIt) {
  play([](Stage& stage) {
    auto& peer = accepted(stage);
    peer.says(they(""));
    peer.hears(request());
    peer.says(answer("valid"));
    peer.hears("[far authenticated]");
  });
}

// The header under TLS is the only one, so it has the prefixes of the backend.
TEST(OriginatedDialback, DeclaresWhatTheBackendDeclares) {
  play([](Stage& stage) {
    stage.approach = Approach::kExternalOrDialback;
    xmpp::StreamHeader backend;
    backend.content_ns = "jabber:server";
    backend.declared = {{"x", "urn:x"}};
    auto& peer =
        stage.initiating(StreamKind::kS2sOutbound, Side::kWan, TlsEntry::kDirectTls, backend);
    peer.identified = true;
    peer.connects();
    peer.secures();
    peer.hears("[10s][tls][judge legacy.example peer.example]" +
               server(kOurs, std::string(kDb) + " xmlns:x='urn:x'"));
    peer.says(they() + kOnlyDialback);
    peer.says(answer("valid"));
    peer.forget();
    peer.tell(FarHeader{backend});
    peer.hears("[far features][relay]");
  });
  play([](Stage& stage) {  // an exception without a pin
    stage.approach = Approach::kExternalOrDialback;
    xmpp::StreamHeader backend;
    backend.content_ns = "jabber:server";
    backend.declared = {{"x", "urn:x"}};
    auto& peer =
        stage.initiating(StreamKind::kS2sOutbound, Side::kWan, TlsEntry::kDirectTls, backend);
    peer.connects();
    peer.secures();
    peer.hears("[10s][tls][judge legacy.example peer.example]" + server(kOurs));
  });
  play([](Stage& stage) {
    auto& peer = asked(stage);
    peer.says(answer("valid"));
    peer.forget();
    xmpp::StreamHeader later;
    later.declared = {{"x", "urn:x"}};
    peer.tell(FarHeader{later});
    peer.hears(error("internal-server-error", "backend_misconfigured") +
               ended_both("backend_misconfigured"));
  });
}

// ---- Who gets no key

TEST(OriginatedDialback, NeverIsNeverAndNamesTheSetting) {
  play([](Stage& stage) {
    auto& peer = begun(stage);
    peer.identified = true;
    peer.secures();
    peer.hears("[judge legacy.example peer.example]" + server(kOurs));
    peer.says(they() + kOnlyDialback);
    peer.hears(error("not-authorized", "external_not_offered") +
               ended_both("external_not_offered"));
    EXPECT_THAT(peer.refused()->text, ::testing::Not(HasSubstr("originate")));
    EXPECT_THAT(policy::at_home(*peer.refused(), {StreamKind::kS2sOutbound}),
                HasSubstr("s2s.originate_dialback"));
  });
  play([](Stage& stage) {
    auto& peer = begun(stage);
    peer.identified = true;
    peer.secures();
    peer.says(they() + kBoth);
    peer.forget();
    peer.says(kDeclined);
    peer.hears(std::string(kEnd) + ended_both("refused_by_peer"));
    EXPECT_THAT(peer.refused()->text, HasSubstr("unsupported certificate purpose"));
    EXPECT_THAT(peer.refused()->text, HasSubstr("s2s.originate_dialback"));
  });
}

// An exception without a pin leaves open who it is.
TEST(OriginatedDialback, AnUnidentifiedPeerGetsNoKey) {
  for (const auto& offered : {kOnlyDialback, kBoth}) {
    play([&](Stage& stage) {
      stage.approach = Approach::kExternalOrDialback;
      auto& peer = begun(stage);
      peer.secures();
      peer.hears("[judge legacy.example peer.example]" + server(kOurs));
      peer.says(they() + offered);
      if (offered == kOnlyDialback) {
        peer.hears(error("not-authorized", "external_not_offered") +
                   ended_both("external_not_offered"));
      } else {
        peer.hears(auth(kAuthLegacy));
        peer.says(kDeclined);
        peer.hears(std::string(kEnd) + ended_both("refused_by_peer"));
      }
      EXPECT_THAT(policy::at_home(*peer.refused(), {StreamKind::kS2sOutbound}), HasSubstr("pin"));
    });
  }
}

TEST(OriginatedDialback, ARefusedPeerGetsNoKey) {
  play([](Stage& stage) {
    stage.approach = Approach::kExternalOrDialback;
    auto& peer = begun(stage);
    peer.verdict = policy::refuse(policy::Reason::kNameMismatch);
    peer.secures();
    peer.hears("[judge legacy.example peer.example]" + server(kOurs) +
               error("not-authorized", "name_mismatch") + ended_both("name_mismatch"));
  });
}

TEST(OriginatedDialback, NobodyGetsAKeyWhoDoesNotOfferDialback) {
  play([](Stage& stage) {
    auto& peer = accepted(stage);
    peer.says(they() + std::string(kNoFeatures));
    peer.hears(error("not-authorized", "external_not_offered") +
               ended_both("external_not_offered"));
    EXPECT_THAT(policy::at_home(*peer.refused(), {StreamKind::kS2sOutbound}),
                ::testing::Not(HasSubstr("originate_dialback")));
  });
  play([](Stage& stage) {
    auto& peer = accepted(stage);
    peer.says(they() + std::string(kExternalFeatures));
    peer.forget();
    peer.says(kDeclined);
    peer.hears(std::string(kEnd) + ended_both("refused_by_peer"));
  });
  play([](Stage& stage) {
    auto& peer = accepted(stage);
    peer.says(server("from='peer.example' id='p2'"));
    peer.hears(error("unsupported-version", "unsupported_version") +
               ended_both("unsupported_version"));
  });
}

// In the clear there are no keys, whatever is offered.
TEST(OriginatedDialback, NeedsTls) {
  play([](Stage& stage) {
    stage.approach = Approach::kExternalOrDialback;
    auto& peer = stage.initiating(StreamKind::kS2sOutbound, Side::kWan);
    peer.connects();
    peer.hears("[10s]" + server(kOurs));
    peer.says(they() + kOnlyDialback);
    peer.hears(error("policy-violation", "starttls_not_offered") +
               ended_both("starttls_not_offered"));
  });
  play([](Stage& stage) {
    stage.approach = Approach::kExternalOrDialback;
    auto& peer = stage.initiating(StreamKind::kS2sOutbound, Side::kWan);
    peer.connects();
    peer.forget();
    peer.says(they(""));
    peer.hears(error("unsupported-version", "unsupported_version") +
               ended_both("unsupported_version"));
  });
}

TEST(OriginatedDialback, NoKeyIsMadeWithoutAnId) {
  for (const auto* const id : {"", " id=''"}) {
    play([id](Stage& stage) {
      auto& peer = accepted(stage);
      peer.says(server("from='peer.example' version='1.0'" + std::string(id)) + kOnlyDialback);
      peer.hears(error("bad-format", "xml_invalid") + ended_both("xml_invalid"));
      EXPECT_THAT(peer.refused()->text, HasSubstr("has no id"));
    });
  }
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
