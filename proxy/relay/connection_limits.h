#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/model/config.h"
#include "proxy/net/socket_address.h"
#include "proxy/telemetry/labels.h"

namespace portcullis::relay {

// How many connections are open, in total and per address, over all worker loops. Addresses that
// many share are not counted one by one, but all together. Thread-safe.
class ConnectionLimits : public std::enable_shared_from_this<ConnectionLimits> {
 public:
  struct Settings {
    std::size_t total = 0;
    std::size_t per_address = 0;
    std::vector<net::CidrBlock> exempt = {};
    std::size_t exempt_total = 0;

    static Result<Settings> of(const policy::Limits& limits);
  };

  explicit ConnectionLimits(Settings settings) : settings_(std::move(settings)) {}

  // A place that one connection takes. It is given back when this object is destroyed.
  class Place {
   public:
    Place() = default;
    Place(Place&&) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place() { release(); }

   private:
    friend class ConnectionLimits;
    enum class Of : std::uint8_t { kTotal, kAddress, kExempt };
    Place(std::shared_ptr<ConnectionLimits> limits, Of of, std::string key = {})
        : limits_(std::move(limits)), of_(of), key_(std::move(key)) {}
    void release();
    std::shared_ptr<ConnectionLimits> limits_;
    Of of_ = Of::kTotal;
    std::string key_;  // of an address
  };

  // Takes a place of the total; nullopt if there is none left.
  std::optional<Place> take();
  // Takes a place of the peer's address, or of all exempt addresses; else the limit that is
  // reached.
  tl::expected<Place, telemetry::Limit> take(const net::SocketAddress& peer);

  std::size_t open() const;

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
  void give_back(Place::Of of, const std::string& key);
  bool is_exempt(const net::SocketAddress& peer) const;

  mutable std::mutex mutex_;
  Settings settings_;
  std::size_t total_ = 0;
  std::size_t exempt_ = 0;
  std::unordered_map<std::string, std::size_t> per_address_;
};

}  // namespace portcullis::relay
