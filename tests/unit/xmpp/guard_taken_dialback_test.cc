#include <gmock/gmock.h>

#include "guard_support.h"

// Dialback that a backend says between its stanzas: it is taken out and passes nobody.
namespace portcullis::xmpp {
namespace {

using test::rules_of;
using testing::IsEmpty;

constexpr std::string_view kStanza = "<message from='u@a.example' to='b.example'/>";
constexpr std::string_view kQuestion =
    "<db:verify xmlns:db='jabber:server:dialback' from='A.example' to='other.example' id='1&lt;'>"
    "key</db:verify>";

GuardRules rules() {
  auto made = rules_of(GuardRules::Traffic::kS2sStanzas);
  made.takes_dialback = true;
  return made;
}

struct Read {
  std::string passed;
  std::vector<std::string> taken;
  std::size_t marks = 0;
  std::string fault;
};

Read read(GuardRules with, std::string_view bytes, std::size_t piece) {
  Read all;
  Guard guard(std::move(with));
  std::vector<StanzaMark> marks;
  for (; !bytes.empty() && all.fault.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    const auto stop =
        portcullis::xmpp::test::feed(guard, bytes.substr(0, piece), all.passed, &marks);
    for (const auto& one : guard.take_dialback()) all.taken.push_back(serialize(one, ns::kServer));
    if (stop && std::holds_alternative<GuardFault>(*stop))
      all.fault = policy::id(std::get<GuardFault>(*stop).reason);
  }
  std::erase(all.passed, ' ');
  all.marks = marks.size();
  return all;
}

std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

TEST(GuardTakenDialback, PassesOnlyTheStanzas) {
  const std::string both = std::string(kStanza) + std::string(kQuestion) + std::string(kStanza);
  for (std::size_t piece = 1; piece <= both.size(); ++piece) {
    const auto all = read(rules(), both, piece);
    EXPECT_EQ(all.passed, without_spaces(std::string(kStanza) + std::string(kStanza)));
    EXPECT_EQ(all.marks, 2U);
    EXPECT_EQ(all.fault, "");
    ASSERT_EQ(all.taken.size(), 1U) << piece;
    EXPECT_THAT(all.taken[0], testing::HasSubstr("from='A.example' to='other.example'"));
    EXPECT_THAT(all.taken[0], testing::HasSubstr("1&lt;"));
  }
}

TEST(GuardTakenDialback, IsTakenWithTheNamesThatStandInIt) {
  auto with = rules();
  with.names = NameForm::kALabels;
  with.from = *DomainName::parse("xn--bcher-kva.example");
  const auto all = read(std::move(with),
                        "<result xmlns='jabber:server:dialback' from='xn--bcher-kva.example' "
                        "to='b.example'>k</result>",
                        10'000);
  ASSERT_EQ(all.taken.size(), 1U);
  EXPECT_THAT(all.taken[0], testing::HasSubstr("from='xn--bcher-kva.example'"));
  EXPECT_EQ(all.passed, "");
}

TEST(GuardTakenDialback, IsAFaultWhereItIsNotTaken) {
  const auto all = read(rules_of(GuardRules::Traffic::kS2sStanzas), kQuestion, 10'000);
  EXPECT_EQ(all.fault, "dialback_attempted");
  EXPECT_THAT(all.taken, IsEmpty());
}

TEST(GuardTakenDialback, IsNotTakenOutOfAStanza) {
  for (const std::string_view inside :
       {"<message from='a.example' to='b.example'><db:verify xmlns:db='jabber:server:dialback'/>"
        "</message>",
        "<db:other xmlns:db='jabber:server:dialback' from='a.example' to='b.example'/>",
        "<verify xmlns='jabber:server:dialback'><result/></verify>"}) {
    const auto all = read(rules(), inside, 10'000);
    EXPECT_EQ(all.fault, "dialback_attempted") << inside;
    EXPECT_THAT(all.taken, IsEmpty());
  }
}

TEST(GuardTakenDialback, HasTheLimitOfAStanza) {
  auto with = rules();
  with.stanza_bytes = 100;
  const auto all = read(std::move(with), std::string(kQuestion), 7);
  EXPECT_EQ(all.fault, "stanza_too_big");
  EXPECT_THAT(all.taken, IsEmpty());
}

}  // namespace
}  // namespace portcullis::xmpp
