#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// A peer's stream to a domain served here: what the receiving leg on the WAN says and asks for.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

Party& wan(Stage& stage, TlsEntry entry = TlsEntry::kStartTls) {
  auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan, entry);
  peer.connects();
  return peer;
}

// ---- In the clear

const std::string kAnswer =
    server("from='legacy.example' to='peer.example' id='id1' version='1.0'");

void reaches_starttls(Party& peer) {
  peer.says(server("from='peer.example' to='legacy.example' version='1.0'"));
  peer.hears("[10s]" + kAnswer + std::string(kStartTlsFeatures));
}

void reaches_tls(Party& peer) {
  reaches_starttls(peer);
  peer.says(kStartTls);
  peer.hears(std::string(kProceed) + "[tls legacy.example]");
  peer.secures();
  peer.hears("[30s]");
}

void reaches_auth(Party& peer) {
  reaches_tls(peer);
  peer.says(server("from='peer.example' to='legacy.example' version='1.0'"));
  peer.hears("[judge legacy.example peer.example]" +
             server("from='legacy.example' to='peer.example' id='id2' version='1.0'") +
             std::string(kExternalFeatures));
}

void reaches_far_leg(Party& peer) {
  reaches_auth(peer);
  peer.says(auth(kAuthPeer));
  peer.hears("[open legacy.example peer.example]");
}

TEST(S2sInbound, AnswersAScannerThatNamesNoFrom) {
  play([](Stage& stage) {
    auto& peer = wan(stage);
    peer.says(server("to='legacy.example' version='1.0'"));
    peer.hears("[10s]" + server("from='legacy.example' id='id1' version='1.0'") +
               std::string(kStartTlsFeatures));
  });
}

struct BadHeader {
  std::string_view what;
  std::string theirs;
  std::string answer;  // our header
  std::string_view condition;
  std::string_view reason;
};

TEST(S2sInbound, RefusesABadHeaderAfterAHeaderOfItsOwn) {
  const BadHeader cases[] = {
      {"no to", server("from='peer.example' version='1.0'"),
       server("to='peer.example' id='id1' version='1.0'"), "improper-addressing", "bad_address"},
      {"to is an address", server("to='192.0.2.1' version='1.0'"), server("id='id1' version='1.0'"),
       "improper-addressing", "bad_address"},
      {"from is no domain", server("from='a@b' to='legacy.example' version='1.0'"),
       server("from='legacy.example' id='id1' version='1.0'"), "improper-addressing",
       "bad_address"},
      {"from is ours", server("from='rooms.legacy.example' to='legacy.example' version='1.0'"),
       server("from='legacy.example' to='rooms.legacy.example' id='id1' version='1.0'"),
       "improper-addressing", "bad_address"},
      {"from has a low line", server("from='a_b.example' to='legacy.example' version='1.0'"),
       server("from='legacy.example' id='id1' version='1.0'"), "improper-addressing",
       "bad_address"},
      {"another host", server("from='peer.example' to='other.example' version='1.0'"),
       server("to='peer.example' id='id1' version='1.0'"), "host-unknown", "host_unknown"},
      {"no version", server("from='peer.example' to='legacy.example'"), kAnswer,
       "unsupported-version", "unsupported_version"},
      {"old version", server("from='peer.example' to='legacy.example' version='0.9'"), kAnswer,
       "unsupported-version", "unsupported_version"},
      {"a client", client("to='legacy.example' version='1.0'"),
       server("from='legacy.example' id='id1' version='1.0'"), "invalid-namespace", "xml_invalid"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.what);
    play([&one](Stage& stage) {
      auto& peer = wan(stage);
      peer.says(one.theirs);
      peer.hears("[10s]" + one.answer + error(one.condition, one.reason) + ended(one.reason));
      EXPECT_EQ(peer.state(), "closed");
    });
  }
}

