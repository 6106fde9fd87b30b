#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/base/domain_name.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_limits.h"

namespace portcullis::xmpp {

// SASL EXTERNAL between servers: RFC 6120 section 6, XEP-0178 section 3.

// <stream:features> that offers EXTERNAL and nothing else.
std::string write_external_features();
// The same with dialback (XEP-0344), behind which stanzas may follow without other features.
std::string write_external_and_dialback_features(const StreamLimits& limits);
// <auth mechanism='EXTERNAL'> with the authzid. The standard allows an empty one, but old servers
// demand it.
std::string write_external_auth(const DomainName& authzid);
std::string write_sasl_success();
// <failure><condition/><text xml:lang='en'/></failure>
std::string write_sasl_failure(std::string_view condition, std::string_view text);

bool offers_external(const Element& features);

// What is wrong with an <auth/>. `condition` is one of RFC 6120 section 6.5.
struct AuthFault {
  std::string_view condition;
  std::string_view text;
};
// Checks an <auth/> against the authenticated domain: the mechanism must be EXTERNAL, and the
// authzid must be empty, "=" or the domain itself. nullopt means that all is well.
std::optional<AuthFault> check_external_auth(const Element& auth, const DomainName& remote);

}  // namespace portcullis::xmpp
