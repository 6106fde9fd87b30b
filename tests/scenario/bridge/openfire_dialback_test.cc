#include "tests/scenario/bridge/openfire.h"

// Openfire as a backend by dialback, which is enabled in it unless somebody changes that.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kDb = " xmlns:db='jabber:server:dialback'";
constexpr std::string_view kRooms = "conference.legacy.example";
constexpr std::string_view kHello =
    "<message from='b@legacy.example' to='a@peer.example'><body>x</body></message>";
const std::string kOptional =
    std::string(openfire::kStartTlsOffer) + std::string(openfire::kDialbackOffer);

const SnapshotPtr& backend() {
  static const SnapshotPtr made = [] {
    const std::string terms = "kind = \"openfire\"\ns2s_auth = \"dialback\"\n";
    world().certify("rooms", std::string(kRooms));
    return world().build("",
                         "[[host]]\ndomain = \"" + std::string(kRooms) +
                             "\"\ncertificates = [{ chain = \"rooms.pem\", key = \"rooms.key\" }]\n"
                             "[host.backend]\ns2s = \"127.0.0.1:15269\"\n"
                             "c2s = \"127.0.0.1:15222\"\n" +
                             terms,
                         terms);
  }();
  return made;
}

std::string key(std::string_view local, std::string_view id) {
  return backend()
      ->dialback()
      .keys(xmpp::DialbackPlace::kBackend)
      ->key(domain(local), domain("peer.example"), id);
}

// ---- A peer reaches it

// Up to our question.
void is_asked(Scene& scene, std::string_view features = kOptional,
              std::string_view local = "legacy.example") {
  near_authenticates(
      scene.near, wire::server("from='peer.example' to='" + std::string(local) + "' version='1.0'"),
      &world().peer, wire::kAuthPeer);
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.near.heard();
  scene.far().hears(
      wire::server("from='peer.example' to='" + std::string(local) + "' version='1.0'", kDb));
  scene.far().says(openfire::answers(local, "peer.example", features, "6d9w", openfire::kDb));
}

// Its question comes on another connection, and it leaves as soon as it has the answer.
void asks_us(std::size_t piece, std::string_view local, std::string_view said,
             std::string_view type) {
  Scene scene(piece, kOutbound, backend());
  scene.near.says(openfire::opens_to_ask(local, "peer.example"));
  scene.near.hears(
      wire::server("from='peer.example' to='" + std::string(local) + "' id='*' version='1.0'",
                   kDb) +
      "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/>"
      "</dialback>" +
      std::string(wire::kLimits) + "</stream:features>");
  scene.near.says(openfire::asks(local, "peer.example", "6d9w", said));
  scene.near.hears("<db:verify from='peer.example' to='" + std::string(local) +
                   "' id='6d9w' type='" + std::string(type) + "'/>");
  scene.near.says(wire::kEnd);
  scene.near.connection.leave();
  scene.time.settle();
  EXPECT_EQ(scene.metric("streams_rejected_total"), 0);
  EXPECT_EQ(scene.network.asked, "");
}

TEST(OpenfireByDialback, TakesAStreamForEachOfItsDomains) {
  for (const std::string_view local : {std::string_view("legacy.example"), kRooms})
    play([local](std::size_t piece) {
      Scene scene(piece, kInbound, backend());
      is_asked(scene, kOptional, local);
      scene.far().hears("<db:result from='peer.example' to='" + std::string(local) + "'>" +
                        key(local, "6d9w") + "</db:result>");
      asks_us(piece, local, key(local, "6d9w"), "valid");
      scene.near.hears("");
      scene.far().says("<db:result " + openfire::between(local, "peer.example") +
                       " type=\"valid\"/>");
      scene.near.hears(wire::kSuccess);
      scene.near.says(
          wire::server("from='peer.example' to='" + std::string(local) + "' version='1.0'"));
      ASSERT_TRUE(scene.established()) << scene.log_text;
      const auto hello = "<message from='a@peer.example' to='b@" + std::string(local) +
                         "'><body>x</body></message>";
      scene.near.says(hello);
      scene.far().hears(hello);
      scene.near.says(wire::kEnd);
    });
}

