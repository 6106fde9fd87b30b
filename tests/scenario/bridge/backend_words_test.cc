#include "tests/scenario/bridge/streams.h"

// What the operator's own server says to others: it reaches them, and nobody is alarmed for it.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string error_of(std::string_view condition, std::string_view more = "") {
  return "<stream:error><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
         "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>on our list</text>" +
         std::string(more) + "</stream:error></stream:stream>";
}

// ---- A peer

// How far our leg to the backend has come.
enum class Leg { kClear, kSecured, kAuthenticated };

// A peer whose stream the backend ends with `said`; what the peer hears.
std::string told_to_peer(Scene& scene, Leg leg, std::string_view said) {
  peer_authenticates(scene);
  scene.network.resolves(
      std::vector<net::SocketAddress>{address("127.0.0.1", 15269), address("::1", 15269)});
  auto& far = scene.far();
  scene.near.heard();
  far.connection.open();
  if (leg == Leg::kClear) {
    far.says(theirs(said));
    return scene.near.heard();
  }
  far.says(theirs(wire::kStartTlsFeatures));
  far.says(wire::kProceed);
  far.secures(&world().backend);
  if (leg == Leg::kSecured) {
    far.says(theirs(said));
    return scene.near.heard();
  }
  far.says(theirs(wire::kExternalFeatures));
  far.says(wire::kSuccess);
  scene.near.heard();
  scene.near.says(kFromPeer);
  far.says(theirs(said));
  scene.time.advance(1s);  // what waits is answered first
  return scene.near.heard();
}

TEST(BackendWordsBridge, ABlockListOfTheBackendReachesThePeerAndAlarmsNobody) {
  for (const auto leg : {Leg::kClear, Leg::kSecured, Leg::kAuthenticated}) {
    SCOPED_TRACE(static_cast<int>(leg));
    play([leg](std::size_t piece) {
      Scene scene(piece, StreamKind::kS2sInbound);
      EXPECT_THAT(told_to_peer(scene, leg, error_of("policy-violation")),
                  HasSubstr(wire::error("policy-violation", "refused_by_backend") + "[close]"));
      EXPECT_THAT(scene.log_text,
                  AllOf(Not(HasSubstr("event=backend")), Not(HasSubstr("level=error")),
                        HasSubstr("reason=refused_by_backend"),
                        HasSubstr("policy-violation (on our list)")));
      EXPECT_EQ(scene.metric("streams_rejected_total", "fault=\"local\""), 0);
      EXPECT_EQ(scene.metric("backend_connections_total", "failure"), 0);
      // It has answered: its other address would say the same.
      EXPECT_EQ(scene.network.ends.size(), 1U);
    });
  }
}

TEST(BackendWordsBridge, WhatItSaysAboutTheCertificateWeMadeIsForTheOperator) {
  Scene scene(1, StreamKind::kS2sInbound);
  const auto told = told_to_peer(scene, Leg::kSecured, error_of("not-authorized"));
  EXPECT_EQ(told, "");  // the other address is tried first
  scene.far(1).connection.leave("connection refused");
  scene.near.hears(wire::error("internal-server-error", "backend_misconfigured") + "[close]");
  EXPECT_THAT(scene.log_text, AllOf(HasSubstr("event=backend"), HasSubstr("s2s_cafile")));
}

TEST(BackendWordsBridge, ABackendThatStopsIsNoFaultThatAlarms) {
  Scene scene(1, StreamKind::kS2sInbound);
  EXPECT_THAT(told_to_peer(scene, Leg::kSecured, error_of("system-shutdown")),
              HasSubstr(wire::error("system-shutdown", "backend_stopping")));
  EXPECT_THAT(scene.log_text, Not(HasSubstr("event=backend")));
}

TEST(BackendWordsBridge, AnEstablishedStreamSaysWhoEndedItAndWhy) {
  Scene scene(1, StreamKind::kS2sInbound);
  relay_inbound(scene);
  scene.far().says(error_of("invalid-from", "<stanza-too-big xmlns='urn:xmpp:errors'/>"));
  scene.near.hears(
      "<stream:error><invalid-from xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
      "<stanza-too-big xmlns='urn:xmpp:errors'/><reason xmlns='urn:xmpp:portcullis:0'>"
      "refused_by_backend</reason></stream:error></stream:stream>");
  scene.near.says(wire::kEnd);
  scene.near.heard();
  scene.time.settle();
  for (auto* const end : {&scene.near, &scene.far()}) {
    end->connection.take(end->connection.queued());
    if (!end->connection.gone()) end->connection.leave();
  }
  scene.time.settle();
  EXPECT_THAT(scene.log_text, HasSubstr("end=backend why=\"refused_by_backend (invalid-from)\""));
}

// ---- A client

