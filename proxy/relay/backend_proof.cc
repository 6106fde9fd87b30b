#include "proxy/relay/backend_proof.h"

#include <utility>

#include "proxy/net/proxy_protocol.h"
#include "proxy/relay/dial_target.h"

namespace portcullis::relay {

using policy::Reason;

BackendProof::BackendProof(Scheduler& scheduler, Network& network, const DialRules& rules,
                           Place place, session::KeyQuestion question, Done done)
    : scheduler_(scheduler),
      network_(network),
      rules_(rules),
      place_(std::move(place)),
      question_(std::move(question)),
      done_(std::move(done)),
      timer_(scheduler.make_timer([this] {
        fail("it did not answer within " + std::to_string(kPatience.count()) + " s");
        if (transport_) transport_->abort();
      })) {
  timer_->start(kPatience);
  lookup_ = network_.resolve_endpoint(place_.endpoint, [this](net::EndpointAddresses found) {
    if (!found) return try_next(found.error().message);
    addresses_ = *std::move(found);
    try_next("its name has no address");
  });
}

void BackendProof::try_next(const std::string& why) {
  if (!done_) return;
  if (next_ == addresses_.size()) return fail(why);
  const auto target = DialTarget::backend(addresses_[next_++], rules_);
  if (!target) return tell(session::PeerRefused{target.error()});
  call_ = network_.call(*target, [this](Network::Called called) { on_called(std::move(called)); });
}

void BackendProof::on_called(Network::Called called) {
  if (!done_) return;
  if (!called) {
    if (called.error().out_of_descriptors)
      return tell(session::PeerRefused{policy::refuse(Reason::kOutOfDescriptors)});
    return try_next(called.error().detail);
  }
  transport_ = (*called)(*this);
}

void BackendProof::on_open() {
  if (place_.proxy_protocol != policy::ProxyProtocol::kOff)
    transport_->send(
        net::write_proxy_header(place_.proxy_protocol, transport_->local(), transport_->peer()));
  transport_->send(question_.opening());
}

void BackendProof::on_plain(std::string_view bytes) {
  if (!done_) return;
  auto step = question_.feed(bytes);
  if (!step.send.empty()) transport_->send(step.send);
  if (step.answer) tell(std::move(*step.answer));
}

void BackendProof::on_limit(telemetry::Limit /*limit*/, std::optional<policy::Refusal> refusal) {
  if (refusal) tell(session::PeerRefused{std::move(*refusal)});
}

void BackendProof::on_lost(std::string detail) {
  fail(detail);
}

void BackendProof::on_gone() {
  fail("it closed the connection");
  scheduler_.defer([this, alive = std::weak_ptr<const bool>(alive_)] {
    if (!alive.expired()) transport_.reset();
  });
}

void BackendProof::fail(const std::string& why) {
  tell(session::PeerRefused{
      {Reason::kBackendUnavailable, "The backend at " + place_.endpoint.text() +
                                        " was asked about a dialback key, but " +
                                        policy::printable(why, 200) + "."}});
}

void BackendProof::tell(session::KeyQuestion::Answer answer) {
  if (!done_) return;
  timer_->stop();
  if (transport_) transport_->close();
  std::exchange(done_, nullptr)(std::move(answer));
}

}  // namespace portcullis::relay