TEST(OpenfireByDialback, IsToldOfEachWrongKey) {
  asks_us(1, "legacy.example", key(kRooms, "6d9w"), "invalid");
  asks_us(1, "legacy.example", key("legacy.example", "6d9x"), "invalid");
  asks_us(1, kRooms, "0", "invalid");
}

// tls.policy = required: it wants dialback under TLS, and offers no dialback there.
TEST(OpenfireByDialback, ThatDemandsTlsIsGivenIt) {
  Scene scene(1, kInbound, backend());
  is_asked(scene, std::string(openfire::kStartTlsDemand) + std::string(openfire::kDialbackOffer));
  scene.far().hears(wire::kStartTls);
  scene.far().says(openfire::kProceed);
  scene.far().secures(&world().other);
  scene.far().heard();
  scene.far().says(
      openfire::answers("legacy.example", "peer.example", openfire::kNothingOffer, "2nd"));
  scene.far().hears("<db:result from='peer.example' to='legacy.example'>" +
                    key("legacy.example", "2nd") + "</db:result>");
  scene.far().says("<db:result " + openfire::between("legacy.example", "peer.example") +
                   " type=\"valid\"/>");
  scene.near.hears(wire::kSuccess);
  scene.near.connection.leave();
}

// What it says when it finds no key valid, and behind that the stream error with which it ends.
TEST(OpenfireByDialback, SaysWhyItRefusesAKey) {
  const auto failed = openfire::stream_error(
      "internal-server-error", "An error occurred while processing data raw inbound data.");
  const auto error = [&failed](std::string_view condition, std::string_view text) {
    return "<db:result " + openfire::between("legacy.example", "peer.example") +
           " type=\"error\"><error xmlns=\"jabber:server\" type=\"cancel\"><" +
           std::string(condition) +
           " xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/><text "
           "xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\" xml:lang=\"en\">" +
           std::string(text) + "</text></error></db:result>" + failed;
  };
  const struct {
    std::string said;
    std::string_view logged;
  } cases[] = {
      {error("item-not-found", "Service not hosted here"), "item-not-found"},
      {error("remote-server-timeout", "Authoritative server failed"), "remote-server-timeout"},
      {error("remote-server-not-found", "No server available for verifying key of remote server."),
       "remote-server-not-found"},
      {error("resource-constraint", "Incoming session already exists"), "resource-constraint"},
      {"<db:result " + openfire::between("legacy.example", "peer.example") +
           " type=\"invalid\"/></stream:stream>",
       "invalid"},
      {openfire::stream_error("policy-violation", "Dialback has been disabled by configuration."),
       "(Dialback has been disabled by configuration)"},
  };
  for (const auto& each : cases)
    play([&each](std::size_t piece) {
      Scene scene(piece, kInbound, backend());
      is_asked(scene);
      scene.far().says(each.said);
      EXPECT_THAT(scene.near.heard(),
                  AllOf(HasSubstr("</reason></stream:error>"), Not(HasSubstr(wire::kSuccess)),
                        Not(HasSubstr("disabled by"))));
      EXPECT_THAT(scene.log_text, AllOf(HasSubstr("event=backend"), HasSubstr(each.logged)));
    });
}

TEST(OpenfireByDialback, AcceptsNobodyWithoutAKey) {
  Scene scene(1, kInbound, backend());
  is_asked(scene);
  scene.far().says("<db:result " + openfire::between("legacy.example", "other.example") +
                   " type=\"valid\"/>");
  EXPECT_THAT(scene.near.heard(), Not(HasSubstr(wire::kSuccess)));
  EXPECT_THAT(scene.log_text, HasSubstr("backend_misconfigured"));
}

// ---- It reaches a peer

const std::string kOurFeatures =
    "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>" +
    std::string(wire::kLimits) + "</stream:features>";

