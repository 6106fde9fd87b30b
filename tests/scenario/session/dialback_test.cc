#include "tests/scenario/session/dialback_leg.h"

// The backend knows only dialback (XEP-0220): the gate sends it a key, and it asks about that key
// elsewhere.
namespace portcullis::session::stage {
namespace {

using dialback_leg::answer;
using dialback_leg::asked;
using dialback_leg::kDialbackFeatures;
using dialback_leg::key;
using dialback_leg::kOurHeader;
using dialback_leg::opened;
using dialback_leg::request;
using dialback_leg::they;
using dialback_leg::valid;

xmpp::StreamHeader with_prefix(std::string prefix, std::string uri) {
  xmpp::StreamHeader header;
  header.content_ns = "jabber:server";
  header.declared = {{std::move(prefix), std::move(uri)}};
  return header;
}

// ---- What goes well

TEST(DialbackLeg, SendsAKeyAndRelaysWhenItIsValid) {
  play([](Stage& stage) {
    auto& backend = valid(stage);
    EXPECT_EQ(backend.state(), "awaiting-far-start");
    backend.tell(FarHeader{});
    backend.hears("[far features][relay]");
    EXPECT_EQ(backend.judged(), 0);
    EXPECT_EQ(backend.peer_header()->id, "b1");
  });
}

// As each of them writes it.
TEST(DialbackLeg, TakesTheAnswersOfServers) {
  for (const auto& said :
       {// Prosody: the id and the key again
        answer("valid", "legacy.example", "peer.example", " id='b1'>" + key("b1") + "</db:result>"),
        // jabberd2: not self-closed
        answer("valid", "legacy.example", "peer.example", "></db:result>"),
        // as the operator wrote it
        answer("valid", "Legacy.EXAMPLE", "PEER.example"),
        std::string("<result xmlns='jabber:server:dialback' type='valid' to='peer.example' "
                    "from='legacy.example'/>")}) {
    play([&](Stage& stage) {
      auto& backend = asked(stage);
      backend.says(said);
      backend.hears("[far authenticated]");
    });
  }
}

TEST(DialbackLeg, NeedsNoFeatureOfIt) {
  for (const std::string& features :
       {std::string(kNoFeatures), std::string(kExternalFeatures),
        // jabberd2
        std::string("<stream:features><dialback xmlns='urn:xmpp:features:dialback'><required/>"
                    "</dialback></stream:features>"),
        "<stream:features>" + std::string(kStartTls) +
            "<bidi xmlns='urn:xmpp:features:bidi'/>"
            "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></stream:features>"}) {
    play([&](Stage& stage) {
      auto& backend = opened(stage);
      backend.says(they("b1") + features);
      backend.hears(request("b1"));
    });
  }
}

TEST(DialbackLeg, AsksAtOnceWhereTheServerIsOlderThanXmpp1) {
  for (const auto* const version : {"", "version='0.9'"}) {
    play([version](Stage& stage) {
      auto& backend = opened(stage);
      backend.says(they("old", version));
      backend.hears(request("old"));
      backend.says(answer("valid"));
      backend.hears("[far authenticated]");
      backend.tell(FarHeader{});
      backend.hears("[far features][relay]");
    });
  }
}

TEST(DialbackLeg, TakesAHeaderWithoutAddresses) {
  play([](Stage& stage) {
    auto& backend = opened(stage);
    backend.says(server("id='b1'"));
    backend.hears(request("b1"));
  });
}

TEST(DialbackLeg, TellsThePeerTheLimitsOfTheBackend) {
  play([](Stage& stage) {
    stage.approach = Approach::kDialback;
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
    auto& backend = stage.initiating(StreamKind::kS2sInbound, Side::kBackend);
    stage.join();
    const auto theirs = server("from='peer.example' to='legacy.example' version='1.0'");
    peer.connects();
    peer.says(theirs);
    peer.says(kStartTls);
    peer.secures();
    peer.says(theirs);
    peer.says(auth(kAuthPeer));
    peer.forget();
    backend.connects();
    backend.says(they("b1") +
                 "<stream:features><limits xmlns='urn:xmpp:stream-limits:0'>"
                 "<max-bytes>65535</max-bytes></limits></stream:features>");
    backend.hears("[10s]" + kOurHeader + request("b1"));
    peer.hears("");
    backend.says(answer("valid"));
    peer.hears(kSuccess);
    backend.hears("");
    peer.says(theirs);
    backend.hears("[relay]");
    peer.hears(server("from='legacy.example' to='peer.example' id='id3' version='1.0'") +
               "<stream:features><limits xmlns='urn:xmpp:stream-limits:0'>"
               "<max-bytes>65535</max-bytes><idle-seconds>14400</idle-seconds></limits>"
               "</stream:features>[relay]");
  });
}

// ---- TLS where it is demanded

TEST(DialbackLeg, StaysInTheClearUnlessTlsIsDemanded) {
  play([](Stage& stage) {
    auto& backend = opened(stage);
    backend.says(they("b1") + "<stream:features>" + std::string(kStartTls) + "</stream:features>");
    backend.hears(request("b1"));
  });
}

TEST(DialbackLeg, TakesTlsThatIsDemandedAndJudgesNoCertificate) {
  play([](Stage& stage) {
    auto& backend = opened(stage);
    backend.says(they("b1") + std::string(kStartTlsFeatures));
    backend.says(kProceed);
    backend.secures();
    backend.hears(std::string(kStartTls) + "[tls][judge legacy.example peer.example]" + kOurHeader);
    backend.says(they("b2") + kDialbackFeatures);
    backend.hears(request("b2"));
    backend.says(answer("valid"));
    backend.hears("[far authenticated]");
  });
}

TEST(DialbackLeg, TheIdInTheClearIsForgottenUnderTls) {
  play([](Stage& stage) {
    auto& backend = opened(stage);
    backend.says(they("b1") + std::string(kStartTlsFeatures));
    backend.says(kProceed);
    backend.secures();
    backend.forget();
    backend.says(they("b2", ""));
    backend.hears(request("b2"));
  });
}

TEST(DialbackLeg, NeverGoesOnInTheClearWhereTlsFails) {
  play([](Stage& stage) {
    auto& backend = opened(stage);
    backend.says(they("b1") + std::string(kStartTlsFeatures));
    backend.says(kTlsFailure);
    backend.hears(std::string(kStartTls) + ended_both("backend_misconfigured"));
  });
}

// ---- Prefixes: there is one header only

TEST(DialbackLeg, RepeatsThePrefixesOfTheCertifiedPeer) {
  play([](Stage& stage) {
    stage.approach = Approach::kDialback;
    auto& backend = stage.initiating(StreamKind::kS2sInbound, Side::kBackend, TlsEntry::kStartTls,
                                     with_prefix("x", "urn:x"));
    backend.connects();
    backend.hears("[10s]" + server("from='peer.example' to='legacy.example' version='1.0'",
                                   " xmlns:db='jabber:server:dialback' xmlns:x='urn:x'"));
    backend.says(they("b1", ""));
    backend.says(answer("valid"));
    backend.forget();
    backend.tell(FarHeader{with_prefix("x", "urn:x")});
    backend.hears("[far features][relay]");
  });
}

TEST(DialbackLeg, CannotDeclareOthersLater) {
  for (const auto& later : {with_prefix("x", "urn:x"), with_prefix("y", "urn:y")}) {
    play([&](Stage& stage) {
      auto& backend = valid(stage);
      backend.tell(FarHeader{later});
      backend.hears(error("remote-connection-failed", "xml_invalid") + ended_both("xml_invalid"));
    });
  }
  // "db" is declared by us.
  play([](Stage& stage) {
    auto& backend = valid(stage);
    backend.tell(FarHeader{with_prefix("db", "jabber:server:dialback")});
    backend.hears("[far features][relay]");
  });
}

// The other leg has its own time.
TEST(DialbackLeg, WaitsForThePeerWithoutADeadline) {
  play([](Stage& stage) {
    auto& backend = valid(stage);
    backend.tell(DeadlineExpired{});
    backend.hears("");
    backend.tell(FarHeader{});
    backend.hears("[far features][relay]");
  });
}

}  // namespace
}  // namespace portcullis::session::stage
