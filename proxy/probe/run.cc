#include "proxy/probe/run.h"

#include <array>
#include <cstdint>
#include <utility>
#include <variant>

#include "certs/own/credentials.h"
#include "proxy/relay/endpoints_lookup.h"

namespace portcullis::probe {
namespace {

constexpr std::array kAskedFor{KeyType::kEcdsa, KeyType::kRsa};

}  // namespace

Run::Run(net::Loop& loop, relay::Network& network, const relay::DialRules& rules,
         const tls::AskingContext& tls, Plan plan, Done done)
    : loop_(loop),
      network_(network),
      rules_(rules),
      tls_(tls),
      plan_(std::move(plan)),
      done_(std::move(done)),
      step_(loop.make_timer([this] { begin(); })) {
  step_->start(std::chrono::milliseconds(0));
}

// ---- Where it is

void Run::begin() {
  if (const auto* const refused = std::get_if<policy::Refusal>(&plan_.route.way)) {
    findings_.refusal = *refused;
    return finish(std::move(findings_));
  }
  if (const auto* const socks = std::get_if<policy::BySocks>(&plan_.route.way))
    return take_route(*socks);
  auto begun = net::survey_domain(loop_, plan_.survey, [this](net::DomainRecords records) {
    // The look-up, which has called, ends in another turn.
    step_ = loop_.make_timer([this, records = std::move(records)] {
      lookup_.reset();
      take(net::DomainRecords(records));  // the timer, and what it holds, goes meanwhile
    });
    step_->start(std::chrono::milliseconds(0));
  });
  if (!begun) return finish(tl::unexpected(std::move(begun.error())));
  lookup_ = *std::move(begun);
}

void Run::take_route(const policy::BySocks& route) {
  if (const auto proxy = net::SocketAddress::from(route.proxy))
    findings_.addresses.push_back({*proxy, plan_.subject.domain, TlsEntry::kStartTls, true});
  begin_calls({});
}

void Run::take(net::DomainRecords records) {
  for (const auto& target : records.targets) {
    for (const auto& address : target.addresses) {
      if (findings_.addresses.size() < kMostAddresses)
        findings_.addresses.push_back({address, target.host, target.entry});
      else
        ++findings_.left_out;
    }
  }
  findings_.records = std::move(records);
  find_named_backends();
}

// As for streams: whom DNS names must not be our own backend.
void Run::find_named_backends() {
  std::vector<std::uint16_t> ports;
  for (const auto& one : findings_.addresses) ports.push_back(one.address.port());
  auto names = rules_.named_backends(ports);
  if (names.empty()) return begin_calls({});
  limit_ = loop_.make_timer([this, names] {
    const relay::NamedBackends unknown{{}, names};
    lookup_.reset();
    begin_calls(unknown);
  });
  limit_->start(plan_.time);
  lookup_ = std::make_unique<relay::EndpointsLookup>(
      network_, std::move(names),
      [this](relay::NamedBackends found) { begin_calls(std::move(found)); });
}

// ---- The connections

void Run::begin_calls(relay::NamedBackends named) {
  named_ = std::move(named);
  limit_ = loop_.make_timer([this] { finish(std::move(findings_)); });
  limit_->start(plan_.time * kTimesInAll);
  for (std::size_t i = 0; i < findings_.addresses.size(); ++i) waiting_.push_back({i});
  next();
}

void Run::next() {
  while (!waiting_.empty() && running_.size() < kAtOnce) {
    const auto job = waiting_.front();
    waiting_.pop_front();
    start(started_++, job);
  }
  if (running_.empty()) finish(std::move(findings_));
}

relay::DialTarget::Asked Run::ask(const Address& address) const {
  if (const auto* const socks = std::get_if<policy::BySocks>(&plan_.route.way))
    return relay::DialTarget::proxy(address.address, rules_,
                                    net::SocksRequest{plan_.subject.domain, socks->port});
  return relay::DialTarget::peer(address.address, rules_, named_);
}

examine::Question Run::question_for(const Address& address, bool whole) const {
  const auto& subject = plan_.subject;
  examine::Question question{subject.kind, address.entry, subject.domain, subject.from};
  question.depth = !whole                      ? examine::Depth::kHandshake
                   : subject.shows_certificate ? examine::Depth::kLogin
                                               : examine::Depth::kOffer;
  question.time = plan_.time;
  return question;
}

void Run::start(std::size_t number, const Job& job) {
  auto& address = findings_.addresses[job.address];
  const auto target = ask(address);
  if (!target) {
    address.not_called = target.error();
    return;
  }
  const auto make_engine = [this, entry = address.entry, only = job.only] {
    return tls_.connect(plan_.subject.domain, plan_.subject.kind, entry, only);
  };
  const auto done = [this, number, job](examine::Findings seen) {
    examined(number, job, std::move(seen));
  };
  running_[number] = std::make_unique<examine::Examination>(
      loop_, network_, *target, question_for(address, !job.only), make_engine, done);
}

void Run::examined(std::size_t number, const Job& job, examine::Findings seen) {
  auto& address = findings_.addresses[job.address];
  if (job.only) {
    address.others.push_back({*job.only, std::move(seen)});
  } else {
    address.seen = std::move(seen);
    ask_for_others(job.address);
  }
  const auto ended = std::move(running_[number]);  // it has called, and lives until this returns
  running_.erase(number);
  next();
}

void Run::ask_for_others(std::size_t address) {
  const auto& seen = *findings_.addresses[address].seen;
  if (!seen.tls) return;
  const auto shown = certs::key_type_of_leaf(seen.tls->chain.leaf.get());
  for (const auto type : kAskedFor)
    if (type != shown) waiting_.push_back({address, type});
}

void Run::finish(Result<Findings> result) {
  waiting_.clear();
  running_.clear();
  lookup_.reset();
  if (limit_) limit_->stop();
  const auto done = std::move(done_);  // may destroy this
  done(std::move(result));
}

}  // namespace portcullis::probe
