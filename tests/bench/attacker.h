#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/bench/script.h"
#include "tests/bench/sockets.h"

namespace portcullis::bench {

// What every connection of an attack does.
struct Plan {
  // After the script and the greeting, once in each interval.
  enum class Then : std::uint8_t {
    kLeave,        // resets the connection; until then it stays, even if the far end has closed
    kDrip,         // some octets of `content`, in the clear or each in a TLS record of its own
    kKeyUpdate,    // TLS 1.3
    kRenegotiate,  // TLS 1.2
  };

  Script script;                     // as in bench_load; empty: nothing is awaited
  std::shared_ptr<SSL_CTX> context;  // for the steps that begin TLS
  std::string alpn;
  std::string greeting;  // behind the script
  Then then = Then::kLeave;
  std::string content;
  std::size_t burst = 1;  // how many octets, updates or attempts come at once
};

// What an attack did and what came of it.
struct Tally {
  std::uint64_t attempted = 0;
  std::uint64_t reached = 0;  // the end of the script
  std::uint64_t ended = 0;    // by the far end
  std::uint64_t octets_out = 0;
  std::uint64_t octets_in = 0;
  std::size_t open = 0;
  std::size_t most_open = 0;
};

// One hostile connection. It never throws: whatever goes wrong, it is over.
class Attacker final : public Handler {
 public:
  // All must outlive it.
  Attacker(Poller& poller, const Plan& plan, Tally& tally, Fd fd);
  Attacker(const Attacker&) = delete;
  Attacker& operator=(const Attacker&) = delete;
  ~Attacker() override { leave(); }

  void on_events(std::uint32_t events) override;
  // An interval has passed.
  void act();
  bool over() const { return fd_.get() < 0; }

 private:
  void begin_step();
  void begin_tls();
  void handshake();
  void take(std::string_view bytes);
  void read_tls();
  void advance();
  void finish_script();
  void send(std::string_view bytes);
  void flush();
  void provoke();
  void on_end();
  void leave();  // by a reset
  bool scripted() const { return step_ < plan_.script.size(); }

  Poller& poller_;
  const Plan& plan_;
  Tally& tally_;
  Fd fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  std::size_t step_ = 0;
  std::size_t dripped_ = 0;
  bool connected_ = false;
  bool established_ = false;
  bool waiting_ = true;
  std::string in_;
  std::string out_;
};

}  // namespace portcullis::bench
