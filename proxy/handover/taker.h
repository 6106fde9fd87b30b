#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/handover/offer.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/handed_sockets.h"
#include "proxy/net/local_channel.h"

namespace portcullis::handover {

// The successor, before it has a loop: takes what the process that serves now has. Everything here
// blocks. If this is destroyed before confirm(), the other process goes on as if nothing was asked.
class Taker {
 public:
  // A process that has handed over and still has streams.
  struct Predecessor {
    std::int64_t process = 0;
    net::Descriptor connection;
  };

  // Asks the process that listens at `path`, its control socket. It must be of our user or of root:
  // what it gives is used as our own.
  static Result<Taker> ask(const std::string& path, std::chrono::milliseconds at_most);

  const Offer& offer() const { return offer_; }
  net::HandedSockets& sockets() { return sockets_; }
  // Sentences about sockets that were given and are of no use.
  const std::vector<std::string>& faults() const { return faults_; }

  // We serve: from now on the other one does not accept any more. Fails if it does not give up its
  // place, because it has begun to end, or has lost patience. One that has died is no failure.
  Result<void> confirm(std::chrono::milliseconds at_most);
  // After confirm(): that process, and those before it.
  std::vector<Predecessor> predecessors() &&;

 private:
  Taker() = default;
  Result<void> receive(net::SteadyTime deadline);
  void sort_out(std::vector<net::Descriptor> descriptors);
  bool lives() const;  // the other process; not where that cannot be seen

  static constexpr std::chrono::milliseconds kLastAnswer{5'000};
  static constexpr std::chrono::milliseconds kEnding{2'000};

  net::Descriptor connection_;
  net::Descriptor process_;  // pidfd_open(2) of the other one; empty where there is none
  Offer offer_;
  net::HandedSockets sockets_;
  std::vector<std::string> faults_;
  std::vector<Predecessor> earlier_;
  bool is_gone_ = false;  // it died after we confirmed
};

}  // namespace portcullis::handover
