#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/unit/tls/engine_pair.h"

namespace portcullis::tls {

// A handshake of a client of that kind with one of ours; the reason why it failed, or nothing.
inline std::optional<policy::Reason> refused_by(const Contexts& local,
                                                const RawClient::Configure& configure,
                                                std::string* why = nullptr,
                                                std::optional<TlsLimit>* limit = nullptr) {
  const auto server = local.accept_wan(kS2s, kStartTls, domain("legacy.example"));
  const RawClient raw(configure);
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  if (talk.handshake()) return std::nullopt;
  EXPECT_EQ(server->state(), Engine::State::kFailed);
  if (why != nullptr) *why = server->failure().text;
  if (limit != nullptr) *limit = server->limit();
  return server->failure().reason;
}

inline std::optional<policy::Reason> refused(const RawClient::Configure& configure,
                                             std::string* why = nullptr,
                                             std::optional<TlsLimit>* limit = nullptr) {
  static const auto local = contexts_for("legacy.example");
  return refused_by(*local, configure, why, limit);
}

}  // namespace portcullis::tls
