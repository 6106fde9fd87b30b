#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "policy/reasons/reason.h"
#include "proxy/relay/connection_limits.h"
#include "proxy/telemetry/limit_hits.h"

namespace portcullis::relay {

// What one accepted connection has of the limits, from accept to its end: it asks for the places,
// tells metrics and log which limit refused them, and gives back what a refused connection must not
// keep. A value that is moved into the bridge.
class Admission {
 public:
  struct Books {
    std::shared_ptr<ConnectionLimits> limits;
    telemetry::LimitHits& hits;
  };
  Admission(Books books, StreamKind kind) : books_(std::move(books)), kind_(kind) {}

  // A place of its kind. `address` is the socket's, for the log.
  bool enter(const net::SocketAddress& address, std::chrono::milliseconds now);
  // A place of the peer's address, and the rates of new connections. Nothing is asked again if that
  // was answered before.
  bool admit(const net::SocketAddress& peer, std::chrono::milliseconds now);
  // It came when descriptors had run out, so it is refused.
  void run_out() { refused_ = out_of_descriptors_ = true; }
  bool has_run_out() const { return out_of_descriptors_; }
  // A place among the streams of this domain; the refusal if it has too many. It is asked again if
  // a stream that claimed its domain proves it now; otherwise it keeps what it has.
  std::optional<policy::Refusal> join(const DomainName& remote, bool certified,
                                      std::chrono::milliseconds now);
  // A certificate of the local CA is to be made for a stream between `host` and `remote`; the
  // refusal if too many are made.
  std::optional<policy::Refusal> mint(certs::LeafPurpose purpose, const DomainName& host,
                                      const DomainName& remote, std::chrono::milliseconds now);
  // For whom it is made.
  certs::LeafUse leaf_use(certs::LeafPurpose purpose, const DomainName& host) const;
  // The other end at `backend` has shown the certificate of the host's backend.
  void proved(const DomainName& host, const net::SocketAddress& backend) {
    books_.limits->proved(host, backend);
  }
  // Whether it has, at the address from which this connection comes.
  bool has_proved(const DomainName& host) const { return books_.limits->has_proved(host, peer_); }
  // Refuses the connection because memory is short. Everything that was taken is kept.
  void lack_memory(std::chrono::milliseconds now);
  bool lacks_memory() const { return lacks_memory_; }
  bool is_of_backend() const { return calls_peer(kind_); }
  // Whether the client may try this before it is logged in; and one of its logins has failed.
  bool may_try(session::Attempt attempt, std::chrono::milliseconds now);
  void login_failed(std::chrono::milliseconds now) { books_.limits->login_failed(peer_, now); }
  // The connection is refused: its places are free for others from now on. True if it may stay
  // open until the peer has read why; false if too many do.
  bool linger(std::chrono::milliseconds now);
  // One more limit was reached by this connection.
  void hit(telemetry::Limit limit, const net::SocketAddress& peer, std::chrono::milliseconds now);
  // The peer made us work as much as so many new connections do.
  void charge(double connections, std::chrono::milliseconds now);

 private:
  bool keep(ConnectionLimits::Answer answer, ConnectionLimits::Place& place,
            const std::string& domain, std::chrono::milliseconds now);

  Books books_;
  StreamKind kind_;
  net::SocketAddress peer_;
  bool refused_ = false;
  bool lacks_memory_ = false;
  bool out_of_descriptors_ = false;
  bool certified_ = false;  // of_domain_ is one of the streams that proved it
  ConnectionLimits::Place of_kind_;
  ConnectionLimits::Place of_address_;
  ConnectionLimits::Place of_domain_;
  ConnectionLimits::Place of_refused_;
};

}  // namespace portcullis::relay
