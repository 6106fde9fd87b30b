#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/status/overview.h"

namespace portcullis::status {

// How a thing is, in one word, and why.
enum class Level : std::uint8_t { kOk, kAttention, kBroken };
constexpr std::string_view name(Level level) {
  switch (level) {
    case Level::kOk:
      return "ok";
    case Level::kAttention:
      return "attention";
    case Level::kBroken:
      return "broken";
  }
  return "";
}

struct Finding {
  Level level = Level::kAttention;
  std::string sentence;
};

struct Light {
  Level level = Level::kOk;       // the gravest of
  std::vector<Finding> findings;  // what is not as it should be, the gravest first
};

// A certificate with fewer days left needs attention: renewal is due thirty days before the end.
inline constexpr std::chrono::days kFewDays{14};

// How long after the start nobody says yet that no server was looked for at outbound.dns.
inline constexpr std::chrono::minutes kTimeToLook{10};

// Of one domain of ours.
Light light_of(const Overview& overview, const HostRow& host);
// Of what concerns every domain: capture, the local CA, the last reload, event loops.
Light light_of_gate(const Overview& overview);

// Whole days until then; negative when it is over.
std::int64_t days_left(const Overview& overview, std::chrono::sys_seconds end);

}  // namespace portcullis::status
