#include "proxy/xmpp/sasl_external.h"

#include <algorithm>

#include "proxy/xmpp/base64.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/stream_prefixes.h"
#include "proxy/xmpp/writer.h"
#include "proxy/xmpp/xml_space.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kExternal = "EXTERNAL";

std::string open_tag(std::string_view name) {
  std::string out = "<";
  out.append(name);
  append_attribute(out, "xmlns", ns::kSasl);
  return out;
}

std::string external_features_and(const std::string& others) {
  return "<stream:features>" + open_tag("mechanisms") +
         "><mechanism>EXTERNAL</mechanism></mechanisms>" + others + "</stream:features>";
}

}  // namespace

std::string write_external_features() {
  return external_features_and({});
}

std::string write_external_and_dialback_features(const StreamLimits& limits) {
  return external_features_and(write_dialback_feature() + write_limits_feature(limits));
}

std::string write_external_auth(const DomainName& authzid) {
  return open_tag("auth") + " mechanism='EXTERNAL'>" + encode_base64(authzid.wire()) + "</auth>";
}

std::string write_sasl_success() {
  return open_tag("success") + "/>";
}

std::string write_sasl_failure(std::string_view condition, std::string_view text) {
  std::string out = open_tag("failure") + "><";
  out.append(condition).append("/>");
  if (!text.empty()) {
    out += "<text xml:lang='en'>";
    append_escaped(out, text);
    out += "</text>";
  }
  return out + "</failure>";
}

bool offers_external(const Element& features) {
  if (!features.is(ns::kStream, "features")) return false;
  const Element* mechanisms = features.child(ns::kSasl, "mechanisms");
  if (mechanisms == nullptr) return false;
  return std::any_of(mechanisms->children.begin(), mechanisms->children.end(),
                     [](const Element& one) {
                       return one.is(ns::kSasl, "mechanism") && trim_space(one.text()) == kExternal;
                     });
}

std::optional<AuthFault> check_external_auth(const Element& auth, const DomainName& remote) {
  const std::string* mechanism = auth.attribute("mechanism");
  if (!auth.is(ns::kSasl, "auth") || mechanism == nullptr || !auth.children.empty())
    return AuthFault{"malformed-request",
                     "An <auth/> with a mechanism and an authorization identity is expected here."};
  if (*mechanism != kExternal)
    return AuthFault{"invalid-mechanism",
                     "Only SASL EXTERNAL, with your server's certificate, is accepted here."};
  const std::string text = auth.text();
  // There is no initial response, or it is empty, which is written as "=" (RFC 6120 section 6.4.2).
  if (text.empty() || text == "=") return std::nullopt;
  const auto authzid = decode_base64(text);
  if (!authzid) return AuthFault{"incorrect-encoding", "The authorization identity is not base64."};
  const auto domain = DomainName::parse(*authzid);
  if (!domain || *domain != remote)
    return AuthFault{"invalid-authzid",
                     "The authorization identity differs from the from of the stream."};
  return std::nullopt;
}

}  // namespace portcullis::xmpp
