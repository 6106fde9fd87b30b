#pragma once

#include <array>

#include "policy/reason.h"

namespace portcullis::policy {

// The closed list itself, in the order of the enumeration.
extern const std::array<ReasonInfo, kReasonCount> kReasonTable;

}  // namespace portcullis::policy
