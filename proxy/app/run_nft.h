#pragma once

#include <cstdint>
#include <string>

#include "proxy/base/result.h"

namespace portcullis::app {

// Gives `ruleset` to nft(8): to be put in force, or only to be checked. The program is taken from
// where the system has it and not from PATH, because root runs this. Fails with what it says.
enum class NftMode : std::uint8_t { kCheck, kApply };
Result<void> run_nft(NftMode mode, const std::string& ruleset);

// What nft(8) prints for `question`, such as "list table inet portcullis", without counters.
Result<std::string> ask_nft(const std::string& question);

}  // namespace portcullis::app
