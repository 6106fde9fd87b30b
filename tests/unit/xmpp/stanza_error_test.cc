// Unit tests of write_undelivered_error(): which stanzas are answered, and with which octets.

#include "proxy/xmpp/stanza_error.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/xmpp/guard_rules.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kServerGone =
    "<error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
    "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>The connection to the other "
    "server was lost before that server had confirmed this stanza, so it was probably not "
    "delivered.</text></error>";
constexpr std::string_view kOwnServerGone =
    "<error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
    "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>The connection to your "
    "server was lost before that server had confirmed this stanza, so it was probably not "
    "delivered.</text></error>";
constexpr std::string_view kClientGone =
    "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
    "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>The recipient had not "
    "confirmed this stanza when its connection was lost, so it was probably not delivered.</text>"
    "</error>";

std::string answer(std::string_view tag, Unreached unreached) {
  return write_undelivered_error(tag, unreached).value_or("none");
}
std::string between_servers(std::string_view tag) {
  return answer(tag, Unreached::kServer);
}
std::string to_own_server(std::string_view tag) {
  return answer(tag, Unreached::kOwnServer);
}
std::string to_own_client(std::string_view tag) {
  return answer(tag, Unreached::kOwnClient);
}
std::string with(std::string_view start, std::string_view error, std::string_view name) {
  return std::string(start).append(error).append("</").append(name).append(">");
}

TEST(UndeliveredError, AnswersAStanzaBetweenServers) {
  EXPECT_EQ(between_servers("<message from='a@x.example/r' to='b@y.example' id='m1' type='chat' "
                            "xml:lang='de'>"),
            with("<message type='error' id='m1' from='b@y.example' to='a@x.example/r'>",
                 kServerGone, "message"));
  EXPECT_EQ(between_servers("<iq to='y.example' from='x.example' type='get' id='1'/>"),
            with("<iq type='error' id='1' from='y.example' to='x.example'>", kServerGone, "iq"));
}

TEST(RefusedError, SaysWhyInTheWordsThatItIsGiven) {
  EXPECT_EQ(write_refused_error("<message from='b@x.example' to='a@y.example' id='1'>",
                                "Your certificate is <self-signed> & old."),
            "<message type='error' id='1' from='a@y.example' to='b@x.example'><error type='wait'>"
            "<remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
            "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>Your certificate is "
            "&lt;self-signed&gt; &amp; old.</text></error></message>");
  for (const auto* tag : {"<message type='error' from='b@x.example' to='a@y.example'>",
                          "<iq type='result' from='b@x.example' to='a@y.example'>",
                          "<presence from='b@x.example' to='a@y.example'/>"})
    EXPECT_FALSE(write_refused_error(tag, "why")) << tag;
}

TEST(UndeliveredError, AnswersAClientAsItsOwnServer) {
  EXPECT_EQ(to_own_server("<message to='b@y.example' id='m1'>"),
            with("<message type='error' id='m1' from='b@y.example'>", kOwnServerGone, "message"));
  EXPECT_EQ(to_own_server("<iq type='set' id='b'>"),
            with("<iq type='error' id='b'>", kOwnServerGone, "iq"));
  EXPECT_EQ(to_own_server("<iq from='a@x.example/r' type='set' id='b'/>"),
            with("<iq type='error' id='b' to='a@x.example/r'>", kOwnServerGone, "iq"));
}

TEST(UndeliveredError, AnswersAServerInTheNameOfItsClient) {
  EXPECT_EQ(to_own_client("<message from='b@y.example/s' to='a@x.example/r' id='m1' type='chat'>"),
            with("<message type='error' id='m1' to='b@y.example/s'>", kClientGone, "message"));
  EXPECT_EQ(to_own_client("<iq id='1' type='get' to='a@x.example/r'/>"),
            with("<iq type='error' id='1'>", kClientGone, "iq"));
}

TEST(UndeliveredError, AnswersEveryKindOfMessageButErrors) {
  for (const std::string type : {"chat", "normal", "groupchat", "headline", "unheard-of"})
    EXPECT_NE(between_servers("<message from='a' to='b' type='" + type + "'/>"), "none") << type;
  for (const auto& answered : {between_servers, to_own_server, to_own_client}) {
    EXPECT_NE(answered("<message from='a' to='b'/>"), "none");
    EXPECT_EQ(answered("<message from='a' to='b' type='error'/>"), "none");
  }
  EXPECT_EQ(to_own_client("<message from='a' to='b' type='headline'/>"), "none");
}

