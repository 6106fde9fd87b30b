#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/xmpp/guard_support.h"

// Server dialback on a relayed stream, in every style, and what the guard says of it.
namespace portcullis::xmpp::test {

inline constexpr const char* kAttempted = "fault dialback_attempted";
inline constexpr const char* kUnsupported = "fault xml_invalid unsupported-stanza-type";
inline constexpr const char* kInvalidFrom = "fault address_spoofed invalid-from";
inline constexpr const char* kImproper = "fault address_spoofed improper-addressing";
inline constexpr const char* kPair = "from='a.example' to='b.example'";

inline DialbackQuestion question(bool verify, const std::string& id = "",
                                 const std::string& from = "b.example",
                                 const std::string& to = "a.example") {
  return {verify, *DomainName::parse(from), *DomainName::parse(to), id};
}

// The pair is a.example -> b.example in every direction that is tested here. So the questions that
// answers of this direction can answer came from b.example.
inline GuardRules rules_for(GuardRules::Traffic traffic, bool dialback_verify = false) {
  GuardRules rules = rules_of(traffic);
  rules.declared = {{"db", "jabber:server:dialback"}, {"d", "jabber:server:dialback"}};
  rules.dialback_verify = dialback_verify;
  rules.questions = std::make_shared<DialbackQuestions>();
  for (auto asked : {question(false), question(true), question(true, "1")})
    rules.questions->ask(std::move(asked));
  return rules;
}

// The prefix that is usual, from the header or from the element itself; another one; none.
inline std::vector<std::string> every_style(const std::string& name, const std::string& attributes,
                                            const std::string& inside = "key") {
  const auto element = [&](const std::string& prefix, const std::string& declaration) {
    return "<" + prefix + name + declaration + " " + attributes + ">" + inside + "</" + prefix +
           name + ">";
  };
  const std::string uri = "='jabber:server:dialback'";
  return {element("db:", ""), element("d:", ""), element("db:", " xmlns:db" + uri),
          element("x:", " xmlns:x" + uri), element("", " xmlns" + uri)};
}

inline void expect_passes(const GuardRules& rules, const std::string& bytes) {
  EXPECT_EQ(pass_every_way(rules, bytes), (Passed{bytes, ""})) << bytes;
}

inline void expect_stops(const GuardRules& rules, const std::string& bytes, const char* stop) {
  EXPECT_EQ(pass_every_way(rules, bytes), (Passed{"", stop})) << bytes;
}

}  // namespace portcullis::xmpp::test
