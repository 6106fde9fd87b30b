#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace portcullis::report {

// How stamps without a zone or a year are to be read.
struct TimeReference {
  std::chrono::sys_seconds now;
  std::chrono::seconds utc_offset{0};  // of the machine's zone, now
};

// A point in time as RFC 3339 writes it, also with a blank for the 'T', a zone without colon, or
// no zone (local time). The whole text must be one.
std::optional<std::chrono::sys_seconds> parse_timestamp(std::string_view text,
                                                        const TimeReference& reference);

// The first stamp in what stands in front of a record: RFC 3339 and its kin anywhere, or at the
// beginning that of syslog ("Nov  7 09:12:44", RFC 3164), which is in local time and of the last
// twelve months.
std::optional<std::chrono::sys_seconds> find_timestamp(std::string_view prefix,
                                                       const TimeReference& reference);

}  // namespace portcullis::report
