#include "proxy/relay/bounces.h"

#include <utility>

#include "proxy/xmpp/stanza_error.h"

namespace portcullis::relay {
namespace {

using telemetry::Return;

xmpp::Unreached unreached(const StreamPlan& plan, bool toward_backend) {
  if (plan.between_servers) return xmpp::Unreached::kServer;
  return toward_backend ? xmpp::Unreached::kOwnServer : xmpp::Unreached::kOwnClient;
}

}  // namespace

void Bounces::on_heard(const LegEnd& end, const policy::Refusal& told) {
  told_ = told.text;
  if (const auto* const other = ends_.other(end)) open(*other) = false;
}

void Bounces::on_undelivered(const LegEnd& end) {
  auto* const sender = ends_.other(end);
  if (sender == nullptr || managed_) return;
  answer(sender, toward_backend(end), ends_.take_undelivered_tags(end));
}

bool Bounces::takes_more(const LegEnd* end) const {
  return end != nullptr && open_.at(static_cast<std::size_t>(end->place())) &&
         !end->transport().closing();
}

void Bounces::gone(const LegEnd& end) {
  if (ends_.other(end) == nullptr) return;
  const auto lost = ends_.undelivered(end);
  passed_on_.lost(toward_backend(end), lost);
  if (managed_)
    return passed_on_.tally(toward_backend(end)).returned(Return::kManaged, lost.stanzas);
  on_undelivered(end);
}

void Bounces::dropped(LegEnd& sender, const AcceptedBytes& accepted) {
  const bool toward_backend = !this->toward_backend(sender);
  const Amount amount{accepted.stanzas.size(), accepted.bytes.size()};
  passed_on_.tally(toward_backend).lost(amount);
  if (managed_) return passed_on_.tally(toward_backend).returned(Return::kManaged, amount.stanzas);
  TagsUnderWay tags;
  tags.passed(0, amount.octets, accepted);
  answer(&sender, toward_backend, tags.take());
}

void Bounces::answer(LegEnd* sender, bool toward_backend, const std::vector<std::string>& tags) {
  std::vector<std::string> errors;
  for (const auto& tag : tags)
    if (auto error = told_ ? xmpp::write_refused_error(tag, *told_)
                           : xmpp::write_undelivered_error(tag, unreached(plan_, toward_backend)))
      errors.push_back(std::move(*error));
  passed_on_.tally(toward_backend).returned(Return::kNotAnswered, tags.size() - errors.size());
  const auto count = errors.size();
  if (count > 0 && tell(sender, toward_backend, std::move(errors)))
    passed_on_.tally(toward_backend).returned(Return::kBounced, count);
}

bool Bounces::tell(LegEnd* sender, bool toward_backend, std::vector<std::string> errors) {
  if (plan_.between_servers) {
    const auto& pair = gate_.pair();
    if (!pair.remote || !(told_ || gate_.standing().authenticated())) return false;
    if (toward_backend)
      notices_.tell(pair.local, *pair.remote, Side::kWan, std::move(errors));
    else
      notices_.tell(*pair.remote, pair.local, Side::kBackend, std::move(errors));
    return true;
  }
  if (sender == nullptr || !sender->relaying() || sender->transport().closing()) return false;
  std::string all;
  for (const auto& error : errors) all += error;
  // Its leg decides whether it may still be told something.
  const auto before = sender->transport().outgoing().sent();
  sender->dispatch(session::FarUndelivered{std::move(all)});
  return sender->transport().outgoing().sent() > before;
}

}  // namespace portcullis::relay
