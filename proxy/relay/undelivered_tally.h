#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "proxy/relay/delivery_ledger.h"
#include "proxy/telemetry/labels.h"

namespace portcullis::relay {

// What did not arrive in one direction of a stream, and what became of it. A value.
class UndeliveredTally {
 public:
  using Return = telemetry::Return;

  void lost(const Amount& amount) { lost_ += amount; }
  void returned(Return what, std::uint64_t stanzas) { at(what) += stanzas; }

  // A connection may deliver after all what was given up, and answered, when its other side closed
  // its half. So more may have been answered than was lost.
  std::uint64_t stanzas() const { return std::max(lost_.stanzas, known()); }
  std::uint64_t octets() const { return lost_.octets; }
  std::uint64_t of(Return what) const {
    const auto rest = what == Return::kNotBounced ? stanzas() - known() : 0;
    return counts_[telemetry::Label<Return>::index(what)] + rest;
  }

 private:
  std::uint64_t known() const {
    std::uint64_t sum = 0;
    for (const auto count : counts_) sum += count;
    return sum;
  }
  std::uint64_t& at(Return what) { return counts_[telemetry::Label<Return>::index(what)]; }

  Amount lost_;
  std::array<std::uint64_t, telemetry::Label<Return>::kSize> counts_{};
};

}  // namespace portcullis::relay
