#include "proxy/xmpp/features.h"

#include <algorithm>

#include "proxy/xmpp/stream_prefixes.h"

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

std::string write_optional_starttls_features(bool dialback) {
  return "<stream:features>" + open_tag("starttls", ns::kTls) + "/>" +
         (dialback ? write_dialback_feature() : "") + "</stream:features>";
}

std::string write_dialback_features() {
  return "<stream:features>" + write_dialback_feature() + "</stream:features>";
}

std::string write_s2s_features(std::size_t stanza_bytes) {
  return "<stream:features>" + open_tag("limits", ns::kLimits) + "><max-bytes>" +
         std::to_string(stanza_bytes) + "</max-bytes></limits></stream:features>";
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

bool offers_starttls(const Element& features) {
  return features.is(ns::kStream, "features") && features.child(ns::kTls, "starttls") != nullptr;
}

bool offers_dialback(const Element& features) {
  return features.is(ns::kStream, "features") &&
         features.child(ns::kDialbackFeature, "dialback") != nullptr;
}

Element filter_client_features(const Element& features) {
  Element kept = features;
  std::erase_if(kept.children, [](const Element& one) {
    return one.is(ns::kTls, "starttls") || one.is(ns::kCompressFeature, "compression");
  });
  return kept;
}

}  // namespace portcullis::xmpp
