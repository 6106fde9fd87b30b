#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace portcullis::status {

// How things are written for people.

std::string age_text(std::chrono::milliseconds span);  // "12 s", "3 min", "2 h 05 min", "14 d 3 h"
std::string octets_text(std::uint64_t octets);         // "812 B", "4.1 KiB", "1.2 GiB"
std::string time_text(std::chrono::sys_seconds time);  // "2026-11-28 14:05:09 UTC"
std::string iso_time(std::chrono::sys_seconds time);   // "2026-11-28T14:05:09Z"
// "3 streams", "1 stream".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);

}  // namespace portcullis::status
