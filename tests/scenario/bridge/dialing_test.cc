#include "tests/scenario/bridge/streams.h"

// legacy.example calls peer.example: whom we call at all, and what the backend reads about it.
namespace portcullis::relay::scene {
namespace {

using policy::Reason;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kNotReached = wire::error("remote-connection-failed", "peer_unreachable");

net::Candidates at(std::string_view host, std::uint16_t port,
                   TlsEntry entry = TlsEntry::kStartTls) {
  return std::vector<net::Candidate>{{address(host, port), entry}};
}

// What the backend reads, sentence included.
std::string told_when(const std::function<void(Scene&)>& happens) {
  Scene scene(1, kOutbound);
  std::string told;
  scene.near.connection.on_did = [&told](test::MemoryConnection::Did did, std::string_view bytes) {
    if (did == test::MemoryConnection::Did::kSend) told += bytes;
  };
  backend_authenticates(scene);
  told.clear();
  happens(scene);
  EXPECT_TRUE(scene.near.connection.closing());
  return told;
}

// ---- Addresses that are not called

TEST(Dialing, NeverCallsItself) {
  for (const auto& [host, port] : std::vector<std::pair<std::string, std::uint16_t>>{
           {"127.0.0.2", 5269},  // the outbound listener, as it is by default
           {"127.0.0.1", 5269},  // [::]:5269 listens to other servers
           {"::1", 5269},
           {"::ffff:127.0.0.2", 5269},
           {"64:ff9b::127.0.0.2", 5269},
           {"127.0.0.1", 15269},  // the backend
           {"127.0.0.1", 15222},
           {"127.0.0.1", 9270}}) {  // /metrics
    SCOPED_TRACE(host + " " + std::to_string(port));
    Scene scene(1, kOutbound, world().build("", "[limits]\ndials = 1\n"));
    backend_authenticates(scene);
    scene.near.heard();
    scene.network.finds(at(host, port));
    EXPECT_TRUE(scene.network.ends.empty());
    scene.near.hears(kNotReached + "[close]");
    EXPECT_THAT(scene.log_text, HasSubstr("reason=address_refused"));
    EXPECT_EQ(scene.metric("addresses_refused_total"), 1);
    EXPECT_EQ(scene.metric("dial_attempts_total"), 0);
  }
}

TEST(Dialing, NamesTheKeyInTheLogAndNotToTheUser) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.near.heard();
  scene.network.finds(at("10.1.2.3", 5269));
  EXPECT_TRUE(scene.network.ends.empty());
  scene.near.hears(kNotReached + "[close]");
  EXPECT_THAT(scene.log_text, HasSubstr("10.1.2.3:5269 is a private address (RFC 1918), which only "
                                        "outbound.allow_networks can open"));
}

TEST(Dialing, CallsTheNextAddressWhenTheFirstIsNotCalled) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.network.finds(candidates({"10.0.0.1", "198.51.100.2"}));
  ASSERT_EQ(scene.network.ends.size(), 1U);
  EXPECT_EQ(scene.far().connection.peer.host(), "198.51.100.2");
  scene.near.heard();
  far_accepts(scene.far(), &world().peer);
  scene.near.hears(wire::kSuccess);
  scene.near.connection.leave();
}

// ---- Several addresses

TEST(Dialing, AnAddressThatDoesNotAnswerDelaysNobodyForLong) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound);
    backend_authenticates(scene);
    scene.network.finds(
        std::vector<net::Candidate>{{address("10.0.0.1", 5269), TlsEntry::kStartTls},
                                    {address("198.51.100.1", 5269), TlsEntry::kStartTls},
                                    {address("198.51.100.2", 5270), TlsEntry::kDirectTls}});
    // The first one is private, and is not called.
    ASSERT_EQ(scene.network.ends.size(), 1U);
    scene.time.advance(250ms);
    ASSERT_EQ(scene.network.ends.size(), 2U);
    scene.near.heard();
    auto& winner = scene.far(1);
    winner.connection.open();
    EXPECT_TRUE(scene.far(0).connection.gone());
    scene.far(0).hears("[abort]");
    winner.hears("[tls]");
    winner.connection.facts.alpn = "xmpp-server";
    winner.secures(&world().peer);
    winner.says(theirs(wire::kExternalFeatures));
    winner.says(wire::kSuccess);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kFromLegacy);
    winner.says(theirs(wire::kNoFeatures));
    EXPECT_TRUE(scene.established());
    EXPECT_THAT(scene.log_text, HasSubstr("peer=198.51.100.2:5270"));
    EXPECT_THAT(scene.log_text, HasSubstr("entry=direct found=srv"));
    EXPECT_EQ(scene.metric("dial_attempts_total"), 1);
    scene.near.says(wire::kEnd);
  });
}

TEST(Dialing, WhoConnectsFirstAndThenFailsGivesWayToTheOthers) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.near.heard();
  scene.network.finds(candidates({"198.51.100.1", "198.51.100.2"}));
  scene.time.advance(300ms);
  scene.far(1).connection.open();
  scene.far(1).says(theirs(wire::kStartTlsFeatures));
  scene.far(1).says(wire::kProceed);
  scene.far(1).connection.fail_tls(policy::Refusal{Reason::kTlsFailed, "an alert"});
  EXPECT_THAT(scene.log_text, HasSubstr("address=198.51.100.2:5269 phase=tls reason=tls_failed"));
  ASSERT_EQ(scene.network.ends.size(), 3U);
  EXPECT_EQ(scene.far(2).connection.peer.host(), "198.51.100.1");
  far_accepts(scene.far(2), &world().peer);
  scene.near.hears(wire::kSuccess);
  scene.near.connection.leave();
}

