#include "proxy/relay/far_dialer.h"

#include <string>
#include <utility>

namespace portcullis::relay {

using policy::Reason;
using policy::Refusal;

FarDialer::FarDialer(Scheduler& scheduler, Network& network, const StreamPlan& plan,
                     const DialRules& rules, FarRecord& record, FarDialer::Owner& owner)
    : scheduler_(scheduler),
      network_(network),
      plan_(plan),
      rules_(rules),
      record_(record),
      owner_(owner),
      finder_(scheduler, network, rules, record) {}

// ---- Finding

void FarDialer::find_peer(const policy::PeerRoute& route, std::chrono::milliseconds budget,
                          DialPlaces places) {
  calls_peer_ = true;
  wanted_ = route.remote;
  through_.reset();
  if (const auto* const socks = std::get_if<policy::BySocks>(&route.way))
    through_ = net::SocksRequest{route.remote, socks->port};
  places_ = std::move(places);
  ends_ = scheduler_.now() + budget;
  finder_.find_peer(route, ends_, [this](FarFinder::Answer found) { dial(std::move(found)); });
}

void FarDialer::find_backend(const DomainName& host, const Endpoint& endpoint,
                             std::chrono::milliseconds budget) {
  calls_peer_ = false;
  wanted_ = host;
  through_.reset();
  places_ = {};
  ends_ = scheduler_.now() + budget;
  finder_.find_backend(host, endpoint, ends_,
                       [this](FarFinder::Answer found) { dial(std::move(found)); });
}

void FarDialer::dial(FarFinder::Answer found) {
  if (!found) {
    end_search();
    return owner_.on_unreachable(std::move(found.error()));
  }
  named_backends_ = std::move(found->backends);
  dial_ = std::make_unique<Dial>(found->candidates, ends_);
  if (found->doubt) dial_->failed(std::move(*found->doubt));
  race_ = std::make_unique<DialRace>(scheduler_, network_, *dial_, places_,
                                     static_cast<DialRace::Owner&>(*this));
  race_->go_on();
}

// ---- Connecting

DialTarget::Asked FarDialer::ask(const net::SocketAddress& address) {
  auto asked = !calls_peer_ ? DialTarget::backend(address, rules_)
               : through_   ? DialTarget::proxy(address, rules_, *through_)
                            : DialTarget::peer(address, rules_, named_backends_);
  if (!asked) record_.not_called(*wanted_, address, asked.error());
  return asked;
}

void FarDialer::on_not_connected(const net::SocketAddress& address,
                                 const Network::CallFailure& failure) {
  const std::string to = address.text() + " failed: " + failure.detail;
  Refusal refusal{Reason::kBackendUnavailable, "Connecting to the backend at " + to + "."};
  if (failure.out_of_descriptors)
    refusal = policy::refuse(Reason::kOutOfDescriptors);
  else if (failure.proxy_failed)
    refusal = policy::refuse(
        Reason::kSocksProxyFailed,
        {{"domain", wanted_->a_label()}, {"detail", address.text() + ": " + failure.detail}});
  else if (through_)
    refusal = policy::refuse(
        Reason::kPeerUnreachable,
        {{"detail", "asking the proxy at " + address.text() + ": " + failure.detail}});
  else if (calls_peer_)
    refusal = policy::refuse(Reason::kPeerUnreachable, {{"detail", "connecting to " + to}});
  record_.failed(*wanted_, address, {refusal, false, DialPhase::kConnect});
  dial_->failed({std::move(refusal), false, DialPhase::kConnect});
}

void FarDialer::on_connected(const Dial::Attempt& attempt, const MakeTransport& make) {
  attempt_ = attempt;
  leg_ = owner_.make_far(attempt, make);
  // A client waits for a busy server as long as it likes, and here nobody else could serve it.
  if (!plan_.between_servers && !dial_->has_more()) return;
  // One timer limits TLS and authentication together. The leg's own deadline does not change it.
  timer_ = scheduler_.make_timer([this] { leg_->dispatch(session::DeadlineExpired{}); });
  timer_->start(attempt.time);
}

void FarDialer::on_none_left() {
  end_search();
  owner_.on_unreachable(dial_->failure().value_or(DialFailure{policy::refuse(
      calls_peer_ ? Reason::kPeerUnreachable : Reason::kBackendUnavailable,
      {{"domain", wanted_->a_label()}, {"detail", "no address could be tried in time"}})}));
}

// ---- The leg

void FarDialer::reach() {
  if (std::exchange(reached_, true)) return;
  end_search();
  record_.reached(*wanted_);
}

void FarDialer::hear_no() {
  if (!std::exchange(reached_, true)) end_search();
}

void FarDialer::fail(Refusal refusal, bool again) {
  timer_.reset();
  if (again) {
    dial_->put_back({*attempt_});
  } else {
    const auto progress = leg_->progress();
    DialFailure failure{std::move(refusal), progress.spoke_xmpp, progress.phase};
    record_.failed(*wanted_, leg_->transport().peer(), failure);
    dial_->failed(std::move(failure));
  }
  leaving_.push_back(std::move(leg_));
  race_->go_on();
}

void FarDialer::finish() {
  stop_search();
  dial_.reset();
}

// Neither a name is looked up nor an address called any more.
void FarDialer::stop_search() {
  finder_.stop();
  race_.reset();
}

void FarDialer::end_search() {
  timer_.reset();
  places_ = {};
}

void FarDialer::give_up() {
  if (reached_) return;
  stop_search();
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
