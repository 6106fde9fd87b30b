#include "proxy/relay/handshake_floor.h"

#include <algorithm>

namespace portcullis::relay {
namespace {

bool observes_anybody(const policy::Config& config) {
  const auto& rules = config.s2s.rules;
  return config.mode == policy::Mode::kObserve ||
         config.s2s.settings.mode == policy::Mode::kObserve ||
         std::any_of(rules.begin(), rules.end(), [](const policy::S2sRule& rule) {
           return rule.settings.mode == policy::Mode::kObserve;
         });
}

}  // namespace

TlsVersion s2s_min_version(const policy::Config& config) {
  return observes_anybody(config) ? TlsVersion::kTls12 : config.s2s.settings.min_tls;
}

tls::KeyExchangeRules s2s_key_exchange(const policy::Config& config) {
  return {config.s2s.settings.finite_field, config.forward_secrecy && !observes_anybody(config)};
}

tls::KeyExchangeRules c2s_key_exchange(const policy::Config& config) {
  return {config.c2s.finite_field,
          config.forward_secrecy && config.c2s.mode == policy::Mode::kEnforce};
}

}  // namespace portcullis::relay
