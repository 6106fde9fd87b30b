#pragma once

#include <optional>
#include <string_view>

#include "proxy/xmpp/expat_parser.h"
#include "proxy/xmpp/guard.h"

namespace portcullis::xmpp {

// The domain part of a JID (RFC 7622 section 3.1) as written: [local@]domain[/resource]. nullopt if
// one of the parts is empty.
std::optional<std::string_view> domain_part(std::string_view jid);

// Whether stanzas may pass in this direction.
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

// Whether it is the element with which a host tells that stream management is in force: <enabled/>
// or <resumed/> of XEP-0198, in the namespace of any of its versions.
bool begins_stream_management(std::string_view in_ns, std::string_view name);

// Whether it is <result/> or <verify/> of dialback. They have a meaning only on the first level.
bool is_dialback(const NameView& name);

// The question that a dialback element asks, or that it answers if it has a `type`: an answer swaps
// the addresses. nullopt if it is another element, or if an address is no domain.
std::optional<DialbackQuestion> question_of(const StartTag& tag);

// Why the first-level element `tag` must not pass; nullopt if it may pass. This is not called for
// <stream:error/>.
std::optional<GuardFault> judge_first_level(const StartTag& tag, const GuardRules& rules);

}  // namespace portcullis::xmpp
