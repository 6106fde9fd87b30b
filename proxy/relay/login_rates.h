#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "policy/model/config.h"
#include "proxy/relay/token_buckets.h"
#include "proxy/session/login_attempts.h"
#include "proxy/telemetry/limit_label.h"

namespace portcullis::relay {

// How many logins may fail, and how many accounts may be registered, from one address in a time. A
// value, as TokenBuckets is.
//
// A login takes something only when the backend has refused it, so that any number of clients may
// log in at one time, and one that succeeds costs nothing. Those that are under way when the last
// token is taken leave debts, so that trying many at once gains nothing.
class LoginRates {
 public:
  using Time = TokenBucket::Time;
  using Attempt = session::Attempt;

  struct Settings {
    std::array<double, 2> an_hour{60, 10};  // by Attempt, from one IPv4 address or IPv6 /64

    static Settings of(const policy::Limits& limits);
  };

  LoginRates(const Settings& settings, std::uint64_t secret);

  // Whether one more may be tried; the limit that refuses it. A registration is counted by that.
  std::optional<telemetry::Limit> ask(Attempt attempt, const PeerNetworks& peer, Time now);
  void login_failed(const PeerNetworks& peer, Time now);

  // What was taken before stays taken.
  void change(const Settings& settings) { settings_ = settings; }

 private:
  Rate rate_of(Attempt attempt, const PeerNetwork& network) const;

  Settings settings_;
  std::array<TokenBuckets, 2> networks_;  // by Attempt
};

}  // namespace portcullis::relay
