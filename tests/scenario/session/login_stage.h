#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// A client behind direct TLS whose backend has just offered it ways to log in.
namespace portcullis::session::stage {

struct OfferedLogin {
  Party& client;
  Party& backend;
};

inline OfferedLogin offer_login(Stage& stage, std::string_view features) {
  auto& party = stage.receiving(StreamKind::kC2s, Side::kWan, TlsEntry::kDirectTls);
  party.connects();
  party.secures();
  party.says(client("to='legacy.example' version='1.0'"));
  auto& backend =
      stage.initiating(StreamKind::kC2s, Side::kBackend, TlsEntry::kStartTls,
                       party.wanted ? std::optional(party.wanted->header) : std::nullopt);
  stage.join();
  backend.connects();
  backend.says(client("id='b1' version='1.0'") + std::string(features));
  party.forget();
  backend.forget();
  return {party, backend};
}

}  // namespace portcullis::session::stage
