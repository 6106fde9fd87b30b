#include "proxy/app/dns_responders.h"

#include <algorithm>
#include <string>
#include <utility>

#include "policy/model/quantity.h"
#include "proxy/base/log_words.h"

namespace portcullis::app {
namespace {

net::DnsSettings settings_of(const policy::Config& config) {
  net::DnsSettings settings;
  for (const auto& endpoint : config.outbound.listen)
    if (const auto address = net::SocketAddress::from(endpoint))
      settings.targets.push_back(*address);
  if (config.outbound.dns_forward)
    if (const auto address = net::SocketAddress::from(*config.outbound.dns_forward))
      settings.forward_to = *address;
  return settings;
}

bool names(const std::vector<Endpoint>& list, const Endpoint& endpoint) {
  return std::find(list.begin(), list.end(), endpoint) != list.end();
}

}  // namespace

DnsResponders::DnsResponders(net::Loop& loop, Timing timing, telemetry::Metrics& metrics,
                             telemetry::Log& log)
    : loop_(loop), timing_(timing), metrics_(metrics), log_(log), timer_(loop, [this] {
        warn();
      }) {}

Result<std::vector<DnsResponders::Opened>> DnsResponders::prepare(const policy::Config& next,
                                                                  net::HandedSockets* handed) {
  std::vector<Opened> opened;
  for (const auto& endpoint : next.dns_listeners()) {
    if (std::any_of(responders_.begin(), responders_.end(),
                    [&](const Opened& one) { return one.endpoint == endpoint; }))
      continue;
    const auto address = net::SocketAddress::from(endpoint);
    if (!address) return tl::unexpected(address.error());
    auto responder = net::DnsResponder::open(
        loop_, *address, settings_of(next), {}, [this](DnsOutcome outcome) { count(outcome); },
        handed);
    if (!responder) return tl::unexpected(responder.error());
    opened.push_back({endpoint, std::move(*responder)});
  }
  return opened;
}

void DnsResponders::adopt(const policy::Config& next, std::vector<Opened> opened) {
  const auto listeners = next.dns_listeners();
  const bool had_none = responders_.empty();
  std::erase_if(responders_, [&](const Opened& one) { return !names(listeners, one.endpoint); });
  for (const auto& one : responders_) one.responder->change(settings_of(next));
  for (auto& one : opened) responders_.push_back(std::move(one));
  if (responders_.empty())
    timer_.stop();
  else if (had_none && !asked_)
    timer_.start(timing_.until_warning);
}

std::vector<net::Descriptor> DnsResponders::share() const {
  std::vector<net::Descriptor> sockets;
  for (const auto& one : responders_)
    for (auto& socket : one.responder->share()) sockets.push_back(std::move(socket));
  return sockets;
}

void DnsResponders::close() {
  responders_.clear();
  timer_.stop();
}

void DnsResponders::count(DnsOutcome outcome) {
  metrics_.connections.capture_query(outcome);
  if (outcome != DnsOutcome::kCaptured) return;
  asked_ = true;
  timer_.stop();
}

void DnsResponders::warn() {
  if (responders_.empty()) return;
  log_.write(telemetry::Severity::kWarning, log_event::kBackend,
             {{log_field::kDetail,
               "nobody has looked for another server at " + responders_.front().endpoint.text() +
                   " for " + policy::quantity_text(timing_.until_warning) +
                   ". If your server has had anything to send to others, its resolver asks "
                   "somebody else, and its streams do not come through here: name that address in "
                   "its configuration (portcullis explain with its kind, such as prosody)"}});
}

}  // namespace portcullis::app
