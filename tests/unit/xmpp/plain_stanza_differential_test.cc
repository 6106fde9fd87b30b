#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "expat_oracle.h"
#include "guard_support.h"

// Stanzas as a random source makes them, then damaged: PlainStanza must never accept what expat
// would not, and the guard must pass the same as expat alone.
namespace portcullis::xmpp {
namespace {

using test::rules_of;
using Answer = PlainStanza::Answer;
using Traffic = GuardRules::Traffic;

class Source {
 public:
  explicit Source(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <std::size_t N>
  std::string pick(const std::array<std::string_view, N>& from) {
    return std::string(from[below(N)]);
  }

  std::string plain_stanza() {
    const std::string name = pick(std::array<std::string_view, 3>{"message", "presence", "iq"});
    const std::string content =
        " from='" + jid("a.example") + "'" + space() + "to=\"" + jid("b.example") + "\"";
    return element(name, content, 0);
  }

  std::string dialback() {
    const std::string name =
        pick(std::array<std::string_view, 3>{"db:verify", "db:verify", "db:result"});
    const std::string type = pick(std::array<std::string_view, 3>{"", "", " type='valid'"});
    return "<" + name + space() + "from='a.example'" + space() + "to='b.example' id='1'" + type +
           (one_in(2) ? "/>" : ">" + text() + "</" + name + ">");
  }

  // One to three bytes or words exchanged, removed or added.
  std::string damaged(std::string bytes) {
    static constexpr std::array<std::string_view, 38> kWords{"<",
                                                             ">",
                                                             "/",
                                                             "'",
                                                             "\"",
                                                             "&",
                                                             "=",
                                                             ":",
                                                             " ",
                                                             "]]>",
                                                             "<!--",
                                                             "<?",
                                                             "<![CDATA[",
                                                             "&#65;",
                                                             "&x;",
                                                             "\x01",
                                                             "\xC0\xAF",
                                                             "\xED\xA0\x80",
                                                             "\xEF\xBF\xBE",
                                                             "\xC3",
                                                             "x:",
                                                             "xmlns:x='u' ",
                                                             "xmlns='' ",
                                                             " xmlns='jabber:server:dialback'",
                                                             " xmlns='jabber:server'",
                                                             " xml:lang=''",
                                                             "http://www.w3.org/2000/xmlns/",
                                                             "</a>",
                                                             "<a>",
                                                             "</message>",
                                                             "from='a.example' ",
                                                             "@",
                                                             "/",
                                                             "evil.example",
                                                             "db:",
                                                             "<db:result ",
                                                             "<db:verify type='' ",
                                                             "</db:result>"};
    for (std::size_t rounds = 1 + below(3); rounds > 0; --rounds) {
      const std::size_t at = below(bytes.size());
      const std::size_t removed = below(2) * below(4);
      bytes.replace(at, removed, one_in(3) ? "" : pick(kWords));
    }
    return bytes;
  }

 private:
  std::string space() {
    return pick(std::array<std::string_view, 5>{" ", " ", "  ", "\n\t", "\r\n"});
  }
  std::string jid(std::string_view domain) {
    std::string out = one_in(2) ? "" : pick(std::array<std::string_view, 2>{"u@", "\xC3\xBC.1@"});
    out += domain;
    return out + pick(std::array<std::string_view, 4>{"", "", "/r", "/x@y.example/z"});
  }
  std::string text() {
    std::string out;
    for (std::size_t words = below(8); words > 0; --words)
      out += pick(std::array<std::string_view, 12>{
          "hello ", "Wherefore art thou, Romeo? ", "\xD0\xBF\xD1\x80\xD0\xB8", "\xE2\x82\xAC",
          "\xF0\x9F\x98\x80", "&lt;", "&amp;", "&quot;", "]] >", "'\"", "\r\n", ">"});
    return out;
  }
  std::string attribute(std::size_t number) {
    static constexpr std::array<std::string_view, 6> kNames{"id",  "type",     "_a-b.c",
                                                            "var", "xml:lang", "xml:space"};
    const std::string name(kNames[number]);
    if (one_in(2)) return space() + name + "='" + pick(kValues) + "'";
    return space() + name + "=\"" + pick(kValues) + "\"";
  }
  std::string element(const std::string& name, std::string attributes, std::size_t depth) {
    for (std::size_t i = 0; i < 6; ++i)
      if (one_in(4)) attributes += attribute(i);
    if (depth > 0 && one_in(2)) attributes += space() + "xmlns='" + pick(kUris) + "'";
    if (one_in(3)) return "<" + name + attributes + (one_in(2) ? " />" : "/>");
    std::string out = "<" + name + attributes + (one_in(4) ? "\n>" : ">") + text();
    for (std::size_t children = depth < 5 ? below(3) : 0; children > 0; --children)
      out += element(pick(kChildren), "", depth + 1) + text();
    return out + "</" + name + (one_in(4) ? " >" : ">");
  }

  static constexpr std::array<std::string_view, 6> kValues{
      "", "chat", "a long value with spaces in it", "&apos;&gt;", "\xC3\xA9\xE2\x82\xAC", ">]]>"};
  static constexpr std::array<std::string_view, 4> kUris{
      "urn:xmpp:sid:0", "jabber:x:data", "http://jabber.org/protocol/disco#info", "jabber:client"};
  static constexpr std::array<std::string_view, 5> kChildren{"body", "x", "query", "message",
                                                             "_1.-"};

  std::mt19937 random_;
};

struct Count {
  int accepted = 0;
  int of = 0;
};

Count compare(const GuardRules& rules, const std::string& bytes, Count count) {
  const auto verdict = PlainStanza(rules).check(bytes);
  ++count.of;
  if (verdict.answer == Answer::kAccepted) {
    ++count.accepted;
    EXPECT_EQ(test::objection(rules, bytes, verdict.length), "") << bytes;
  }
  const auto guard = test::pass_by_guard(rules, bytes);
  const auto expat = test::pass_by_expat(rules, bytes);
  EXPECT_EQ(guard.bytes, expat.bytes) << bytes;
  EXPECT_EQ(guard.stanzas, expat.stanzas) << bytes;
  return count;
}

class Differential : public testing::TestWithParam<unsigned> {};

TEST_P(Differential, AcceptsEveryPlainStanza) {
  Source source(GetParam());
  const GuardRules rules = rules_of(Traffic::kS2sStanzas);
  for (int i = 0; i < 500; ++i) {
    const std::string bytes = source.plain_stanza();
    BoundaryScanner scanner;
    scanner.scan(bytes, BoundaryScanner::Unit::kElement);
    EXPECT_EQ(PlainStanza(rules).check(bytes),
              (PlainStanza::Verdict{Answer::kAccepted, bytes.size(), scanner.first_tag()}))
        << bytes;
    EXPECT_EQ(test::objection(rules, bytes, bytes.size()), "") << bytes;
  }
}

TEST_P(Differential, AcceptsNoDamageThatExpatRefuses) {
  Source source(GetParam());
  for (const auto traffic : {Traffic::kS2sStanzas, Traffic::kClientToHost, Traffic::kS2sSilent,
                             Traffic::kS2sObserved, Traffic::kS2sObservedAnswers}) {
    GuardRules rules = rules_of(traffic);
    rules.declared = {{"x", "urn:x"}, {"db", "jabber:server:dialback"}};
    rules.dialback_verify = true;
    rules.depth = 4;
    rules.attributes = 6;
    Count count;
    for (int i = 0; i < 1500; ++i)
      count = compare(rules, source.damaged(source.plain_stanza()) + source.plain_stanza(), count);
    // Both answers must occur often, or nothing was compared.
    if (traffic == Traffic::kS2sSilent || traffic == Traffic::kS2sObservedAnswers)
      EXPECT_EQ(count.accepted, 0);
    else
      EXPECT_GT(count.accepted, count.of / 20);
    EXPECT_LT(count.accepted, count.of * 9 / 10);
  }
}

// With units of dialback between them, which only expat can judge.
TEST_P(Differential, PassesTheSameAroundDialback) {
  Source source(GetParam());
  for (const auto traffic : {Traffic::kS2sStanzas, Traffic::kS2sSilent, Traffic::kS2sObserved,
                             Traffic::kS2sObservedAnswers}) {
    GuardRules rules = rules_of(traffic);
    rules.declared = {{"db", "jabber:server:dialback"}};
    rules.dialback_verify = true;
    // Those of b.example, which answers of this direction can answer.
    for (const bool verify : {true, true, false, false})
      rules.questions->ask({verify, *rules.to, *rules.from, verify ? "1" : ""});
    std::size_t passed = 0;
    for (int i = 0; i < 500; ++i) {
      std::string bytes = source.dialback() + source.dialback();
      if (source.one_in(2)) bytes = source.damaged(bytes);
      if (source.one_in(2)) bytes.insert(0, source.plain_stanza());
      compare(rules, bytes, {});
      if (test::pass_by_guard(rules, bytes).bytes.size() == bytes.size()) ++passed;
    }
    EXPECT_GT(passed, 0U);
    EXPECT_LT(passed, 450U);
  }
}

// One byte after the other by every other byte, so no rule depends on the luck of a seed.
TEST(DifferentialBytes, EveryByteOfAStanzaExchanged) {
  const GuardRules rules = rules_of(Traffic::kS2sStanzas);
  const std::string stanza =
      "<iq from='u@a.example/r' to=\"b.example\" xml:lang='e'><q xmlns='u:'>]]&lt; &amp;x\xC3\xA9"
      "</q ><i/></iq>";
  Count count;
  for (std::size_t at = 0; at < stanza.size(); ++at)
    for (int byte = 0; byte < 256; ++byte) {
      std::string bytes = stanza;
      bytes[at] = static_cast<char>(byte);
      count = compare(rules, bytes, count);
    }
  EXPECT_GT(count.accepted, count.of / 20);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Differential, testing::Values(1U, 2U, 3U, 5U));

}  // namespace
}  // namespace portcullis::xmpp
