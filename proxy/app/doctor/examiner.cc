#include "proxy/app/doctor/examiner.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "proxy/app/doctor/host_questions.h"
#include "proxy/base/clock.h"
#include "proxy/net/record_survey.h"
#include "proxy/net/resolver.h"
#include "proxy/net/this_machine.h"
#include "proxy/net/timer.h"
#include "proxy/relay/delivery.h"
#include "proxy/relay/loop_network.h"

namespace portcullis::app {
namespace {

using Service = doctor::ServiceRecords::Service;

constexpr std::chrono::milliseconds kAllTime{12'000};
// A silent port is asked twice, and each connection may take longer for its farewell.
static_assert(2 * (HostQuestions::kPatience + relay::Patience{}.linger) < kAllTime);
constexpr std::chrono::milliseconds kDnsTime{6'000};
constexpr std::size_t kMostHosts = 32;
constexpr char kMadeUp[] = "doctor.portcullis.example";

constexpr std::array kServices{
    std::pair{Service::kServer, "_xmpp-server._tcp."},
    std::pair{Service::kServerDirect, "_xmpps-server._tcp."},
    std::pair{Service::kClient, "_xmpp-client._tcp."},
    std::pair{Service::kClientDirect, "_xmpps-client._tcp."},
};

bool is_for_clients(Service service) {
  return service == Service::kClient || service == Service::kClientDirect;
}

// Of `config`, whom others look for.
std::vector<doctor::NameRecords> names_of(const policy::Config& config) {
  std::vector<doctor::NameRecords> names;
  const auto add = [&](std::string path, const DomainName& name, bool clients, bool servers) {
    if (!servers && !clients) return;
    doctor::NameRecords records{std::move(path), name, clients, servers, {}, {}};
    names.push_back(std::move(records));
  };
  for (std::size_t i = 0; i < config.hosts.size(); ++i) {
    const auto& host = config.hosts[i];
    const auto path = "host[" + std::to_string(i) + "]";
    const auto servers = [&](const DomainName& name) {
      return host.backend.s2s.has_value() && !config.is_local_only(name);
    };
    add(path + ".domain", host.domain, host.backend.c2s.has_value(), servers(host.domain));
    for (std::size_t j = 0; j < host.aliases.size(); ++j)
      add(path + ".aliases[" + std::to_string(j) + "]", host.aliases[j], false,
          servers(host.aliases[j]));
  }
  return names;
}

doctor::ServiceRecords::Target target_of(const std::string& host, std::uint16_t port,
                                         const net::RecordSurvey::Answer& answer) {
  doctor::ServiceRecords::Target target;
  target.host = host;
  target.port = port;
  const auto found = answer.hosts.find(host);
  target.is_known = found != answer.hosts.end() && found->second.is_known;
  if (!target.is_known) return target;
  target.addresses = found->second.addresses;
  for (const auto& address : target.addresses)
    if (net::whose_address(address) == net::Whose::kOurs) target.here.push_back(address);
  return target;
}

doctor::ServiceRecords::Target literal_target(const net::SocketAddress& address) {
  doctor::ServiceRecords::Target target;
  target.host = address.host();
  target.port = address.port();
  target.is_literal = true;
  target.addresses = {address};
  if (net::whose_address(address) == net::Whose::kOurs) target.here = target.addresses;
  return target;
}

doctor::ServiceRecords records_of(Service service, const std::string& name,
                                  const net::RecordSurvey::Answer& answer) {
  using Outcome = doctor::ServiceRecords::Outcome;
  doctor::ServiceRecords records{service, Outcome::kUnknown, "it was not asked", {}};
  const auto found = answer.services.find(name);
  if (found == answer.services.end()) return records;
  records.detail = found->second.status;
  if (!found->second.is_known) {
    records.detail += "; " + answer.asked;
    return records;
  }
  for (const auto& literal : found->second.literals)
    records.targets.push_back(literal_target(literal));
  for (const auto& record : found->second.records) {
    if (record.target) {
      records.targets.push_back(target_of(record.target->a_label(), record.port, answer));
    } else {
      records.targets.emplace_back();
      records.targets.back().denied = true;
    }
  }
  records.outcome = records.targets.empty() ? Outcome::kNone : Outcome::kRecords;
  return records;
}

doctor::BackendFacts facts_of(const policy::Config& config, std::size_t index) {
  const auto& host = config.hosts[index];
  const auto path = "host[" + std::to_string(index) + "].backend";
  doctor::BackendFacts facts{.path = path, .domain = host.domain};
  facts.kind = host.backend.kind;
  facts.auth = host.backend.s2s_auth;
  facts.client_tls = host.backend.c2s_tls != policy::BackendTls::kOff;
  facts.local_ca = config.local_ca.directory;
  if (host.backend.s2s)
    facts.s2s = doctor::BackendPort{.kind = StreamKind::kS2sInbound,
                                    .path = path + ".s2s",
                                    .endpoint = *host.backend.s2s,
                                    .configured = host.backend.s2s_proxy_protocol};
  if (host.backend.c2s)
    facts.c2s = doctor::BackendPort{.kind = StreamKind::kC2s,
                                    .path = path + ".c2s",
                                    .endpoint = *host.backend.c2s,
                                    .configured = host.backend.c2s_proxy_protocol};
  for (std::size_t i = 0; host.backend.s2s && i < host.aliases.size(); ++i)
    if (i < HostQuestions::kMostAliases)
      facts.aliases.push_back(
          {"host[" + std::to_string(index) + "].aliases[" + std::to_string(i) + "]",
           host.aliases[i],
           {}});
  const auto& s2s = config.s2s;
  const auto observes = [](const auto& one) { return one.settings.mode == policy::Mode::kObserve; };
  facts.observes = s2s.settings.mode == policy::Mode::kObserve ||
                   std::any_of(s2s.rules.begin(), s2s.rules.end(), observes);
  return facts;
}

// One run of everything, on a loop of its own.
class Examiner {
 public:
  Examiner(const policy::Config& config, const relay::Snapshot* snapshot, const WhatToAsk& what)
      : config_(config),
        snapshot_(snapshot),
        made_up_(*DomainName::parse(kMadeUp)),
        time_(loop_, [this] { loop_.stop(); }) {
    time_.start(kAllTime);
    if (what.responders) ask_responders();
    if (what.records) ask_records();
    if (what.backends) ask_backends();
  }

  Heard run() {
    if (running_ > 0) loop_.run();
    for (std::size_t i = 0; i < heard_.backends.size(); ++i) note_what_is_missing(i);
    return std::move(heard_);
  }

 private:
  void over() {
    if (--running_ == 0) loop_.stop();
  }

  void ask_responders() {
    const auto endpoints = config_.dns_listeners();
    const auto service = std::string(kServices[0].second) + made_up_.a_label();
    heard_.responders.reserve(endpoints.size());
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      heard_.responders.push_back(
          {"outbound.dns[" + std::to_string(i) + "]", endpoints[i], {}, "no answer"});
      auto& answer = heard_.responders.back();
      survey({endpoints[i]}, {{service}, {}},
             [&answer, service](const net::RecordSurvey::Answer& found) {
               take(found, service, answer);
             });
    }
  }

  static void take(const net::RecordSurvey::Answer& found, const std::string& service,
                   doctor::CaptureFacts::Answer& answer) {
    const auto one = found.services.find(service);
    if (one == found.services.end()) return;
    answer.why = one->second.status;
    answer.leads_to = one->second.literals;
    for (const auto& record : one->second.records) {
      if (!record.target) continue;
      for (const auto& address : target_of(record.target->a_label(), 0, found).addresses)
        if (const auto there = net::SocketAddress::from(Endpoint{address.host(), record.port}))
          answer.leads_to.push_back(*there);
    }
  }

  void survey(const std::vector<Endpoint>& servers, net::RecordSurvey::Question question,
              std::function<void(const net::RecordSurvey::Answer&)> take_it) {
    auto begun = net::RecordSurvey::begin(
        loop_, servers, std::move(question), kDnsTime,
        [this, take_it = std::move(take_it)](const net::RecordSurvey::Answer& answer) {
          take_it(answer);
          over();
        });
    if (!begun) return;
    ++running_;
    surveys_.push_back(*std::move(begun));
  }

  void ask_records() {
    names_ = names_of(config_);
    net::RecordSurvey::Question question;
    for (const auto& name : names_) {
      for (const auto& [service, label] : kServices)
        if (is_for_clients(service) ? name.for_clients : name.for_servers)
          question.services.push_back(label + name.name.a_label());
      question.hosts.push_back(name.name.a_label());
    }
    survey(config_.dns.servers, std::move(question),
           [this](const net::RecordSurvey::Answer& answer) { take(answer); });
  }

  void take(const net::RecordSurvey::Answer& answer) {
    for (auto& name : names_) {
      for (const auto& [service, label] : kServices)
        if (is_for_clients(service) ? name.for_clients : name.for_servers)
          name.services.push_back(records_of(service, label + name.name.a_label(), answer));
      name.own = target_of(name.name.a_label(), 0, answer);
    }
    heard_.records = std::move(names_);
  }

  void ask_backends() {
    auto resolver = net::Resolver::make(loop_, config_.dns.servers);
    if (!resolver) return;
    resolver_ = *std::move(resolver);
    network_.emplace(loop_, *resolver_, scratch_);
    auto rules = relay::DialRules::of(config_, &net::whose_address);
    if (!rules) return;
    rules_ = *std::move(rules);
    if (snapshot_ != nullptr && snapshot_->local_ca() != nullptr)
      if (auto leaf = snapshot_->local_ca()->mint(made_up_, wall_clock_now())) leaf_ = *leaf;
    const auto count = std::min(config_.hosts.size(), kMostHosts);
    heard_.backends.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      heard_.backends.push_back(facts_of(config_, i));
      const auto& facts = heard_.backends.back();
      done_.push_back(!facts.s2s && !facts.c2s);
      if (done_.back()) continue;
      ++running_;
      hosts_.push_back(std::make_unique<HostQuestions>(
          AskingTools{loop_, *network_, *rules_, snapshot_, leaf_.get(), made_up_},
          config_.hosts[i], heard_.backends[i], [this, i] {
            done_[i] = true;
            over();
          }));
    }
  }

  void note_what_is_missing(std::size_t i) {
    auto& facts = heard_.backends[i];
    if (!done_[i])
      facts.not_asked = "it did not answer everything in time";
    else if (snapshot_ == nullptr)
      facts.not_asked = "the files of the configuration could not be loaded";
    else if (facts.s2s && facts.auth == policy::BackendAuth::kTls && leaf_ == nullptr)
      facts.not_asked = "no certificate of the local CA could be made";
    else if (i == 0 && config_.hosts.size() > kMostHosts)
      facts.not_asked = "of all hosts only the first " + std::to_string(kMostHosts) + " are asked";
  }

  const policy::Config& config_;
  const relay::Snapshot* const snapshot_;
  const DomainName made_up_;
  Heard heard_;
  std::vector<doctor::NameRecords> names_;
  std::vector<bool> done_;
  std::size_t running_ = 0;
  std::string scratch_;
  net::Loop loop_;
  net::Timer time_;
  std::unique_ptr<net::Resolver> resolver_;
  std::optional<relay::LoopNetwork> network_;
  std::optional<relay::DialRules> rules_;
  std::shared_ptr<const certs::MintedLeaf> leaf_;
  std::vector<std::unique_ptr<net::RecordSurvey>> surveys_;
  std::vector<std::unique_ptr<HostQuestions>> hosts_;
};

}  // namespace

Heard ask_the_network(const policy::Config& config, const relay::Snapshot* snapshot,
                      const WhatToAsk& what) {
  return Examiner(config, snapshot, what).run();
}

}  // namespace portcullis::app
