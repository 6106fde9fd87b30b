#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// The backend knows only dialback (XEP-0220): the gate sends it a key, and it asks about that key
// elsewhere.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

const std::string kOurHeader = server("from='peer.example' to='legacy.example' version='1.0'",
                                      " xmlns:db='jabber:server:dialback'");
const std::string kDialbackFeatures =
    "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><required/></dialback>"
    "</stream:features>";

// HMAC-SHA256 of "legacy.example peer.example ID", as other software computes it from the secret.
std::string key(std::string_view id, std::string_view from = "peer.example",
                std::string_view to = "legacy.example") {
  return xmpp::DialbackKeys("a secret of sixteen", xmpp::DialbackPlace::kBackend)
      .key(domain(to), domain(from), id);
}
std::string request(std::string_view id) {
  return "<db:result from='peer.example' to='legacy.example'>" + key(id) + "</db:result>";
}
std::string answer(std::string_view type, std::string_view from = "legacy.example",
                   std::string_view to = "peer.example", std::string_view more = "/>") {
  return "<db:result xmlns:db='jabber:server:dialback' from='" + std::string(from) + "' to='" +
         std::string(to) + "' type='" + std::string(type) + "'" + std::string(more);
}

std::string they(std::string_view id, std::string_view more = "version='1.0'") {
  return server("from='legacy.example' to='peer.example' id='" + std::string(id) + "' " +
                std::string(more));
}

xmpp::StreamHeader with_prefix(std::string prefix, std::string uri) {
  xmpp::StreamHeader header;
  header.content_ns = "jabber:server";
  header.declared = {{std::move(prefix), std::move(uri)}};
  return header;
}

Party& opened(Stage& stage) {
  stage.approach = Approach::kDialback;
  auto& backend = stage.initiating(StreamKind::kS2sInbound, Side::kBackend);
  backend.connects();
  backend.hears("[10s]" + kOurHeader);
  return backend;
}

Party& asked(Stage& stage) {
  auto& backend = opened(stage);
  backend.says(they("b1") + kDialbackFeatures);
  backend.hears(request("b1"));
  return backend;
}

Party& valid(Stage& stage) {
  auto& backend = asked(stage);
  backend.says(answer("valid"));
  backend.hears("[far authenticated]");
  return backend;
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
