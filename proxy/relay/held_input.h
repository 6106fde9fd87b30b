#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/relay/transport.h"

namespace portcullis::relay {

// What one end has said before somebody could take it. It waits here in its order, and nothing more
// is read from the connection, so that what waits is bounded by one read. The loss of the
// connection waits behind it.
class HeldInput {
 public:
  // `transport` must outlive this.
  explicit HeldInput(Transport& transport) : transport_(transport) {}

  // From here on what comes waits, until go_on(). `loss_too`: so does the loss of the connection,
  // even if nothing else waits.
  void hold(bool loss_too);
  // From here on only the loss of the connection waits, until go_on() behind a hold().
  void hold_only_loss() { only_loss_ = true; }
  void go_on();
  bool holds() const { return holds_; }
  bool holds_loss() const { return only_loss_ || (holds_ && (loss_too_ || !waiting_.empty())); }
  // Whether anything but white space waits.
  bool waits_beyond_space() const;

  void keep(std::string_view bytes);
  // The same for what was read before all that waits.
  void put_back(std::string_view bytes);
  void keep_loss(std::string detail) { lost_ = std::move(detail); }
  // Behind go_on(): what waited, piece by piece, and then the loss. nullopt: nothing more.
  std::optional<std::string> next();
  std::optional<std::string> take_loss();

 private:
  Transport& transport_;
  std::vector<std::string> waiting_;
  std::optional<std::string> lost_;
  bool holds_ = false;
  bool loss_too_ = false;
  bool only_loss_ = false;
};

}  // namespace portcullis::relay
