#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

namespace portcullis::tls {

// Keys of stateless session tickets (RFC 5077 4, RFC 8446 4.6.1) that live for twelve hours and are
// honoured for twelve more. OpenSSL's built-in key never changes, so that whoever gets it can read
// every TLS 1.2 session that was ever resumed. Thread-safe.
class TicketKeys {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  static constexpr auto lifetime = std::chrono::hours(12);

  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher_key{};
    std::array<unsigned char, 32> mac_key{};
    std::chrono::steady_clock::time_point made;

    ~Key();  // wipes
  };

  explicit TicketKeys(Clock clock) : clock_(std::move(clock)) {}

  // The key to encrypt with; empty when the random generator fails.
  std::optional<Key> current();
  struct Found {
    Key key;
    bool renew = false;  // it is the previous one: give the client a new ticket
  };
  std::optional<Found> find(std::span<const unsigned char, 16> name);

 private:
  void rotate();

  const Clock clock_;
  std::mutex mutex_;
  std::optional<Key> current_;
  std::optional<Key> previous_;
};

// Makes `context` protect its tickets with `keys`, of which it becomes an owner. All contexts that
// a server name may choose between must share the same keys.
bool use_ticket_keys(SSL_CTX* context, const std::shared_ptr<TicketKeys>& keys);

}  // namespace portcullis::tls
