#include "proxy/xmpp/login_refusal.h"

#include <gtest/gtest.h>

#include "reader_support.h"

namespace portcullis::xmpp {
namespace {

using test::element_of;

std::string refusal_of(const std::string& tried) {
  return write_login_refusal(element_of(tried), "Wait <a> while.");
}

TEST(LoginRefusal, OfSasl) {
  EXPECT_EQ(refusal_of("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>x</auth>"),
            "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><temporary-auth-failure/>"
            "<text xml:lang='en'>Wait &lt;a&gt; while.</text></failure>");
}

TEST(LoginRefusal, OfSasl2HasTheConditionOfSasl) {
  const auto written =
      refusal_of("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'></authenticate>");
  EXPECT_EQ(written,
            "<failure xmlns='urn:xmpp:sasl:2'><temporary-auth-failure "
            "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
            "<text xml:lang='en'>Wait &lt;a&gt; while.</text></failure>");
  EXPECT_EQ(failure_condition(element_of(written)), "temporary-auth-failure");
}

TEST(LoginRefusal, OfAnIqKeepsItsIdAndTurnsItsAddresses) {
  const std::string error =
      "><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
      "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>Wait &lt;a&gt; while.</text>"
      "</error></iq>";
  EXPECT_EQ(refusal_of("<iq type='set' id='a&amp;1' to='legacy.example' from='x'>"
                       "<query xmlns='jabber:iq:register'><username>u</username></query></iq>"),
            "<iq type='error' id='a&amp;1' from='legacy.example' to='x'" + error);
  EXPECT_EQ(refusal_of("<iq type='set'><query xmlns='jabber:iq:auth'/></iq>"),
            "<iq type='error'" + error);
}

TEST(LoginRefusal, TheConditionOfAFailureIsNotItsText) {
  const auto condition = [](const std::string& content) {
    return std::string(failure_condition(
        element_of("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + content + "</failure>")));
  };
  EXPECT_EQ(condition("<text>no</text><not-authorized/>"), "not-authorized");
  EXPECT_EQ(condition("<x xmlns='urn:x'/>"), "");
  EXPECT_EQ(condition(""), "");
}

}  // namespace
}  // namespace portcullis::xmpp
