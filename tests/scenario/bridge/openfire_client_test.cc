#include "tests/scenario/bridge/openfire.h"

// Clients of Openfire. What it offers reaches them as it is, except what is of one connection only.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The names of mechanisms, in the form of SASL (RFC 6120) or of SASL2 (XEP-0388).
std::string mechanisms(std::string_view quote, std::string_view element = "mechanisms",
                       std::string_view ns = "urn:ietf:params:xml:ns:xmpp-sasl") {
  return "<" + std::string(element) + " xmlns=" + std::string(quote) + std::string(ns) +
         std::string(quote) +
         "><mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1-PLUS</mechanism>"
         "<mechanism>SCRAM-SHA-1</mechanism></" +
         std::string(element) + ">";
}

// It says its limits twice before the login.
std::string offers(std::string_view more = "") {
  return openfire::header(
             "from=\"legacy.example\" id=\"51yb9t7hvp\" xml:lang=\"en\" "
             "version=\"1.0\"",
             "", "jabber:client") +
         "<stream:features>" + std::string(openfire::kStartTlsOffer) +
         std::string(openfire::kLimits) +
         "<compression xmlns=\"http://jabber.org/features/compress\"><method>zlib</method>"
         "</compression><ver xmlns=\"urn:xmpp:features:rosterver\"/>" +
         mechanisms("\"") + std::string(more) +
         "<auth xmlns=\"http://jabber.org/features/iq-auth\"/>"
         "<c xmlns=\"http://jabber.org/protocol/caps\" hash=\"sha-1\" "
         "node=\"https://www.igniterealtime.org/projects/openfire/\" ver=\"q07IKJEyjvHSyhy//\"/>" +
         std::string(openfire::kLimits) + "</stream:features>";
}

void reaches_it(Scene& scene, const std::string& offered) {
  scene.near.secures(nullptr);
  scene.near.says(kClient);
  scene.network.resolves(std::vector<net::SocketAddress>{address("127.0.0.1", 15222)});
  scene.far().connection.open();
  scene.far().hears(kClient);
  scene.far().says(offered);
}

const SnapshotPtr& backend() {
  static const SnapshotPtr made = world().build("", "", "kind = \"openfire\"\n");
  return made;
}

TEST(OpenfireClient, IsOfferedWhatItOffers) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kC2s, backend(), TlsEntry::kDirectTls);
    reaches_it(scene, offers());
    const auto heard = scene.near.heard();
    EXPECT_THAT(heard, AllOf(HasSubstr(mechanisms("'")), HasSubstr("rosterver"),
                             HasSubstr("<auth xmlns='http://jabber.org/features/iq-auth'/>"),
                             Not(HasSubstr("starttls")), Not(HasSubstr("zlib")),
                             Not(HasSubstr("1048576"))));
    EXPECT_EQ(heard.find("<limits"), heard.rfind("<limits")) << heard;
    scene.near.connection.leave();
  });
}

TEST(OpenfireClient, LogsInBySasl) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kC2s, backend(), TlsEntry::kDirectTls);
    reaches_it(scene, offers());
    scene.near.heard();
    scene.near.says(wire::auth("AGEAYg==", "PLAIN"));
    scene.far().hears(wire::auth("AGEAYg==", "PLAIN"));
    scene.far().says(openfire::kSuccess);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kClient);
    scene.far().hears(kClient);
    scene.far().says(openfire::header("from=\"legacy.example\" id=\"51yb9t7hvp\" xml:lang=\"en\" "
                                      "version=\"1.0\"",
                                      "", "jabber:client") +
                     "<stream:features><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/>"
                     "<session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"><optional/></session>"
                     "<sm xmlns=\"urn:xmpp:sm:2\"/><sm xmlns=\"urn:xmpp:sm:3\"/>"
                     "<csi xmlns=\"urn:xmpp:csi:0\"/>" +
                     std::string(openfire::kLimits) + "</stream:features>");
    EXPECT_THAT(scene.near.heard(),
                AllOf(HasSubstr("xmpp-bind"), HasSubstr("<optional/>"), HasSubstr("urn:xmpp:sm:2"),
                      HasSubstr("urn:xmpp:sm:3"), HasSubstr("<max-bytes>524288</max-bytes>")));
    EXPECT_TRUE(scene.established());
    scene.near.says(wire::kEnd);
  });
}

// xmpp.auth.sasl2 and xmpp.auth.sasl2.require-tls = false, since 5.1.
TEST(OpenfireClient, LogsInBySasl2) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kC2s, backend(), TlsEntry::kDirectTls);
    reaches_it(scene, offers(mechanisms("\"", "authentication", "urn:xmpp:sasl:2")));
    EXPECT_THAT(scene.near.heard(),
                HasSubstr(mechanisms("'", "authentication", "urn:xmpp:sasl:2")));
    const std::string begin =
        "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>AGEAYg=="
        "</initial-response></authenticate>";
    scene.near.says(begin);
    scene.far().hears(begin);
    scene.far().says(
        "<success xmlns=\"urn:xmpp:sasl:2\"><authorization-identifier>a@legacy.example"
        "</authorization-identifier></success>"
        "<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\">"
        "<bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/>" +
        std::string(openfire::kLimits) + "</stream:features>");
    EXPECT_THAT(scene.near.heard(),
                AllOf(HasSubstr("<success xmlns='urn:xmpp:sasl:2'>"), HasSubstr("xmpp-bind")));
    EXPECT_TRUE(scene.established()) << scene.log_text;
    scene.near.says(wire::kEnd);
  });
}

// xmpp.client.tls.policy = required: no login in the clear.
TEST(OpenfireClient, GetsNoLoginInTheClearIfTlsIsDemanded) {
  Scene scene(1, StreamKind::kC2s, backend(), TlsEntry::kDirectTls);
  reaches_it(scene, openfire::header("from=\"legacy.example\" id=\"51yb9t7hvp\" xml:lang=\"en\" "
                                     "version=\"1.0\"",
                                     "", "jabber:client") +
                        "<stream:features>" + std::string(openfire::kStartTlsDemand) +
                        std::string(openfire::kLimits) + "</stream:features>");
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("backend_misconfigured</reason>"), Not(HasSubstr("PLAIN"))));
  EXPECT_THAT(scene.log_text, AllOf(HasSubstr("c2s_tls"), HasSubstr("xmpp.client.tls.policy")));
}

TEST(OpenfireClient, WithAWrongPasswordMayTryAgain) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kC2s, backend(), TlsEntry::kDirectTls);
    reaches_it(scene, offers());
    scene.near.heard();
    scene.near.says(wire::auth("AGEAYg==", "PLAIN"));
    scene.far().says(
        "<failure xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><not-authorized/></failure>");
    scene.near.hears(
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    scene.far().heard();
    scene.near.says(wire::auth("AGEAYg==", "PLAIN"));
    scene.far().hears(wire::auth("AGEAYg==", "PLAIN"));
    scene.near.connection.leave();
  });
}

}  // namespace
}  // namespace portcullis::relay::scene
