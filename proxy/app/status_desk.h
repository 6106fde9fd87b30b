#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "proxy/app/gathers.h"
#include "proxy/app/stream_looks.h"
#include "proxy/net/loop.h"
#include "proxy/status/overview.h"
#include "proxy/status/stream_row.h"

namespace portcullis::app {

// Answers what an operator asks about the running program. Lives on the loop of Gathers.
class StatusDesk {
 public:
  // How many streams are listed for one question.
  static constexpr std::size_t kMostRows = 2'000;

  // `facts`: all but the streams. All of it outlives this.
  StatusDesk(net::Loop& loop, Gathers& gathers, std::function<status::Overview()> facts)
      : loop_(loop), gathers_(gathers), facts_(std::move(facts)) {}
  StatusDesk(const StatusDesk&) = delete;
  StatusDesk& operator=(const StatusDesk&) = delete;

  // Each calls `done` once, later.
  void overview(std::function<void(status::Overview)> done);
  void streams(const std::string& target, std::function<void(status::StreamList)> done);
  // Both at once, with so many streams.
  void page(std::size_t rows, std::function<void(status::Overview, status::StreamList)> done);
  // How many streams end, and how many loops have not said so in time.
  struct Closed {
    std::size_t streams = 0;
    std::size_t silent_loops = 0;
  };
  void close(const std::string& target, const std::string& detail,
             std::function<void(Closed)> done);

  std::chrono::sys_seconds now() const { return loop_.wall_clock(); }

 private:
  void look(StreamWish wish, std::function<void(StreamLook, std::size_t silent)> done);

  net::Loop& loop_;
  Gathers& gathers_;
  const std::function<status::Overview()> facts_;
};

}  // namespace portcullis::app