TEST(S2sInbound, AnswersBytesThatAreNoStreamWithAHeaderAndAnError) {
  play([](Stage& stage) {
    auto& peer = wan(stage);
    peer.says("GET / HTTP/1.1\r\n\r\n<");
    EXPECT_EQ(peer.refused()->reason, policy::Reason::kXmlInvalid);
    peer.hears("[10s]" + server("id='id1' version='1.0'") +
               error("not-well-formed", "xml_invalid") + ended("xml_invalid"));
  });
}

// RFC 6120 section 4.9.3.10. The first one is allowed by section 4.8.2, but no server writes it.
TEST(S2sInbound, NamesTheNamespaceThatIsNotSpoken) {
  const std::string streams = "xmlns:stream='http://etherx.jabber.org/streams' ";
  const std::string pair = "from='peer.example' to='legacy.example' version='1.0'>";
  const std::pair<std::string, std::string_view> cases[] = {
      {"<stream:stream " + streams + "xmlns:x='jabber:server' " + pair, "invalid-namespace"},
      {"<stream:stream " + streams + pair, "invalid-namespace"},
      {"<stream:stream xmlns='jabber:component:accept' " + streams + pair, "invalid-namespace"},
      {"<stream:stream xmlns='jabber:server' xmlns:stream='urn:x' " + pair, "invalid-namespace"},
      {"<message xmlns='jabber:server' " + pair, "invalid-namespace"},
      // The namespace is the right one, and it is no child of a stream: no condition says more.
      {"<stream:message xmlns='jabber:server' " + streams + pair, "bad-format"},
      {"<stream:features xmlns='jabber:server' " + streams + pair, "bad-format"},
      {"<s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams' "
       "xmlns:stream='urn:x' " +
           pair,
       "bad-namespace-prefix"},
      {"<stream:stream xmlns='jabber:server' xmlns:db='urn:x' " + streams + pair,
       "bad-namespace-prefix"},
  };
  for (const auto& [theirs, condition] : cases) {
    SCOPED_TRACE(theirs);
    play([&theirs = theirs, condition = condition](Stage& stage) {
      auto& peer = wan(stage);
      peer.says(theirs);
      peer.hears("[10s]" + server("id='id1' version='1.0'") + error(condition, "xml_invalid") +
                 ended("xml_invalid"));
    });
  }
}

TEST(S2sInbound, HasNothingButStartTlsInTheClear) {
  const std::pair<std::string, std::string_view> cases[] = {
      {std::string(kMessage), "plaintext_refused"},
      {auth(kAuthPeer), "plaintext_refused"},
      {"<compress xmlns='http://jabber.org/protocol/compress'/>", "plaintext_refused"},
      {"<starttls xmlns='jabber:server'/>", "plaintext_refused"},
      {std::string(kProceed), "plaintext_refused"},
  };
  for (const auto& [bytes, reason] : cases) {
    SCOPED_TRACE(bytes);
    play([&bytes = bytes, &reason = reason](Stage& stage) {
      auto& peer = wan(stage);
      reaches_starttls(peer);
      peer.says(bytes);
      peer.hears(error("policy-violation", reason) + ended(reason));
    });
  }
}

TEST(S2sInbound, RefusesDialbackInTheClearByItsName) {
  play([](Stage& stage) {
    auto& peer = wan(stage);
    reaches_starttls(peer);
    peer.says(kDialback);
    peer.hears(error("not-authorized", "dialback_attempted") + ended("dialback_attempted"));
  });
}

TEST(S2sInbound, ClosesWithoutAByteWhenPlaintextFollowsStartTls) {
  for (const auto* behind : {"<auth/>", "x", " \n<"}) {
    play([behind](Stage& stage) {
      auto& peer = wan(stage);
      reaches_starttls(peer);
      peer.says(std::string(kStartTls) + behind);
      peer.hears(std::string(kProceed) + "[tls legacy.example]" + ended("starttls_injection"));
    });
  }
}

