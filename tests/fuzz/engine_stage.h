#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/tls/contexts.h"
#include "proxy/tls/engine.h"
#include "tests/unit/tls/engine_pair.h"

// One engine of ours, and what is demanded of it whatever comes.
namespace portcullis::fuzz {

inline void demand(bool holds) {
  if (!holds) std::abort();
}

class ExaminedEngine {
 public:
  using State = tls::Engine::State;

  explicit ExaminedEngine(std::unique_ptr<tls::Engine> engine) : engine_(std::move(engine)) {
    state_ = engine_->state();
    engine_->start(wire_);
    examine();
  }

  void receive(std::string_view bytes) {
    const auto before = plaintext_.size();
    const bool over =
        state_ == State::kFailed || state_ == State::kPeerClosed || state_ == State::kRefused;
    engine_->receive(bytes, plaintext_, wire_);
    demand(!over || plaintext_.size() == before);
    examine();
  }
  void send(std::string_view bytes) {
    const bool may =
        state_ == State::kEstablished || state_ == State::kPeerClosed || state_ == State::kRefused;
    demand(engine_->send(bytes, wire_) == may || engine_->state() == State::kFailed);
    examine();
  }
  void close() {
    engine_->close(wire_);
    examine();
  }

  State state() const { return state_; }
  const tls::Engine& engine() const { return *engine_; }
  const std::string& plaintext() const { return plaintext_; }
  // What we sent since the last call.
  std::string take_wire() {
    demand_records(wire_);
    return std::exchange(wire_, {});
  }

 private:
  // Whole records of TLS (RFC 8446 section 5.1), nothing else. An alert that answers another
  // version bears that version.
  static void demand_records(std::string_view bytes) {
    while (!bytes.empty()) {
      demand(bytes.size() >= 5 && bytes[0] >= 20 && bytes[0] <= 23);
      demand(bytes[1] == 3 || bytes[0] == 21);
      const std::size_t size = static_cast<std::uint8_t>(bytes[3]) * std::size_t{256} +
                               static_cast<std::uint8_t>(bytes[4]);
      demand(size > 0 && size <= 16384 + 256 && bytes.size() >= 5 + size);
      bytes.remove_prefix(5 + size);
    }
  }

  void examine() {
    const auto now = engine_->state();
    demand(state_ != State::kFailed || now == State::kFailed);
    demand(state_ == State::kHandshaking || now != State::kHandshaking);
    if (now == State::kHandshaking) demand(plaintext_.empty());
    if (now == State::kFailed) {
      const auto refusal = engine_->failure();
      demand(!refusal.text.empty() && refusal.text.size() < 1000);
    }
    const auto facts = engine_->facts();
    demand(facts.sni == policy::printable(facts.sni));  // fit for a log line
    engine_->peer_chain();
    state_ = now;
  }

  std::unique_ptr<tls::Engine> engine_;
  State state_;
  std::string plaintext_;
  std::string wire_;
};

}  // namespace portcullis::fuzz
