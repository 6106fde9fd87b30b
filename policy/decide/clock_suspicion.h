#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// How the certificate of a peer misses the time that our clock says.
enum class OutOfTime : std::uint8_t {
  kOver,
  kNotYet,
  kEither  // a CA's certificate in its chain: the reason does not tell which
};
// Empty: the reason says nothing about the clock.
std::optional<OutOfTime> out_of_time(Reason reason);

// Whether the clock of this machine is likely to be wrong, by the certificates of the servers that
// our own server has called. One certificate that is out of time is the fault of its owner. When
// those of several servers in a row are, and none in between is good, they have more likely one
// cause, and it is here. Whoever forgets to renew one certificate forgets it for all the domains
// that show it, and often for those under a domain of his: these count as one server.
//
// Only servers that we have called are told of, so nobody raises the suspicion by connecting to us.
// Dead servers with old certificates are called again and again, while the streams to those that
// are well stand for days: so as long as one stands, what is over is the fault of its owner. A
// stream ends when its certificate does, or counts no longer where observe mode lets it go on, so
// by a clock that is ahead none stands for long. No such stream speaks for a clock that is behind.
//
// A value: no clock, no I/O. It holds no more than a few names.
class ClockSuspicion {
 public:
  using Time = std::chrono::milliseconds;  // of a clock that nobody sets

  static constexpr std::size_t kServers = 3;
  static constexpr std::chrono::hours kWindow{1};  // in which all of them were seen

  enum class News : std::uint8_t { kNone, kBegins, kEnds };

  struct Server {
    std::string domain;  // A-labels
    std::string key;     // that of its certificate, as any text; empty: not known
  };
  // The certificate of a server that was called is out of time.
  News bad(OutOfTime how, Server server, Time now);
  // That of another one is good, by our clock, too.
  News good();
  // A stream to a server whose certificate is good begins to stand, and ends.
  void stands() { ++standing_; }
  void falls() { --standing_; }

  bool suspects() const { return suspects_; }
  // What the certificates are that have led to it, and whose they are: kServers of them while it is
  // suspected.
  OutOfTime how() const;
  std::vector<std::string> domains() const;

 private:
  struct Seen {
    Server server;
    OutOfTime how;
    Time at;
  };

  std::deque<Seen> row_;  // the oldest first; each server once, and none over beside one not yet
  std::size_t standing_ = 0;
  bool suspects_ = false;
};

}  // namespace portcullis::policy
