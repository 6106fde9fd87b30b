#pragma once

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// The closed list itself, in the order of the enumeration.
extern const std::array<ReasonInfo, kReasonCount> kReasonTable;

// What is said about them, in three parts that follow one another.
extern const std::array<ReasonHelp, 11> kStreamHelp;
extern const std::array<ReasonHelp, 20> kCertificateHelp;
extern const std::array<ReasonHelp, 21> kSessionHelp;

}  // namespace portcullis::policy
