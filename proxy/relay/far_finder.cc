#include "proxy/relay/far_finder.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "proxy/relay/endpoints_lookup.h"

namespace portcullis::relay {
namespace {

using policy::Reason;

DialFailure not_looked_up(const DomainName& remote, const net::NoCandidates& why) {
  return {policy::refuse(
              why.reason,
              {{"domain", remote.a_label()}, {"detail", why.detail}, {"resolver", why.resolver}}),
          true, DialPhase::kLookUp};
}

// Of a peer that is not looked up.
FarFinder::Answer known_at_once(const decltype(policy::PeerRoute::way)& way) {
  if (const auto* const refused = std::get_if<policy::Refusal>(&way))
    return tl::unexpected(
        DialFailure{*refused, !policy::is_about_us(refused->reason), DialPhase::kLookUp});
  FarFinder::Found found;
  if (const auto proxy = net::SocketAddress::from(std::get<policy::BySocks>(way).proxy))
    found.candidates.push_back({*proxy, TlsEntry::kStartTls, net::FoundBy::kProxy});
  return found;
}

}  // namespace

void FarFinder::begin(std::chrono::milliseconds ends, Done done) {
  ends_ = ends;
  done_ = std::move(done);
}

void FarFinder::find_peer(const policy::PeerRoute& route, std::chrono::milliseconds ends,
                          Done done) {
  begin(ends, std::move(done));
  if (std::holds_alternative<policy::ByDns>(route.way)) return look_up(route.remote);
  arm({}, [this, answered = known_at_once(route.way)] { answer(answered); });
}

void FarFinder::look_up(const DomainName& remote) {
  const auto asked = scheduler_.now();
  // The look-up ends by itself before; this holds if it does not.
  arm(time_left(), [this, remote, asked] {
    record_.looked_up(false, scheduler_.now() - asked);
    answer(tl::unexpected(
        not_looked_up(remote, {Reason::kDnsTimeout, "the look-up took too long", {}})));
  });
  lookup_ =
      network_.find_server(remote, time_to_look_up(), [this, remote, asked](net::Candidates found) {
        record_.looked_up(!std::holds_alternative<net::NoCandidates>(found),
                          scheduler_.now() - asked);
        take(remote, std::move(found));
      });
}

void FarFinder::take(const DomainName& remote, net::Candidates found) {
  if (const auto* const none = std::get_if<net::NoCandidates>(&found))
    return answer(tl::unexpected(not_looked_up(remote, *none)));
  if (auto* const unsure = std::get_if<net::UnsureCandidates>(&found))
    return find_named_backends(
        {std::move(unsure->candidates), {}, not_looked_up(remote, unsure->services)});
  find_named_backends({std::get<std::vector<net::Candidate>>(std::move(found)), {}, {}});
}

// A backend that is configured by name may have any address today. So it is looked up whenever a
// peer's address could be the backend's, which its port tells.
void FarFinder::find_named_backends(Found found) {
  std::vector<std::uint16_t> ports;
  ports.reserve(found.candidates.size());
  for (const auto& candidate : found.candidates) ports.push_back(candidate.address.port());
  auto names = rules_.named_backends(ports);
  if (names.empty()) return answer(std::move(found));
  const auto known = [this, found = std::move(found)](NamedBackends backends) {
    auto all = found;
    all.backends = std::move(backends);
    answer(std::move(all));
  };
  lookup_.reset();
  arm(time_to_look_up(), [known, names] { known({{}, names}); });
  lookup_ = std::make_unique<EndpointsLookup>(network_, std::move(names), known);
}

void FarFinder::find_backend(const DomainName& host, const Endpoint& endpoint,
                             std::chrono::milliseconds ends, Done done) {
  begin(ends, std::move(done));
  const auto at_most = time_to_look_up();
  const auto not_found = [this, host](const std::string& detail) {
    record_.not_found(host, detail);
    answer(tl::unexpected(
        DialFailure{{Reason::kBackendUnavailable, detail}, false, DialPhase::kLookUp}));
  };
  arm(at_most, [not_found, endpoint, at_most] {
    not_found("the name \"" + endpoint.host + "\" was not looked up within " +
              std::to_string(at_most.count()) + " ms; see to the resolver of this machine");
  });
  lookup_ =
      network_.resolve_endpoint(endpoint, [this, not_found](net::EndpointAddresses addresses) {
        if (!addresses) return not_found(addresses.error().message);
        Found found;
        for (const auto& address : *addresses)
          found.candidates.push_back({address, TlsEntry::kStartTls, net::FoundBy::kLocal});
        answer(std::move(found));
      });
}

void FarFinder::stop() {
  lookup_.reset();
  timer_.reset();
  done_ = {};
}

void FarFinder::answer(Answer answer) {
  const auto done = std::move(done_);
  stop();
  done(std::move(answer));
}

void FarFinder::arm(std::chrono::milliseconds time, std::function<void()> on_over) {
  timer_ = scheduler_.make_timer([on_over = std::move(on_over)] {
    const auto step = on_over;  // the timer, and what it holds, goes meanwhile
    step();
  });
  timer_->start(time);
}

std::chrono::milliseconds FarFinder::time_left() const {
  return std::max(ends_ - scheduler_.now(), std::chrono::milliseconds(0));
}

std::chrono::milliseconds FarFinder::time_to_look_up() const {
  return time_left() * 3 / 4;
}

}  // namespace portcullis::relay
