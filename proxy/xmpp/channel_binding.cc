#include "proxy/xmpp/channel_binding.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/xmpp/base64.h"
#include "proxy/xmpp/xml_space.h"

namespace portcullis::xmpp {
namespace {

bool is_list(const Element& element) {
  return element.is(ns::kSaslChannelBinding, "sasl-channel-binding");
}

bool is_end_point(const Element& element) {
  const auto* const type = element.attribute("type");
  return element.is(ns::kSaslChannelBinding, "channel-binding") && type != nullptr &&
         *type == "tls-server-end-point";
}

bool lists_end_point(const Element& element) {
  return std::any_of(element.children.begin(), element.children.end(),
                     is_list(element) ? &is_end_point : &lists_end_point);
}

// The name of a mechanism for tokens ends in what a token is bound to.
bool is_token_of_other_type(const Element& element, bool end_point) {
  if (!element.is(ns::kFast, "mechanism")) return false;
  const std::string text = element.text();
  const auto name = trim_space(text);
  return name.ends_with("-EXPR") || name.ends_with("-UNIQ") ||
         (!end_point && name.ends_with("-ENDP"));
}

// Wherever they stand: SASL2 has features inside of its own. True: a type was left out.
bool leave_out(Element& parent, bool end_point) {
  bool hidden = false;
  for (auto& child : parent.children) {
    if (!is_list(child)) {
      hidden = leave_out(child, end_point) || hidden;
      continue;
    }
    const auto left_out = std::erase_if(child.children, [end_point](const Element& type) {
      return !end_point || !is_end_point(type);
    });
    hidden = hidden || left_out > 0;
  }
  std::erase_if(parent.children, [end_point](const Element& child) {
    return (is_list(child) && child.children.empty()) || is_token_of_other_type(child, end_point);
  });
  return hidden;
}

}  // namespace

bool offers_end_point_binding(const Element& features) {
  return lists_end_point(features);
}

BindableOffer offer_bindings(Element features, bool end_point) {
  BindableOffer offer{std::move(features)};
  offer.hides_types = leave_out(offer.features, end_point);
  return offer;
}

bool hashes_the_offer(const Element& challenge) {
  if (challenge.name != "challenge") return false;
  const auto message = decode_base64(challenge.text());
  // RFC 5802 section 7, server-first-message: the nonce is first, extensions are last.
  return message && message->starts_with("r=") && message->find(",h=") != std::string::npos;
}

}  // namespace portcullis::xmpp
