#include "proxy/relay/connection_limits.h"

#include <utility>

namespace portcullis::relay {

ConnectionLimits::Place& ConnectionLimits::Place::operator=(Place&& other) noexcept {
  if (this != &other) {
    release();
    limits_ = std::move(other.limits_);
    key_ = std::move(other.key_);
  }
  return *this;
}

void ConnectionLimits::Place::release() {
  if (limits_) limits_->give_back(key_);
  limits_.reset();
}

std::optional<ConnectionLimits::Place> ConnectionLimits::take() {
  const std::scoped_lock lock(mutex_);
  if (total_ >= max_total_) return std::nullopt;
  ++total_;
  return Place(shared_from_this(), {});
}

std::optional<ConnectionLimits::Place> ConnectionLimits::take(const std::string& address_key) {
  const std::scoped_lock lock(mutex_);
  std::size_t& count = per_address_[address_key];
  if (count >= max_per_address_) return std::nullopt;
  ++count;
  return Place(shared_from_this(), address_key);
}

std::size_t ConnectionLimits::open() const {
  const std::scoped_lock lock(mutex_);
  return total_;
}

void ConnectionLimits::change(std::size_t total, std::size_t per_address) {
  const std::scoped_lock lock(mutex_);
  max_total_ = total;
  max_per_address_ = per_address;
}

void ConnectionLimits::give_back(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  if (key.empty()) {
    --total_;
    return;
  }
  const auto found = per_address_.find(key);
  if (--found->second == 0) per_address_.erase(found);
}

}  // namespace portcullis::relay
