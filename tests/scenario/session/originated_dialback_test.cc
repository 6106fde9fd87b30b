#include "tests/scenario/session/originated_dialback.h"

// A peer takes no SASL EXTERNAL from us, and gets a key of dialback instead; then it asks about
// that key. Both halves, each on its own stream.
namespace portcullis::session::stage {
namespace {

using originated_dialback::accepted;
using originated_dialback::answer;
using originated_dialback::asked;
using originated_dialback::begun;
using originated_dialback::kBoth;
using originated_dialback::kDb;
using originated_dialback::kDeclined;
using originated_dialback::kOnlyDialback;
using originated_dialback::kOurs;
using originated_dialback::request;
using originated_dialback::they;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace portcullis::session::stage
