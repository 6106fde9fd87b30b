#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace portcullis::relay {

// How many connections are open, in total and per address, over all worker loops. Thread-safe.
class ConnectionLimits : public std::enable_shared_from_this<ConnectionLimits> {
 public:
  ConnectionLimits(std::size_t total, std::size_t per_address)
      : max_total_(total), max_per_address_(per_address) {}

  // A place that one connection takes. It is given back when this object is destroyed.
  class Place {
   public:
    Place() = default;
    Place(Place&&) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place() { release(); }

   private:
    friend class ConnectionLimits;
    Place(std::shared_ptr<ConnectionLimits> limits, std::string key)
        : limits_(std::move(limits)), key_(std::move(key)) {}
    void release();
    std::shared_ptr<ConnectionLimits> limits_;
    std::string key_;  // empty for a place of the total
  };

  // Takes a place of the total; nullopt if there is none left.
  std::optional<Place> take();
  // Takes a place of one address, named by SocketAddress::limit_key(); nullopt if there is none
  // left.
  std::optional<Place> take(const std::string& address_key);

  std::size_t open() const;
  // Sets the limits for new connections. Open connections stay, even if there are more of them now
  // than the limit.
  void change(std::size_t total, std::size_t per_address);

 private:
  void give_back(const std::string& key);

  mutable std::mutex mutex_;
  std::size_t max_total_;
  std::size_t max_per_address_;
  std::size_t total_ = 0;
  std::unordered_map<std::string, std::size_t> per_address_;
};

}  // namespace portcullis::relay
