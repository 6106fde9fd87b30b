#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/examine/examination.h"
#include "proxy/net/loop.h"
#include "proxy/probe/findings.h"
#include "proxy/relay/dial_rules.h"
#include "proxy/relay/network.h"
#include "proxy/tls/asking_context.h"

namespace portcullis::probe {

// Finds the servers of one domain and examines each of their addresses: once as a stream of ours
// would call it, then once more with each other kind of certificate asked for. Few connections are
// open at one time, and all is bounded: addresses, connections, octets and time. It lives on one
// loop.
class Run {
 public:
  static constexpr std::size_t kMostAddresses = 16;
  static constexpr std::size_t kAtOnce = 4;  // connections
  static constexpr int kTimesInAll = 4;      // the time of one connection

  // The error: the look-ups could not be begun.
  using Done = std::function<void(Result<Findings>)>;

  // All references must outlive this. `done` is called once, never before this function returns,
  // and may destroy this.
  Run(net::Loop& loop, relay::Network& network, const relay::DialRules& rules,
      const tls::AskingContext& tls, Plan plan, Done done);

 private:
  // One connection to be made.
  struct Job {
    std::size_t address = 0;
    std::optional<KeyType> only = {};
  };

  void begin();
  void take(net::DomainRecords records);
  void take_route(const policy::BySocks& route);
  void find_named_backends();
  void begin_calls(relay::NamedBackends named);
  void next();
  void start(std::size_t number, const Job& job);
  void examined(std::size_t number, const Job& job, examine::Findings seen);
  void ask_for_others(std::size_t address);
  relay::DialTarget::Asked ask(const Address& address) const;
  examine::Question question_for(const Address& address, bool whole) const;
  void finish(Result<Findings> result);

  net::Loop& loop_;
  relay::Network& network_;
  const relay::DialRules& rules_;
  const tls::AskingContext& tls_;
  const Plan plan_;
  Done done_;
  Findings findings_;
  relay::NamedBackends named_;
  std::deque<Job> waiting_;
  std::size_t started_ = 0;
  relay::Network::Lookup lookup_;
  std::map<std::size_t, std::unique_ptr<examine::Examination>> running_;
  std::unique_ptr<Scheduler::Timer> step_;   // the first step, so that nothing ends inside a call
  std::unique_ptr<Scheduler::Timer> limit_;  // for everything behind the look-ups
};

}  // namespace portcullis::probe