std::string our_header(std::string_view local, bool is_xmpp = true) {
  return wire::server("from='peer.example' to='" + std::string(local) + "' id='*'" +
                          (is_xmpp ? " version='1.0'" : ""),
                      kDb);
}

// Our question at its own port, where the answer has the prefix of its header.
void proves(Scene& scene, std::string_view local, std::string_view type = "valid") {
  EXPECT_EQ(scene.network.asked, "[127.0.0.1:15269]");
  scene.network.resolves(kBackendAddress);
  auto& port = scene.far();
  port.connection.open();
  port.heard();
  port.says(openfire::answers(local, "peer.example", kOptional));
  const auto question = port.heard();
  EXPECT_THAT(question,
              HasSubstr("<db:verify from='peer.example' to='" + std::string(local) + "' id='"));
  const auto begin = question.find("id='") + 4;
  port.says("<db:verify " + openfire::between(local, "peer.example") + " type=\"" +
            std::string(type) + "\" id=\"" +
            question.substr(begin, question.find('\'', begin) - begin) + "\"/>");
  port.hears(std::string(wire::kEnd) + "[close]");
  port.connection.leave();
  scene.time.settle();
}

void relays(Scene& scene, std::string_view local) {
  const auto hello =
      "<message from='b@" + std::string(local) + "' to='a@peer.example'><body>x</body></message>";
  scene.near.hears("<db:result from='peer.example' to='" + std::string(local) + "' type='valid'/>");
  scene.near.says(hello);
  scene.network.finds(candidates({"198.51.100.1"}));
  far_accepts(scene.far(1), &world().peer);
  scene.far(1).heard();
  scene.far(1).says(theirs(wire::kNoFeatures));
  scene.far(1).hears(hello);
  EXPECT_TRUE(scene.established()) << scene.log_text;
  scene.near.says(wire::kEnd);
}

// Our header comes before anybody is asked anything: up to 4.7 it waits five seconds for it.
TEST(OpenfireByDialback, OpensAStreamForEachOfItsDomains) {
  for (const std::string_view local : {std::string_view("legacy.example"), kRooms})
    play([local](std::size_t piece) {
      Scene scene(piece, kOutbound, backend());
      scene.near.says(openfire::opens(local, "peer.example"));
      scene.near.hears(our_header(local) + kOurFeatures);
      scene.near.says(openfire::result(local, "peer.example", "4f2a"));
      proves(scene, local);
      relays(scene, local);
    });
}

// Up to 4.7, when the first attempt has failed; Wildfire 3 begins so.
TEST(OpenfireByDialback, MayBeOlderThanXmpp) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound, backend());
    scene.near.says(openfire::header("to=\"peer.example\" from=\"legacy.example\"", openfire::kDb));
    scene.near.hears(our_header("legacy.example", false));
    scene.near.says(openfire::result("legacy.example", "peer.example", "4f2a"));
    proves(scene, "legacy.example");
    relays(scene, "legacy.example");
  });
}

// 3.x: a header without a declaration, and always with the main domain (OF-673).
TEST(OpenfireByDialback, MayNameItsMainDomainInTheHeader) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound, backend());
    scene.near.says(
        "<stream:stream xmlns:db=\"jabber:server:dialback\" "
        "xmlns:stream=\"http://etherx.jabber.org/streams\" xmlns=\"jabber:server\" "
        "from=\"legacy.example\" to=\"peer.example\" version=\"1.0\">");
    scene.near.hears(our_header("legacy.example") + kOurFeatures);
    scene.near.says(openfire::result(kRooms, "peer.example", "4f2a"));
    proves(scene, kRooms);
    relays(scene, kRooms);
  });
}

