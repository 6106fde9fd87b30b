#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/xmpp/expat_oracle.h"

// Whatever PlainStanza accepts, expat accepts too, as the same stanza; and a guard that asks it
// passes the same as one that asks expat alone. The first byte of an input chooses the rules.
namespace {

using namespace portcullis;
using namespace portcullis::xmpp;
using Answer = PlainStanza::Answer;
using Traffic = GuardRules::Traffic;

GuardRules rules_for(std::uint8_t choice) {
  constexpr std::array kTraffic{Traffic::kS2sStanzas,   Traffic::kClientToHost,
                                Traffic::kHostToClient, Traffic::kS2sSilent,
                                Traffic::kS2sObserved,  Traffic::kS2sObservedAnswers,
                                Traffic::kS2sStanzas,   Traffic::kS2sSilent};
  const std::size_t index = (choice & 3U) | ((choice & 8U) >> 1U);
  GuardRules rules;
  rules.traffic = kTraffic[index];
  rules.dialback_verify = index >= 6;
  const bool s2s =
      rules.traffic != Traffic::kClientToHost && rules.traffic != Traffic::kHostToClient;
  rules.content_ns = s2s ? "jabber:server" : "jabber:client";
  rules.declared = {{"x", "urn:x"}, {"db", std::string(ns::kDialback)}};
  if (s2s) {
    rules.from = *DomainName::parse("a.example");
    rules.to = *DomainName::parse("b.example");
  }
  if ((choice & 4) != 0) {
    rules.stanza_bytes = 200;
    rules.depth = 3;
    rules.attributes = 4;
  }
  return rules;
}

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// A copy of its own, so that reading behind it is noticed.
PlainStanza::Verdict check(const GuardRules& rules, std::string_view bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());
  return PlainStanza(rules).check({exact.data(), exact.size()});
}

void check_start(const GuardRules& rules, std::string_view bytes) {
  BoundaryScanner scanner;
  scanner.scan(bytes, BoundaryScanner::Unit::kElement);
  const std::string_view tag = bytes.substr(0, scanner.first_tag());
  if (tag.empty() || !PlainStanza(rules).accepts_start(tag)) return;
  expect(!UnitJudge(rules).judge_start(tag), "expat refuses the tag");
}

void check_cut(const GuardRules& rules, std::string_view stanza) {
  const std::size_t step = 1 + stanza.size() / 64;
  for (std::size_t size = 0; size < stanza.size(); size += step)
    expect(check(rules, stanza.substr(0, size)).answer == Answer::kIncomplete,
           "a part is not incomplete");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const GuardRules rules = rules_for(data[0]);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto verdict = check(rules, bytes);
  if (verdict.answer == Answer::kAccepted) {
    const std::string why = test::objection(rules, bytes, verdict.length);
    expect(why.empty(), why.c_str());
    check_cut(rules, bytes.substr(0, verdict.length));
  } else {
    expect(verdict.length == 0, "a length without a stanza");
  }
  check_start(rules, bytes);
  expect(test::pass_by_guard(rules, bytes) == test::pass_by_expat(rules, bytes),
         "the guard passes something else");
  return 0;
}
