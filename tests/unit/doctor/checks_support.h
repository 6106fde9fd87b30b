#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "policy/model/config.h"
#include "proxy/doctor/checks.h"
#include "proxy/doctor/report.h"

namespace portcullis::doctor {

inline DomainName domain(std::string_view text) {
  return *DomainName::parse(text);
}

inline net::SocketAddress address(std::string_view text) {
  return *net::SocketAddress::from(*Endpoint::parse(text));
}

inline policy::Config config_with_host() {
  policy::Config config;
  config.file = "p.toml";
  policy::Host host{domain("a.example"), {}, {}, {}, {}, {}};
  host.backend.kind = policy::BackendKind::kProsody;
  host.backend.s2s = Endpoint{"127.0.0.1", 15269};
  host.backend.c2s = Endpoint{"127.0.0.1", 15222};
  config.hosts.push_back(std::move(host));
  config.lines["host[0].backend"] = {"p.toml", 7};
  config.lines["host[0].domain"] = {"p.toml", 5};
  return config;
}

// The ids of what was found, in the order in which it was found.
inline std::vector<std::string_view> ids_of(const Report& report) {
  std::vector<std::string_view> ids;
  for (const auto& one : report.found()) ids.push_back(info(one.finding).id);
  return ids;
}

inline std::string sentences_of(const Report& report) {
  std::string all;
  for (const auto& one : report.found()) all += one.what + "\n" + one.todo + "\n";
  return all;
}

}  // namespace portcullis::doctor
