#pragma once

#include <cstdint>
#include <string_view>

namespace portcullis {

// What became of one query that the backend has asked the gate's DNS responder.
enum class DnsOutcome : std::uint8_t {
  kCaptured,   // it looks for a server and was led to the gate
  kAddress,    // the address of the gate, which that answer named
  kNone,       // a name that leads around the gate: said not to exist
  kForwarded,  // asked the resolver that the configuration names
  kFailed,     // the same, and there was no answer in time, or too many waited for one
  kRefused,    // nobody to ask
  kMalformed   // no query, or one that no server here answers
};

constexpr std::string_view name(DnsOutcome outcome) {
  switch (outcome) {
    case DnsOutcome::kCaptured:
      return "captured";
    case DnsOutcome::kAddress:
      return "address";
    case DnsOutcome::kNone:
      return "none";
    case DnsOutcome::kForwarded:
      return "forwarded";
    case DnsOutcome::kFailed:
      return "failed";
    case DnsOutcome::kRefused:
      return "refused";
    case DnsOutcome::kMalformed:
      return "malformed";
  }
  return "";
}

}  // namespace portcullis
