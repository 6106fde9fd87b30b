#pragma once

#include <chrono>
#include <cstdint>
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
// addresses of all targets at the same time. The first of these two rounds has two thirds of the
// time, the second one what is left. When a round has its first records, the others get kGrace and
// no more: where one question is lost, the peer is not called later for it. Private to proxy/net.
class ServerLookup : public Resolver::Lookup {
 public:
  static constexpr std::chrono::seconds kGrace{2};
  // libunbound asks a server that is silent for about ten seconds, and then says that it failed.
  static constexpr std::chrono::seconds kSlowFailure{4};
  static constexpr std::size_t kMaxTargets = 16;
  static constexpr std::size_t kMaxCandidates = 32;

  ServerLookup(Loop& loop, std::weak_ptr<DnsClient> client, RandomUpTo random,
               const DomainName& remote, std::chrono::milliseconds at_most,
               std::function<void(Candidates)> done);

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
  void take(Question& question, DnsAnswer answer);
  void begin_round(std::chrono::milliseconds time);
  void round_over();
  void services_known();
  void start_targets(const std::vector<SrvTarget>& targets);
  void fall_back();
  void addresses_known();
  bool is_late() const;
  std::string describe() const;
  std::string describe_wait() const;
  std::string describe_resolver() const;
  NoCandidates explain(policy::Reason reason) const;
  void give_up(policy::Reason reason);

  Loop& loop_;
  std::weak_ptr<DnsClient> client_;
  RandomUpTo random_;
  DomainName remote_;
  std::function<void(Candidates)> done_;
  Question direct_;
  Question starttls_;
  std::vector<Target> targets_;
  FoundBy found_by_ = FoundBy::kSrv;
  bool unsure_ = false;  // whether there are SRV records
  std::size_t unanswered_ = 0;
  const std::chrono::milliseconds began_;
  const std::chrono::milliseconds ends_;
  std::uint64_t answered_before_ = 0;  // by the resolver, about anything
  std::chrono::milliseconds round_began_{0};
  std::chrono::milliseconds round_ends_{0};
  Timer round_timer_;
};

}  // namespace portcullis::net
