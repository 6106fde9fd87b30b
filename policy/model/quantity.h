#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::policy {

// Durations and sizes as they are written in the configuration. Nothing but digits and a unit: no
// sign, fraction or space. Empty when the text is not written so, or the number is too large.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);  // ms, s, m, h
std::optional<std::size_t> parse_size(std::string_view text);                    // KiB, MiB

// The text that the parse_ functions read back, in the largest unit that needs no fraction.
std::string quantity_text(std::chrono::milliseconds duration);
std::string quantity_text(std::size_t size);
std::string quantity_text(std::int64_t count);

}  // namespace portcullis::policy
