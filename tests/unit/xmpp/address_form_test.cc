#include "proxy/xmpp/address_form.h"

#include "guard_support.h"

// A backend that writes A-labels: what becomes of the addresses in its stanzas.
namespace portcullis::xmpp {
namespace {

using test::pass_every_way;
using test::Passed;
using test::s2s_rules;

constexpr const char* kBooks = "b\u00FCcher.example";
constexpr const char* kChinese = "\u4F8B\u5B50.example";

GuardRules rules_of_sender(NameForm names, const DomainName& from, const DomainName& to) {
  GuardRules rules = s2s_rules();
  rules.names = names;
  rules.from = from;
  rules.to = to;
  return rules;
}

GuardRules openfire() {
  return rules_of_sender(NameForm::kALabels, *DomainName::parse(kBooks),
                         *DomainName::parse(kChinese));
}

std::string iq(const std::string& from, const std::string& to,
               const std::string& rest = " id='1'/>") {
  return "<iq from='" + from + "' to='" + to + "'" + rest;
}

const std::string kWritten = iq("a@b\u00FCcher.example/r", "b@\u4F8B\u5B50.example");

TEST(AddressForm, WritesTheDomainsOfThePairWithULabels) {
  for (const auto& from : {"a@xn--bcher-kva.example/r", "a@b\u00FCcher.example/r"})
    for (const auto& to : {"b@xn--fsqu00a.example", "b@\u4F8B\u5B50.example"})
      EXPECT_EQ(pass_every_way(openfire(), iq(from, to)), (Passed{kWritten, ""})) << from << to;
}

TEST(AddressForm, ChangesNothingElse) {
  const std::string rest =
      " id='xn--bcher-kva.example' x:to='xn--fsqu00a.example' xmlns:x='urn:x'>"
      "<item to='xn--fsqu00a.example'>xn--bcher-kva.example</item></iq>";
  EXPECT_EQ(pass_every_way(openfire(), iq("xn--bcher-kva.example", "xn--fsqu00a.example", rest)),
            (Passed{iq(kBooks, kChinese, rest), ""}));
  // Local part and resource are the sender's own, however they look.
  EXPECT_EQ(pass_every_way(openfire(), iq("xn--fsqu00a.example@xn--bcher-kva.example/a@b/"
                                          "xn--bcher-kva.example",
                                          "xn--fsqu00a.example/xn--fsqu00a.example")),
            (Passed{iq("xn--fsqu00a.example@b\u00FCcher.example/a@b/xn--bcher-kva.example",
                       "\u4F8B\u5B50.example/xn--fsqu00a.example"),
                    ""}));
}

TEST(AddressForm, KeepsQuotesSpaceAndReferences) {
  EXPECT_EQ(pass_every_way(openfire(),
                           "<message\tto = \"b&apos;@xn--fsqu00a.example/&#x40;\"  "
                           "from= 'a@xn--bcher-kva.example' ><body>x</body></message >"),
            (Passed{"<message\tto = \"b&apos;@\u4F8B\u5B50.example/&#x40;\"  "
                    "from= 'a@b\u00FCcher.example' ><body>x</body></message >",
                    ""}));
}

TEST(AddressForm, StillRefusesWhatIsNotExactlyTheNameOfThePair) {
  const struct {
    const char* to;
    const char* stop;
  } cases[] = {
      {"b@XN--FSQU00A.example", "fault name_ambiguous improper-addressing"},
      {"b@xn--fsqu00a.example.", "fault name_ambiguous improper-addressing"},
      {"b@xn--fsqu00a\u3002example", "fault name_ambiguous improper-addressing"},
      {"b@xn--fsqu00a&#46;example", "fault name_ambiguous improper-addressing"},
      {"b&#64;xn--fsqu00a.example", "fault name_ambiguous improper-addressing"},
      {"b@xn--fsqu00a.example&#47;r", "fault name_ambiguous improper-addressing"},
      {"b@xn--bcher-kva.example", "fault address_spoofed improper-addressing"},
      {"b@xn--fsqu00a.example.evil.example", "fault address_spoofed improper-addressing"},
      {"b@evil.xn--fsqu00a.example", "fault address_spoofed improper-addressing"},
      {"b@fsqu00a.example", "fault address_spoofed improper-addressing"},
      {"@xn--fsqu00a.example", "fault address_spoofed improper-addressing"},
  };
  for (const auto& each : cases)
    EXPECT_EQ(pass_every_way(openfire(), iq("xn--bcher-kva.example", each.to)),
              (Passed{"", each.stop}))
        << each.to;
  EXPECT_EQ(pass_every_way(openfire(), iq("xn--fsqu00a.example", "xn--fsqu00a.example")).stop,
            "fault address_spoofed invalid-from");
}

TEST(AddressForm, LeavesABrokenTagToTheParser) {
  for (const auto* tag :
       {"<iq from='xn--bcher-kva.example' to='xn--fsqu00a.example' to='xn--fsqu00a.example'/>",
        "<iq from='xn--bcher-kva.example' to=xn--fsqu00a.example/>",
        "<iq from 'xn--bcher-kva.example' to='xn--fsqu00a.example'/>",
        "<iq from='xn--bcher-kva.example'to='xn--fsqu00a.example'/>"})
    EXPECT_EQ(pass_every_way(openfire(), tag), (Passed{"", "fault xml_invalid"})) << tag;
}

TEST(AddressForm, IsNotChangedForASenderThatWritesULabels) {
  auto rules = openfire();
  rules.names = NameForm::kUnicode;
  EXPECT_EQ(pass_every_way(rules, kWritten), (Passed{kWritten, ""}));
  EXPECT_EQ(pass_every_way(rules, iq("xn--bcher-kva.example", kChinese)).stop,
            "fault name_ambiguous invalid-from");
  EXPECT_EQ(pass_every_way(rules, iq(kBooks, "xn--fsqu00a.example")).stop,
            "fault name_ambiguous improper-addressing");
}

// The operator's own spelling is that of the whole Internet.
TEST(AddressForm, LeavesAHostThatIsSpelledWithALabels) {
  const auto rules =
      rules_of_sender(NameForm::kALabels, *DomainName::parse_as_spelled("xn--bcher-kva.example"),
                      *DomainName::parse(kChinese));
  EXPECT_EQ(pass_every_way(rules, iq("xn--bcher-kva.example", "xn--fsqu00a.example")),
            (Passed{iq("xn--bcher-kva.example", kChinese), ""}));
  EXPECT_EQ(pass_every_way(rules, iq(kBooks, "xn--fsqu00a.example")).stop,
            "fault name_ambiguous invalid-from");
}

TEST(AddressForm, NeverMakesANameOfTwoDomainsPass) {
  const auto rules = rules_of_sender(NameForm::kALabels, *DomainName::parse("a.example"),
                                     *DomainName::parse("xn--strae-oqa.example"));
  for (const auto* to : {"xn--strae-oqa.example", "stra\u00DFe.example", "strasse.example"})
    EXPECT_NE(pass_every_way(rules, iq("a.example", to)).stop, "") << to;
}

}  // namespace
}  // namespace portcullis::xmpp
