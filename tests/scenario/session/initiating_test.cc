#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// What can go wrong on a stream that we open, toward a peer and toward the backend.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

struct Role {
  StreamKind kind;
  Side side;
  std::string header;  // ours
  std::string_view authzid;
};

const Role kToPeer{StreamKind::kS2sOutbound, Side::kWan,
                   server("from='legacy.example' to='peer.example' version='1.0'"), kAuthLegacy};
const Role kToBackend{StreamKind::kS2sInbound, Side::kBackend,
                      server("from='peer.example' to='legacy.example' version='1.0'"), kAuthPeer};

const std::string kReply = server("id='r' version='1.0'");

Party& opened(Stage& stage, const Role& role) {
  auto& other = stage.initiating(role.kind, role.side);
  other.connects();
  other.hears("[10s]" + role.header);
  return other;
}

Party& secured(Stage& stage, const Role& role) {
  auto& other = opened(stage, role);
  other.says(kReply + std::string(kStartTlsFeatures));
  other.says(kProceed);
  other.hears(std::string(kStartTls) + "[tls]");
  other.secures();
  other.hears("[judge legacy.example peer.example]" + role.header);
  return other;
}

Party& authenticating(Stage& stage, const Role& role) {
  auto& other = secured(stage, role);
  other.says(kReply + std::string(kExternalFeatures));
  other.hears(auth(role.authzid));
  return other;
}

Party& authenticated(Stage& stage, const Role& role) {
  auto& other = authenticating(stage, role);
  other.says(kSuccess);
  other.hears("[far authenticated]");
  return other;
}

using Reach = Party& (*)(Stage&, const Role&);

struct Fault {
  std::string_view what;
  Reach reach;
  std::string theirs;
  std::string_view to_peer;  // condition and reason toward a peer
  std::string_view why_peer;
  std::string_view to_backend;  // the same toward the backend
  std::string_view why_backend;
};

const Fault kFaults[] = {
    {"older than 1.0", opened, server("id='r'"), "unsupported-version", "unsupported_version",
     "unsupported-version", "backend_misconfigured"},
    {"a client port", opened, client("id='r' version='1.0'"), "invalid-namespace", "xml_invalid",
     "invalid-namespace", "backend_misconfigured"},
    {"no STARTTLS", opened, kReply + "<stream:features/>", "policy-violation",
     "starttls_not_offered", "internal-server-error", "backend_without_tls"},
    {"STARTTLS stripped, dialback offered", opened,
     kReply + "<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>",
     "policy-violation", "starttls_not_offered", "internal-server-error", "backend_without_tls"},
    {"a stanza for features", opened, kReply + std::string(kMessage), "not-authorized",
     "unauthenticated_stanza", "unsupported-stanza-type", "backend_misconfigured"},
    {"success in the clear", opened, kReply + std::string(kSuccess), "unsupported-stanza-type",
     "xml_invalid", "unsupported-stanza-type", "backend_misconfigured"},
    {"dialback for features", opened, kReply + std::string(kDialback), "not-authorized",
     "dialback_attempted", "unsupported-stanza-type", "backend_misconfigured"},
    {"no XML", opened, "SSH-2.0-OpenSSH_9.2\r\n<", "not-well-formed", "xml_invalid",
     "not-well-formed", "backend_misconfigured"},
    {"no EXTERNAL", secured, kReply + "<stream:features/>", "not-authorized",
     "external_not_offered", "internal-server-error", "backend_misconfigured"},
    {"features twice", authenticating, std::string(kExternalFeatures), "unsupported-stanza-type",
     "xml_invalid", "unsupported-stanza-type", "backend_misconfigured"},
    {"a stanza for success", authenticating, std::string(kMessage), "not-authorized",
     "unauthenticated_stanza", "unsupported-stanza-type", "backend_misconfigured"},
};

TEST(Initiating, NamesWhatTheOtherEndDidWrong) {
  for (const auto& fault : kFaults) {
    for (const bool wan : {true, false}) {
      SCOPED_TRACE(std::string(fault.what) + (wan ? ", peer" : ", backend"));
      play([&](Stage& stage) {
        auto& other = fault.reach(stage, wan ? kToPeer : kToBackend);
        other.says(fault.theirs);
        const auto condition = wan ? fault.to_peer : fault.to_backend;
        const auto reason = wan ? fault.why_peer : fault.why_backend;
        other.hears(error(condition, reason) + ended_both(reason));
      });
    }
  }
}

TEST(Initiating, SaysTwiceThatFeaturesInTheClearWereEnough) {
  play([](Stage& stage) {
    auto& peer = opened(stage, kToPeer);
    peer.says(kReply + std::string(kStartTlsFeatures) + std::string(kStartTlsFeatures));
    peer.hears(std::string(kStartTls) + error("unsupported-stanza-type", "xml_invalid") +
               ended_both("xml_invalid"));
  });
}

TEST(Initiating, NeverContinuesInTheClear) {
  for (const auto* role : {&kToPeer, &kToBackend}) {
    play([role](Stage& stage) {
      auto& other = opened(stage, *role);
      other.says(kReply + std::string(kStartTlsFeatures));
      other.says(kTlsFailure);
      const auto* reason = role->side == Side::kWan ? "tls_failed" : "backend_misconfigured";
      other.hears(std::string(kStartTls) + ended_both(reason));
    });
  }
}

