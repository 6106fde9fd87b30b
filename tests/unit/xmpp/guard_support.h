#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/xmpp/guard.h"
#include "proxy/xmpp/writer.h"
#include "tests/support/feed_guard.h"
#include "tests/unit/xmpp/fresh_rules.h"

namespace portcullis::xmpp::test {

struct DescribeStop {
  std::string operator()(const GuardEnded&) const { return "ended"; }
  std::string operator()(const GuardStreamError& stop) const {
    return "error " + serialize(stop.error, "");
  }
  std::string operator()(const GuardFault& fault) const {
    std::string out = "fault ";
    out += policy::id(fault.reason);
    if (!fault.condition.empty()) out.append(" ").append(fault.condition);
    return out;
  }
};

struct Passed {
  std::string bytes;
  std::string stop;  // empty: none
  bool operator==(const Passed&) const = default;
};

inline void PrintTo(const Passed& passed, std::ostream* out) {
  *out << "\"" << passed.bytes << "\", stop \"" << passed.stop << "\"";
}

inline Passed pass(Guard& guard, const std::vector<std::string_view>& pieces) {
  Passed result;
  for (const auto piece : pieces) {
    auto stop = portcullis::xmpp::test::feed(guard, piece, result.bytes);
    if (!stop) continue;
    result.stop = std::visit(DescribeStop{}, *stop);
    break;
  }
  return result;
}

// What passes, without the white space between elements, after checking that cutting the input
// anywhere, or into single bytes, changes nothing. `bytes` must have no other leading white space
// inside of elements than what follows a '>'.
inline Passed pass_every_way(const GuardRules& rules, std::string_view bytes) {
  const auto run = [&](const std::vector<std::string_view>& pieces) {
    Guard guard(fresh(rules));
    Passed result;
    for (const auto piece : pieces) {
      std::string out;
      auto stop = portcullis::xmpp::test::feed(guard, piece, out);
      EXPECT_LE(guard.held_bytes(), rules.stanza_bytes);
      if (out != " ") result.bytes += out;
      if (!stop) continue;
      result.stop = std::visit(DescribeStop{}, *stop);
      break;
    }
    return result;
  };
  const Passed whole = run({bytes});
  for (std::size_t cut = 1; cut < bytes.size(); ++cut)
    EXPECT_EQ(run({bytes.substr(0, cut), bytes.substr(cut)}), whole)
        << "cut at " << cut << " of " << bytes;
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  EXPECT_EQ(run(single), whole) << "byte by byte: " << bytes;
  return whole;
}

inline GuardRules s2s_rules(std::string_view from = "a.example",
                            std::string_view to = "b.example") {
  GuardRules rules;
  rules.traffic = GuardRules::Traffic::kS2sStanzas;
  rules.from = *DomainName::parse(from);
  rules.to = *DomainName::parse(to);
  rules.content_ns = "jabber:server";
  return rules;
}

inline GuardRules rules_of(GuardRules::Traffic traffic) {
  GuardRules rules = s2s_rules();
  rules.traffic = traffic;
  rules.questions = std::make_shared<DialbackQuestions>();
  if (traffic == GuardRules::Traffic::kClientToHost ||
      traffic == GuardRules::Traffic::kHostToClient) {
    rules.content_ns = "jabber:client";
    rules.from.reset();
    rules.to.reset();
  }
  return rules;
}

// A stanza of the pair with these attributes and content.
inline std::string stanza(std::string_view inside = "", std::string_view attributes = "") {
  std::string out = "<message from='x@a.example/r' to='y@b.example'";
  out.append(attributes).append(">").append(inside).append("</message>");
  return out;
}

}  // namespace portcullis::xmpp::test
