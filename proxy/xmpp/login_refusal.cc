#include "proxy/xmpp/login_refusal.h"

#include <algorithm>

#include "proxy/xmpp/sasl_external.h"
#include "proxy/xmpp/stream_prefixes.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kStanzas = "urn:ietf:params:xml:ns:xmpp-stanzas";
constexpr std::string_view kCondition = "temporary-auth-failure";

std::string text_element(std::string_view in_ns, std::string_view text) {
  std::string out = "<text";
  if (!in_ns.empty()) append_attribute(out, "xmlns", in_ns);
  append_attribute(out, "xml:lang", "en");
  out += '>';
  append_escaped(out, text);
  return out + "</text>";
}

// The condition is SASL's own, the text is SASL2's.
std::string write_sasl2_failure(std::string_view text) {
  std::string out = "<failure";
  append_attribute(out, "xmlns", ns::kSasl2);
  out.append("><").append(kCondition);
  append_attribute(out, "xmlns", ns::kSasl);
  return out + "/>" + text_element({}, text) + "</failure>";
}

std::string write_iq_error(const Element& iq, std::string_view text) {
  std::string out = "<iq";
  append_attribute(out, "type", "error");
  if (const auto* const id = iq.attribute("id")) append_attribute(out, "id", *id);
  if (const auto* const to = iq.attribute("to")) append_attribute(out, "from", *to);
  if (const auto* const from = iq.attribute("from")) append_attribute(out, "to", *from);
  out += "><error";
  append_attribute(out, "type", "wait");
  out += "><resource-constraint";
  append_attribute(out, "xmlns", kStanzas);
  return out + "/>" + text_element(kStanzas, text) + "</error></iq>";
}

}  // namespace

std::string write_login_refusal(const Element& tried, std::string_view text) {
  if (tried.ns == ns::kSasl) return write_sasl_failure(kCondition, text);
  if (tried.ns == ns::kSasl2) return write_sasl2_failure(text);
  return write_iq_error(tried, text);
}

std::string_view failure_condition(const Element& failure) {
  const auto found = std::find_if(
      failure.children.begin(), failure.children.end(),
      [](const Element& child) { return child.ns == ns::kSasl && child.name != "text"; });
  return found == failure.children.end() ? std::string_view() : std::string_view(found->name);
}

}  // namespace portcullis::xmpp
