#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/domain_name.h"
#include "proxy/base/idna.h"

// The two forms of a domain, and the two readings of a text.
namespace portcullis {
namespace {

DomainName domain(std::string_view text) {
  auto name = DomainName::parse(text);
  EXPECT_TRUE(name) << text;
  return name.value();
}

// What `util.encodings`' stringprep.nameprep of Prosody 0.12.3 and jid:nameprep/1 of ejabberd 23.01
// answered; empty: nil and error. Only where Unicode 3.2 does not know a code point the two differ:
// Prosody leaves it as it is, ejabberd refuses it.
struct Measured {
  std::string_view text;
  std::string_view prosody;
  std::string_view ejabberd;
};

const std::vector<Measured> kMeasured{
    {"b\u00fccher.example", "b\u00fccher.example", "b\u00fccher.example"},
    {"B\u00dcCHER.example", "b\u00fccher.example", "b\u00fccher.example"},
    {"\uff42\uff55.example", "bu.example", "bu.example"},
    {"a\u3002raw.example", "a\u3002raw.example", "a\u3002raw.example"},
    {"a\uff0eraw.example", "a.raw.example", "a.raw.example"},
    {"a\uff61raw.example", "a\u3002raw.example", "a\u3002raw.example"},
    {"stra\u00dfe.example", "strasse.example", "strasse.example"},
    {"\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2.example",
     "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3.example",
     "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3.example"},
    {"a\u200db.example", "ab.example", "ab.example"},
    {"\u0915\u094d\u200d\u0937.example", "\u0915\u094d\u0937.example",
     "\u0915\u094d\u0937.example"},
    {"a\u00adb.example", "ab.example", "ab.example"},
    {"xn--bcher-kva.example", "xn--bcher-kva.example", "xn--bcher-kva.example"},
    {"XN--BCHER-KVA.example", "xn--bcher-kva.example", "xn--bcher-kva.example"},
    {"xn--zzzzzz.example", "xn--zzzzzz.example", "xn--zzzzzz.example"},
    {"b\u00fccher.xn--bcher-kva.example", "b\u00fccher.xn--bcher-kva.example",
     "b\u00fccher.xn--bcher-kva.example"},
    {"\u4f8b\u5b50.example", "\u4f8b\u5b50.example", "\u4f8b\u5b50.example"},
    {"\u0645\u062b\u0627\u0644.example", "", ""},
    {"\u0645\u062b\u0627\u0644.\u0625\u062e\u062a\u0628\u0627\u0631",
     "\u0645\u062b\u0627\u0644.\u0625\u062e\u062a\u0628\u0627\u0631",
     "\u0645\u062b\u0627\u0644.\u0625\u062e\u062a\u0628\u0627\u0631"},
    {"\u0645\u062b\u0627\u06441", "", ""},
    {"\u1e9e.example", "\u1e9e.example", ""},
    {"\U0001f600.example", "\U0001f600.example", ""},
    {"\u01c4.example", "d\u017e.example", "d\u017e.example"},
    {"\u2460.example", "1.example", "1.example"},
    {"\u212a.example", "k.example", "k.example"},
    {"\u017f.example", "s.example", "s.example"},
    {"\u0130.example", "i\u0307.example", "i\u0307.example"},
    {"\u10a0.example", "\u10a0.example", "\u10a0.example"},
    {"\u2100.example", "a/c.example", "a/c.example"},
    {"\u2488.example", "1..example", "1..example"},
    {"raw.example.", "raw.example.", "raw.example."},
    {"raw.example\u3002", "raw.example\u3002", "raw.example\u3002"},
    {"A_B.example", "a_b.example", "a_b.example"},
};

TEST(Nameprep, ReadsAsTheServersDo) {
  for (const auto& each : kMeasured) {
    const auto read = idna::nameprep(each.text);
    EXPECT_EQ(read ? *read : "", each.prosody) << each.text;
    if (!each.ejabberd.empty()) {
      EXPECT_EQ(read, std::string(each.ejabberd)) << each.text;
    }
  }
}

TEST(Nameprep, ReadsNoNulAndNoBrokenUtf8) {
  using namespace std::string_view_literals;
  for (const auto text : {"a\0b"sv, "\u00fc\0b"sv, "\xff.example"sv, "\xc3"sv, "\xed\xa0\x80"sv})
    EXPECT_FALSE(idna::nameprep(text));
}

struct Forms {
  std::string_view text;
  std::string_view a_label;
  std::string_view wire;
  bool unambiguous;
};

const std::vector<Forms> kForms{
    {"A.example", "a.example", "a.example", true},
    {"b\u00fccher.example", "xn--bcher-kva.example", "b\u00fccher.example", true},
    {"XN--BCHER-KVA.example", "xn--bcher-kva.example", "b\u00fccher.example", true},
    {"b\u00fccher.xn--bcher-kva.example", "xn--bcher-kva.xn--bcher-kva.example",
     "b\u00fccher.b\u00fccher.example", true},
    {"\u4f8b\u5b50.example", "xn--fsqu00a.example", "\u4f8b\u5b50.example", true},
    {"\u0645\u062b\u0627\u0644.\u0625\u062e\u062a\u0628\u0627\u0631", "xn--mgbh0fb.xn--kgbechtv",
     "\u0645\u062b\u0627\u0644.\u0625\u062e\u062a\u0628\u0627\u0631", true},
    {"a\u3002raw.example", "a.raw.example", "a.raw.example", true},
    {"fa\u00df.example", "xn--fa-hia.example", "fa\u00df.example", false},
    {"xn--strae-oqa.example", "xn--strae-oqa.example", "stra\u00dfe.example", false},
    {"\u03c2.example", "xn--3xa.example", "\u03c2.example", false},
    {"\u0915\u094d\u200d\u0937.example", "xn--11b2ezcw70k.example",
     "\u0915\u094d\u200d\u0937.example", false},
    {"\u0645\u062b\u0627\u0644.example", "xn--mgbh0fb.example", "\u0645\u062b\u0627\u0644.example",
     false},
};

TEST(DomainForms, AreMadeWhenTheNameIsRead) {
  for (const auto& each : kForms) {
    const auto name = domain(each.text);
    EXPECT_EQ(name.a_label(), each.a_label) << each.text;
    EXPECT_EQ(name.wire(), each.wire) << each.text;
    EXPECT_EQ(name.u_label(), each.wire) << each.text;
    EXPECT_EQ(name.is_unambiguous(), each.unambiguous) << each.text;
    EXPECT_EQ(name.ambiguity().empty(), each.unambiguous) << each.text;
  }
}

TEST(DomainForms, KeepALabelsThatTheOperatorWrote) {
  const auto ascii = DomainName::parse_as_spelled("XN--bcher-kva.example.").value();
  EXPECT_EQ(ascii.wire(), "xn--bcher-kva.example");
  EXPECT_EQ(ascii.u_label(), "b\u00fccher.example");
  EXPECT_EQ(ascii, domain("b\u00fccher.example"));
  EXPECT_TRUE(ascii.is_written("xn--bcher-kva.example"));
  EXPECT_FALSE(ascii.is_written("b\u00fccher.example"));

  EXPECT_EQ(DomainName::parse_as_spelled("B\u00fccher.example").value().wire(),
            "b\u00fccher.example");
  EXPECT_EQ(DomainName::parse_as_spelled("Plain.example").value().wire(), "plain.example");
  EXPECT_FALSE(DomainName::parse_as_spelled("xn--fa-hia.example").value().is_unambiguous());
}

TEST(DomainForms, FollowTheServerThatReadsThem) {
  const auto books = domain("b\u00fccher.example");
  const auto in_a_labels = books.for_server(NameForm::kALabels);
  EXPECT_EQ(in_a_labels, books);
  EXPECT_EQ(in_a_labels.wire(), "xn--bcher-kva.example");
  EXPECT_EQ(in_a_labels.u_label(), "b\u00fccher.example");
  EXPECT_EQ(books.wire(), "b\u00fccher.example");
  EXPECT_EQ(books.for_server(NameForm::kUnicode).wire(), "b\u00fccher.example");
  // The operator's spelling is left alone, and so is what cannot be served.
  const auto spelled = DomainName::parse_as_spelled("xn--bcher-kva.example").value();
  EXPECT_EQ(spelled.for_server(NameForm::kUnicode).wire(), "xn--bcher-kva.example");
  EXPECT_FALSE(domain("fa\u00df.example").for_server(NameForm::kALabels).is_unambiguous());
  EXPECT_EQ(domain("plain.example").for_server(NameForm::kALabels).wire(), "plain.example");
}

TEST(DomainForms, AnAmbiguityIsToldInAscii) {
  EXPECT_EQ(domain("fa\u00df.example").ambiguity(),
            "DNS and certificates know the name as xn--fa-hia.example, and XMPP servers, which "
            "read it by IDNA2003, take it for fass.example");
  EXPECT_EQ(domain("\u03c2.example").ambiguity(),
            "DNS and certificates know the name as xn--3xa.example, and XMPP servers, which read "
            "it by IDNA2003, take it for xn--4xa.example");
  EXPECT_EQ(domain("\u0645\u062b\u0627\u0644.example").ambiguity(),
            "DNS and certificates know the name as xn--mgbh0fb.example, and XMPP servers, which "
            "read it by IDNA2003, accept no such name");
}

struct Written {
  std::string_view domain;
  std::vector<std::string_view> alike;
  std::vector<std::string_view> otherwise;
};

const std::vector<Written> kWritten{
    {"a.raw.example",
     {"a.raw.example", "A.RAW.example", "\uff41.raw.example", "a\uff0eraw.example"},
     {"a\u3002raw.example", "a\uff61raw.example", "a.raw.example.", "a.raw.example\u3002",
      "b.raw.example", ""}},
    {"ab.example", {"ab.example", "a\u00adb.example"}, {"a\u200db.example", "a b.example"}},
    {"b\u00fccher.example",
     {"b\u00fccher.example", "B\u00dcCHER.example", "bu\u0308cher.example"},
     {"xn--bcher-kva.example", "XN--BCHER-KVA.example", "bucher.example", "b\u00fccher.example."}},
    {"ss.example", {"ss.example", "SS.example"}, {"\u00df.example", "\u1e9e.example"}},
    // Nobody can write an ambiguous name.
    {"stra\u00dfe.example",
     {},
     {"stra\u00dfe.example", "strasse.example", "xn--strae-oqa.example"}},
};

TEST(DomainForms, ATextIsADomainOnlyInBothReadings) {
  for (const auto& each : kWritten) {
    const auto name = domain(each.domain);
    for (const auto text : each.alike) EXPECT_TRUE(name.is_written(text)) << text;
    for (const auto text : each.otherwise) EXPECT_FALSE(name.is_written(text)) << text;
  }
}

TEST(DomainForms, OnlyTheVeryOctetsAreTheWire) {
  const auto name = domain("b\u00fccher.example");
  EXPECT_TRUE(name.is_wire("b\u00fccher.example"));
  for (const auto* text : {"B\u00fccher.example", "xn--bcher-kva.example", "b\u00fccher.example."})
    EXPECT_FALSE(name.is_wire(text)) << text;
  EXPECT_FALSE(domain("fa\u00df.example").is_wire("fa\u00df.example"));
}

}  // namespace
}  // namespace portcullis
