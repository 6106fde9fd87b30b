#pragma once

#include <cstdint>

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

}  // namespace portcullis
