#include "proxy/net/dns_service.h"

#include <utility>

namespace portcullis::net {

DnsService::DnsService(Loop& loop, DnsSettings settings, Limits limits, OnOutcome on_outcome)
    : loop_(loop), limits_(limits), on_outcome_(std::move(on_outcome)), sweep_(loop, [this] {
        std::erase_if(forwarded_, [](const auto& one) { return one->ended(); });
      }) {
  change(std::move(settings));
}

void DnsService::change(DnsSettings settings) {
  capture_ = {std::move(settings.targets), settings.forward_to.has_value()};
  forward_to_ = settings.forward_to;
}

void DnsService::ask(std::string_view message, DnsTransport transport, Deliver deliver) {
  auto reply = reply_to_query(message, capture_, transport);
  if (reply.outcome == DnsOutcome::kForwarded)
    return forward(message, transport, std::move(deliver));
  on_outcome_(reply.outcome);
  deliver(std::move(reply.message));
}

void DnsService::lose(std::string_view message, const Deliver& deliver) {
  on_outcome_(DnsOutcome::kFailed);
  deliver(reply_for_lost(message));
}

void DnsService::forward(std::string_view message, DnsTransport transport, Deliver deliver) {
  if (forwarded_.size() >= limits_.forwarded) return lose(message, deliver);
  auto on_answer = [this, query = std::string(message),
                    deliver = std::move(deliver)](std::string answer) {
    sweep_.schedule();
    if (answer.empty()) return lose(query, deliver);
    on_outcome_(DnsOutcome::kForwarded);
    deliver(std::move(answer));
  };
  forwarded_.push_back(std::make_unique<ForwardedQuery>(
      loop_, ForwardedQuery::Way{*forward_to_, transport, limits_.answer}, std::string(message),
      std::move(on_answer)));
}

}  // namespace portcullis::net
