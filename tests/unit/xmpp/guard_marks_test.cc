// Unit tests of what a guard tells about the stanzas that it has passed on.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/xmpp/guard_support.h"

namespace portcullis::xmpp {
namespace {

using Traffic = GuardRules::Traffic;

GuardRules client_rules(Traffic traffic) {
  GuardRules rules;
  rules.traffic = traffic;
  rules.content_ns = "jabber:client";
  rules.declared = {{"c", "jabber:client"}};
  return rules;
}

// The start tags and the stanzas, by their marks.
std::vector<std::string> marked(Guard& guard, std::string_view bytes, std::size_t piece) {
  std::vector<std::string> all;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    std::string out;
    std::vector<StanzaMark> marks;
    EXPECT_FALSE(portcullis::xmpp::test::feed(guard, bytes.substr(0, piece), out, &marks));
    for (const auto& mark : marks) {
      all.push_back(out.substr(mark.begin, mark.tag));
      all.push_back(out.substr(mark.begin, mark.end - mark.begin));
    }
  }
  return all;
}

TEST(StanzaMarks, StandAtEveryStanzaAndAtNothingElse) {
  const std::string plain = "<message id='a>b'><body>x</body></message>";
  const std::string prefixed = "<c:iq type='get' id='1'><q xmlns='urn:q'/></c:iq>";
  const std::string all =
      " \n" + plain + "<r xmlns='urn:xmpp:sm:3'/>" + prefixed + " " + plain + plain + "<presence/>";
  const std::vector<std::string> expected{
      "<message id='a>b'>", plain,        "<c:iq type='get' id='1'>", prefixed,
      "<message id='a>b'>", plain,        "<message id='a>b'>",       plain,
      "<presence/>",        "<presence/>"};
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, all.size()}) {
    Guard guard(client_rules(Traffic::kClientToHost));
    EXPECT_EQ(marked(guard, all, piece), expected) << piece;
    EXPECT_EQ(guard.stanzas(), 5U);
  }
}

TEST(StanzaMarks, MatchAddressesThatWereWrittenAnew) {
  GuardRules rules;
  rules.content_ns = "jabber:server";
  rules.names = NameForm::kALabels;
  rules.from = DomainName::parse("b\u00FCcher.example").value();
  rules.to = DomainName::parse("y.example").value();
  Guard guard(rules);
  const std::string tag = "<message from='a@b\u00FCcher.example' to='y.example'>";
  EXPECT_EQ(
      marked(guard, "<message from='a@xn--bcher-kva.example' to='y.example'><body/></message>",
             1'000),
      (std::vector<std::string>{tag, tag + "<body/></message>"}));
}

bool manages(Traffic traffic, std::string_view bytes) {
  Guard guard(client_rules(traffic));
  std::string out;
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, bytes, out));
  EXPECT_EQ(out, bytes);
  return guard.managed();
}

TEST(StreamManagement, IsKnownFromWhatTheHostSays) {
  for (const std::string ns : {"urn:xmpp:sm:2", "urn:xmpp:sm:3"}) {
    EXPECT_TRUE(manages(Traffic::kHostToClient, "<enabled xmlns='" + ns + "' id='x'/>"));
    EXPECT_TRUE(manages(Traffic::kHostToClient, "<resumed xmlns='" + ns + "' h='1'/>"));
    EXPECT_TRUE(manages(Traffic::kHostToClient, "<s:enabled xmlns:s='" + ns + "'></s:enabled>"));
    for (const std::string name : {"failed", "r", "a", "enable", "resume"})
      EXPECT_FALSE(manages(Traffic::kHostToClient, "<" + name + " xmlns='" + ns + "'/>")) << name;
    // A client cannot say it, and inside of a stanza it means nothing.
    EXPECT_FALSE(manages(Traffic::kClientToHost, "<enabled xmlns='" + ns + "'/>"));
    EXPECT_FALSE(
        manages(Traffic::kHostToClient, "<message><enabled xmlns='" + ns + "'/></message>"));
  }
  EXPECT_FALSE(manages(Traffic::kHostToClient, "<active xmlns='urn:xmpp:csi:0'/>"));
}

}  // namespace
}  // namespace portcullis::xmpp
