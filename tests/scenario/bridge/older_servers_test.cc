#include "tests/scenario/bridge/neighbours.h"

// Backends of old that know only dialback: Wildfire 3.2 and psyced as their public sources write
// it, and jabberd14 1.4 and 1.6 after what is known of them.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kDb = " xmlns:db='jabber:server:dialback'";
constexpr std::string_view kHello =
    "<message from='b@legacy.example' to='a@peer.example'><body>x</body></message>";
constexpr std::string_view kFeatures =
    "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";
constexpr std::string_view kGood =
    "<db:result from='peer.example' to='legacy.example' type='valid'/>";

const SnapshotPtr& backend() {
  static const SnapshotPtr made = world().build("", "", "s2s_auth = \"dialback\"\n");
  return made;
}

// What a server says: its own stream, how it names the pair in its elements, its own port's answers
// and its question.
struct Server {
  std::string_view name;
  std::string opens;            // to peer.example
  bool is_xmpp;                 // and our header is the same
  bool names_pair;              // in its header
  std::string result;           // with the key "4f2a"
  std::string answers;          // a stream of ours, with the id "s1"
  std::string_view valid;       // about our key
  std::string_view attributes;  // of a <db:verify/> that it answers
};

const std::string kWildfire =
    "<stream:stream xmlns:stream=\"http://etherx.jabber.org/streams\" xmlns=\"jabber:server\" "
    "xmlns:db=\"jabber:server:dialback\"";
const std::string kJabberd =
    "<?xml version='1.0'?><stream:stream xmlns:db='jabber:server:dialback' "
    "xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:server'";
const std::string kPsyced =
    "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:server' "
    "xmlns:db='jabber:server:dialback'";

const Server kServers[] = {
    {"Wildfire 3.2", kWildfire + ">", false, false,
     "<db:result from=\"legacy.example\" to=\"peer.example\">4f2a</db:result>",
     kWildfire + " id=\"s1\">",
     "<db:result from=\"legacy.example\" to=\"peer.example\" type=\"valid\"/>",
     "from=\"legacy.example\" to=\"peer.example\" type=\"valid\""},
    {"jabberd14 1.4", kJabberd + " to='peer.example'>", false, false,
     "<db:result to='peer.example' from='legacy.example'>4f2a</db:result>",
     kJabberd + " id='s1' from='legacy.example'>",
     "<db:result type='valid' to='peer.example' from='legacy.example'></db:result>",
     "type='valid' from='legacy.example' to='peer.example'"},
    {"jabberd14 1.6", kJabberd + " to='peer.example' from='legacy.example' version='1.0'>", true,
     true,
     "<db:result xmlns:db='jabber:server:dialback' from='legacy.example' "
     "to='peer.example'>4f2a</db:result>",
     kJabberd + " id='s1' from='legacy.example' version='1.0'><stream:features/>",
     "<db:result xmlns:db='jabber:server:dialback' from='legacy.example' to='peer.example' "
     "type='valid'/>",
     "from='legacy.example' to='peer.example' type='valid'"},
    {"psyced", kPsyced + " to='peer.example' from='legacy.example' xml:lang='en' version='1.0'>",
     true, true, "<db:result to='peer.example' from='legacy.example'>4f2a</db:result>",
     kPsyced + " id='s1' from='legacy.example' xml:lang='en' version='1.0'><stream:features>"
               "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
     "<db:result from='legacy.example' to='peer.example' type='valid'/>",
     "from='legacy.example' to='peer.example' type='valid'"},
};

template <class Scenario>
void each_server(Scenario scenario) {
  for (const auto& server : kServers) {
    SCOPED_TRACE(server.name);
    play([&](std::size_t piece) { scenario(server, piece); });
  }
}

std::string key(std::string_view id) {
  return backend()
      ->dialback()
      .keys(xmpp::DialbackPlace::kBackend)
      ->key(domain("legacy.example"), domain("peer.example"), id);
}

