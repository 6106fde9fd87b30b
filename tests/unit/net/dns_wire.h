#pragma once

#include <cstdint>
#include <string>

namespace portcullis::net::test {

using namespace std::string_literals;

inline std::string two(unsigned value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

// Labels joined by dots in wire format.
inline std::string wire(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('.', at), text.size());
    out += static_cast<char>(end - at);
    out += text.substr(at, end - at);
    at = end + 1;
  }
  return out + '\0';
}

constexpr unsigned kA = 1;
constexpr unsigned kSoa = 6;
constexpr unsigned kPtr = 12;
constexpr unsigned kTxt = 16;
constexpr unsigned kAaaa = 28;
constexpr unsigned kSrv = 33;
constexpr unsigned kTlsa = 52;
constexpr unsigned kAny = 255;

inline std::string question(const std::string& name, unsigned type, unsigned record_class = 1) {
  return wire(name) + two(type) + two(record_class);
}

// The four numbers of records behind id and flags.
inline std::string header(unsigned flags, unsigned questions = 1, unsigned answers = 0,
                          unsigned authority = 0, unsigned additional = 0, unsigned id = 0x1234) {
  return two(id) + two(flags) + two(questions) + two(answers) + two(authority) + two(additional);
}

constexpr unsigned kRd = 0x0100;

inline std::string query(const std::string& name, unsigned type) {
  return header(kRd) + question(name, type);
}

// An OPT record (RFC 6891).
inline std::string opt(unsigned size = 4096, unsigned flags = 0, unsigned version = 0,
                       const std::string& options = "") {
  return "\0"s + two(41) + two(size) + "\0"s + static_cast<char>(version) + two(flags) +
         two(static_cast<unsigned>(options.size())) + options;
}

inline std::string edns_query(const std::string& name, unsigned type, const std::string& record) {
  return header(kRd, 1, 0, 0, 1) + question(name, type) + record;
}

}  // namespace portcullis::net::test
