#include "proxy/telemetry/traces.h"

#include <algorithm>
#include <utility>

namespace portcullis::telemetry {

bool Traces::add(std::string target) {
  const std::lock_guard lock(mutex_);
  if (std::find(targets_.begin(), targets_.end(), target) != targets_.end()) return true;
  if (targets_.size() >= kMost) return false;
  targets_.push_back(std::move(target));
  count_ = targets_.size();
  return true;
}

void Traces::remove(std::string_view target) {
  const std::lock_guard lock(mutex_);
  std::erase(targets_, target);
  count_ = targets_.size();
}

std::vector<std::string> Traces::all() const {
  const std::lock_guard lock(mutex_);
  return targets_;
}

bool Traces::wants(std::string_view id, std::string_view from, std::string_view to) const {
  if (count_ == 0) return false;
  const std::lock_guard lock(mutex_);
  return std::any_of(targets_.begin(), targets_.end(), [&](const std::string& target) {
    return target == id || target == from || target == to;
  });
}

}  // namespace portcullis::telemetry
