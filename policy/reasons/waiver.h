#pragma once

#include <cstdint>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// Whether an exception may name this reason at all, and whether only together with pins.
enum class Waiver : std::uint8_t { kNever, kAllowed, kWithPins };
Waiver waiver_of(Reason reason);

}  // namespace portcullis::policy
