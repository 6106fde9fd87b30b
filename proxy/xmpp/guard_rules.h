#pragma once

#include <optional>
#include <string_view>

#include "proxy/xmpp/expat_parser.h"
#include "proxy/xmpp/guard.h"

namespace portcullis::xmpp {

// The domain part of a JID (RFC 7622 section 3.1) as written: [local@]domain[/resource]. Nothing:
// a part is empty.
std::optional<std::string_view> domain_part(std::string_view jid);

// Whether a direction has stanzas at all.
constexpr bool carries_stanzas(GuardRules::Traffic traffic) {
  return traffic != GuardRules::Traffic::kS2sSilent &&
         traffic != GuardRules::Traffic::kS2sObservedAnswers;
}
constexpr bool is_between_servers(GuardRules::Traffic traffic) {
  return traffic != GuardRules::Traffic::kClientToHost &&
         traffic != GuardRules::Traffic::kHostToClient;
}
constexpr bool is_observed(GuardRules::Traffic traffic) {
  return traffic == GuardRules::Traffic::kS2sObserved ||
         traffic == GuardRules::Traffic::kS2sObservedAnswers;
}

// <result/> or <verify/>, which have a meaning on the first level alone.
bool is_dialback(const NameView& name);

// Whether a first-level element may pass; nothing: it may. <stream:error/> is not asked about.
std::optional<GuardFault> judge_first_level(const StartTag& tag, const GuardRules& rules);

}  // namespace portcullis::xmpp