TEST(UndeliveredError, AnswersOnlyRequests) {
  for (const auto& answered : {between_servers, to_own_server, to_own_client}) {
    EXPECT_NE(answered("<iq from='a' to='b' id='1' type='get'/>"), "none");
    EXPECT_NE(answered("<iq from='a' to='b' id='1' type='set'/>"), "none");
    EXPECT_EQ(answered("<iq from='a' to='b' id='1' type='result'/>"), "none");
    EXPECT_EQ(answered("<iq from='a' to='b' id='1' type='error'/>"), "none");
    EXPECT_EQ(answered("<iq from='a' to='b' id='1'/>"), "none");
    EXPECT_EQ(answered("<iq from='a' to='b' id='1' type=''/>"), "none");
  }
}

TEST(UndeliveredError, AnswersPresenceOnlyIfSomebodyWaits) {
  const std::string subscribe = "<presence from='a' to='b' type='subscribe'/>";
  EXPECT_NE(between_servers(subscribe), "none");
  EXPECT_NE(to_own_server(subscribe), "none");
  EXPECT_EQ(to_own_client(subscribe), "none");
  const std::string enters = "<presence to='room@muc.example/nick'>";
  EXPECT_NE(to_own_server(enters), "none");
  EXPECT_EQ(between_servers(enters), "none");
  EXPECT_EQ(to_own_client(enters), "none");
  for (const std::string tag :
       {"<presence>", "<presence to='b@y.example'/>", "<presence to='b/r' type='unavailable'/>",
        "<presence to='b' type='probe'/>", "<presence to='b' type='subscribed'/>",
        "<presence to='b' type='unsubscribe'/>", "<presence to='b' type='unsubscribed'/>",
        "<presence to='b/r' type='error'/>", "<presence to='b/r' type=''/>"})
    for (const auto& answered : {between_servers, to_own_server, to_own_client})
      EXPECT_EQ(answered(tag), "none") << tag;
}

TEST(UndeliveredError, EscapesWhatItRepeats) {
  EXPECT_EQ(
      between_servers("<message id=\"'>&lt;x a=&quot;&amp;&lt;\" from='a@x.example/&apos;&#x1F600;"
                      "\xF0\x9F\x98\x80' to=\"b@y.example/>\">"),
      with("<message type='error' id='&apos;&gt;&lt;x a=&quot;&amp;&lt;' "
           "from='b@y.example/&gt;' "
           "to='a@x.example/&apos;\xF0\x9F\x98\x80\xF0\x9F\x98\x80'>",
           kServerGone, "message"));
}

TEST(UndeliveredError, ReadsPrefixesOfTheStreamHeader) {
  EXPECT_EQ(between_servers("<s:message y:id='no' from='a' z:from='no' to='b' id='a 5:6 c:d'>"),
            with("<message type='error' id='a 5:6 c:d' from='b' to='a'>", kServerGone, "message"));
  EXPECT_EQ(between_servers("<message xmlns='jabber:server' xmlns:q='urn:q' q:a='1' w:a='1' "
                            "from='a' to='b'/>"),
            with("<message type='error' from='b' to='a'>", kServerGone, "message"));
}

TEST(UndeliveredError, AnswersNothingThatItCannotRead) {
  for (const std::string tag :
       {"", " ", "<", "<message", "<message from='a'", "<message from='a>", "message>",
        "</message>", "<message from='a' from='b'>", "<message id='&undefined;'>", "<!-- -->",
        "<message id='<'>", "<enabled xmlns='urn:xmpp:sm:3'/>", "<r/>", "<:message>",
        "<message :id='1'>", "<message id='\xFF'>"})
    EXPECT_EQ(between_servers(tag), "none") << tag;
  const auto tag_of = [](std::size_t octets) {
    const std::string start = "<message from='a' to='b' id='";
    return start + std::string(octets - start.size() - 2, 'x') + "'>";
  };
  EXPECT_NE(between_servers(tag_of(kMaxAnsweredTag)), "none");
  EXPECT_EQ(between_servers(tag_of(kMaxAnsweredTag + 1)), "none");
}

TEST(StreamManagement, BeginsWithTwoElementsOfTheHost) {
  for (const auto* const ns : {"urn:xmpp:sm:2", "urn:xmpp:sm:3"}) {
    EXPECT_TRUE(begins_stream_management(ns, "enabled"));
    EXPECT_TRUE(begins_stream_management(ns, "resumed"));
    for (const auto* const name : {"enable", "resume", "failed", "r", "a", ""})
      EXPECT_FALSE(begins_stream_management(ns, name)) << name;
  }
  for (const auto* const ns : {"", "jabber:client", "urn:xmpp:sm:1", "urn:xmpp:sm:33"})
    EXPECT_FALSE(begins_stream_management(ns, "enabled")) << ns;
}

}  // namespace
}  // namespace portcullis::xmpp
