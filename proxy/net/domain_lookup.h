#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/net/dns_client.h"
#include "proxy/net/domain_survey.h"
#include "proxy/net/srv_order.h"
#include "proxy/net/timer.h"

namespace portcullis::net {

// One run of survey_domain(). Private to proxy/net.
class DomainLookup : public Resolver::Lookup {
 public:
  static constexpr std::size_t kMostTargets = 16;
  static constexpr std::size_t kMostAddresses = 8;  // of one target
  static constexpr std::size_t kMostTlsa = 8;       // of one target

  using Done = std::function<void(DomainRecords)>;

  DomainLookup(Loop& loop, SurveyQuestion question, std::unique_ptr<DnsClient> client, Done done);

 private:
  // One question to DNS; what comes back stays in it.
  struct Pending {
    std::string name;
    DnsType type = DnsType::kA;
    DnsAnswer answer = {DnsAnswer::Outcome::kNotInTime, {}, "no answer", {}};
    std::unique_ptr<DnsClient::Query> query = {};
  };
  struct Service {
    TlsEntry entry;
    Pending srv;
  };
  struct Target {
    SrvTarget where;
    Pending v6;
    Pending v4;
    Pending tlsa = {};  // without a name: not asked
  };

  void ask(Pending& pending);
  void round_over();
  void services_known();
  void ask_targets(const std::vector<SrvTarget>& targets);
  void finish();
  void end_round_now();
  bool is_way_signed(const SrvTarget& target) const;

  SurveyQuestion question_;
  std::unique_ptr<DnsClient> client_;
  Done done_;
  std::vector<Service> services_;
  std::vector<Target> targets_;
  DomainRecords records_;
  std::size_t unanswered_ = 0;
  bool asks_targets_ = false;
  std::chrono::milliseconds ends_;
  Loop& loop_;
  Timer timer_;
};

}  // namespace portcullis::net
