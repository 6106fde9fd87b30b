#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "policy/load/config_load.h"

namespace portcullis::policy {

// The least that is a configuration; 11 lines, so that what a test appends begins on line 12.
inline constexpr std::string_view kLeast = R"(version = 1
[listen]
s2s = ["[::]:5269"]
[local_ca]
directory = "ca"
[[host]]
domain = "a.example"
certificates = [ { chain = "c.pem", key = "k.pem" } ]
[host.backend]
s2s = "127.0.0.1:15269"
certificate = "b.pem"
)";

inline Loaded load_text(std::string_view toml) {
  return load_config(toml, "p.toml");
}

inline Loaded load_least_and(std::string_view more) {
  return load_text(std::string(kLeast) + std::string(more));
}

// As on 2026-11-21.
inline Loaded load_least_today(std::string_view more, bool cold_start = false) {
  using namespace std::chrono;
  return load_config(std::string(kLeast) + std::string(more), "p.toml",
                     LoadContext{sys_days(2026y / November / 21), cold_start});
}

// Pins that differ in their last octet.
inline constexpr std::string_view kPinA =
    "\"spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"";
inline constexpr std::string_view kPinB =
    "\"spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=\"";

inline std::vector<std::string> texts(const Loaded& loaded) {
  std::vector<std::string> all;
  for (const auto& diagnostic : loaded.diagnostics) all.push_back(diagnostic.text());
  return all;
}

}  // namespace portcullis::policy
