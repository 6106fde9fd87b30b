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

// Keys of stateless session tickets (RFC 5077 section 4, RFC 8446 section 4.6.1). A key encrypts
// new tickets for twelve hours, and its tickets are accepted for twelve hours more. OpenSSL's
// built-in key never changes: whoever gets it can read every TLS 1.2 session that was ever resumed.
// Thread-safe.
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
  // The key of that name, current or previous.
  std::optional<Key> find(std::span<const unsigned char, 16> name);

 private:
  void rotate();

  const Clock clock_;
  std::mutex mutex_;
  std::optional<Key> current_;
  std::optional<Key> previous_;
};

// Makes `context` protect its tickets with `keys`, and become one of their owners. Contexts among
// which SNI selects must share the same keys. Returns false if memory ran out.
bool use_ticket_keys(SSL_CTX* context, const std::shared_ptr<TicketKeys>& keys);

}  // namespace portcullis::tls
