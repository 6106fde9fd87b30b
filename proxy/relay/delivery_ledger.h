#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace portcullis::relay {

// Stanzas (or other first-level elements) as they were passed on, with their octets before TLS.
struct Amount {
  std::uint64_t stanzas = 0;
  std::uint64_t octets = 0;

  Amount& operator+=(const Amount& more) {
    stanzas += more.stanzas;
    octets += more.octets;
    return *this;
  }
  friend bool operator==(const Amount&, const Amount&) = default;
};

// What was passed on to one end, and what of it the end's kernel has not acknowledged. It is never
// told too small: what has arrived in part counts as not arrived. Bounded: when many pieces are
// under way, neighbours are counted as one.
class DeliveryLedger {
 public:
  // `amount` was sent. `sent` is Delivery::sent behind it.
  void passed(std::uint64_t sent, const Amount& amount);
  // The kernel has acknowledged so many octets; Delivery::acknowledged.
  void settle(std::uint64_t acknowledged);
  // Whether passed() would join pieces. To settle first keeps the count exact.
  bool full() const { return pieces_.size() >= kMost; }
  Amount undelivered() const;
  bool empty() const { return pieces_.empty(); }

 private:
  static constexpr std::size_t kMost = 64;
  struct Piece {
    std::uint64_t sent;
    Amount amount;
  };
  std::vector<Piece> pieces_;  // holds no memory when it is empty
};

}  // namespace portcullis::relay
