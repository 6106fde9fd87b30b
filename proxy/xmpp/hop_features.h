#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace portcullis::xmpp {

// What becomes of a stream feature at the gate.
enum class Handling : std::uint8_t {
  kDrop,   // it is not offered
  kOwn,    // the gate offers it by itself, and nothing of the far end's
  kMerge,  // the gate offers what holds for itself and for the far end
  kPass,   // it is offered as the far end offers it
};
constexpr std::string_view name(Handling handling) {
  switch (handling) {
    case Handling::kDrop:
      return "drop";
    case Handling::kOwn:
      return "own";
    case Handling::kMerge:
      return "merge";
    case Handling::kPass:
      return "pass";
  }
  return "";
}

// A stream feature that speaks of one connection rather than of a server.
struct HopFeature {
  std::string_view ns;     // every feature in this namespace
  std::string_view title;  // for people
  Handling clients;
  Handling servers;  // a gate writes their features itself, so nothing is passed
  std::string_view why;
};

// All that are known; docs/hop-features.md is written from it.
std::span<const HopFeature> hop_features();

// What becomes of the features in a namespace. Those of no hop are passed to clients. Toward
// servers nothing is said that is not in the table.
Handling handling_for_clients(std::string_view ns);
Handling handling_for_servers(std::string_view ns);

}  // namespace portcullis::xmpp
