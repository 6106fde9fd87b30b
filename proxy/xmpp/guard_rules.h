#pragma once

#include <optional>
#include <string_view>

#include "proxy/xmpp/expat_parser.h"
#include "proxy/xmpp/guard.h"

namespace portcullis::xmpp {

// The domain part of a JID (RFC 7622 section 3.1) as written: [local@]domain[/resource]. Nothing:
// a part is empty.
std::optional<std::string_view> domain_part(std::string_view jid);

// Whether a first-level element may pass; nothing: it may. <stream:error/> is not asked about.
std::optional<GuardFault> judge_first_level(const StartTag& tag, const GuardRules& rules);

}  // namespace portcullis::xmpp