std::string asks(std::string_view id, std::string_view said) {
  return "<db:verify from='legacy.example' to='peer.example' id='" + std::string(id) + "'>" +
         std::string(said) + "</db:verify>";
}
std::string answer(std::string_view id, std::string_view type) {
  return "<db:verify from='peer.example' to='legacy.example' id='" + std::string(id) + "' type='" +
         std::string(type) + "'/>";
}

// Its stream gets the header that it understands, and nothing of TLS.
void opens(Scene& scene, const Server& server) {
  scene.near.says(server.opens);
  const auto heard = scene.near.heard();
  EXPECT_EQ(heard.find("version='1.0'", heard.find("<stream:stream")) != heard.npos,
            server.is_xmpp);
  EXPECT_EQ(heard.find(kFeatures) != heard.npos, server.is_xmpp);
  EXPECT_EQ(heard.find(" to='legacy.example'") != heard.npos, server.names_pair);
  EXPECT_THAT(heard, AllOf(HasSubstr(kDb), HasSubstr(" id="), Not(HasSubstr("starttls"))));
}

void proves(Scene& scene, const Server& server) {
  scene.near.says(server.result);
  scene.network.resolves(kBackendAddress);
  auto& port = scene.far();
  port.connection.open();
  port.says(server.answers);
  const auto question = port.heard();
  EXPECT_THAT(question, HasSubstr("'>4f2a</db:verify>"));
  const auto begin = question.find("id='", question.find("<db:verify")) + 4;
  port.says("<db:verify " + std::string(server.attributes) + " id='" +
            question.substr(begin, question.find('\'', begin) - begin) + "'/>");
  port.heard();
  port.connection.leave();
  scene.time.settle();
}

void relays(Scene& scene) {
  scene.near.says(kHello);
  scene.network.finds(candidates({"198.51.100.1"}));
  far_accepts(scene.far(1), &world().peer);
  scene.far(1).heard();
  scene.far(1).says(theirs(wire::kNoFeatures));
  scene.far(1).hears(kHello);
  ASSERT_TRUE(scene.established()) << scene.log_text;
}

TEST(OlderServer, TakesAStreamOfAPeer) {
  each_server([](const Server& server, std::size_t piece) {
    Scene scene(piece, kInbound, backend());
    peer_authenticates(scene);
    scene.network.resolves(kBackendAddress);
    auto& far = scene.far();
    far.connection.open();
    far.hears(wire::server("from='peer.example' to='legacy.example' version='1.0'", kDb));
    far.says(server.answers);
    far.hears("<db:result from='peer.example' to='legacy.example'>" + key("s1") + "</db:result>");
    scene.near.heard();
    far.says(server.valid);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kFromPeer);
    ASSERT_TRUE(scene.established()) << scene.log_text;
    scene.near.says(wire::kMessage);
    far.hears(wire::kMessage);
    scene.near.says(wire::kEnd);
  });
}

TEST(OlderServer, OpensAStreamToAPeer) {
  each_server([](const Server& server, std::size_t piece) {
    Scene scene(piece, kOutbound, backend());
    opens(scene, server);
    proves(scene, server);
    scene.near.hears(kGood);
    relays(scene);
    // jabberd14 ends a stream of its own on which it reads anything but answers.
    scene.near.says(asks("i", key("i")) + std::string(kHello));
    scene.near.hears(answer("i", "valid"));
    scene.near.says(wire::kEnd);
  });
}

// jabberd14 and psyced ask before they have proved anything, on the stream that they use later.
TEST(OlderServer, MayAskOnAStreamThatIsNotProved) {
  each_server([](const Server& server, std::size_t piece) {
    Scene scene(piece, kOutbound, backend());
    opens(scene, server);
    scene.near.says(asks("i", key("i")) + asks("j", key("i")));
    scene.near.hears(answer("i", "valid") + answer("j", "invalid"));
    scene.time.advance(20s);
    proves(scene, server);
    scene.near.hears(kGood);
    relays(scene);
    scene.near.says(wire::kEnd);
  });
}

