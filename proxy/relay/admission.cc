#include "proxy/relay/admission.h"

#include <string>
#include <utility>

namespace portcullis::relay {

bool Admission::enter(const net::SocketAddress& address, std::chrono::milliseconds now) {
  peer_ = address;
  return keep(books_.limits->enter(kind_), of_kind_, {}, now);
}

bool Admission::admit(const net::SocketAddress& peer, std::chrono::milliseconds now) {
  if (refused_ || of_address_) return !refused_;
  peer_ = peer;
  return keep(books_.limits->admit(kind_, peer, now), of_address_, {}, now);
}

std::optional<policy::Refusal> Admission::join(const DomainName& remote, bool certified,
                                               std::chrono::milliseconds now) {
  if (of_domain_ && certified_ == certified) return std::nullopt;
  of_domain_ = {};
  certified_ = certified;
  if (keep(books_.limits->join(remote, certified), of_domain_, remote.a_label(), now))
    return std::nullopt;
  return policy::refuse(
      policy::Reason::kTooManyStreams,
      {{"domain", remote.a_label()}, {"limit", std::to_string(books_.limits->most_of_domain())}});
}

std::optional<policy::Refusal> Admission::mint(certs::LeafPurpose purpose, const DomainName& host,
                                               const DomainName& remote,
                                               std::chrono::milliseconds now) {
  const auto limit = books_.limits->mint(purpose, host, peer_, now);
  if (!limit) return std::nullopt;
  books_.hits.hit(*limit, {peer_.host(), remote.a_label(), kind_}, now);
  if (purpose == certs::LeafPurpose::kInbound)
    return policy::Refusal{policy::Reason::kRateLimited,
                           "Too many new domains come from you. Try again later."};
  return policy::Refusal{policy::Reason::kDialLimit,
                         "Too many new domains are called at this moment. Try again later."};
}

certs::LeafUse Admission::leaf_use(certs::LeafPurpose purpose, const DomainName& host) const {
  return {purpose, books_.limits->mint_source(purpose, host, peer_)};
}

bool Admission::may_try(session::Attempt attempt, std::chrono::milliseconds now) {
  const auto limit = books_.limits->ask(attempt, peer_, now);
  if (limit) hit(*limit, peer_, now);
  return !limit;
}

void Admission::lack_memory(std::chrono::milliseconds now) {
  lacks_memory_ = true;
  hit(telemetry::Limit::kMemory, peer_, now);
}

bool Admission::linger(std::chrono::milliseconds now) {
  refused_ = true;
  of_kind_ = {};
  of_domain_ = {};
  // The place of the address stays until the end: it counts against nobody else.
  return of_refused_ || keep(books_.limits->linger(), of_refused_, {}, now);
}

void Admission::hit(telemetry::Limit limit, const net::SocketAddress& peer,
                    std::chrono::milliseconds now) {
  books_.hits.hit(limit, {peer.host(), {}, kind_}, now);
}

void Admission::charge(double connections, std::chrono::milliseconds now) {
  if (of_address_) books_.limits->charge(peer_, connections, now);
}

bool Admission::keep(ConnectionLimits::Answer answer, ConnectionLimits::Place& place,
                     const std::string& domain, std::chrono::milliseconds now) {
  if (answer)
    place = std::move(*answer);
  else
    books_.hits.hit(answer.error(), {peer_.host(), domain, kind_}, now);
  return answer.has_value();
}

}  // namespace portcullis::relay
