#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

namespace portcullis::report::test {

// As proxy/probe/json.cc writes it: one address that shows a certificate with this key. Then a
// certificate of the kind `asked` is asked for; `other`: its key, or null: the handshake is
// refused.
inline nlohmann::json address(const std::string& key, const std::string& asked,
                              const nlohmann::json& other) {
  nlohmann::json once_more{{"asked", asked}, {"certificate", nullptr}};
  if (other.is_null())
    once_more["failure"] = {
        {"stage", "handshake"}, {"reason", "tls_no_common_suite"}, {"text", "..."}};
  else
    once_more["certificate"] = {{"key", other}};
  return {{"address", "192.0.2.1:5269"},
          {"host", "xmpp.peer.example"},
          {"entry", "starttls"},
          {"by_proxy", false},
          {"stage", "done"},
          {"certificate", {{"key", key}}},
          {"external", "not_tried"},
          {"other_certificates", nlohmann::json::array({once_more})},
          {"ruling", nullptr}};
}

inline nlohmann::json probe_of(const std::string& domain,
                               std::initializer_list<nlohmann::json> addresses) {
  auto all = nlohmann::json::array();
  for (const auto& one : addresses) all.push_back(one);
  return {{"schema", 1},
          {"domain", domain},
          {"unicode", domain},
          {"kind", "s2s"},
          {"addresses", std::move(all)},
          {"addresses_left_out", 0},
          {"outcome", "met"},
          {"for_admin", ""}};
}

}  // namespace portcullis::report::test
