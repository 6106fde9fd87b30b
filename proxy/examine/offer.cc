#include "proxy/examine/offer.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "policy/reasons/reason.h"
#include "proxy/xmpp/features.h"

namespace portcullis::examine {
namespace {

constexpr std::size_t kLongestWord = 64;

void add(std::string_view word, std::vector<std::string>& words) {
  if (words.size() < Offer::kMostWords) words.push_back(policy::printable(word, kLongestWord));
}

}  // namespace

bool Offer::has_mechanism(std::string_view name) const {
  return std::find(mechanisms.begin(), mechanisms.end(), name) != mechanisms.end();
}

Offer read_offer(const xmpp::Element& features) {
  Offer offer;
  offer.starttls = xmpp::offers_starttls(features);
  offer.starttls_required = xmpp::requires_starttls(features);
  offer.dialback = xmpp::offers_dialback(features);
  offer.bidi = features.child(xmpp::ns::kBidiFeature, "bidi") != nullptr;
  offer.sasl2 = features.child(xmpp::ns::kSasl2, "authentication") != nullptr;
  offer.limits = xmpp::read_limits(features);
  if (const auto* const list = features.child(xmpp::ns::kSasl, "mechanisms"))
    for (const auto& one : list->children)
      if (one.is(xmpp::ns::kSasl, "mechanism")) add(one.text(), offer.mechanisms);
  if (const auto* const list =
          features.child(xmpp::ns::kSaslChannelBinding, "sasl-channel-binding"))
    for (const auto& one : list->children)
      if (const auto* const type = one.attribute("type")) add(*type, offer.bindings);
  return offer;
}

}  // namespace portcullis::examine