// And brings others to a stream that it has. They need connections of their own.
TEST(OpenfireByDialback, HasOnePairOnAStream) {
  Scene scene(1, kOutbound, backend());
  scene.near.says(openfire::opens("legacy.example", "peer.example"));
  scene.near.says(openfire::result("legacy.example", "peer.example", "4f2a"));
  proves(scene, "legacy.example");
  scene.near.heard();
  scene.near.says(openfire::result(kRooms, "peer.example", "4f2a"));
  scene.near.hears("<db:result from='peer.example' to='" + std::string(kRooms) +
                   "' type='error'><error type='cancel'><resource-constraint "
                   "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>");
  scene.near.says(kHello);
  EXPECT_EQ(scene.network.asked, "[127.0.0.1:15269][peer.example]");
  scene.near.connection.leave();
  scene.network.finds(net::NoCandidates{policy::Reason::kNoSuchService, "no SRV record"});
}

TEST(OpenfireByDialback, LooksWhetherWeAreThere) {
  Scene scene(1, kOutbound, backend());
  scene.near.connection.leave();
  scene.time.settle();
  EXPECT_EQ(scene.metric("connections_silent_total"), 1);
  EXPECT_EQ(scene.log_text, "");
}

// tls.policy = required, and dialback.enabled = false.
TEST(OpenfireByDialback, ThatIsWronglySetIsNamed) {
  for (const std::string_view text :
       {"Encryption (TLS) required by our server configuration, but not offered by you",
        "No applicable authentication mechanism available"})
    play([text](std::size_t piece) {
      Scene scene(piece, kOutbound, backend());
      scene.near.says(openfire::opens("legacy.example", "peer.example"));
      scene.near.heard();
      scene.near.says(openfire::stream_error("policy-violation", std::string(text) + "."));
      EXPECT_THAT(scene.near.heard(), HasSubstr(wire::kEnd));
      EXPECT_THAT(scene.log_text,
                  AllOf(HasSubstr("reason=backend_misconfigured"), HasSubstr(text)));
    });
}

// tls.policy = required: it does not look at a question in the clear.
TEST(OpenfireByDialback, ThatAnswersNothingInTheClearIsNamed) {
  Scene scene(1, kOutbound, backend());
  scene.near.says(openfire::opens("legacy.example", "peer.example"));
  scene.near.says(openfire::result("legacy.example", "peer.example", "4f2a"));
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.near.heard();
  scene.far().says(openfire::answers(
      "legacy.example", "peer.example",
      std::string(openfire::kStartTlsDemand) + std::string(openfire::kDialbackOffer)));
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_misconfigured</reason>"));
  EXPECT_THAT(scene.log_text, HasSubstr("xmpp.server.tls.policy"));
}

TEST(OpenfireByDialback, IsNobodyWhoseKeyItsPortDoesNotKnow) {
  for (const std::string_view type : {"invalid", "error"}) {
    Scene scene(1, kOutbound, backend());
    scene.near.says(openfire::opens("legacy.example", "peer.example"));
    scene.near.says(openfire::result("legacy.example", "peer.example", "4f2a"));
    scene.near.heard();
    proves(scene, "legacy.example", type);
    EXPECT_THAT(scene.near.heard(),
                AllOf(HasSubstr("<stream:error>"), Not(HasSubstr("type='valid'"))));
    EXPECT_EQ(scene.network.asked, "[127.0.0.1:15269]");
  }
}

// It tells its users nothing of a stream error, so each stanza is answered, before it gives up.
TEST(OpenfireByDialback, IsAnsweredWhenThePeerIsRefused) {
  Scene scene(1, kOutbound, backend());
  scene.near.says(openfire::opens("legacy.example", "peer.example"));
  scene.near.says(openfire::result("legacy.example", "peer.example", "4f2a"));
  proves(scene, "legacy.example");
  scene.near.says(kHello);
  scene.network.finds(net::NoCandidates{policy::Reason::kNoSuchService, "no SRV record"});
  scene.time.advance(1s);
  EXPECT_THAT(scene.notices.said, AllOf(HasSubstr("[peer.example legacy.example backend]"),
                                        HasSubstr("<message type='error' from='a@peer.example' "
                                                  "to='b@legacy.example'>")));
}

}  // namespace
}  // namespace portcullis::relay::scene