TEST(S2sInbound, ForgivesWhitespaceBehindStartTls) {
  play([](Stage& stage) {
    auto& peer = wan(stage);
    reaches_starttls(peer);
    peer.says(std::string(kStartTls) + "\r\n");
    peer.secures();
    EXPECT_EQ(peer.state(), "awaiting-secured-header");
  });
}

TEST(S2sInbound, SaysNothingWhenTheHandshakeFails) {
  play([](Stage& stage) {
    auto& peer = wan(stage);
    reaches_starttls(peer);
    peer.says(kStartTls);
    peer.hears(std::string(kProceed) + "[tls legacy.example]");
    peer.tell(TlsFailed{policy::refuse(policy::Reason::kTlsVersionTooLow)});
    peer.hears(ended("tls_version_too_low"));
  });
}

TEST(S2sInbound, BeginsWithTlsOnTheDirectPort) {
  play([](Stage& stage) {
    auto& peer = wan(stage, TlsEntry::kDirectTls);
    peer.hears("[10s][tls]");
    peer.secures();
    peer.says(server("from='peer.example' to='legacy.example' version='1.0'"));
    peer.hears("[30s][judge legacy.example peer.example]" + kAnswer +
               std::string(kExternalFeatures));
  });
}

// ---- Under TLS

TEST(S2sInbound, RefusesAChangedOrMissingAddressUnderTls) {
  const std::tuple<std::string, std::string_view> cases[] = {
      {"from='evil.example' to='legacy.example'", "identity_changed"},
      {"from='peer.example' to='rooms.legacy.example'", "identity_changed"},
      {"to='legacy.example'", "bad_address"},
      {"from='peer.example'", "bad_address"},
  };
  for (const auto& [addresses, reason] : cases) {
    SCOPED_TRACE(addresses);
    play([&addresses = addresses, &reason = reason](Stage& stage) {
      auto& peer = wan(stage);
      reaches_tls(peer);
      peer.says(server(addresses + " version='1.0'"));
      EXPECT_EQ(policy::id(peer.refused()->reason), reason);
      EXPECT_THAT(peer.everything(), HasSubstr(error("improper-addressing", reason)));
      EXPECT_EQ(peer.judged(), 0);
    });
  }
}

TEST(S2sInbound, TellsTheVerdictInWordsAfterItsHeader) {
  play([](Stage& stage) {
    auto& peer = wan(stage);
    peer.verdict = policy::refuse(policy::Reason::kExpired, {{"date", "2026-01-01"}});
    reaches_tls(peer);
    peer.says(server("from='peer.example' to='legacy.example' version='1.0'"));
    peer.hears("[judge legacy.example peer.example]" +
               server("from='legacy.example' to='peer.example' id='id2' version='1.0'") +
               error("not-authorized", "expired") + ended("expired"));
    EXPECT_THAT(peer.text(), HasSubstr("2026-01-01"));
  });
}

struct BadAuth {
  std::string element;
  std::string_view condition;  // SASL
  std::string_view reason;
};

TEST(S2sInbound, RefusesAnAuthThatIsNotThisIdentity) {
  const BadAuth cases[] = {
      {auth("ZXZpbC5leGFtcGxl"), "invalid-authzid", "authzid_mismatch"},
      {auth(kAuthPeer, "PLAIN"), "invalid-mechanism", "external_not_offered"},
      {auth("!!"), "incorrect-encoding", "xml_invalid"},
      {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "malformed-request", "xml_invalid"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.element);
    play([&one](Stage& stage) {
      auto& peer = wan(stage);
      reaches_auth(peer);
      peer.says(one.element);
      peer.hears("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" +
                 std::string(one.condition) + "/></failure>" + std::string(kEnd) +
                 ended(one.reason));
      EXPECT_FALSE(peer.wanted);
    });
  }
}

