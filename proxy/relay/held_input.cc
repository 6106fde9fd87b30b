#include "proxy/relay/held_input.h"

#include <algorithm>
#include <utility>

#include "proxy/xmpp/xml_space.h"

namespace portcullis::relay {

void HeldInput::hold(bool loss_too) {
  holds_ = true;
  loss_too_ = loss_too_ || loss_too;
}

void HeldInput::go_on() {
  if (!std::exchange(holds_, false)) return;
  loss_too_ = false;
  only_loss_ = false;
  transport_.resume_reading();
}

// Reading stops with the first octet that has to wait. Before that it goes on, so that an end that
// leaves is seen to leave.
void HeldInput::keep(std::string_view bytes) {
  if (bytes.empty()) return;
  waiting_.emplace_back(bytes);
  transport_.pause_reading();
}

void HeldInput::put_back(std::string_view bytes) {
  if (!bytes.empty()) waiting_.emplace(waiting_.begin(), bytes);
}

bool HeldInput::waits_beyond_space() const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [](const auto& bytes) { return !xmpp::skip_space(bytes).empty(); });
}

std::optional<std::string> HeldInput::next() {
  if (waiting_.empty()) return std::nullopt;
  auto bytes = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  if (waiting_.empty()) std::vector<std::string>().swap(waiting_);  // an idle end holds nothing
  return bytes;
}

std::optional<std::string> HeldInput::take_loss() {
  return std::exchange(lost_, std::nullopt);
}

}  // namespace portcullis::relay
