#include "proxy/xmpp/features.h"

#include <algorithm>

#include "proxy/xmpp/hop_features.h"
#include "proxy/xmpp/stream_prefixes.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::xmpp {
namespace {

std::string open_tag(std::string_view name, std::string_view in_ns) {
  std::string out = "<";
  out.append(name);
  append_attribute(out, "xmlns", in_ns);
  return out;
}

}  // namespace

std::string write_starttls_features() {
  return "<stream:features>" + open_tag("starttls", ns::kTls) +
         "><required/></starttls></stream:features>";
}

std::string write_optional_starttls_features(const StreamLimits& limits) {
  return "<stream:features>" + open_tag("starttls", ns::kTls) + "/>" + write_dialback_feature() +
         write_limits_feature(limits) + "</stream:features>";
}

std::string write_dialback_features(const StreamLimits& limits) {
  return "<stream:features>" + write_dialback_feature() + write_limits_feature(limits) +
         "</stream:features>";
}

std::string write_limits_features(const StreamLimits& limits) {
  return "<stream:features>" + write_limits_feature(limits) + "</stream:features>";
}

std::string write_starttls() {
  return open_tag("starttls", ns::kTls) + "/>";
}

std::string write_proceed() {
  return open_tag("proceed", ns::kTls) + "/>";
}

std::string write_dialback_feature() {
  return open_tag("dialback", ns::kDialbackFeature) + "><errors/></dialback>";
}

std::string write_limits_feature(const StreamLimits& limits) {
  return serialize(limits_element(limits), ns::kServer);
}

bool offers_starttls(const Element& features) {
  return features.is(ns::kStream, "features") && features.child(ns::kTls, "starttls") != nullptr;
}

bool requires_starttls(const Element& features) {
  if (!offers_starttls(features)) return false;
  return features.child(ns::kTls, "starttls")->child(ns::kTls, "required") != nullptr;
}

bool offers_dialback(const Element& features) {
  return features.is(ns::kStream, "features") &&
         features.child(ns::kDialbackFeature, "dialback") != nullptr;
}

Element client_features(const Element& backend, const StreamLimits& ours) {
  Element kept = backend;
  // The leg to the backend has merged the types of channel binding already.
  std::erase_if(kept.children, [](const Element& one) {
    return one.ns != ns::kSaslChannelBinding && handling_for_clients(one.ns) != Handling::kPass;
  });
  kept.children.push_back(limits_element(smaller_of(ours, read_limits(backend))));
  return kept;
}

}  // namespace portcullis::xmpp