TEST(S2sInbound, TakesTheThreeWaysToLeaveTheAuthzidOut) {
  for (const auto& element : {auth(""), auth("="), auth(kAuthPeer)}) {
    play([&element](Stage& stage) {
      auto& peer = wan(stage);
      reaches_auth(peer);
      peer.says(element);
      peer.hears("[open legacy.example peer.example]");
      EXPECT_EQ(peer.wanted->header.from, "peer.example");
    });
  }
}

TEST(S2sInbound, RefusesWhatComesBeforeAuthentication) {
  const std::tuple<std::string, std::string_view, std::string_view> cases[] = {
      {std::string(kMessage), "not-authorized", "unauthenticated_stanza"},
      {std::string(kDialback), "not-authorized", "dialback_attempted"},
      {std::string(kStartTls), "unsupported-stanza-type", "xml_invalid"},
  };
  for (const auto& [bytes, condition, reason] : cases) {
    SCOPED_TRACE(bytes);
    const auto expected = error(condition, reason) + ended(reason);
    play([&, &b = bytes](Stage& stage) {
      auto& peer = wan(stage);
      reaches_auth(peer);
      peer.says(b);
      peer.hears(expected);
    });
  }
}

TEST(S2sInbound, KeepsSuccessBackUntilTheFarLegIsAuthenticated) {
  play([](Stage& stage) {
    auto& peer = wan(stage);
    reaches_far_leg(peer);
    peer.hears("");
    peer.tell(FarAuthenticated{});
    peer.hears(kSuccess);
    EXPECT_EQ(peer.state(), "awaiting-authenticated-header");
  });
}

TEST(S2sInbound, RefusesAStanzaWhileTheFarLegIsOpened) {
  play([](Stage& stage) {
    auto& peer = wan(stage);
    reaches_far_leg(peer);
    peer.says(kMessage);
    peer.hears(error("not-authorized", "unauthenticated_stanza") +
               ended_both("unauthenticated_stanza"));
  });
}

TEST(S2sInbound, TellsAStrangerNothingAboutTheSettingsOfTheBackend) {
  play([](Stage& stage) {
    auto& peer = wan(stage);
    reaches_far_leg(peer);
    peer.tell(FarFailed{{policy::Reason::kBackendMisconfigured, "set s2s_cafile in prosody"}, {}});
    peer.hears(error("internal-server-error", "backend_misconfigured") +
               ended("backend_misconfigured"));
    EXPECT_EQ(peer.text(), policy::refuse(policy::Reason::kBackendMisconfigured).text);
    EXPECT_EQ(peer.refused()->text, "set s2s_cafile in prosody");
  });
}

TEST(S2sInbound, RefusesAnotherIdentityAfterSuccess) {
  for (const auto* addresses : {"from='evil.example' to='legacy.example'",
                                "from='peer.example' to='rooms.legacy.example'"}) {
    play([addresses](Stage& stage) {
      auto& peer = wan(stage);
      reaches_far_leg(peer);
      peer.tell(FarAuthenticated{});
      peer.says(server(std::string(addresses) + " version='1.0'"));
      peer.hears(std::string(kSuccess) +
                 server("from='legacy.example' to='peer.example' id='id3' version='1.0'") +
                 error("improper-addressing", "identity_changed") + ended_both("identity_changed"));
    });
  }
}

TEST(S2sInbound, TakesAnUnchangedIdentityWhenTheRestartNamesNone) {
  play([](Stage& stage) {
    auto& peer = wan(stage);
    reaches_far_leg(peer);
    peer.tell(FarAuthenticated{});
    peer.says(server("version='1.0'"));
    peer.tell(FarFeatures{});
    peer.hears(std::string(kSuccess) + "[far header]" +
               server("from='legacy.example' to='peer.example' id='id3' version='1.0'") +
               std::string(kLimitsFeatures) + "[relay]");
  });
}

}  // namespace
}  // namespace portcullis::session::stage
