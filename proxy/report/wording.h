#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/report/tally.h"

namespace portcullis::report {

// Words that are the same in all forms of the report.

std::string timestamp(std::chrono::sys_seconds time);  // 2026-11-27T09:12:44Z
// "-" without a time.
std::string timestamp_or_dash(std::optional<std::chrono::sys_seconds> time);
std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural);
// "in" or "out"
std::string_view direction(StreamKind kind);
// The domain of a row, or words that say that there is none.
std::string_view shown_domain(std::string_view domain);
// remote_domain() puts everything else into quotes.
bool is_domain_name(std::string_view domain);

}  // namespace portcullis::report
