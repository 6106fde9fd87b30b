#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/net/dns_client.h"
#include "proxy/net/resolver.h"
#include "proxy/net/srv_order.h"
#include "proxy/net/timer.h"

namespace portcullis::net {

// One run of Resolver::find_server. It asks for both services at the same time, and then for all
// addresses of all targets at the same time. Each of the two rounds ends after kRoundTime at the
// latest; the look-up goes on with what is known by then. Private to proxy/net.
class ServerLookup : public Resolver::Lookup {
 public:
  static constexpr std::chrono::seconds kRoundTime{5};
  static constexpr std::size_t kMaxTargets = 16;
  static constexpr std::size_t kMaxCandidates = 32;

  ServerLookup(Loop& loop, std::weak_ptr<DnsClient> client, RandomUpTo random,
               const DomainName& remote, std::function<void(Candidates)> done);

 private:
  struct Question {
    std::string name;
    DnsType type;
    DnsAnswer answer;
    std::unique_ptr<DnsClient::Query> query;
  };
  struct Target {
    SrvTarget where;
    Question v6;
    Question v4;
  };

  void ask(Question& question);
  void wait_for_answers();
  void round_over();
  void services_known();
  void start_targets(const std::vector<SrvTarget>& targets);
  void addresses_known();
  std::string describe() const;
  void give_up(policy::Reason reason);

  std::weak_ptr<DnsClient> client_;
  RandomUpTo random_;
  DomainName remote_;
  std::function<void(Candidates)> done_;
  Question direct_;
  Question starttls_;
  std::vector<Target> targets_;
  std::size_t unanswered_ = 0;
  Timer round_timer_;
};

}  // namespace portcullis::net