TEST(Dialing, ABackendThatLeavesEndsAllCalls) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1", "198.51.100.2", "198.51.100.3"}));
  scene.time.advance(300ms);
  EXPECT_EQ(scene.dials.under_way(), 2U);
  scene.near.connection.leave();
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(scene.far(i).connection.gone());
  EXPECT_EQ(scene.dials.under_way(), 0U);
}

TEST(Dialing, SaysThatTheSrvRecordsCouldNotBeLookedUp) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.near.heard();
  scene.network.finds(net::UnsureCandidates{
      {{address("198.51.100.1", 5269), TlsEntry::kStartTls, net::FoundBy::kFallback}},
      {Reason::kDnsFailed, "_xmpp-server._tcp.peer.example SRV: SERVFAIL"}});
  scene.far().connection.leave("connection refused");
  scene.near.hears(wire::error("remote-connection-failed", "dns_failed") + "[close]");
  EXPECT_THAT(scene.log_text, HasSubstr("phase=connect reason=peer_unreachable"));
  EXPECT_THAT(scene.log_text, HasSubstr("phase=look_up detail="));
}

// Where this gate looks names up is its operator's business, and nobody else's.
TEST(Dialing, NamesTheResolverInTheLogOnly) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.near.heard();
  scene.network.finds(net::NoCandidates{
      Reason::kDnsFailed, "SERVFAIL", "the resolver asked is 192.0.2.53:53, by servers of [dns]"});
  scene.time.settle();
  EXPECT_THAT(scene.near.heard(), testing::Not(HasSubstr("192.0.2.53")));
  EXPECT_THAT(scene.log_text,
              HasSubstr("The name of peer.example could not be looked up: SERVFAIL; the resolver "
                        "asked is 192.0.2.53:53, by servers of [dns]."));
}

// ---- No port oracle

TEST(Dialing, TellsTheBackendTheSameOfEveryAddressWhereNobodySpokeXmpp) {
  const std::string own = told_when([](Scene& s) { s.network.finds(at("127.0.0.2", 5269)); });
  const std::string backend = told_when([](Scene& s) { s.network.finds(at("127.0.0.1", 15269)); });
  const std::string closed = told_when([](Scene& s) {
    s.network.finds(candidates({"198.51.100.1"}));
    s.far().connection.leave("connection refused");
  });
  const std::string filtered = told_when([](Scene& s) {
    s.network.finds(candidates({"198.51.100.1"}));
    s.time.advance(20s);
  });
  const std::string web = told_when([](Scene& s) {
    s.network.finds(candidates({"198.51.100.1"}));
    s.far().connection.open();
    s.far().says("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const std::string silent = told_when([](Scene& s) {
    s.network.finds(candidates({"198.51.100.1"}));
    s.far().connection.open();
    s.time.advance(20s);
  });
  const std::string hangs_up = told_when([](Scene& s) {
    s.network.finds(candidates({"198.51.100.1"}));
    s.far().connection.open();
    s.far().connection.leave();
  });
  // A web server: TLS with its own certificate, without the protocol of XMPP.
  const std::string other_tls = told_when([](Scene& s) {
    s.network.finds(at("198.51.100.1", 443, TlsEntry::kDirectTls));
    s.far().connection.open();
    s.far().secures(&world().other);
  });
  EXPECT_THAT(own, HasSubstr("No server of peer.example could be reached"));
  EXPECT_THAT(own, Not(HasSubstr("127.0.0.2")));
  for (const auto& told : {backend, closed, filtered, web, silent, hangs_up, other_tls})
    EXPECT_EQ(told, own);
}

TEST(Dialing, TellsTheBackendWhatAnXmppServerDid) {
  EXPECT_THAT(told_when([](Scene& s) {
                s.network.finds(candidates({"198.51.100.1"}));
                s.far().connection.open();
                s.far().says(theirs(wire::kNoFeatures));
              }),
              HasSubstr("STARTTLS"));
  // Direct TLS: the protocol that it chose says that it is one.
  EXPECT_THAT(told_when([](Scene& s) {
                s.network.finds(at("198.51.100.1", 5270, TlsEntry::kDirectTls));
                s.far().connection.facts.alpn = "xmpp-server";
                s.far().connection.open();
                s.far().secures(&world().other);
              }),
              HasSubstr("other.example"));
}

// ---- How many at one time

TEST(Dialing, EndsACircleOfGates) {
  DialLimits busy;
  Scene scene(1, kOutbound, world().build("", "[limits]\ndials_per_domain = 1\n"));
  auto taken = scene.dials.take(*DomainName::parse("peer.example"), policy::Limits());
  backend_authenticates(scene);
  EXPECT_EQ(scene.network.asked, "") << "nobody is looked up";
  EXPECT_THAT(scene.near.heard(), HasSubstr("dial_limit"));
  EXPECT_EQ(scene.metric("limit_hits_total", "\"dials\""), 1);
  taken.reset();
}

}  // namespace
}  // namespace portcullis::relay::scene