// Wildfire looks first whether it is offered TLS, names nobody then and declares no dialback, and
// comes again when it is not.
TEST(OlderServer, LooksForTlsFirst) {
  for (const bool in_words : {false, true})
    play([in_words](std::size_t piece) {
      Scene scene(piece, kOutbound, backend());
      scene.near.says(
          "<stream:stream xmlns:stream=\"http://etherx.jabber.org/streams\" "
          "xmlns=\"jabber:server\" to=\"peer.example\" version=\"1.0\">");
      EXPECT_THAT(scene.near.heard(), AllOf(HasSubstr(kFeatures), Not(HasSubstr("starttls"))));
      if (in_words) scene.near.says(wire::kEnd);
      scene.near.connection.leave();
      scene.time.settle();
      EXPECT_EQ(scene.metric("streams_rejected_total"), 0) << scene.log_text;
    });
}

TEST(OlderServer, ThatBeginsAndIsSilentIsRefused) {
  each_server([](const Server& server, std::size_t piece) {
    Scene scene(piece, kOutbound, backend());
    opens(scene, server);
    scene.time.advance(30s);
    EXPECT_THAT(scene.near.heard(), HasSubstr("backend_unavailable</reason>"));
  });
}

TEST(OlderServer, DoesNotServeEveryDomain) {
  Scene scene(1, kInbound, backend());
  peer_authenticates(scene);
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().says(kServers[3].answers);
  scene.near.heard();
  scene.far().says(
      "<db:result from='legacy.example' to='peer.example' type='error'><error type='cancel'>"
      "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>");
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_misconfigured</reason>"));
  EXPECT_THAT(scene.log_text, HasSubstr("does not serve this domain"));
}

// ---- What may be said on a proved stream

TEST(OlderServer, SpeaksForNoOtherPairThanItHasProved) {
  for (const std::string_view stanza :
       {"<message from='b@other.example' to='a@peer.example'/>",
        "<message from='b@rooms.legacy.example' to='a@peer.example'/>",
        "<message from='b@legacy.example' to='a@other.example'/>",
        "<message to='a@peer.example'/>"})
    each_server([stanza](const Server& server, std::size_t piece) {
      Scene scene(piece, kOutbound, backend());
      opens(scene, server);
      proves(scene, server);
      relays(scene);
      scene.near.heard();
      scene.near.says(stanza);
      EXPECT_THAT(scene.near.heard(), HasSubstr("<stream:error>")) << stanza;
      EXPECT_THAT(scene.far(1).heard(), Not(HasSubstr("<message"))) << stanza;
    });
}

TEST(OlderServer, IsSentStanzasOnlyOnStreamsOfOurs) {
  each_server([](const Server& server, std::size_t piece) {
    Scene scene(piece, kOutbound, backend());
    opens(scene, server);
    proves(scene, server);
    relays(scene);
    scene.near.heard();
    scene.far(1).says(wire::kMessage);
    EXPECT_THAT(scene.near.heard(), Not(HasSubstr("<message")));
    EXPECT_TRUE(scene.far(1).connection.closing());
  });
}

TEST(OlderServer, IsSentNothingInTheNameOfAnother) {
  for (const std::string_view stanza : {"<message from='a@other.example' to='b@legacy.example'/>",
                                        "<message from='a@peer.example' to='b@other.example'/>"}) {
    Scene scene(1, kInbound, backend());
    peer_authenticates(scene);
    scene.network.resolves(kBackendAddress);
    scene.far().connection.open();
    scene.far().says(kServers[0].answers);
    scene.far().says(kServers[0].valid);
    scene.near.says(kFromPeer);
    ASSERT_TRUE(scene.established()) << scene.log_text;
    forget(scene);
    scene.near.says(stanza);
    EXPECT_THAT(scene.near.heard(), HasSubstr("<stream:error>")) << stanza;
    EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message"))) << stanza;
  }
}

}  // namespace
}  // namespace portcullis::relay::scene
