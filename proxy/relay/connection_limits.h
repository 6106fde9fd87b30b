#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "policy/model/config.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/stream_kind.h"
#include "proxy/net/socket_address.h"
#include "proxy/relay/login_rates.h"
#include "proxy/relay/mint_rates.h"
#include "proxy/relay/peer_network.h"
#include "proxy/relay/rate_limits.h"
#include "proxy/telemetry/labels.h"

namespace portcullis::relay {

// How many connections are open, and how fast new ones may come, over all worker loops: of each
// kind, of each address and network, and of each remote domain. Addresses that many share are not
// counted one by one, but all together. Thread-safe; the time is given, by any monotonic clock that
// all loops share.
class ConnectionLimits : public std::enable_shared_from_this<ConnectionLimits> {
 public:
  struct Settings {
    std::array<std::size_t, 3> of_kind = {};     // by StreamKind
    std::array<std::size_t, 4> of_network = {};  // by NetworkSize
    std::vector<net::CidrBlock> exempt = {};
    std::size_t exempt_total = 0;
    std::size_t refused = 0;
    std::size_t of_domain = 0;
    RateLimits::Settings rates = {};
    LoginRates::Settings logins = {};

    // An error names a text of `exempt` that is no network.
    static Result<Settings> of(const policy::Limits& limits);
  };

  explicit ConnectionLimits(Settings settings);

  // What one connection takes. It is given back when this object is destroyed.
  class Place {
   public:
    Place() = default;
    Place(Place&&) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place() { release(); }
    explicit operator bool() const { return limits_ != nullptr; }

   private:
    friend class ConnectionLimits;
    struct Exempt {};
    struct Refused {};
    using Of = std::variant<StreamKind, PeerNetwork, Exempt, Refused, std::string>;
    Place(std::shared_ptr<ConnectionLimits> limits, Of of)
        : limits_(std::move(limits)), of_(std::move(of)) {}
    void release();
    std::shared_ptr<ConnectionLimits> limits_;
    Of of_;
  };
  // A place, or the limit that is reached.
  using Answer = tl::expected<Place, telemetry::Limit>;

  // A place among the connections of this kind. No kind can take those of another.
  Answer enter(StreamKind kind);
  // A place of the peer's address and networks, or of all exempt addresses. Asks for the rates of
  // new connections, too.
  Answer admit(StreamKind kind, const net::SocketAddress& peer, std::chrono::milliseconds now);
  // A place for a connection that was refused and may still read why.
  Answer linger();
  // A place among the incoming streams of a remote domain. Streams whose certificate names the
  // domain are counted apart from those that only claim it, so that a stranger who claims it takes
  // no place of its owner.
  Answer join(const DomainName& remote, bool certified);
  // The peer made us work as much as so many new connections do. Exempt addresses are not charged.
  void charge(const net::SocketAddress& peer, double connections, std::chrono::milliseconds now);

  // What a client tries before it is logged in, as LoginRates. Exempt addresses may try anything.
  std::optional<telemetry::Limit> ask(session::Attempt attempt, const net::SocketAddress& peer,
                                      std::chrono::milliseconds now);
  void login_failed(const net::SocketAddress& peer, std::chrono::milliseconds now);

  // A certificate of the local CA is to be made for a stream of `host`; as MintRates::take().
  std::optional<telemetry::Limit> mint(certs::LeafPurpose purpose, const DomainName& host,
                                       const net::SocketAddress& peer,
                                       std::chrono::milliseconds now);
  // As MintRates::source(), MintRates::proved() and MintRates::has_proved().
  std::string mint_source(certs::LeafPurpose purpose, const DomainName& host,
                          const net::SocketAddress& peer) const;
  void proved(const DomainName& host, const net::SocketAddress& peer);
  bool has_proved(const DomainName& host, const net::SocketAddress& peer) const;

  // How many connections hold a place of a kind.
  std::size_t open() const;
  std::size_t most_of_domain() const;  // how many streams one domain may have

  struct Busiest {
    std::string address;          // IPv4 address or IPv6 /64; empty: there is no connection
    std::size_t connections = 0;  // of it
    std::size_t all = 0;          // of every address, exempt ones included
    std::size_t limit = 0;        // of one address
  };
  // Of the addresses that are counted.
  Busiest busiest() const;

  // Sets the limits for new connections. Open connections stay, even if there are more of them now
  // than the limit.
  void change(Settings settings);

 private:
  struct HashNetwork {
    std::size_t operator()(const PeerNetwork& network) const {
      return std::hash<std::uint64_t>()(network.bits ^ static_cast<std::uint64_t>(network.size));
    }
  };

  void give_back(const Place::Of& of);
  bool is_exempt(const net::SocketAddress& peer) const;
  Answer admit_exempt(std::chrono::milliseconds now);

  mutable std::mutex mutex_;
  Settings settings_;
  RateLimits rates_;
  LoginRates logins_;
  MintRates mints_;
  std::array<std::size_t, 3> of_kind_ = {};
  std::size_t exempt_ = 0;
  std::size_t refused_ = 0;
  std::unordered_map<PeerNetwork, std::size_t, HashNetwork> of_network_;
  std::unordered_map<std::string, std::size_t> of_domain_;
};

}  // namespace portcullis::relay
