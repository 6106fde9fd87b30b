#include <gmock/gmock.h>

#include <ctime>

#include "guard_support.h"

// Hostile XML on a relayed stream.
namespace portcullis::xmpp {
namespace {

using namespace std::string_literals;
using test::pass;
using test::pass_every_way;
using test::Passed;
using test::s2s_rules;
using test::stanza;

struct Case {
  std::string name;
  std::string bytes;
  std::string stop = "fault xml_invalid";
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << testing::PrintToString(one.bytes);
}

std::string case_name(const testing::TestParamInfo<Case>& one) {
  return one.param.name;
}

class RejectedByGuard : public testing::TestWithParam<Case> {};

TEST_P(RejectedByGuard, NothingOfItPasses) {
  EXPECT_EQ(pass_every_way(s2s_rules(), stanza("ok") + GetParam().bytes + stanza("not seen")),
            (Passed{stanza("ok"), GetParam().stop}));
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, RejectedByGuard,
    testing::Values(Case{"Comment", "<!-- x -->", "fault xml_restricted"},
                    Case{"CommentInside", stanza("<!-- x -->"), "fault xml_restricted"},
                    Case{"Instruction", stanza("<?x?>"), "fault xml_restricted"},
                    Case{"Declaration", "<?xml version='1.0'?>", "fault xml_restricted"},
                    Case{"Doctype", "<!DOCTYPE x>", "fault xml_restricted"},
                    Case{"Entity", stanza("&x;"), "fault xml_restricted"}, Case{"Text", "text"},
                    Case{"Reference", "&#32;"}, Case{"Cdata", "<![CDATA[ ]]>"},
                    Case{"Mismatch", stanza("<a></b>")},
                    Case{"MismatchOutside", "<iq from='a.example' to='b.example'></message>"},
                    Case{"UndeclaredPrefix", stanza("<p:a/>")},
                    Case{"Duplicate", stanza("", " from='b.example'")},
                    Case{"BadUtf8", stanza("\xC0\xAF")}, Case{"Surrogate", stanza("\xED\xA0\x80")},
                    Case{"Nul", stanza("\0"s)}, Case{"NulReference", stanza("&#0;")},
                    Case{"Separator", stanza("<a xmlns='x\x01y'/>")},
                    Case{"TagInValue", stanza("<a b='<'/>")}, Case{"Utf16Bom", "\xFE\xFF"},
                    Case{"Utf8Bom", "\xEF\xBB\xBF"}, Case{"LeadSwallowsTag", stanza("\xC3")},
                    // One element to a careless scanner, two to expat, and the reverse.
                    Case{"QuoteNeverClosed", "<iq a='/>"},
                    Case{"EmptyTagWithSpace", "<iq from='a.example' to='b.example'/ ></iq>"}),
    case_name);

TEST(GuardLimits, StanzaAtAndOverTheLimit) {
  GuardRules rules = s2s_rules();
  const std::string one = stanza("<body>text</body>");
  rules.stanza_bytes = one.size();
  EXPECT_EQ(pass_every_way(rules, one + " " + one), (Passed{one + one, ""}));
  EXPECT_EQ(pass_every_way(rules, one + stanza("<body>texts</body>")),
            (Passed{one, "fault stanza_too_big"}));
}

TEST(GuardLimits, NeverHoldsMoreThanOneStanza) {
  for (const char* begin :
       {"<message", "<message a='", "<message from='a.example' to='b.example'>",
        "<message from='a.example' to='b.example'><![CDATA[", "</stream:stream "}) {
    GuardRules rules = s2s_rules();
    rules.stanza_bytes = 1000;
    Guard guard(rules);
    std::string out;
    auto stop = portcullis::xmpp::test::feed(guard, begin, out);
    std::size_t given = std::string_view(begin).size();
    for (; !stop; ++given) {
      EXPECT_LE(guard.held_bytes(), 1000U);
      stop = portcullis::xmpp::test::feed(guard, " ", out);
    }
    EXPECT_EQ(given, 1001U);
    EXPECT_EQ(std::visit(test::DescribeStop{}, *stop), "fault stanza_too_big") << begin;
    EXPECT_EQ(out, "");
  }
}

TEST(GuardLimits, SpoofIsReportedRatherThanWhatFollows) {
  const std::string spoof = "<message from='evil.example' to='b.example'>";
  for (const std::string& behind : {"\0"s, "<!-- -->"s, "<a"s, "</iq>"s, "\xFF"s, "<?x?>"s})
    EXPECT_EQ(pass_every_way(s2s_rules(), spoof + behind + "</message>").stop,
              "fault address_spoofed invalid-from");
}

TEST(GuardLimits, SpoofIsReportedRatherThanSize) {
  GuardRules rules = s2s_rules();
  rules.stanza_bytes = 100;
  EXPECT_EQ(pass_every_way(rules, "<message from='evil.example' to='b.example'>" +
                                      std::string(200, 'x') + "</message>")
                .stop,
            "fault address_spoofed invalid-from");
}

TEST(GuardLimits, DepthAtAndOverTheLimit) {
  GuardRules rules = s2s_rules();
  const auto deep = [](std::size_t depth) {
    std::string open;
    std::string close;
    for (std::size_t i = 1; i < depth; ++i) {
      open += "<a>";
      close += "</a>";
    }
    return stanza(open + close);
  };
  Guard at(rules);
  EXPECT_EQ(pass(at, {deep(64)}), (Passed{deep(64), ""}));
  Guard over(rules);
  EXPECT_EQ(pass(over, {deep(65)}), (Passed{"", "fault xml_invalid"}));
  rules.stanza_bytes = 4 << 20;
  Guard bomb(rules);
  EXPECT_EQ(pass(bomb, {deep(200'000)}), (Passed{"", "fault xml_invalid"}));
}

TEST(GuardLimits, AttributesAtAndOverTheLimit) {
  const auto with = [](int count) {
    std::string attributes;
    for (int i = 2; i < count; ++i) attributes += " a" + std::to_string(i) + "=''";
    return stanza("", attributes);
  };
  Guard at(s2s_rules());
  EXPECT_EQ(pass(at, {with(128)}), (Passed{with(128), ""}));
  Guard over(s2s_rules());
  EXPECT_EQ(pass(over, {with(129)}), (Passed{"", "fault xml_invalid"}));
}

TEST(GuardLimits, StreamErrorThatNeedsTooMuchMemory) {
  std::string bytes = "<stream:error xmlns:p='" + std::string(10'000, 'u') + "'>";
  for (int i = 0; i < 100; ++i) bytes += "<p:a/>";
  Guard guard(s2s_rules());
  EXPECT_EQ(pass(guard, {bytes + "</stream:error>"}), (Passed{"", "fault stanza_too_big"}));
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double cost_of(const std::string& bytes) {
  double best = 1e9;
  for (int run = 0; run < 3; ++run) {
    Guard guard(s2s_rules());
    std::string out;
    const double before = cpu_seconds();
    for (const char c : bytes) EXPECT_FALSE(portcullis::xmpp::test::feed(guard, {&c, 1}, out));
    best = std::min(best, cpu_seconds() - before);
    EXPECT_EQ(out.size(), bytes.size());
  }
  return best;
}

// Quadratic work would cost 25 times as much for 5 times the size.
TEST(GuardCpu, SingleBytesCostLinearly) {
  const auto attribute = [](std::size_t size) {
    return stanza("", " a='" + std::string(size, '>') + "'");
  };
  EXPECT_LT(cost_of(attribute(250'000)), 12 * cost_of(attribute(50'000)));
  const auto text = [](std::size_t size) { return stanza(std::string(size, '>')); };
  EXPECT_LT(cost_of(text(250'000)), 12 * cost_of(text(50'000)));
}

}  // namespace
}  // namespace portcullis::xmpp
