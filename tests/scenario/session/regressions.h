#pragma once

#include <string>

#include "tests/scenario/session/stage.h"

// What the scenarios of known attacks ask of a party.
namespace portcullis::session::stage {

// The id of the reason for which it refused, "none" while it did not.
inline std::string reason_of(const Party& party) {
  return party.refused() ? std::string(policy::id(party.refused()->reason)) : "none";
}

}  // namespace portcullis::session::stage
