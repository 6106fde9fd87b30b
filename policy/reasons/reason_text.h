#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// What is known about a reason, in words.

std::string_view waiver_words(Waiver waiver);  // "never", "yes", "only with pins"
std::string_view blame_words(Blame blame);     // "the other side"
// "`s2s_in`, `s2s_out`": the kinds of streams that can be refused for it, and whether it can end an
// established one.
std::string stream_words(const ReasonInfo& reason);

// As `portcullis explain REASON` tells it, one line each, no line feed.
std::vector<std::string> lines(const ReasonInfo& reason);

}  // namespace portcullis::policy
