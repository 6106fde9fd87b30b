#include "proxy/relay/delivery_ledger.h"

#include <algorithm>

namespace portcullis::relay {

void DeliveryLedger::passed(std::uint64_t sent, const Amount& amount) {
  if (full()) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pieces_.size(); i += 2, ++kept) {
      Piece joined = pieces_[i];
      if (i + 1 < pieces_.size()) {
        joined.sent = pieces_[i + 1].sent;
        joined.amount += pieces_[i + 1].amount;
      }
      pieces_[kept] = joined;
    }
    pieces_.resize(kept);
  }
  pieces_.push_back({sent, amount});
}

void DeliveryLedger::settle(std::uint64_t acknowledged) {
  const auto first = std::find_if(pieces_.begin(), pieces_.end(),
                                  [&](const Piece& piece) { return piece.sent > acknowledged; });
  if (first == pieces_.end())
    pieces_ = {};
  else
    pieces_.erase(pieces_.begin(), first);
}

Amount DeliveryLedger::undelivered() const {
  Amount all;
  for (const auto& piece : pieces_) all += piece.amount;
  return all;
}

}  // namespace portcullis::relay