TEST(Initiating, ClosesWithoutAByteWhenPlaintextFollowsProceed) {
  for (const auto* role : {&kToPeer, &kToBackend}) {
    play([role](Stage& stage) {
      auto& other = opened(stage, *role);
      other.says(kReply + std::string(kStartTlsFeatures));
      other.says(std::string(kProceed) + "<stream:features/>");
      const auto* reason =
          role->side == Side::kWan ? "starttls_injection" : "backend_misconfigured";
      other.hears(std::string(kStartTls) + "[tls]" + ended_both(reason));
    });
  }
}

TEST(Initiating, TakesStartTlsThatIsNotRequired) {
  play([](Stage& stage) {
    auto& peer = opened(stage, kToPeer);
    peer.says(kReply + "<stream:features>" + std::string(kStartTls) + "</stream:features>");
    peer.hears(kStartTls);
  });
}

// ---- What the other end says itself

std::string stream_error(std::string_view condition) {
  return "<stream:error><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
         "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>go\x7f away</text></stream:error>" +
         std::string(kEnd);
}

TEST(Initiating, PassesOnTheirWordsMadePrintable) {
  for (const auto reach : {Reach(opened), Reach(secured)}) {
    play([reach](Stage& stage) {
      auto& peer = reach(stage, kToPeer);
      peer.says(kReply + stream_error("policy-violation"));
      peer.hears(std::string(kEnd) + ended_both("refused_by_peer"));
      EXPECT_THAT(peer.refused()->text, HasSubstr("policy-violation (go? away)"));
    });
  }
}

TEST(Initiating, TellsSettingsOfTheBackendFromWhatItWants) {
  const std::tuple<std::string_view, std::string_view, bool> cases[] = {
      {"host-unknown", "backend_misconfigured", false},
      {"not-authorized", "backend_misconfigured", false},
      {"policy-violation", "refused_by_backend", true},
      {"system-shutdown", "backend_stopping", true},
      {"resource-constraint", "backend_stopping", true},
  };
  for (const auto& [condition, reason, crosses] : cases) {
    SCOPED_TRACE(condition);
    play([&c = condition, &r = reason, x = crosses](Stage& stage) {
      auto& backend = secured(stage, kToBackend);
      backend.says(kReply + stream_error(c));
      backend.hears(std::string(kEnd) + ended_both(r, x ? c : ""));
      EXPECT_THAT(backend.refused()->text, HasSubstr(std::string(c)));
    });
  }
}

TEST(Initiating, ReportsASaslFailureWithConditionAndText) {
  const std::string failure =
      "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/>"
      "<text>unsupported certificate purpose</text></failure>";
  for (const auto* role : {&kToPeer, &kToBackend}) {
    play([&](Stage& stage) {
      auto& other = authenticating(stage, *role);
      other.says(failure);
      const auto* reason = role->side == Side::kWan ? "refused_by_peer" : "backend_misconfigured";
      other.hears(std::string(kEnd) + ended_both(reason));
      EXPECT_THAT(other.refused()->text,
                  HasSubstr("not-authorized (unsupported certificate purpose)"));
    });
  }
}

// ---- Silence and loss

struct Loss {
  Reach reach;
  Event event;
  std::string_view said;
  std::string_view why_peer;
  std::string_view why_backend;
};

TEST(Initiating, TellsALostConnectionFromARefusal) {
  const Loss cases[] = {
      {opened, TransportLost{"reset"}, "", "peer_unreachable", "backend_unavailable"},
      {secured, TransportLost{"reset"}, "", "refused_by_peer", "backend_unavailable"},
      {authenticated, TransportLost{"reset"}, "", "refused_by_peer", "backend_unavailable"},
      {opened, StreamClosed{}, kEnd, "refused_by_peer", "backend_unavailable"},
      {secured, StreamClosed{}, kEnd, "refused_by_peer", "backend_unavailable"},
  };
  for (const auto& one : cases) {
    for (const auto* role : {&kToPeer, &kToBackend}) {
      play([&](Stage& stage) {
        auto& other = one.reach(stage, *role);
        other.tell(one.event);
        const auto reason = role->side == Side::kWan ? one.why_peer : one.why_backend;
        other.hears(std::string(one.said) + ended_both(reason));
      });
    }
  }
}

TEST(Initiating, BoundsTheirTimeButNotTheTimeOfTheFarLeg) {
  play([](Stage& stage) {
    auto& peer = secured(stage, kToPeer);
    peer.tell(DeadlineExpired{});
    peer.hears(error("connection-timeout", "negotiation_timeout") +
               ended_both("negotiation_timeout"));
  });
  play([](Stage& stage) {
    auto& peer = authenticated(stage, kToPeer);
    peer.tell(DeadlineExpired{});
    peer.hears("");
    peer.tell(FarHeader{});
    peer.hears("[10s]" + kToPeer.header);
    peer.tell(DeadlineExpired{});
    peer.hears(error("connection-timeout", "negotiation_timeout") +
               ended_both("negotiation_timeout"));
  });
}

TEST(Initiating, NamesBothServersWhereASettingOfTheBackendIsWrong) {
  const std::pair<Reach, std::string> cases[] = {{opened, kReply + "<stream:features/>"},
                                                 {secured, kReply + "<stream:features/>"}};
  for (const auto& [reach, bytes] : cases) {
    play([&r = reach, &b = bytes](Stage& stage) {
      auto& backend = r(stage, kToBackend);
      backend.says(b);
      EXPECT_THAT(backend.refused()->text, HasSubstr("Prosody:"));
      EXPECT_THAT(backend.refused()->text, HasSubstr("ejabberd:"));
    });
  }
}

}  // namespace
}  // namespace portcullis::session::stage
