// Unit tests of what an examination says and hears, octet by octet.

#include "proxy/examine/conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <variant>

#include "proxy/relay/overloaded.h"
#include "proxy/xmpp/stream_reader.h"

namespace portcullis::examine {
namespace {

using policy::Reason;
using testing::ElementsAre;

DomainName domain(const std::string& text) {
  return *DomainName::parse(text);
}

constexpr char kHeader[] =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
    "xmlns:stream='http://etherx.jabber.org/streams' from='peer.example' id='1' version='1.0'>";
constexpr char kStartTls[] =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "</stream:features>";
constexpr char kProceed[] = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
constexpr char kExternal[] =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL"
    "</mechanism></mechanisms><bidi xmlns='urn:xmpp:features:bidi'/><dialback "
    "xmlns='urn:xmpp:features:dialback'/><limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000"
    "</max-bytes><idle-seconds>60</idle-seconds></limits></stream:features>";
constexpr char kSays[] =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
    "xmlns:stream='http://etherx.jabber.org/streams' from='legacy.example' to='peer.example' "
    "version='1.0'>";

// Plays the other end and notes what is done, as short words and as octets.
class ConversationTest : public testing::Test {
 protected:
  explicit ConversationTest(Question question = {StreamKind::kS2sOutbound, TlsEntry::kStartTls,
                                                 domain("peer.example"), domain("legacy.example"),
                                                 Depth::kLogin})
      : talk_(std::move(question)) {}

  void tell(const Event& event) {
    for (const auto& action : talk_.handle(event))
      std::visit(
          relay::Overloaded{
              [this](const session::Send& send) { said_.push_back(send.bytes); },
              [this](const session::BeginTls&) { said_.emplace_back("TLS"); },
              [this](const session::RestartStream&) { reader_.emplace(xmpp::ReaderLimits{}); },
              [this](const session::Close&) { said_.emplace_back("close"); }},
          action);
  }
  void hear(std::string_view octets) {
    reader_->push(octets);
    while (auto event = reader_->next())
      std::visit(
          relay::Overloaded{[this](xmpp::StreamHeader& one) { tell(session::HeaderReceived{one}); },
                            [this](xmpp::Element& one) { tell(session::ElementReceived{one}); },
                            [this](xmpp::StreamEnded&) { tell(session::StreamClosed{}); },
                            [this](xmpp::ReadFault& fault) {
                              tell(session::InputRefused{policy::refuse(fault.reason), {}});
                            }},
          *event);
  }
  // Up to the features under TLS.
  void secure() {
    tell(session::TransportReady{});
    hear(kHeader);
    hear(kStartTls);
    hear(kProceed);
    tell(session::TlsEstablished{TlsVersion::kTls13});
    hear(kHeader);
    said_.clear();
  }
  Findings found() {
    EXPECT_TRUE(talk_.over());
    return talk_.take_findings();
  }
  Reason refused(Stage stage) {
    const auto all = found();
    EXPECT_TRUE(all.failure);
    if (!all.failure) return Reason::kInternalError;
    EXPECT_EQ(all.failure->stage, stage);
    return all.failure->refusal.reason;
  }

