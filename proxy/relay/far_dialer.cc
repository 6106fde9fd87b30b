#include "proxy/relay/far_dialer.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "proxy/relay/endpoints_lookup.h"

namespace portcullis::relay {

using policy::Reason;
using policy::Refusal;

FarDialer::FarDialer(Scheduler& scheduler, Network& network, const StreamPlan& plan,
                     const DialRules& rules, FarRecord& record, Owner& owner)
    : scheduler_(scheduler),
      network_(network),
      plan_(plan),
      rules_(rules),
      record_(record),
      owner_(owner) {}

void FarDialer::find_peer(const DomainName& remote, std::chrono::milliseconds budget,
                          DialLimits::Place place) {
  const auto asked = scheduler_.now();
  wanted_ = remote;
  place_ = std::move(place);
  ends_ = asked + budget;
  const auto not_found = [this](Reason reason, std::string_view detail) {
    lookup_.reset();
    end_search();
    owner_.on_unreachable(
        {policy::refuse(reason, {{"domain", wanted_->a_label()}, {"detail", detail}}), true});
  };
  // The look-up ends by itself before; this holds if it does not.
  arm(budget, [this, budget, not_found] {
    record_.looked_up(false, budget);
    not_found(Reason::kDnsTimeout, "the look-up took too long");
  });
  lookup_ = network_.find_server(
      remote, time_to_look_up(), [this, asked, not_found](net::Candidates found) {
        auto* const candidates = std::get_if<std::vector<net::Candidate>>(&found);
        record_.looked_up(candidates != nullptr, scheduler_.now() - asked);
        if (candidates != nullptr) return find_named_backends(std::move(*candidates));
        const auto& none = std::get<net::NoCandidates>(found);
        not_found(none.reason, none.detail);
      });
}

// A backend that is configured by name may have any address today. So it is looked up whenever a
// peer's address could be the backend's, which its port tells.
void FarDialer::find_named_backends(std::vector<net::Candidate> candidates) {
  std::vector<std::uint16_t> ports;
  ports.reserve(candidates.size());
  for (const auto& candidate : candidates) ports.push_back(candidate.address.port());
  auto names = rules_.named_backends(ports);
  if (names.empty()) return dial(candidates);
  const auto found = [this, candidates = std::move(candidates)](NamedBackends backends) {
    named_backends_ = std::move(backends);
    dial(candidates);
  };
  lookup_.reset();
  arm(time_to_look_up(), [found, names] { found({{}, names}); });
  lookup_ = std::make_unique<EndpointsLookup>(network_, std::move(names), found);
}

void FarDialer::find_backend(const DomainName& host, const Endpoint& endpoint,
                             std::chrono::milliseconds budget) {
  wanted_ = host;
  ends_ = scheduler_.now() + budget;
  const auto at_most = time_to_look_up();
  const auto not_found = [this](std::string_view detail) {
    record_.not_found(*wanted_, detail);
    dial({});
  };
  arm(at_most, [not_found, endpoint, at_most] {
    not_found("the name \"" + endpoint.host + "\" was not looked up within " +
              std::to_string(at_most.count()) + " ms; see to the resolver of this machine");
  });
  lookup_ =
      network_.resolve_endpoint(endpoint, [this, not_found](net::EndpointAddresses addresses) {
        if (!addresses) return not_found(addresses.error().message);
        std::vector<net::Candidate> candidates;
        for (const auto& address : *addresses) candidates.push_back({address, TlsEntry::kStartTls});
        dial(candidates);
      });
}

// One timer limits each step: each look-up, and each attempt with connecting, TLS and
// authentication together. The leg's own deadline does not change it. `on_over` may arm it anew.
void FarDialer::arm(std::chrono::milliseconds time, std::function<void()> on_over) {
  timer_ = scheduler_.make_timer([on_over = std::move(on_over)] {
    const auto step = on_over;  // the timer, and what it holds, may go meanwhile
    step();
  });
  timer_->start(time);
}

std::chrono::milliseconds FarDialer::time_left() const {
  return std::max(ends_ - scheduler_.now(), std::chrono::milliseconds(0));
}

std::chrono::milliseconds FarDialer::time_to_look_up() const {
  return time_left() * 3 / 4;
}

void FarDialer::dial(const std::vector<net::Candidate>& candidates) {
  lookup_.reset();
  dial_ = std::make_unique<Dial>(candidates, time_left(), scheduler_.now());
  try_next();
}

DialTarget::Asked FarDialer::ask(const net::SocketAddress& address) const {
  return plan_.calls_peer() ? DialTarget::peer(address, rules_, named_backends_)
                            : DialTarget::backend(address, rules_);
}

void FarDialer::try_next() {
  const auto attempt = dial_->next(
      scheduler_.now(), [this](const net::SocketAddress& address) { return ask(address); },
      [this](const net::SocketAddress& address, const Refusal& refusal) {
        record_.not_called(*wanted_, address, refusal);
      });
  if (!attempt) {
    end_search();
    return owner_.on_unreachable(dial_->failure().value_or(DialFailure{policy::refuse(
        plan_.unreachable,
        {{"domain", wanted_->a_label()}, {"detail", "no address could be tried in time"}})}));
  }
  leg_ = owner_.make_far(*attempt);
  arm(attempt->time, [this] { leg_->dispatch(session::DeadlineExpired{}); });
}

void FarDialer::end_search() {
  timer_.reset();
  place_.reset();
}

void FarDialer::reach() {
  if (std::exchange(reached_, true)) return;
  end_search();
  record_.reached(*wanted_);
}

void FarDialer::fail(Refusal refusal) {
  record_.failed(*wanted_, leg_->transport().peer(), refusal);
  dial_->failed({std::move(refusal), leg_->speaks_xmpp()});
  leaving_.push_back(std::move(leg_));
  try_next();
}

void FarDialer::finish() {
  lookup_.reset();
  dial_.reset();
}

void FarDialer::give_up() {
  if (reached_) return;
  lookup_.reset();
  end_search();
  if (!leg_) return;
  leg_->transport().abort();
  leaving_.push_back(std::move(leg_));
}

// The leg moves to leaving_ before it is told. So the bridge sees that what this leg still says
// comes from an old leg, and not from the next one.
void FarDialer::drop() {
  finish();
  end_search();
  reached_ = false;
  if (!leg_) return;
  leaving_.push_back(std::move(leg_));
  leaving_.back()->dispatch(session::FarEnded{});
}

void FarDialer::abort() {
  give_up();
  if (leg_) leg_->transport().abort();
  for (const auto& leg : leaving_) leg->transport().abort();
}

bool FarDialer::sweep(bool near_is_gone) {
  std::erase_if(leaving_, [](const auto& leg) { return leg->transport().gone(); });
  if (leg_ && leg_->transport().gone() && near_is_gone) leg_.reset();
  return !leg_ && leaving_.empty();
}

}  // namespace portcullis::relay
