#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace portcullis::report {

// How to read times that have no zone or no year.
struct TimeReference {
  std::chrono::sys_seconds now;
  std::chrono::seconds utc_offset{0};  // of the machine's zone, now
};

// Reads a time in the form of RFC 3339. Accepted too: a blank instead of the 'T', a zone without a
// colon, and no zone, which means local time. The whole text must be the time.
std::optional<std::chrono::sys_seconds> parse_timestamp(std::string_view text,
                                                        const TimeReference& reference);

// Finds the first time in the text in front of a record. It is what parse_timestamp() reads, at any
// place, or at the beginning the form of syslog ("Nov  7 09:12:44", RFC 3164), which is taken as
// local time within the last twelve months.
std::optional<std::chrono::sys_seconds> find_timestamp(std::string_view prefix,
                                                       const TimeReference& reference);

}  // namespace portcullis::report
