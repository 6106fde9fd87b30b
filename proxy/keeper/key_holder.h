#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "certs/own/ca_key.h"
#include "proxy/keeper/message.h"
#include "proxy/net/descriptor.h"

namespace portcullis::keeper {

// The rules by which the process with the key answers. No I/O but the loading of the CA.
class KeyHolder {
 public:
  struct Now {
    std::chrono::sys_seconds wall_clock;
    std::chrono::microseconds monotonic;
  };
  enum class Step : std::uint8_t { kGoOn, kEnd };
  struct Outcome {
    Step step;
    std::optional<Answer> answer;
  };

  // kEnd: the other side has broken the protocol, which a gate in its right mind never does.
  Outcome handle(const Request& request, const Now& now);

  // How many leaves may be asked for: so many at once, and so many in a second. The gate's own
  // limits (relay::MintRates) together allow a little less, so only a gate that does not keep them
  // meets this one.
  static constexpr double kMintBurst = 8000;
  static constexpr double kMintsPerSecond = 700;

 private:
  Outcome handle(const Served& served, const Now& now);
  Outcome handle(const Load& load, const Now& now);
  Outcome handle(const Mint& mint, const Now& now);
  bool take_token(std::chrono::microseconds now);
  bool take_leaf_key(const std::string& der);

  std::unordered_set<DomainName> served_;
  bool is_loaded_ = false;
  std::shared_ptr<certs::CaKey> key_;  // null after a failure
  // The key that was asked about last. A gate asks about one key as long as it runs, and
  // OpenSSL 3.0 takes longer to read a key than to sign.
  certs::EvpPkeyPtr leaf_key_;
  std::string leaf_key_der_;
  double tokens_ = kMintBurst;
  std::chrono::microseconds last_taken_{0};
};

// Gives up what is not needed once the key was read, or could not be. The text is
// Loaded::unconfined; where it fails, the key is not held, and the gate is told why.
using Confine = std::function<Result<std::string>()>;

// Answers on `socket` until its other end is closed, which is the end of the gate, or until the
// other side breaks the protocol.
void hold_key(const net::Descriptor& socket);
void hold_key(const net::Descriptor& socket, const Confine& confine);

}  // namespace portcullis::keeper
