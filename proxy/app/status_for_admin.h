#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "proxy/app/status_desk.h"
#include "proxy/net/loop.h"

namespace portcullis::app {

// The page and its JSON for the admin server, whose threads are not that of the desk. Thread-safe.
// Whoever asks within a second gets what was made for the one before, so that looking often costs
// the streams nothing.
class StatusForAdmin {
 public:
  static constexpr std::chrono::milliseconds kFresh{1'000};
  static constexpr std::chrono::milliseconds kPatience{2'500};
  // So many may wait at a time; others get nothing at once, so that the admin server has threads
  // left for what must answer.
  static constexpr int kMostWaiting = 2;

  // Both outlive this.
  StatusForAdmin(net::Loop& loop, StatusDesk& desk) : loop_(loop), desk_(desk) {}
  StatusForAdmin(const StatusForAdmin&) = delete;
  StatusForAdmin& operator=(const StatusForAdmin&) = delete;

  // Empty: the program is too busy.
  std::optional<std::string> page();
  std::optional<std::string> json();

 private:
  struct Texts {
    std::string page;
    std::string json;
  };

  std::optional<Texts> texts();
  void make();  // on the loop of the desk
  void keep(Texts texts);

  net::Loop& loop_;
  StatusDesk& desk_;
  std::mutex mutex_;
  std::condition_variable made_;
  std::optional<Texts> texts_;
  std::chrono::microseconds made_at_{0};
  std::uint64_t times_made_ = 0;
  bool asked_ = false;
  int waiting_ = 0;
};

}  // namespace portcullis::app
