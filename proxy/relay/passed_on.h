#pragma once

#include <array>
#include <cstdint>

#include "proxy/relay/delivery_ledger.h"
#include "proxy/relay/undelivered_tally.h"

namespace portcullis::relay {

// What was passed on in both directions of a stream, in octets before TLS; what of it has not
// arrived, and what became of that. A value.
class PassedOn {
 public:
  void count(bool toward_backend, std::uint64_t octets) {
    octets_[index(toward_backend)] += octets;
  }
  // So much of what was counted did not arrive.
  void lost(bool toward_backend, const Amount& amount) {
    octets_[index(toward_backend)] -= amount.octets;
    tally(toward_backend).lost(amount);
  }
  // What else was let pass but not passed on, and what became of it. What is not told is not
  // bounced.
  UndeliveredTally& tally(bool toward_backend) { return undelivered_[index(toward_backend)]; }

  std::uint64_t octets(bool toward_backend) const { return octets_[index(toward_backend)]; }
  const UndeliveredTally& tally(bool toward_backend) const {
    return undelivered_[index(toward_backend)];
  }
  // Of both directions.
  Amount undelivered() const {
    const auto& [to_wan, to_backend] = undelivered_;
    return {to_wan.stanzas() + to_backend.stanzas(), to_wan.octets() + to_backend.octets()};
  }
  // Stanzas of both directions.
  std::uint64_t returned(telemetry::Return what) const {
    return undelivered_[0].of(what) + undelivered_[1].of(what);
  }

 private:
  static std::size_t index(bool toward_backend) { return toward_backend ? 1 : 0; }

  std::array<std::uint64_t, 2> octets_{};  // from and to the backend
  std::array<UndeliveredTally, 2> undelivered_;
};

}  // namespace portcullis::relay
