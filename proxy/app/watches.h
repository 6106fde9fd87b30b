#pragma once

#include <functional>
#include <memory>

#include "proxy/app/address_watch.h"
#include "proxy/app/bypass_watch.h"
#include "proxy/app/certificate_watch.h"
#include "proxy/app/key_watch.h"
#include "proxy/app/memory_return.h"
#include "proxy/app/reload.h"
#include "proxy/keeper/key_holders.h"
#include "proxy/net/loop.h"
#include "proxy/relay/backend_health.h"
#include "proxy/relay/backend_probe.h"
#include "proxy/relay/connection_limits.h"
#include "proxy/relay/held_bytes.h"
#include "proxy/status/overview.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::app {

// What the running program looks at from time to time, beside its streams: files, backends, where
// connections come from and go to, the process with the key, and freed memory. Each watch does what
// it finds to be done, and tells log and metrics. Lives on one loop, which is not that of a worker.
class Watches {
 public:
  // All of these outlive this.
  struct Parts {
    net::Loop& loop;
    const Reloader& reloader;
    std::shared_ptr<const relay::ConnectionLimits> limits;
    relay::BackendHealth& backends;
    keeper::KeyHolders& holders;
    const relay::HeldBytes& held;
    telemetry::Metrics& metrics;
    telemetry::Log& log;
  };

  // `reload_files` as of CertificateWatch::Owner.
  Watches(Parts parts, std::function<bool(bool again)> reload_files);
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  // Nothing is looked at before.
  void start();
  // Another configuration is in force.
  void reloaded();
  // The program ends: nothing is loaded anew, and no backend is asked.
  void end();
  // A successor serves: what is looked at for a whole machine or service is left to it, too.
  void step_back();

  // What was found and is still there, for an operator.
  void add_to(status::Overview& overview) const;

 private:
  const Parts parts_;
  const std::function<bool(bool again)> reload_files_;
  std::unique_ptr<CertificateWatch> certificates_;
  std::unique_ptr<relay::BackendProber> prober_;
  std::unique_ptr<AddressWatch> addresses_;
  std::unique_ptr<BypassWatch> bypasses_;
  std::unique_ptr<KeyWatch> keys_;
  std::unique_ptr<MemoryReturn> memory_;
};

}  // namespace portcullis::app
