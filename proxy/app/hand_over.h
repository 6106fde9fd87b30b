#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/app/dns_responders.h"
#include "proxy/app/drain.h"
#include "proxy/app/instance_lock.h"
#include "proxy/app/service_manager.h"
#include "proxy/handover/giver.h"
#include "proxy/handover/predecessors.h"
#include "proxy/handover/taker.h"
#include "proxy/net/line_server.h"
#include "proxy/relay/snapshot.h"

namespace portcullis::app {

// What a start has before anything is opened.
struct Inherited {
  InstanceLock lock;
  net::HandedSockets sockets;              // from the service manager, or from `taker`
  std::optional<handover::Taker> taker{};  // the process that we take over from
};

// The running program as one in a row of processes that serve the same listeners: it knows those
// before it that still have streams, and gives its listeners to the one behind it.
// docs/decisions/0032-hand-over.md says why it is as it is.
class HandOver {
 public:
  // Of the program. All outlive this.
  struct Parts {
    net::Loop& loop;
    const Drain::Workers& workers;
    const DnsResponders& dns;
    Drain& drain;
    ServiceManager& manager;
    telemetry::Log& log;
    telemetry::Metrics& metrics;
  };
  struct Owner {
    std::function<relay::SnapshotPtr()> running;
    std::function<const net::LineServer*()> control;
    // Gives up what only one process can have, because a successor has it now.
    std::function<void()> step_back;
    std::function<void()> end;  // drains
  };

  HandOver(Parts parts, Owner owner, InstanceLock lock);

  // What LineServer::OnTake wants.
  bool take(std::string_view line, const std::function<net::Descriptor()>& share);
  // Why take() has not taken a request.
  static std::string refusal();
  // A successor has our listeners, and has not confirmed yet: nothing may change.
  bool under_way() const { return giver_.under_way(); }
  void withdraw() { giver_.withdraw(); }
  // Nobody accepts in our place any more.
  bool successor_is_gone() const { return giver_.successor_is_gone(); }

  // We serve: takes the place of the process before us.
  Result<void> confirm(handover::Taker taker);
  // What an operator reads of the processes before us; "": there are none. Thread-safe.
  std::string before() const { return before_.text(); }
  void end_those_before() { before_.end(); }

 private:
  Result<handover::Giver::Given> gather();
  void on_confirmed(pid_t successor);
  void count() const;
  void say(std::int64_t process, const std::string& detail) const;

  const Parts parts_;
  const Owner owner_;
  std::optional<InstanceLock> lock_;
  handover::Predecessors before_;
  handover::Giver giver_;
};

// The text of /proc/self/cgroup on one line: processes of one service have the same.
std::string own_cgroup();

}  // namespace portcullis::app
