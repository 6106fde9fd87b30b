#pragma once

#include <chrono>
#include <optional>

namespace portcullis::app {

// How the end is asked for.
struct DrainWish {
  bool now = false;  // every stream is ended at once
  // How long new connections are still taken, in place of limits.drain_notice.
  std::optional<std::chrono::milliseconds> notice = {};

  static constexpr std::chrono::hours kLongestNotice{1};  // as limits.drain_notice
};

}  // namespace portcullis::app
