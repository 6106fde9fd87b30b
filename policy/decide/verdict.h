#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "policy/model/config.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {

enum class Verdict : std::uint8_t {
  kAccepted,
  kRejected,
  kWouldReject,  // observe mode: goes through unauthenticated
  kExcepted,     // an exception waives what is wrong; authenticated
};
// The words of log, metrics and `portcullis explain`, in the order of the enumeration.
inline constexpr std::array<std::string_view, 4> kVerdictNames{"accepted", "rejected",
                                                               "would_reject", "excepted"};
constexpr std::string_view name(Verdict verdict) {
  return kVerdictNames.at(static_cast<std::size_t>(verdict));
}

// What was found wrong with one end of a stream, in the order of the checks.
struct Faults {
  std::vector<Refusal> standing;  // nothing waives these
  std::vector<Refusal> waived;    // the domain's exception waives these
};

struct Decision {
  Verdict verdict = Verdict::kAccepted;
  std::optional<Refusal> refusal;  // the first fault that counts; empty: accepted
  std::vector<Refusal> further;    // the others, for the log
};

// What becomes of the faults under `mode`. This is the only place that says so: the gate, clients,
// streams that are judged again and `portcullis explain` all ask here.
//   no fault                                           accepted
//   none but waived ones                               excepted
//   mode enforce, or a fault that is always enforced   rejected
//   else                                               would_reject
// Beside a fault that stands, what is waived is not told.
Decision decide(Mode mode, Faults faults);

// What the same faults come to under another mode.
Verdict verdict_under(Mode mode, const Decision& decision);

}  // namespace portcullis::policy
