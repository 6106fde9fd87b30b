#include "proxy/relay/leg_pair.h"

#include "proxy/net/proxy_protocol.h"

namespace portcullis::relay {

LegEnd* LegPair::other(const LegEnd& end) const {
  if (&end == near_.get()) return far();
  return &end == far() ? near_.get() : nullptr;
}

void LegPair::introduce(LegEnd& far, const StreamPlan& plan, const policy::Backend& backend) const {
  if (plan.proxy_protocol == nullptr) return;
  const auto protocol = backend.*plan.proxy_protocol;
  const auto& client = near_->transport();
  if (protocol != policy::ProxyProtocol::kOff)
    far.transport().send(
        net::write_proxy_header(protocol, client.peer(), client.local(),
                                net::chosen_tlvs(client.proxy_tlvs(), backend.proxy_tlvs)));
}

void LegPair::go_on() {
  near_->go_on();
  if (auto* const end = far()) end->go_on();
}

std::size_t LegPair::queued() const {
  return near_->transport().outgoing().queued() +
         (far() != nullptr ? far()->transport().outgoing().queued() : 0);
}

LegPair::Passed& LegPair::passed_to(const LegEnd& end) {
  return passed_.at(static_cast<std::size_t>(end.place()));
}

Delivery LegPair::look(const LegEnd& end) {
  const auto delivery = end.transport().outgoing().delivery();
  auto& passed = passed_to(end);
  passed.ledger.settle(delivery.acknowledged);
  passed.tags.settle(delivery.acknowledged);
  return delivery;
}

// The kernel is asked only where that can change something: many streams never relay.
void LegPair::settle(const LegEnd& end) {
  if (!passed_to(end).empty()) look(end);
}

std::size_t LegPair::kept() const {
  return passed_[0].tags.octets() + passed_[1].tags.octets();
}

void LegPair::pass(LegEnd& target, const AcceptedBytes& accepted) {
  auto& outgoing = target.transport().outgoing();
  auto& passed = passed_to(target);
  const auto before = outgoing.sent();
  target.transport().send(accepted.bytes);
  if (passed.ledger.full() || passed.tags.full()) settle(target);
  const auto sent = outgoing.sent();
  passed.ledger.passed(sent, {accepted.stanzas.size(), accepted.bytes.size()});
  passed.tags.passed(before, sent, accepted);
}

std::array<Delivery, 2> LegPair::deliveries() {
  const std::array<Delivery, 2> all{look(*near_), far() != nullptr ? look(*far()) : Delivery()};
  for (auto& passed : passed_) passed.tags.rest();
  return all;
}

void LegPair::account_to(PassedOn& passed_on) {
  const bool near_is_backend = near_->side() == Side::kBackend;
  passed_on.lost(near_is_backend, undelivered(*near_));
  if (far() != nullptr) passed_on.lost(!near_is_backend, undelivered(*far()));
}

Amount LegPair::undelivered(const LegEnd& end) {
  settle(end);
  return passed_to(end).ledger.undelivered();
}

std::vector<std::string> LegPair::take_undelivered_tags(const LegEnd& end) {
  settle(end);
  return passed_to(end).tags.take();
}

}  // namespace portcullis::relay