TEST(BackendWordsBridge, ReachAClientBeforeTheLoginAndInIt) {
  for (const bool offered : {false, true})
    for (const auto& [condition, reason] : {std::pair{"policy-violation", "refused_by_backend"},
                                            std::pair{"not-authorized", "refused_by_backend"},
                                            std::pair{"conflict", "refused_by_backend"},
                                            std::pair{"system-shutdown", "backend_stopping"},
                                            std::pair{"resource-constraint", "backend_stopping"},
                                            std::pair{"host-gone", "backend_stopping"}}) {
      SCOPED_TRACE(condition);
      play([&, c = condition, r = reason](std::size_t piece) {
        Scene scene(piece, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
        if (offered) {
          client_reaches_the_backend(scene);
          scene.near.says(wire::auth("AGEAYg==", "PLAIN"));
          scene.far().says(error_of(c));
        } else {
          scene.near.secures(nullptr);
          scene.near.says(kClient);
          scene.network.resolves(std::vector<net::SocketAddress>{address("127.0.0.1", 15222)});
          scene.far().connection.open();
          scene.far().says(kServer + error_of(c));
        }
        EXPECT_THAT(scene.near.heard(), HasSubstr(wire::error(c, r)));
        EXPECT_THAT(scene.log_text,
                    AllOf(HasSubstr("(on our list)"), Not(HasSubstr("event=backend")),
                          Not(HasSubstr("s2s_cafile")), Not(HasSubstr("backend_unavailable"))));
      });
    }
}

TEST(BackendWordsBridge, AServerThatClosesALoginWithoutAWordIsNotDown) {
  Scene scene(1, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
  client_reaches_the_backend(scene);
  scene.far().says(wire::kEnd);
  scene.near.hears(wire::error("undefined-condition", "refused_by_backend") + "[close]");
}

TEST(BackendWordsBridge, LeadAClientOnlyWhereTheConfigurationAllowsIt) {
  const auto told = [](const SnapshotPtr& snapshot, std::string_view place) {
    Scene scene(1, StreamKind::kC2s, snapshot, TlsEntry::kDirectTls);
    client_reaches_the_backend(scene);
    scene.far().says("<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" +
                     std::string(place) + "</see-other-host></stream:error></stream:stream>");
    return scene.near.heard();
  };
  const auto open = world().build("", "", "redirects = [\"xmpp2.legacy.example:5222\"]\n");
  const std::string here = ">xmpp2.legacy.example:5222</see-other-host>";
  EXPECT_THAT(told(open, "xmpp2.legacy.example"), HasSubstr(here));
  for (const auto& [snapshot, place] :
       {std::pair{open, "10.0.0.1:5222"}, std::pair{world().plain, "xmpp2.legacy.example:5222"}})
    EXPECT_THAT(told(snapshot, place),
                AllOf(HasSubstr("<resource-constraint "), Not(HasSubstr("see-other-host")),
                      Not(HasSubstr(place))));
}

// ---- What it sends

TEST(BackendWordsBridge, ClientsGetWhatNoClientMaySend) {
  const std::string big = "<message from='a@legacy.example'><body>" +
                          std::string(std::size_t{700} * 1024, 'x') + "</body></message>";
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += "<a>";
  for (int i = 0; i < 500; ++i) deep += "</a>";
  deep = "<message from='a@legacy.example'>" + deep + "</message>";
  std::string wide = "<message from='a@legacy.example'";
  for (int i = 0; i < 500; ++i) wide += " a" + std::to_string(i) + "=''";
  wide += "/>";
  for (const auto& one : {big, deep, wide}) {
    Scene scene(16'384, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
    relay_client(scene);
    scene.far().says(one);
    const auto heard = scene.near.heard();
    EXPECT_TRUE(heard == one || heard.starts_with(one)) << heard.substr(0, 300);
    scene.near.says(one);
    EXPECT_THAT(scene.near.heard(), HasSubstr("<stream:error>"));
  }
}

TEST(BackendWordsBridge, AClientIsNotBlamedForWhatItsServerSends) {
  const auto small = world().build("", "[limits]\nbackend_stanza_bytes = \"64KiB\"\n");
  Scene scene(16'384, StreamKind::kC2s, small, TlsEntry::kDirectTls);
  relay_client(scene);
  scene.far().says("<message from='a@legacy.example'><body>" + std::string(70'000, 'x'));
  EXPECT_THAT(scene.near.heard(),
              HasSubstr(wire::error("internal-server-error", "backend_misconfigured")));
  EXPECT_THAT(scene.far().heard(), HasSubstr("stanza_too_big</reason>"));
}

TEST(BackendWordsBridge, ALoginTakesTicketsAndForms) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
    client_reaches_the_backend(scene);
    const auto ticket = wire::auth(std::string(64'000, 'k'), "GSSAPI");
    scene.near.says(ticket);
    EXPECT_EQ(scene.far().heard(), ticket);
    const std::string form =
        "<iq type='result' id='r'><query xmlns='jabber:iq:register'><data "
        "xmlns='urn:xmpp:bob' type='image/png'>" +
        std::string(90'000, 'i') + "</data></query></iq>";
    scene.far().says(form);
    EXPECT_EQ(scene.near.heard(), form);
    EXPECT_EQ(scene.held.total(), 0U);
    scene.near.connection.leave();
  });
}

TEST(BackendWordsBridge, WhatStrangersHoldBeforeALoginIsBounded) {
  Scene scene(1'000, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
  client_reaches_the_backend(scene);
  scene.held.change(160'000);  // five eighths of it are for strangers
  scene.near.says("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='GSSAPI'>" +
                  std::string(90'000, 'k'));
  EXPECT_GT(scene.held.total(), 89'000U);
  EXPECT_EQ(scene.near.heard(), "");
  scene.near.says(std::string(20'000, 'k'));
  EXPECT_THAT(scene.near.heard(), HasSubstr(wire::error("resource-constraint", "too_much_held")));
  EXPECT_EQ(scene.held.total(), 0U);
  EXPECT_EQ(scene.metric("limit_hits_total", "held_bytes"), 1);
}

TEST(BackendWordsBridge, InTheClearAClientMaySayLittle) {
  Scene scene(1'000, StreamKind::kC2s);
  scene.near.says(kClient + "<starttls xmlns='" + std::string(11'000, 'x'));
  EXPECT_THAT(scene.near.heard(), HasSubstr("stanza_too_big</reason>"));
}

}  // namespace
}  // namespace portcullis::relay::scene
