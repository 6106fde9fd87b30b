#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "proxy/net/loop.h"
#include "proxy/net/socket_table.h"
#include "proxy/net/timer.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::app {

// With capture = "dns", a backend whose resolver asks somebody else goes around the gate. Looks
// from time to time whether another user of this machine is connected to the ports of XMPP servers
// elsewhere; tells the metrics, and warns, but not often. A backend that runs as the same user as
// the gate is not seen, nor one in another network namespace. Lives on one loop, which is not that
// of streams: with many connections a look takes its time.
class BypassWatch {
 public:
  struct Timing {
    std::chrono::milliseconds look{std::chrono::seconds(20)};
    std::chrono::milliseconds between_warnings{std::chrono::hours(1)};
  };
  struct Machine {
    std::function<bool()> is_captured;   // whether all such connections should come to the gate
    std::function<std::string()> table;  // both families, see net::read_socket_table
    // What this process looks like there.
    std::uint32_t own_user;
  };
  // This machine; `is_captured` as above.
  static Machine this_machine(std::function<bool()> is_captured);

  BypassWatch(net::Loop& loop, Timing timing, Machine machine, telemetry::Metrics& metrics,
              telemetry::Log& log);

  // What the last look has found.
  struct Found {
    std::size_t connections = 0;
    std::string user;  // of one of them; empty if there is none
  };
  const Found& found() const { return found_; }

 private:
  void look();
  // `count`: how many connections its user has.
  void warn(const net::OpenConnection& connection, std::size_t count);

  net::Loop& loop_;
  Timing timing_;
  Machine machine_;
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  Found found_;
  std::map<std::uint32_t, std::chrono::milliseconds> warned_;  // of each user, a bounded number
  net::Timer timer_;
};

}  // namespace portcullis::app