  Conversation talk_;
  std::optional<xmpp::StreamReader> reader_{xmpp::ReaderLimits{}};
  std::vector<std::string> said_;
};

TEST_F(ConversationTest, AsksForTlsThenForAllThatIsOffered) {
  tell(session::TransportReady{});
  hear(kHeader);
  hear(kStartTls);
  hear(kProceed);
  tell(session::TlsEstablished{TlsVersion::kTls13});
  hear(kHeader);
  hear(kExternal);
  EXPECT_THAT(
      said_, ElementsAre(kSays, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "TLS", kSays,
                         "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                         "mechanism='EXTERNAL'>bGVnYWN5LmV4YW1wbGU=</auth>"));
  said_.clear();
  hear("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  EXPECT_THAT(said_, ElementsAre("close"));
  const auto all = found();
  EXPECT_EQ(all.stage, Stage::kDone);
  EXPECT_EQ(all.login, Login::kAccepted);
  EXPECT_FALSE(all.failure);
  ASSERT_TRUE(all.clear && all.secured);
  EXPECT_EQ(*all.clear, (Offer{.starttls = true, .starttls_required = true}));
  EXPECT_EQ(
      *all.secured,
      (Offer{.dialback = true, .bidi = true, .limits = {10000, 60}, .mechanisms = {"EXTERNAL"}}));
}

TEST_F(ConversationTest, TellsThatOurCertificateWasDeclined) {
  secure();
  hear(kExternal);
  hear(
      "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/><text>Who?</text>"
      "</failure>");
  const auto all = found();
  EXPECT_EQ(all.login, Login::kDeclined);
  EXPECT_EQ(all.login_words, "not-authorized (Who?)");
  EXPECT_FALSE(all.failure);
  EXPECT_EQ(said_.back(), "close");
  EXPECT_EQ(said_[said_.size() - 2], "</stream:stream>");
}

TEST_F(ConversationTest, TellsThatExternalIsNotOffered) {
  secure();
  hear("<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>");
  const auto all = found();
  EXPECT_EQ(all.login, Login::kNotOffered);
  EXPECT_TRUE(all.secured->dialback);
  EXPECT_THAT(said_, ElementsAre("</stream:stream>", "close"));
}

TEST_F(ConversationTest, EndsWhereNoTlsIsOffered) {
  tell(session::TransportReady{});
  hear(kHeader);
  hear("<stream:features/>");
  EXPECT_EQ(refused(Stage::kClear), Reason::kStarttlsNotOffered);
  EXPECT_THAT(said_, ElementsAre(kSays, "</stream:stream>", "close"));
}

TEST_F(ConversationTest, EndsWhereTlsIsRefused) {
  tell(session::TransportReady{});
  hear(kHeader);
  hear(kStartTls);
  hear("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_EQ(refused(Stage::kClear), Reason::kTlsFailed);
}

TEST_F(ConversationTest, EndsWhereTheServerIsOlderThanXmpp) {
  tell(session::TransportReady{});
  hear("<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>");
  EXPECT_EQ(refused(Stage::kClear), Reason::kUnsupportedVersion);
}

TEST_F(ConversationTest, EndsAtAPortForClients) {
  tell(session::TransportReady{});
  hear(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
      "version='1.0'>");
  EXPECT_EQ(refused(Stage::kClear), Reason::kXmlInvalid);
}

TEST_F(ConversationTest, KeepsTheWordsOfAStreamError) {
  tell(session::TransportReady{});
  hear(kHeader);
  hear(
      "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
      "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Not me</text></stream:error>");
  const auto all = found();
  ASSERT_TRUE(all.failure);
  EXPECT_EQ(all.failure->refusal.reason, Reason::kRefusedByPeer);
  EXPECT_NE(all.failure->refusal.text.find("host-unknown (Not me)"), std::string::npos);
}

TEST_F(ConversationTest, EndsAtWhatHasNoPlace) {
  tell(session::TransportReady{});
  hear(kHeader);
  hear("<message xmlns='jabber:server'/>");
  EXPECT_EQ(refused(Stage::kClear), Reason::kUnauthenticatedStanza);
}

TEST_F(ConversationTest, EndsAtASecondHeader) {
  tell(session::TransportReady{});
  hear(kHeader);
  tell(session::HeaderReceived{});
  EXPECT_EQ(refused(Stage::kClear), Reason::kXmlInvalid);
}

TEST_F(ConversationTest, TellsWhereTheTimeWasOver) {
  secure();
  tell(session::DeadlineExpired{});
  EXPECT_EQ(refused(Stage::kSecured), Reason::kNegotiationTimeout);
}

TEST_F(ConversationTest, TellsThatNobodyWasReached) {
  tell(session::TransportLost{"refused"});
  EXPECT_EQ(refused(Stage::kConnecting), Reason::kPeerUnreachable);
  EXPECT_THAT(said_, ElementsAre("close"));
}

TEST_F(ConversationTest, TellsThatTheServerLeftUnderTls) {
  secure();
  tell(session::TransportLost{"reset"});
  EXPECT_EQ(refused(Stage::kSecured), Reason::kRefusedByPeer);
}

TEST_F(ConversationTest, HearsNothingMoreWhenItIsOver) {
  tell(session::TransportLost{"refused"});
  said_.clear();
  tell(session::TransportReady{});
  tell(session::DeadlineExpired{});
  EXPECT_TRUE(said_.empty());
}

class HandshakeTest : public ConversationTest {
 protected:
  HandshakeTest()
      : ConversationTest({StreamKind::kS2sOutbound, TlsEntry::kDirectTls, domain("peer.example"),
                          domain("legacy.example"), Depth::kHandshake}) {}
};

TEST_F(HandshakeTest, SaysNothingButTls) {
  tell(session::TransportReady{});
  tell(session::TlsEstablished{TlsVersion::kTls13});
  EXPECT_THAT(said_, ElementsAre("TLS", "close"));
  EXPECT_EQ(found().stage, Stage::kDone);
}

TEST_F(HandshakeTest, TellsWhyItFailed) {
  tell(session::TransportReady{});
  tell(session::TlsFailed{policy::refuse(Reason::kTlsNoCommonSuite)});
  EXPECT_EQ(refused(Stage::kHandshake), Reason::kTlsNoCommonSuite);
  EXPECT_THAT(said_, ElementsAre("TLS", "close"));
}

class ClientTest : public ConversationTest {
 protected:
  ClientTest()
      : ConversationTest({StreamKind::kC2s, TlsEntry::kDirectTls, domain("peer.example"),
                          domain("legacy.example"), Depth::kLogin}) {}
};

TEST_F(ClientTest, NamesNobodyAndDoesNotLogIn) {
  tell(session::TransportReady{});
  tell(session::TlsEstablished{TlsVersion::kTls13});
  EXPECT_EQ(said_.back(),
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams' to='peer.example' version='1.0'>");
  hear(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
      "version='1.0'>");
  hear(
      "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL"
      "</mechanism><mechanism>SCRAM-SHA-1-PLUS</mechanism></mechanisms><authentication "
      "xmlns='urn:xmpp:sasl:2'/><sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"
      "<channel-binding type='tls-exporter'/></sasl-channel-binding></stream:features>");
  const auto all = found();
  EXPECT_EQ(all.login, Login::kNotTried);
  EXPECT_EQ(*all.secured, (Offer{.sasl2 = true,
                                 .mechanisms = {"EXTERNAL", "SCRAM-SHA-1-PLUS"},
                                 .bindings = {"tls-exporter"}}));
}

TEST_F(ClientTest, KeepsSoManyWordsOnlyAndMakesThemPrintable) {
  tell(session::TransportReady{});
  tell(session::TlsEstablished{TlsVersion::kTls13});
  hear(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
      "version='1.0'>");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "<mechanism>&#x9b;" + std::string(80, 'A') + "</mechanism>";
  hear("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" +
       many.substr(0, 9000) + "</mechanism></mechanisms></stream:features>");
  const auto all = found();
  ASSERT_TRUE(all.secured);
  EXPECT_EQ(all.secured->mechanisms.size(), Offer::kMostWords);
  EXPECT_LE(all.secured->mechanisms[0].size(), 64U);
  EXPECT_EQ(all.secured->mechanisms[0].find("\xc2\x9b"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::examine
