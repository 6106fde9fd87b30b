#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/reasons/reason.h"

namespace portcullis::policy {

// What is known about a reason, in words.

std::string_view waiver_words(Waiver waiver);  // "never", "yes", "only with pins"
std::string_view blame_words(Blame blame);     // "the other side"

// As `portcullis explain REASON` tells it, one line each, no line feed.
std::vector<std::string> lines(const ReasonInfo& reason);

}  // namespace portcullis::policy
