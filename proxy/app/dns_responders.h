#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "policy/model/config.h"
#include "proxy/net/dns_responder.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/status/lights.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::app {

// Answers the backend's look-ups where the configuration says so (outbound.capture), counts them,
// and warns if nobody looks for a server: then the backend's resolver asks somebody else, and its
// streams do not come to the gate. Lives on one loop, which answers late while it reloads.
class DnsResponders {
 public:
  struct Timing {
    std::chrono::milliseconds until_warning{status::kTimeToLook};
  };

  struct Opened {
    Endpoint endpoint;
    std::unique_ptr<net::DnsResponder> responder;
  };

  // References outlive this.
  DnsResponders(net::Loop& loop, Timing timing, telemetry::Metrics& metrics, telemetry::Log& log);
  DnsResponders(const DnsResponders&) = delete;
  DnsResponders& operator=(const DnsResponders&) = delete;

  // Opens what `next` names and is not open yet, with what `handed` has for it. Nothing else
  // changes, so what has been opened may be given up again.
  Result<std::vector<Opened>> prepare(const policy::Config& next,
                                      net::HandedSockets* handed = nullptr);
  // Answers by `next` at these and at those that were open before, and closes those that it does
  // not name.
  void adopt(const policy::Config& next, std::vector<Opened> opened);
  // More descriptors of all sockets, for a successor.
  std::vector<net::Descriptor> share() const;
  void close();  // a successor answers
  // Whether anybody has looked for a server here since the start.
  bool was_asked() const { return asked_; }

 private:
  void count(DnsOutcome outcome);
  void warn();

  net::Loop& loop_;
  const Timing timing_;
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  std::vector<Opened> responders_;
  net::Timer timer_;
  bool asked_ = false;  // for a server, at any time
};

}  // namespace portcullis::app
