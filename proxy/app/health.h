#pragma once

#include <atomic>
#include <vector>

#include "proxy/admin/server.h"
#include "proxy/app/drain.h"
#include "proxy/app/hand_over.h"
#include "proxy/keeper/key_holders.h"
#include "proxy/relay/clock_watch.h"

namespace portcullis::app {

// Whether the running program is well, for the service manager and for probes. Thread-safe: the
// admin server asks on threads of its own.
class Health {
 public:
  // All of these outlive this.
  struct Parts {
    const Drain::Workers& workers;
    const keeper::KeyHolders& holders;
    const relay::ClockWatch& clock;
    const Drain& drain;
    const HandOver& hand_over;
  };

  explicit Health(Parts parts) : parts_(parts) {}

  // All workers run. Their number does not change any more.
  void started() { started_ = true; }
  // Every event loop has run recently; false before started().
  bool alive() const;
  std::vector<admin::ReadyCheck> readiness() const;

 private:
  const Parts parts_;
  std::atomic<bool> started_{false};
};

}  // namespace portcullis::app
